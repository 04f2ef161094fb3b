// What tells two sides apart: the effect of a measure at every layer, with its strongest baseline.

const seen = { contrast: 0, measure: 0, layer: null }; // what the view shows
const contrastOf = () => data.contrasts[seen.contrast];
const measureOf = () => contrastOf().measures[seen.measure];
const baselineOf = () => contrastOf().baseline || contrastOf().baselines.find((one) => one) || null;

// -- what tells best, which is shown until a reader chooses -----------------------------------------------------------

function bestMeasure(at) {
  const { measures, best, strongest } = data.contrasts[at];
  const first = best || strongest.find((effect) => effect && isNumber(effect.auc));
  return Math.max(0, measures.findIndex((one) => first && one.name === first.measure));
}
function bestLayer(at, place) { // the embedding knows only which words repeat: it is never shown first
  const measure = data.contrasts[at].measures[place];
  const strong = data.contrasts[at].strongest.find((one) => one && one.measure === measure.name);
  if (strong && strong.layer) return strong.layer;
  const layers = measure.layer.map((layer, index) => [layer, measure.auc[index]]).filter(([layer, auc]) => layer > 0 && isNumber(auc));
  const strength = ([, auc]) => Math.abs(auc - 0.5);
  return layers.length ? layers.reduce((best, one) => (strength(one) > strength(best) ? one : best))[0] : measure.layer.at(-1);
}

// -- words ------------------------------------------------------------------------------------------------------------

const oriented = (of, effect, at) => higherOrLower(effect.auc[at], effect.low[at], effect.high[at], of.sides[0].words);
const signed = (gain) => `${gain > 0 ? "+" : ""}${fixed(100 * gain, 0)}`;

function bandOf(one, at) { // turned to the side that is told
  const isLower = one.auc[at] < 0.5, turn = (end) => (isLower && isNumber(end) ? 1 - end : end);
  return isLower ? pairsBetween(turn(one.band_high[at]), turn(one.band_low[at])) : pairsBetween(one.band_low[at], one.band_high[at]);
}
function contrastNote() {
  const of = contrastOf(), one = measureOf(), at = one.layer.indexOf(seen.layer), values = data.values;
  const effect = at >= 0 && isNumber(one.auc[at])
    ? `Layer ${seen.layer}: ${one.words} is ${oriented(of, one, at)} by itself,${bandOf(one, at)} with all measures and layers allowed for; ${qWords(one.q[at])}.`
    : `Layer ${seen.layer}: ${at < 0 ? MISSING : one.status[at] === "no_samples" ? of.why : reason(one.status[at])}.`;
  return [
    effect,
    seen.layer === 0 && lastLayer > 0 ? "Layer 0 is the embedding: it knows which words repeat, and nothing else." : "",
    of.baseline && isNumber(of.baseline.auc) ? `${capital(of.baseline.words)} alone: ${higherOrLower(of.baseline.auc, of.baseline.low, of.baseline.high, of.sides[0].words)}.` : "",
    of.best && isNumber(of.gain[0]) ? `Geometry at its best: ${of.beside}; it separates ${signed(of.gain[0])} to ${signed(of.gain[1])} pairs of 100 more than the baseline, whichever measure and layer is chosen.` : "",
    values.left_out ? `To stay small, this page has the texts' values at ${values.layers.length} layers and leaves out ${values.left_out}.` : "",
    values.samples.length < values.texts ? `The dots are the first ${values.samples.length} of ${values.texts} texts; the effects are of all texts.` : "",
    onSides().flat().length ? "" : "There is no measured text on either side, so no dots are drawn.",
  ].filter(Boolean).join(" ");
}

// -- the effect by layer ----------------------------------------------------------------------------------------------

function paintEffect(picture, box) {
  const of = contrastOf(), one = measureOf();
  const x = layerAxis(box), y = scale(0, 1, box.bottom - 4, box.top);
  const marks = [[0, "0"], [0.25, "25"], [0.5, "50"], [0.75, "75"], [1, "100"]];
  picture.append(frame(x, y, x.marks, marks, box, `higher in ${of.sides[0].words}, pairs of 100`, "layer"),
    draw("line", { x1: box.left, x2: box.right, y1: y(0.5), y2: y(0.5), class: "half" }));
  if (x.fence) picture.append(x.fence);
  if (of.baseline && isNumber(of.baseline.auc)) {
    const py = y(of.baseline.auc);
    picture.append(draw("line", { x1: box.left, x2: box.right, y1: py, y2: py, class: "baseline" }),
      draw("text", { x: box.right, y: py + (of.baseline.auc < 0.2 ? -6 : 14), "text-anchor": "end", class: "baseline" }, `${of.baseline.words} alone`));
  }
  picture.append(draw("g", { class: "curve ink" }, draw("path", { d: band(one, "band_low", "band_high", x, y), class: "band" }),
    draw("path", { d: lineOf(one, "auc", x, y), class: "mean" }),
    one.layer.map((layer, at) => (isNumber(one.auc[at])
      ? draw("circle", { cx: x(layer), cy: y(one.auc[at]), r: 2.8, class: one.q[at] < 0.05 ? "solid" : "hollow" }, draw("title", {}, `layer ${layer}: ${oriented(of, one, at)}`))
      : draw("path", { d: `M${x(layer) - 2.5} ${y(0.5) - 2.5}l5 5m0 -5l-5 5`, class: "refused" })))));
  picture.append(draw("line", { x1: x(seen.layer), x2: x(seen.layer), y1: box.top - 4, y2: box.bottom, class: "cross" }));
  return x;
}
function saidOfEffect() {
  const one = measureOf(), at = one.layer.indexOf(seen.layer);
  return `${one.words} by layer, ${contrastOf().name}: at layer ${seen.layer} ${isNumber(one.auc[at]) ? oriented(contrastOf(), one, at) : MISSING}`;
}
function effectTable() {
  const columns = ["auc", "low", "high", "band_low", "band_high", "q", "status"], one = measureOf();
  return [["contrast", "measure", "layer", ...columns], ...one.layer.map((layer, at) => [contrastOf().name, one.name, layer, ...columns.map((key) => one[key][at])])];
}
function effectChart(go) {
  let x = null;
  const figure = chart({
    id: "contrast-effect", opens: false, label: "Effect by layer; arrow keys choose a layer, Enter enlarges",
    title: () => `Effect by layer: ${measureOf().words}`,
    meaning: "Filled: q < 0.05. Band: 95 %, for all measures and layers at once. Dashed: the strongest baseline. Click or use the arrow keys to choose a layer.",
    saves: { title: () => `${contrastOf().name}: ${measureOf().words} by layer`, name: () => `${contrastOf().name} ${measureOf().words} by layer` },
    said: saidOfEffect, table: effectTable,
    paint: (picture, box) => { x = paintEffect(picture, box); },
  });
  figure.picture.addEventListener("click", (event) => go(x.at(placeIn(figure.picture, event))));
  figure.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.target !== figure) return;
    event.preventDefault();
    go(seen.layer + step);
  });
  return figure;
}

// -- the view ---------------------------------------------------------------------------------------------------------

function startContrasts() {
  const view = byId("contrast-view");
  if (!view) return;
  if (!data.contrasts.length) {
    view.replaceChildren(make("p", { class: "note" }, "The recipe has no contrasts."));
    return;
  }
  const which = choice("contrast", data.contrasts.map((of, at) => [at, of.name]), (at) => choose(Number(at)));
  const what = choice("measure", [], (at) => choose(seen.contrast, Number(at)));
  byId("contrast-controls").replaceChildren(which.element, what.element);
  Object.assign(seen, { measure: bestMeasure(0), layer: bestLayer(0, bestMeasure(0)) });
  const go = (layer) => {
    choose(seen.contrast, seen.measure, clamp(layer, measureOf().layer[0], measureOf().layer.at(-1)));
    say(byId("contrast-note").textContent);
  };
  const charts = [effectChart(go), textsChart(), besideChart()];
  view.replaceChildren(...charts);

  function choose(at, place = bestMeasure(at), layer = bestLayer(at, place)) {
    Object.assign(seen, { contrast: at, measure: place, layer });
    what.refill(contrastOf().measures.map((measure, index) => [index, measure.words]), place);
    which.select.value = at;
    for (const one of charts) one.redraw();
    charts[2].hidden = !beside();
    byId("contrast-note").textContent = contrastNote();
    remember();
  }
  choose(0);

  // In the page's link: the contrast, and what a reader chose instead of what tells best.
  const placeOf = (list, name) => Math.max(0, list.findIndex((one) => one.name === name));
  keep("contrast", {
    allowed: () => data.contrasts.map((of) => of.name), get: () => contrastOf().name, set: (name) => choose(placeOf(data.contrasts, name)),
  });
  keep("contrast-measure", {
    allowed: () => contrastOf().measures.map((one) => one.name),
    get: () => (seen.measure === bestMeasure(seen.contrast) ? null : measureOf().name),
    set: (name) => (name === null ? choose(seen.contrast) : choose(seen.contrast, placeOf(contrastOf().measures, name))),
  });
  keep("contrast-layer", {
    allowed: () => measureOf().layer, get: () => (seen.layer === bestLayer(seen.contrast, seen.measure) ? null : seen.layer),
    set: (layer) => (layer === null ? choose(seen.contrast, seen.measure) : choose(seen.contrast, seen.measure, Number(layer))),
  });
}
