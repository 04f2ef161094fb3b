// Curves by step or by tokens: loss, learning rate, progress, weights, geometry.

function stepCurves(view, hasGeometry) {
  const { shown, whenShown } = view;
  const geometryOf = (run) => {
    const of = run.geometry[shown.measure];
    if (!of) return run.step.map(() => null);
    const row = shown.layer === "last" ? of.layers.length - 1 : of.layers.indexOf(Number(shown.layer));
    return row < 0 ? run.step.map(() => null) : of.values[row];
  };
  const hasRate = traced.some((run) => run.learning_rate.some(isNumber));
  return [
    ["trace-loss", "Loss", "Mean surprisal at the positions, nats.", (run) => run.loss],
    ...(hasRate ? [["trace-rate", "Learning rate", "As the training logged it, up to each checkpoint.", (run) => run.learning_rate]] : []),
    ["trace-progress", "Progress", "Along the geodesic from ignorance to the truth.", (run) => run.progress],
    ["trace-off", "Off the way", "Mean angle to that geodesic, rad: progress is a projection from here.", (run) => run.off],
    ["trace-weights", "Displacement of the weights", "Squared distance from the run's first checkpoint.", (run) => run.displacement],
    ...(hasGeometry ? [["trace-geometry", () => traced[0].geometry[shown.measure]?.words ?? "", () => `Of the states at the positions, ${shown.layer === "last" ? "last layer" : `layer ${shown.layer}`}.`, geometryOf]] : []),
  ].map(([id, title, meaning, values]) => stepCurve(id, title, meaning, values));

  function across() { // where a checkpoint lies: its number, the words of the axis, and whether it is logarithmic
    const byTokens = shown.by.startsWith("tokens"), isLog = shown.by === "log" || shown.by === "tokens";
    const of = (run) => (byTokens ? run.tokens : run.step), all = traced.flatMap(of).filter(isNumber);
    const first = Math.min(...all.filter((value) => value > 0), Math.max(...all, 1)); // 0 lies as far before it as its half
    return { of, all, isLog, words: byTokens ? "tokens" : "step", shift: isLog ? first : 0, first };
  }
  function marksOf({ all, isLog, shift, first, words }, x) {
    const say = (value) => (words === "tokens" || value >= 10000 ? compact(value) : String(value)), last = Math.max(...all);
    if (!isLog) return ticks(Math.min(...all), Math.max(last, Math.min(...all) + 1), 5).map((value) => [value, say(value)]);
    const powers = Array.from({ length: 16 }, (_, power) => 10 ** power).filter((value) => value >= first && value <= last);
    const marks = [...(Math.min(...all) <= 0 ? [0] : []), ...(powers.length > 1 ? powers : [first, last])];
    return marks.filter((value, at) => !at || x(value + shift) - x(marks[at - 1] + shift) > 26).map((value) => [value + shift, say(value)]);
  }
  function stepCurve(id, title, meaning, values) {
    let drawn = [];
    const figure = chart({
      id, title, meaning, key: view.key, said: () => `${traced.length} ${traced.length === 1 ? "run" : "runs"} by ${across().words}`,
      table: () => [["run", "step", "tokens", "value"], ...traced.flatMap((run) => run.step.map((step, at) => [run.run, step, run.tokens[at], values(run)[at]]))],
      paint: (picture, box) => {
        const all = traced.flatMap(values).filter(isNumber), place = across();
        drawn = [];
        if (!all.length) return;
        const isLogged = id === "trace-rate" && Math.min(...all) > 0 && Math.max(...all) > 20 * Math.min(...all); // optimisers differ by far
        const [low, high] = padded(all, isLogged), from = Math.min(...place.all) + place.shift, to = Math.max(Math.max(...place.all) + place.shift, from + 1);
        const x = scale(from, to, box.left + 4, box.right - 14, place.isLog), y = scale(low, high, box.bottom - 4, box.top, isLogged);
        picture.append(frame(x, y, marksOf(place, x), ticks(low, high, 5, isLogged).map((each) => [each, String(Number(each.toPrecision(3)))]), box, isLogged ? "log scale" : "", place.words));
        for (const run of traced) {
          const numbers = values(run), where = place.of(run), now = view.at(run);
          const points = run.step.map((_, at) => [where[at], numbers[at], at]).filter(([there, value]) => isNumber(there) && isNumber(value)).map(([there, value, at]) => [x(there + place.shift), y(value), at]);
          if (!points.length) continue;
          points.forEach(([left, top, at]) => drawn.push([left, top, run, at, numbers[at]]));
          const marked = points.find(([, , at]) => at === now);
          picture.append(draw("g", { class: `curve ${view.colourOf(run)}` },
            draw("path", { d: `M${points.map(([left, top]) => `${left.toFixed(1)} ${top.toFixed(1)}`).join("L")}`, class: "mean" }),
            marked ? draw("circle", { cx: marked[0].toFixed(1), cy: marked[1].toFixed(1), r: 4.5, class: "solid marked" }) : null));
        }
      },
    });
    figure.picture.addEventListener("pointermove", (event) => {
      const aim = placeIn(figure.picture, event), bounds = figure.picture.getBoundingClientRect();
      const down = ((event.clientY - bounds.top) / bounds.height) * figure.picture.viewBox.baseVal.height;
      const apart = ([x, y]) => (x - aim) ** 2 + (y - down) ** 2;
      if (!drawn.length) return;
      const [, , run, at, value] = drawn.reduce((best, each) => (apart(each) < apart(best) ? each : best));
      showTip(event, [make("strong", {}, `${run.run}, step ${run.step[at].toLocaleString("en")}`), plain(value)]);
    });
    figure.picture.addEventListener("pointerleave", hideTip);
    whenShown("step by colour", figure.redraw);
    if (id === "trace-geometry") whenShown("measure layer", figure.redraw);
    return figure;
  }
}
