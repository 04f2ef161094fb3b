// The views of a page of trainings: the map of checkpoints, their distances, and curves by step, all marked at one step.
// This file holds what is chosen; map.js, matrix.js and curves.js, which follow, draw.

const traced = data.trace.runs, factors = data.trace.factors;
const views = [["claims", startClaims], ["trainings", startTrainings]];
const MOST_NAMED = 12; // runs or values in a legend
const AXES = [["12", "1 and 2"], ["13", "1 and 3"], ["23", "2 and 3"]];
const BY = [["log", "steps, logarithmic"], ["linear", "steps, linear"], ["tokens", "tokens, logarithmic"], ["tokens-linear", "tokens, linear"]];

function startTrainings() {
  if (!traced.length) return;
  const everyStep = [...new Set(traced.flatMap((run) => run.step))].sort((a, b) => a - b);
  const layers = [...new Set(traced.flatMap((run) => Object.values(run.geometry).flatMap((each) => each.layers)))].sort((a, b) => a - b);
  const measures = Object.entries(traced[0].geometry).map(([name, each]) => [name, each.words]);
  const haveTokens = traced.some((run) => run.tokens.every(isNumber));
  const colours = [["run", "run"], ["progress", "progress"], ...factors.map((factor, place) => [`factor-${place}`, factor.name])];
  const store = makeStore({
    step: everyStep.at(-1), dimensions: "2", axes: "12", by: "log", layer: "last", measure: measures.length ? measures[0][0] : "",
    colour: traced.length <= 8 || !factors.length ? "run" : "factor-0",
  });
  const { state: shown, onChange: whenShown, change: show } = store;
  const view = {
    shown, show, whenShown,
    // The number of a run's checkpoint at the marked step: its last one so far; -1 where it has not begun.
    at: (run) => run.step.findLastIndex((step) => step <= shown.step),
    colourOf: (run) => { const place = traced.indexOf(run); return shown.colour.startsWith("factor-") ? factors[Number(shown.colour.slice(7))].colours[place] : run.colour; },
    key: () => keyOf(shown),
  };

  const slider = make("input", { type: "range", min: 0, max: everyStep.length - 1, step: 1, oninput: () => show({ step: everyStep[Number(slider.value)] }) });
  const said = make("output");
  byId("trace-moment").append(make("label", { class: "slider" }, make("span", {}, "marked step ", said), slider));
  const tell = () => {
    slider.value = everyStep.indexOf(shown.step);
    const tokens = traced.map((run) => run.tokens[view.at(run)]).find(isNumber);
    said.textContent = `${shown.step.toLocaleString("en")} of ${everyStep.at(-1).toLocaleString("en")}${tokens ? `, ${compact(tokens)} tokens` : ""}`;
    slider.setAttribute("aria-valuetext", `step ${said.textContent}`);
  };
  keep("step", { get: () => shown.step, set: (step) => show({ step: Number(step) }), allowed: () => everyStep });
  whenShown("step", () => { tell(); remember(); });

  const controls = [
    control("dimensions", "map", [["2", "2-D"], ["3", "3-D, drag or arrow keys turn"]]), control("axes", "axes", AXES),
    control("colour", "coloured by", colours), control("by", "curves by", haveTokens ? BY : BY.slice(0, 2)),
    ...(measures.length ? [control("measure", "measure", measures), control("layer", "layer", [["last", "last"], ...layers.map((each) => [String(each), String(each)])])] : []),
  ];
  byId("trace-controls").append(...controls);
  function control(name, label, options) { // a choice that the link keeps
    const { element, select } = choice(label, options, (value) => show({ [name]: value }));
    select.value = shown[name];
    whenShown(name, () => { select.value = shown[name]; remember(); });
    keep(name === "layer" ? "of-layer" : name, { get: () => shown[name], set: (value) => show({ [name]: value }), allowed: () => options.map(([value]) => value) });
    if (name === "axes") whenShown("dimensions", () => { select.disabled = shown.dimensions === "3"; });
    return element;
  }

  const unknown = traced.filter((run) => !run.tokens.every(isNumber));
  byId("trace-tokens").textContent = !unknown.length ? "" : `How many tokens were seen is not known ${haveTokens ? `of ${unknown.map((run) => run.run).slice(0, 4).join(", ")}${unknown.length > 4 ? " …" : ""}` : "of any run"}: ${unknown[0].no_tokens}.`;
  const legend = byId("trace-legend");
  const writeLegend = () => legend.replaceChildren(...legendOf(shown));
  whenShown("colour", writeLegend);
  onChange("theme", writeLegend);
  writeLegend();
  tell();

  byId("trace-map").append(checkpointMap(view));
  if (data.trace.distances) byId("trace-map").append(distanceMatrix(data.trace.distances, view));
  byId("trace-curves").append(...stepCurves(view, measures.length > 0));
}

const compact = (value) => new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
const paleAt = (share) => css(ramp(0.25 + 0.75 * share)); // the palest colours would be lost on the ground

// [class, words] of every colour; none where progress is the colour.
function keyOf(shown) {
  if (shown.colour === "progress") return [];
  if (shown.colour === "run") return traced.map((run) => [run.colour, run.run]);
  const factor = factors[Number(shown.colour.slice(7))];
  return [...new Map(factor.values.map((value, place) => [value, [factor.colours[place], value]])).values()];
}
function legendOf(shown) {
  const named = (name, words) => make("span", { class: "named" }, make("span", { class: `swatch ${name}` }), words);
  const key = keyOf(shown), more = key.length - MOST_NAMED;
  const bar = make("canvas", { width: 64, height: 1, "aria-hidden": "true" }), context = bar.getContext("2d");
  for (let at = 0; at < 64; at++) { context.fillStyle = paleAt(at / 63); context.fillRect(at, 0, 1, 1); }
  return [
    ...key.slice(0, MOST_NAMED).map(([name, words]) => named(name, words)), more > 0 ? make("span", {}, `and ${more} more`) : null,
    ...(key.length ? [] : [make("span", {}, "progress 0"), bar, make("span", {}, "1; curves by run")]),
    make("span", { class: "named straight" }, make("span", { class: "swatch" }), "straight ways to the same ends"), make("span", {}, "● the marked step"),
  ].filter(Boolean);
}

// The width of a picture that takes the whole row, so that its letters stay readable on a narrow screen.
const rowWidth = (most = 1100) => clamp(byId("trace-map").clientWidth - 32, SMALL.width, most);
function widens(figure) {
  figure.style.gridColumn = "1 / -1";
  let width = rowWidth();
  new ResizeObserver(() => { if (rowWidth() !== width) { width = rowWidth(); figure.redraw(); } }).observe(byId("trace-map"));
  onChange("theme", figure.redraw);
  return figure;
}
