// The question of angles: curves by layer beside their nulls, one text's angles over layers and tokens, paths in a plane.

const depth = data.questions.angles;

function startAngles() {
  byId("depth-panels").append(...depth.panels.map(layerCurves));
  if (depth.texts.length) startDepthText();
}

// -- one text ---------------------------------------------------------------------------------------------------------

const DEPTH_RANGE = [60, 120]; // degrees; beyond them a colour says no more

function startDepthText() {
  const { state: shown, onChange: whenShown, change: show } = makeStore({ text: 0, token: null });
  const text = () => depth.texts[shown.text];
  const cells = new Map();
  const anglesOf = (of) => { if (!cells.has(of)) cells.set(of, float16(of.angles)); return cells.get(of); };
  const named = (of, token) => `“${of.tokens[token]}”`;
  const chosen = choice("text", depth.texts.map((of, at) => [at, of.sample]), (value) => show({ text: Number(value), token: null }));
  byId("depth-controls").replaceChildren(chosen.element);
  if (depth.left_out) byId("depth-controls").append(make("p", { class: "note" }, `${depth.left_out} more texts are in the run's tables.`));
  const unpacked = new Map();
  function pathOf(of, token) {
    if (!unpacked.has(of)) unpacked.set(of, float16(of.plane, depth.reach));
    const numbers = unpacked.get(of), tokens = of.tokens.length, layers = numbers.length / (2 * tokens);
    return Array.from({ length: layers }, (_, layer) => { const at = 2 * (layer * tokens + token); return [numbers[at], numbers[at + 1]]; });
  }
  let place = null;

  const landscape = chart({
    id: "depth-landscape", title: "Landscape of angles", width: 1100, height: 340, opens: false,
    meaning: "Turning angle of each token at each layer: pale turns little, dark turns back; 60° and below, 120° and above look alike.",
    said: () => `Angles of ${text().sample} over ${text().layers.length} layers and ${text().tokens.length} tokens`,
    table: () => [["layer", "token", "text", "angle"], ...text().layers.flatMap((layer, row) =>
      text().tokens.map((said, token) => [layer, text().first + token, said, anglesOf(text())[row * text().tokens.length + token]]))],
    paint: (picture, box) => {
      const { layers, tokens } = text(), angles = anglesOf(text()), right = box.right - 46;
      const width = (right - box.left) / tokens.length, height = (box.bottom - box.top) / layers.length;
      const x = (token) => box.left + token * width, y = (row) => box.bottom - (row + 1) * height;
      place = { x, y, width, height, box, right };
      layers.forEach((layer, row) => tokens.forEach((said, token) => {
        const angle = angles[row * tokens.length + token];
        if (!isNumber(angle)) return;
        const part = (angle - DEPTH_RANGE[0]) / (DEPTH_RANGE[1] - DEPTH_RANGE[0]);
        picture.append(draw("rect", { x: x(token), y: y(row), width: width + 0.3, height: height + 0.3, fill: css(ramp(part)) }));
      }));
      const rows = ticks(layers[0], layers.at(-1), 7).filter((layer) => layers.includes(layer));
      picture.append(draw("g", { class: "axes" },
        rows.map((layer) => draw("text", { x: box.left - 6, y: y(layers.indexOf(layer)) + height / 2 + 4, "text-anchor": "end" }, String(layer))),
        ticks(0, tokens.length - 1, 9).map((token) => draw("text", { x: x(token) + width / 2, y: box.bottom + 15, "text-anchor": "middle" }, String(text().first + token))),
        draw("text", { x: right, y: box.bottom + 30, "text-anchor": "end", class: "title" }, "token"),
        draw("text", { x: 6, y: box.top - 14, class: "title" }, "layer"),
        Array.from({ length: 40 }, (_, at) => draw("rect", { x: box.right - 34, width: 10, height: (box.bottom - box.top) / 40 + 0.3, y: box.bottom - ((at + 1) * (box.bottom - box.top)) / 40, fill: css(ramp(at / 39)) })),
        [[60, "60°"], [90, "90°"], [120, "120°"]].map(([angle, words]) => draw("text", { x: box.right - 21, y: box.bottom - ((angle - 60) / 60) * (box.bottom - box.top - 8), "font-size": 9 }, words))));
      if (shown.token !== null) picture.append(draw("rect", { x: x(shown.token), y: box.top, width, height: box.bottom - box.top, fill: "none", class: "curve c2", stroke: "currentColor" }));
    },
  });
  landscape.picture.addEventListener("pointermove", (event) => {
    const across = placeIn(landscape.picture, event), bounds = landscape.picture.getBoundingClientRect();
    const down = ((event.clientY - bounds.top) / bounds.height) * landscape.picture.viewBox.baseVal.height;
    const token = Math.floor((across - place.box.left) / place.width), row = Math.floor((place.box.bottom - down) / place.height);
    if (token < 0 || token >= text().tokens.length || row < 0 || row >= text().layers.length) return hideTip();
    const angle = anglesOf(text())[row * text().tokens.length + token];
    showTip(event, [`token ${text().first + token} ${named(text(), token)}, layer ${text().layers[row]}: ${isNumber(angle) ? `${angle.toFixed(1)}°` : "no angle"}`]);
    show({ token });
  });
  landscape.picture.addEventListener("pointerleave", () => { hideTip(); show({ token: null }); });

  const plane = chart({
    id: "depth-plane", title: "Paths in a plane", width: 1100, height: 460,
    meaning: "States at length 1 in the two principal components of all texts measured together: ○ layer 0, ● the last.",
    said: () => `Paths of ${text().tokens.length} tokens of ${text().sample} through the layers`,
    table: () => [["layer", "token", "text", "component 1", "component 2"], ...text().tokens.flatMap((said, token) =>
      pathOf(text(), token).map(([one, two], layer) => [layer, text().first + token, said, one, two]))],
    paint: (picture, box) => {
      const paths = text().tokens.map((_, token) => pathOf(text(), token)), points = paths.flat();
      const ends = (axis) => padded(points.map((point) => point[axis]));
      const [left, right] = ends(0), [low, high] = ends(1);
      const x = scale(left, right, box.left, box.right), y = scale(low, high, box.bottom, box.top);
      picture.append(frame(x, y, ticks(left, right, 5).map((value) => [value, String(value)]), ticks(low, high, 5).map((value) => [value, String(value)]), box, "component 2", "component 1"));
      const drawPath = (token, isChosen) => {
        const colour = css(ramp(0.25 + (0.75 * token) / Math.max(1, paths.length - 1)));
        const [first, last] = [paths[token][0], paths[token].at(-1)];
        picture.append(draw("path", { d: `M${paths[token].map((point) => `${x(point[0]).toFixed(1)} ${y(point[1]).toFixed(1)}`).join("L")}`, fill: "none", stroke: colour, "stroke-width": isChosen ? 2.4 : 0.8, opacity: isChosen || shown.token === null ? 0.75 : 0.15 }));
        if (isChosen || shown.token === null) picture.append(
          draw("circle", { cx: x(first[0]), cy: y(first[1]), r: isChosen ? 4 : 1.6, fill: "none", stroke: colour }),
          draw("circle", { cx: x(last[0]), cy: y(last[1]), r: isChosen ? 4 : 1.6, fill: colour }));
      };
      paths.forEach((_, token) => { if (token !== shown.token) drawPath(token, false); });
      if (shown.token !== null) {
        drawPath(shown.token, true);
        picture.append(draw("text", { x: box.right, y: box.top - 14, "text-anchor": "end", class: "title" }, `token ${text().first + shown.token} ${named(text(), shown.token)}`));
      }
    },
  });
  for (const figure of [landscape, plane]) figure.style.gridColumn = "1 / -1";
  byId("depth-text").append(landscape, plane);
  whenShown("text", () => { landscape.redraw(); plane.redraw(); remember(); });
  whenShown("token", () => plane.redraw());
  keep("depth-text", {
    get: () => (shown.text ? text().sample : null), allowed: () => depth.texts.map((of) => of.sample),
    set: (sample) => { const at = Math.max(0, depth.texts.findIndex((of) => of.sample === sample)); chosen.select.value = String(at); show({ text: at, token: null }); },
  });
  onChange("theme", () => { landscape.redraw(); plane.redraw(); });
}

views.push(["angles", startAngles]);
