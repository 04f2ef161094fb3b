// The views of a page of DMET: measures beside their surrogates, phases, one text in two planes, associations.

const views = [["claims", startClaims], ["beside", startBeside], ["planes", startPlanes], ["associations", startAssociations]];

const SERIES_MARKS = { // one shape each, so that no colour is needed
  shuffled: (x, y) => draw("circle", { cx: x, cy: y, r: 4.5, class: "hollow" }),
  "random phases": (x, y) => draw("path", { d: `M${x} ${y - 5}l5 9h-10z`, class: "hollow" }),
  autoregression: (x, y) => draw("rect", { x: x - 4, y: y - 4, width: 8, height: 8, class: "hollow" }),
};

// -- beside surrogates ------------------------------------------------------------------------------------------------

const beside = makeStore({ layer: data.layers.at(-1), space: "full" });

function startBeside() {
  if (!data.beside.some((panel) => panel.marks.length)) return;
  const layer = choice("layer", data.layers.map((number) => [number, String(number)]), (value) => beside.change({ layer: Number(value) }));
  const space = choice("space", Object.entries(data.spaces), (value) => beside.change({ space: value }));
  layer.select.value = String(beside.state.layer);
  byId("beside-controls").append(layer.element, space.element);
  byId("beside-panels").append(...data.beside.map(besideStrips));
  byId("phase-panels").append(...data.phases.map(besideStrips));
  keepChosen("layer", layer.select, data.layers.map(String), Number);
  keepChosen("space", space.select, Object.keys(data.spaces), String);
  beside.onChange("layer space", remember);
}

// A link keeps what a menu says, where it is not what the page chose.
function keepChosen(key, select, values, read) {
  const usual = String(beside.state[key]);
  keep(`beside-${key}`, {
    get: () => (select.value === usual ? null : select.value), allowed: () => values,
    set: (value) => { select.value = value ?? usual; beside.change({ [key]: read(select.value) }); },
  });
}

// One measure: a row a decoder, the texts' mean with its interval, and a hollow mark for each surrogate.
function besideStrips(panel) {
  const here = () => panel.marks.filter((mark) => mark.layer === beside.state.layer && mark.space === beside.state.space);
  const told = (mark) => `${mark.condition} ${valueInterval(panel, mark.value, mark.low, mark.high)}`;
  let rows = null;
  const figure = chart({
    id: `beside-${panel.name.replace(/[^a-z0-9]+/g, "-")}`, title: panel.words, label: `${panel.words} beside its surrogates; Enter enlarges`,
    meaning: () => `${panel.meaning} Layer ${beside.state.layer}, ${data.spaces[beside.state.space]}.`,
    said: () => here().map(told).join("; "),
    table: () => [["layer", "space", "decoder", "text", "low", "high", ...Object.keys(SERIES_MARKS)],
      ...panel.marks.map((mark) => [mark.layer, mark.space, mark.condition, mark.value, mark.low, mark.high, ...Object.keys(SERIES_MARKS).map((name) => mark.nulls[name])])],
    paint: (picture, box) => { rows = paintBeside(panel, here(), picture, { ...box, left: 70 }); },
  });
  figure.picture.addEventListener("pointermove", (event) => {
    if (!rows) return;
    const bounds = figure.picture.getBoundingClientRect();
    const down = ((event.clientY - bounds.top) / bounds.height) * figure.picture.viewBox.baseVal.height;
    const mark = here()[clamp(Math.floor((down - rows.top) / rows.height), 0, here().length - 1)];
    if (mark) showTip(event, [make("strong", {}, told(mark)), ...Object.keys(SERIES_MARKS).map((name) => `${name} ${shown(panel, mark.nulls[name])}`)]);
  });
  figure.picture.addEventListener("pointerleave", hideTip);
  beside.onChange("layer space", figure.redraw);
  return figure;
}

function paintBeside(panel, marks, picture, box) {
  const numbers = marks.flatMap((mark) => [mark.value, mark.low, mark.high, ...Object.values(mark.nulls)]).filter(isNumber);
  if (!numbers.length) {
    picture.append(draw("text", { x: box.width / 2, y: box.height / 2, "text-anchor": "middle", class: "absent" }, "not measured"));
    return null;
  }
  const [low, high] = padded(numbers), x = scale(low, high, box.left + 8, box.right - 8);
  const height = (box.bottom - box.top) / marks.length, middle = (row) => box.top + (row + 0.5) * height;
  const across = marked(panel, ticksOf(panel, low, high, isLarge(box) ? 9 : 5));
  picture.append(draw("g", { class: "axes" },
    across.map(([value, words]) => [draw("line", { x1: x(value), x2: x(value), y1: box.top, y2: box.bottom, class: "grid" }),
      draw("text", { x: x(value), y: box.bottom + 15, "text-anchor": "middle" }, words)]),
    draw("line", { x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom, class: "rail" }),
    panel.unit ? draw("text", { x: box.right, y: box.bottom + 30, "text-anchor": "end", class: "title" }, panel.unit === "%" ? "of texts" : panel.unit) : null,
    marks.map((mark, row) => draw("text", { x: box.left - 6, y: middle(row) + 4, "text-anchor": "end" }, mark.condition))));
  marks.forEach((mark, row) => {
    if (!isNumber(mark.value)) return;
    const y = middle(row), colour = mark.condition === "all" ? "ink" : colourClass(mark.condition);
    picture.append(draw("g", { class: `curve ${colour}` },
      Object.entries(SERIES_MARKS).filter(([name]) => isNumber(mark.nulls[name])).map(([name, shape]) => shape(x(mark.nulls[name]), y)),
      isNumber(mark.low) ? draw("line", { x1: x(mark.low), x2: x(mark.high), y1: y, y2: y, stroke: "currentColor", "stroke-width": 2 }) : null,
      draw("circle", { cx: x(mark.value), cy: y, r: 4.5, class: "solid" })));
  });
  return { top: box.top, height };
}

// -- one text in two planes -------------------------------------------------------------------------------------------

function startPlanes() {
  const { texts, shape, left_out: leftOut } = data.planes;
  if (!texts.length) {
    byId("plane-controls").append(make("p", { class: "note" }, "No text was long enough to be measured."));
    document.querySelector("#planes .pane").hidden = true;
    return;
  }
  const [, , tokens] = shape, unpacked = new Map();
  const { state: chosen, onChange: whenChosen, change: show } = makeStore({ text: 0, layer: data.layers.length - 1 });
  const text = () => texts[chosen.text];
  function pathOf(of, layer, space) { // [token] of pairs
    if (!unpacked.has(of)) unpacked.set(of, float16(of.plane, of.scale));
    const numbers = unpacked.get(of), start = (layer * 2 + space) * tokens * 2;
    return Array.from({ length: tokens }, (_, token) => [numbers[start + 2 * token], numbers[start + 2 * token + 1]]).filter((point) => point.every(isNumber));
  }
  const extents = new Map(); // of all texts on the shared axes, so that they can be compared
  function sharedExtent(layer) {
    if (!extents.has(layer)) {
      const points = texts.flatMap((of) => pathOf(of, layer, 1));
      extents.set(layer, points.length ? [0, 1].map((axis) => padded(points.map((point) => point[axis]))) : null);
    }
    return extents.get(layer);
  }
  const number = (space, measure) => plain(text().numbers[`${data.layers[chosen.layer]} ${space} ${measure}`]);
  const plane = (space, title, meaning) => chart({
    id: `plane-${space}`, title, height: 400, width: 540,
    meaning: () => `${meaning} C ${number(space, "mean_step")}, Q ${number(space, "silhouette")}, P ${number(space, "longest_h1_bar")}.`,
    said: () => `Path of ${text().sample} at layer ${data.layers[chosen.layer]}`,
    table: () => [["token", "text", "axis 1", "axis 2"], ...pathOf(text(), chosen.layer, Number(space === "shared")).map(([one, two], token) => [token, text().tokens[token], one, two])],
    paint: (picture, box) => {
      const points = pathOf(text(), chosen.layer, Number(space === "shared"));
      const ends = space === "shared" ? sharedExtent(chosen.layer) : [0, 1].map((axis) => (points.length ? padded(points.map((point) => point[axis])) : null));
      if (!points.length || !ends) {
        picture.append(draw("text", { x: box.width / 2, y: box.height / 2, "text-anchor": "middle", class: "absent" }, "not measured"));
        return;
      }
      const [[left, right], [low, high]] = ends, x = scale(left, right, box.left, box.right - 12), y = scale(low, high, box.bottom, box.top);
      const marks = (from, to) => ticks(from, to, 5).map((value) => [value, String(value)]);
      picture.append(frame(x, y, marks(left, right), marks(low, high), box, "axis 2", "axis 1"));
      points.forEach(([one, two], token) => {
        const colour = css(ramp(0.2 + (0.8 * token) / Math.max(1, points.length - 1)));
        if (token) picture.append(draw("line", { x1: x(points[token - 1][0]), y1: y(points[token - 1][1]), x2: x(one), y2: y(two), stroke: colour, "stroke-width": 1, opacity: 0.6 }));
        picture.append(draw("circle", { cx: x(one), cy: y(two), r: 2.6, fill: colour }, draw("title", {}, `${token}: ${text().tokens[token]}`)));
      });
    },
  });
  const of = choice("text", texts.map((each, at) => [at, each.label && each.label !== "fluent" ? `${each.sample} (${each.label})` : each.sample]), (value) => show({ text: Number(value) }));
  const layer = choice("layer", data.layers.map((each, at) => [at, String(each)]), (value) => show({ layer: Number(value) }));
  layer.select.value = String(chosen.layer);
  byId("plane-controls").append(of.element, layer.element);
  if (leftOut) byId("plane-controls").append(make("p", { class: "note" }, `${leftOut} more texts are in the run's arrays.`));
  const figures = [
    plane("private", "Its own plane", "The paper's space."),
    plane("shared", "Shared axes", "Axes 1 and 2 of those fitted to other texts; C, Q and P are of all of them."),
  ];
  byId("plane-panels").append(...figures);
  const write = () => {
    byId("plane-name").textContent = text().sample;
    byId("plane-text").textContent = text().tokens.join("");
  };
  write();
  whenChosen("text layer", () => { figures.forEach((figure) => figure.redraw()); write(); remember(); });
  keep("plane-text", {
    get: () => (chosen.text ? text().sample : null), allowed: () => texts.map((each) => each.sample),
    set: (sample) => { const at = Math.max(0, texts.findIndex((each) => each.sample === sample)); of.select.value = String(at); show({ text: at }); },
  });
  onChange("theme", () => figures.forEach((figure) => figure.redraw()));
}

// -- associations -----------------------------------------------------------------------------------------------------

function startAssociations() {
  const x = scale(-1, 1, 6, 194), rows = [...document.querySelectorAll("tr[data-layer]")];
  const { state: chosen, onChange: whenChosen, change: show } = makeStore({ layer: null });
  const layer = choice("layer", [...data.layers.map((number) => [number, String(number)]), ["all", "all"]], (value) => show({ layer: value }));
  whenChosen("layer", () => {
    for (const row of rows) row.hidden = chosen.layer !== "all" && row.dataset.layer !== chosen.layer;
    remember();
  });
  const usual = String(data.layers.at(-1));
  if (rows.length) {
    byId("association-controls").append(layer.element);
    layer.select.value = usual;
    show({ layer: usual });
    keep("associations-layer", {
      get: () => (chosen.layer === usual ? null : chosen.layer), allowed: () => [...data.layers.map(String), "all"],
      set: (value) => { layer.select.value = value ?? usual; show({ layer: layer.select.value }); },
    });
  }
  for (const box of document.querySelectorAll("[data-association]")) {
    const row = data.associations[Number(box.dataset.association)];
    box.append(draw("svg", { viewBox: "0 0 200 24", class: "strip", "aria-hidden": "true" },
      draw("line", { x1: 6, x2: 194, y1: 12, y2: 12, class: "rail" }),
      draw("line", { x1: x(0), x2: x(0), y1: 3, y2: 21, class: "tick" }),
      isNumber(row.low) ? draw("line", { x1: x(row.low), x2: x(row.high), y1: 12, y2: 12, class: "interval" }) : null,
      isNumber(row.rho_unheld) ? draw("g", { class: "curve ink" }, draw("circle", { cx: x(row.rho_unheld), cy: 12, r: 4, class: "hollow" })) : null,
      isNumber(row.surrogate_rho) ? draw("path", { d: `M${x(row.surrogate_rho)} 13l5 8h-10z`, class: "baseline" }) : null,
      draw("circle", { cx: x(row.rho), cy: 12, r: row.is_clear ? 5 : 3.5, class: "point" })));
  }
}
