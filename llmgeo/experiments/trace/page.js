// The views of a page of trainings: the map of checkpoints, and curves by step, all marked at one moment.

const traced = data.trace.runs;
const views = [["claims", startClaims], ["trainings", startTrainings]];

function startTrainings() {
  if (!traced.length) return;
  const { state: shown, onChange: whenShown, change: show } = makeStore({ moment: 1, axes: "12", scale: "log", layer: "last", measure: Object.keys(traced[0].geometry)[0] ?? "" });
  const moments = Math.max(...traced.map((run) => run.step.length));
  const at = (run) => Math.max(0, Math.min(run.step.length - 1, Math.round(shown.moment * (run.step.length - 1))));
  const slider = make("input", { type: "range", min: 0, max: moments - 1, value: moments - 1, "aria-label": "moment of the trainings" });
  const said = make("span", { class: "note" });
  const tell = () => { said.textContent = `${traced[0].run}: step ${traced[0].step[at(traced[0])]}`; };
  slider.addEventListener("input", () => show({ moment: moments > 1 ? Number(slider.value) / (moments - 1) : 1 }));
  const axes = choice("axes", [["12", "1 and 2"], ["13", "1 and 3"], ["23", "2 and 3"]], (value) => show({ axes: value }));
  const scaleOf = choice("steps", [["log", "logarithmic"], ["linear", "linear"]], (value) => show({ scale: value }));
  const layers = [...new Set(traced.flatMap((run) => Object.values(run.geometry).flatMap((each) => each.layers)))].sort((a, b) => a - b);
  const layer = choice("layer", [["last", "last"], ...layers.map((each) => [String(each), String(each)])], (value) => show({ layer: value }));
  const measures = Object.entries(traced[0].geometry).map(([name, each]) => [name, each.words]);
  const measure = choice("measure", measures, (value) => show({ measure: value }));
  byId("trace-controls").append(make("label", {}, "moment ", slider), said, axes.element, scaleOf.element, ...(measures.length ? [measure.element, layer.element] : []));

  const key = () => traced.map((run) => [run.colour, run.run]);
  const map = chart({
    id: "trace-map-picture", title: "Map of checkpoints", width: 1100, height: 460, key,
    meaning: "InPCA of what checkpoints predict; grey: straight ways from ignorance to the same ends. ● is the marked moment.",
    said: () => `${traced.length} trainings on two axes of InPCA`,
    table: () => [["run", "step", "axis 1", "axis 2", "axis 3", "straight 1", "straight 2", "straight 3"], ...traced.flatMap((run) => run.step.map((step, place) =>
      [run.run, step, run.axis_1[place], run.axis_2[place], run.axis_3[place], ...[0, 1, 2].map((axis) => run.straight?.[axis][place] ?? null)]))],
    paint: (picture, box) => {
      const [first, second] = [...shown.axes].map(Number);
      const pick = (run, axis) => run[`axis_${axis}`];
      const all = (axis) => traced.flatMap((run) => [...pick(run, axis), ...(run.straight?.[axis - 1] ?? [])]).filter(isNumber);
      const [left, right] = padded(all(first)), [low, high] = padded(all(second));
      const x = scale(left, right, box.left, box.right), y = scale(low, high, box.bottom, box.top);
      const mark = (from, to) => ticks(from, to, 5).map((value) => [value, String(Number(value.toPrecision(3)))]);
      picture.append(frame(x, y, mark(left, right), mark(low, high), box, `axis ${second}`, `axis ${first}`));
      const lineThrough = (xs, ys) => `M${xs.map((value, place) => `${x(value).toFixed(1)} ${y(ys[place]).toFixed(1)}`).join("L")}`;
      for (const run of traced) if (run.straight) picture.append(draw("path", { d: lineThrough(run.straight[first - 1], run.straight[second - 1]), fill: "none", stroke: "currentColor", "stroke-width": 1, opacity: 0.25 }));
      for (const run of traced) {
        const xs = pick(run, first), ys = pick(run, second), now = at(run);
        picture.append(draw("g", { class: `curve ${run.colour}` }, draw("path", { d: lineThrough(xs, ys), class: "mean", fill: "none" }),
          xs.map((value, place) => draw("circle", { cx: x(value), cy: y(ys[place]), r: place === now ? 6 : 2 + 2 * (run.progress[place] || 0), class: "solid" }))));
      }
    },
  });
  map.style.gridColumn = "1 / -1";
  byId("trace-map").append(map);

  const curves = [
    ["trace-loss", "Loss", "Mean surprisal at the positions, nats.", (run) => run.loss],
    ["trace-progress", "Progress", "Along the geodesic from ignorance to the truth.", (run) => run.progress],
    ["trace-off", "Off the way", "Mean angle to that geodesic, rad: progress is a projection from here.", (run) => run.off],
    ["trace-weights", "Displacement of the weights", "Squared distance from the run's first checkpoint.", (run) => run.displacement],
    ...(measures.length ? [["trace-geometry", () => traced[0].geometry[shown.measure]?.words ?? "", () => `Of the states at the positions, ${shown.layer === "last" ? "last layer" : `layer ${shown.layer}`}.`, (run) => {
      const of = run.geometry[shown.measure];
      if (!of) return run.step.map(() => null);
      const row = shown.layer === "last" ? of.layers.length - 1 : of.layers.indexOf(Number(shown.layer));
      return row < 0 ? run.step.map(() => null) : of.values[row];
    }]] : []),
  ].map(([id, title, meaning, values]) => stepCurve(id, title, meaning, values));
  byId("trace-curves").append(...curves);

  function stepCurve(id, title, meaning, values) {
    const place = (step) => (shown.scale === "log" ? step + 1 : step);
    const figure = chart({
      id, title, meaning, key, said: () => `${traced.length} runs by step`,
      table: () => [["run", "step", "value"], ...traced.flatMap((run) => run.step.map((step, at) => [run.run, step, values(run)[at]]))],
      paint: (picture, box) => {
        const all = traced.flatMap(values).filter(isNumber), isLog = shown.scale === "log";
        if (!all.length) return;
        const [low, high] = padded(all), steps = traced.flatMap((run) => run.step.map(place));
        const from = Math.min(...steps), to = Math.max(...steps, from + 1);
        const x = scale(from, to, box.left, box.right, isLog), y = scale(low, high, box.bottom - 4, box.top);
        const marks = isLog ? [1, 10, 100, 1000, 10000, 100000, 1000000].filter((each) => each >= from && each <= to).map((each) => [each, String(each === 1 ? 0 : each)]) : ticks(from, to, 5).map((each) => [each, String(each)]);
        picture.append(frame(x, y, marks, ticks(low, high, 5).map((each) => [each, String(Number(each.toPrecision(3)))]), box, "", "step"));
        for (const run of traced) {
          const numbers = values(run), points = run.step.map((step, at) => [x(place(step)), numbers[at]]).filter(([, value]) => isNumber(value));
          if (!points.length) continue;
          const now = at(run);
          picture.append(draw("g", { class: `curve ${run.colour}` },
            draw("path", { d: `M${points.map(([across, value]) => `${across.toFixed(1)} ${y(value).toFixed(1)}`).join("L")}`, class: "mean", fill: "none" }),
            isNumber(numbers[now]) ? draw("circle", { cx: x(place(run.step[now])), cy: y(numbers[now]), r: 4, class: "solid" }) : null));
        }
      },
    });
    figure.append(make("p", { class: "keys note" }, traced.length > 1 && traced.length <= 8 ? traced.map((run) => make("span", { class: "named" }, make("span", { class: `swatch ${run.colour}` }), run.run)) : null));
    return figure;
  }

  const redraw = () => { tell(); map.redraw(); for (const curve of curves) curve.redraw(); };
  for (const name of ["moment", "axes", "scale", "layer", "measure"]) whenShown(name, redraw);
  tell();
}
