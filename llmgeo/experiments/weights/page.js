// The views of a page of matrices: every kind's measure by layer with its nulls, and spectra of the matrices chosen.

const measured = data.weights;
const views = [["claims", startClaims], ["matrices", startMatrices], ["spectra", startSpectra]];

function startMatrices() {
  if (!measured.kinds.length) return;
  const names = Object.entries(measured.measures);
  const { state: shown, onChange: whenShown, change: show } = makeStore({ measure: names[0][0], scale: "own" });
  const measure = choice("measure", names, (value) => show({ measure: value }));
  const heights = choice("heights", [["own", "each its own"], ["one", "one for all"]], (value) => show({ scale: value }));
  byId("weights-controls").append(measure.element, heights.element);
  const series = ["value", "gaussian_low", "gaussian_high", "sized", "random", "rounded_8", "rounded_4"];
  const of = (kind) => kind.measures[shown.measure];
  const numbers = (kind) => (of(kind) ? series.flatMap((name) => of(kind)[name]).filter(isNumber) : []);
  const key = () => [["c0", "weights"], ["c7", "Gaussian, random, rounded"]];
  const panels = measured.kinds.map((kind, place) => chart({
    id: `weights-kind-${place}`, title: kind.kind, key,
    meaning: () => `${measured.measures[shown.measure]}${of(kind)?.n ? `, n = ${of(kind).n}` : ""}.`,
    said: () => `${kind.kind}: ${measured.measures[shown.measure]} in ${of(kind)?.layers.length ?? 0} layers`,
    table: () => [["layer", ...series], ...(of(kind)?.layers ?? []).map((layer, at) => [layer, ...series.map((name) => of(kind)[name][at])])],
    paint: (picture, box) => {
      const found = of(kind);
      const all = shown.scale === "one" ? measured.kinds.flatMap(numbers) : numbers(kind);
      if (!found || !all.length) return;
      const [low, high] = padded(all), layers = found.layers;
      const from = layers[0], to = Math.max(layers.at(-1), from + 1);
      const x = scale(from, to, box.left + 4, box.right - 10), y = scale(low, high, box.bottom - 4, box.top);
      const across = ticks(from, to, 5).filter(Number.isInteger).map((each) => [each, String(each)]);
      picture.append(frame(x, y, across, ticks(low, high, 5).map((each) => [each, String(Number(each.toPrecision(3)))]), box, "", "layer"));
      const points = (values) => layers.map((layer, at) => [x(layer), values[at]]).filter(([, value]) => isNumber(value));
      const line = (values) => `M${points(values).map(([left, value]) => `${left.toFixed(1)} ${y(value).toFixed(1)}`).join("L")}`;
      const upper = points(found.gaussian_high), lower = points(found.gaussian_low).reverse();
      if (upper.length > 1) picture.append(draw("path", { d: `M${[...upper, ...lower].map(([left, value]) => `${left.toFixed(1)} ${y(value).toFixed(1)}`).join("L")}Z`, fill: "currentColor", opacity: 0.16 }));
      for (const [name, dash, opacity] of [["sized", "1 3", 1], ["random", "6 4", 0.7], ["rounded_8", "", 0.35], ["rounded_4", "", 0.35]])
        if (points(found[name]).length) picture.append(draw("path", { d: line(found[name]), fill: "none", stroke: "currentColor", "stroke-width": 1, "stroke-dasharray": dash || null, opacity }));
      if (points(found.value).length) picture.append(draw("g", { class: "curve c0" }, draw("path", { d: line(found.value), class: "mean", fill: "none" }),
        points(found.value).map(([left, value]) => draw("circle", { cx: left, cy: y(value), r: 2.5, class: "solid" }))));
    },
  }));
  byId("weights-kinds").append(...panels);
  const redraw = () => { for (const panel of panels) panel.redraw(); };
  for (const name of ["measure", "scale"]) whenShown(name, redraw);
}

function startSpectra() {
  const every = measured.spectra;
  if (!every.length) return;
  const kinds = [...new Set(every.map((each) => each.kind))];
  const { state: shown, onChange: whenShown, change: show } = makeStore({ kind: kinds[0], place: 0 });
  const ofKind = () => every.filter((each) => each.kind === shown.kind);
  const chosen = () => ofKind()[Math.min(shown.place, ofKind().length - 1)];
  const slider = make("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "matrix of the kind" });
  const said = make("span", { class: "note" });
  const kind = choice("kind", kinds.map((each) => [each, each]), (value) => show({ kind: value, place: 0 }));
  slider.addEventListener("input", () => show({ place: Number(slider.value) }));
  byId("spectra-controls").append(kind.element, make("label", {}, "matrix ", slider), said);
  const tell = () => {
    slider.max = ofKind().length - 1;
    slider.value = shown.place;
    slider.disabled = ofKind().length < 2;
    const { layer, alpha, tail } = chosen();
    said.textContent = `${layer === null ? "beside the blocks" : `layer ${layer}`}${isNumber(alpha) ? `, α ${alpha.toPrecision(3)} of ${tail} eigenvalues` : ""}`;
  };
  const figure = chart({
    id: "weights-spectra", title: "Singular values", width: 1100, height: 420, key: () => [["c0", "chosen"]],
    meaning: "Thick: the chosen matrix. Thin: the others of its kind. Dashed: independent numbers of the same shape and size.",
    said: () => `Singular values of ${ofKind().length} matrices of the kind ${shown.kind}`,
    table: () => [["matrix", "rank", "singular value", "independent numbers"], ...ofKind().flatMap((each) => each.ranks.map((rank, at) => [each.matrix, rank, each.own[at], each.random[at]]))],
    paint: (picture, box) => {
      const all = ofKind(), now = chosen();
      const positive = all.flatMap((each) => [...each.own, ...each.random]).filter((value) => isNumber(value) && value > 0);
      if (!positive.length) return;
      const most = Math.max(...positive), low = Math.max(Math.min(...positive), most / 1e4);
      const ranks = Math.max(2, ...all.map((each) => each.ranks.at(-1)));
      const x = scale(1, ranks, box.left + 4, box.right - 10, true), y = scale(low / 1.2, most * 1.2, box.bottom - 4, box.top, true);
      picture.append(frame(x, y, decades(1, ranks), decades(low / 1.2, most * 1.2), box, "", "rank"));
      const line = (each, values) => `M${each.ranks.map((rank, at) => [x(rank), values[at]]).filter(([, value]) => isNumber(value) && value >= low / 1.2).map(([left, value]) => `${left.toFixed(1)} ${y(value).toFixed(1)}`).join("L")}`;
      for (const each of all) picture.append(draw("path", { d: line(each, each.own), fill: "none", stroke: "currentColor", "stroke-width": 0.7, opacity: 0.25 }));
      picture.append(draw("path", { d: line(now, now.random), fill: "none", stroke: "currentColor", "stroke-width": 1.2, "stroke-dasharray": "6 4" }));
      picture.append(draw("g", { class: "curve c0" }, draw("path", { d: line(now, now.own), class: "mean", fill: "none" })));
    },
  });
  figure.style.gridColumn = "1 / -1";
  byId("spectra-picture").append(figure);
  const redraw = () => { tell(); figure.redraw(); };
  for (const name of ["kind", "place"]) whenShown(name, redraw);
  tell();
}

// Round numbers of a logarithmic axis: 1, 2 and 5 of every decade, or the decades alone where they are many.
function decades(low, high) {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
  const steps = last - first > 3 ? [1] : [1, 2, 5];
  return Array.from({ length: last - first + 1 }, (_, at) => first + at)
    .flatMap((power) => steps.map((step) => step * 10 ** power))
    .filter((value) => value >= low && value <= high)
    .map((value) => [value, String(Number(value.toPrecision(2)))]);
}
