// The layer curves: one panel a measure, one line a condition, its interval, its null, and what is missing.

function panel(measure) {
  const hasEmbedding = measure.place !== "weights-panels"; // blocks have none
  const axis = (box) => layerAxis(box, lastLayer, hasEmbedding);
  let x = null, cross = null;
  const figure = chart({
    id: `measure-${measure.name}`,
    title: titled(measure),
    meaning: measure.meaning,
    label: `${measure.words} by layer; arrow keys move the cross-hair, Enter enlarges`,
    said: () => describe(measure),
    watch: "hidden focus claim",
    saves: { name: () => `${measure.words} by ${hasName(measure)}` },
    key: () => keyOf(measure.curves.map((curve) => curve.condition)),
    table: () => curveTable(measure),
    paint: (picture, box) => {
      x = axis(box);
      cross = paintCurves(measure, picture, box, x);
    },
  });
  const picture = figure.picture;
  onChange("layer", () => { if (cross) for (const end of ["x1", "x2"]) cross.setAttribute(end, x(state.layer)); });
  picture.addEventListener("pointermove", (event) => {
    change({ layer: x.at(placeIn(picture, event)) });
    showTip(event, values(measure));
  });
  picture.addEventListener("pointerleave", hideTip);
  figure.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.target !== figure) return;
    event.preventDefault();
    change({ layer: clamp(state.layer + step, 0, lastLayer) });
    const box = picture.getBoundingClientRect();
    showTip({ clientX: box.left + (x(state.layer) / picture.viewBox.baseVal.width) * box.width, clientY: box.top + box.height / 2 }, values(measure));
    say(values(measure).map((part) => part.textContent || part).join("; "));
  });
  figure.addEventListener("blur", hideTip);
  return figure;
}
const titled = (measure) => capital(axisTitle(measure));

// Draws all of a measure's visible curves; answers with the cross-hair's line.
function paintCurves(measure, picture, box, x) {
  const curves = measure.curves.filter((curve) => visible(curve.condition));
  const isOnAxis = (layer) => !isEmbedding(x, layer);
  const means = curves.flatMap((curve) => curve.value.filter((value, at) => isNumber(value) && isOnAxis(curve.layer[at])));
  const all = means.length ? means : curves.flatMap((curve) => curve.value).filter(isNumber);
  if (!all.length) {
    picture.append(draw("text", { x: box.width / 2, y: box.height / 2, "text-anchor": "middle", class: "absent" }, curves.length ? "not measured at any layer" : "no condition is shown"));
    return null;
  }
  const [low, high] = reach(all, curves, box, measure.log, isOnAxis);
  const inner = scale(low, high, box.bottom - 4, box.top, measure.log);
  const y = (value) => clamp(measure.log && value <= 0 ? box.bottom : inner(value), box.top - 4, box.bottom);
  y.ends = [box.top - 4, box.bottom];
  y.holds = (value) => value >= low && value <= high;
  y.isAbove = (value) => value > high;
  markClaim(measure, picture, box, x);
  const ys = ticksOf(measure, low, high, isLarge(box) ? 9 : 5, measure.log);
  picture.append(frame(x, y, x.marks, marked(measure, ys), box, axisTitle(measure) + (measure.log ? ", log scale" : ""), hasName(measure)));
  if (x.fence) picture.append(x.fence);
  for (const curve of curves) picture.append(nullOf(curve, x, y));
  for (const curve of curves) picture.append(...floors(curve, x, y));
  const outside = { above: 0, below: 0 }; // rows of marks of embeddings beyond the axis
  for (const curve of curves) picture.append(line(curve, x, y, box), embedding(measure, curve, x, y, box, outside));
  const cross = draw("line", { x1: x(state.layer), x2: x(state.layer), y1: box.top - 4, y2: box.bottom, class: "cross" });
  picture.append(cross);
  return cross;
}
const hasName = (measure) => (measure.place === "weights-panels" ? "block" : "layer");

function markClaim(measure, picture, box, x) {
  if (!state.claim || state.claim.measure !== measure.name || !state.claim.span) return;
  const [from, to] = state.claim.span, left = x(from) - 5, right = x(to) + 5;
  picture.append(draw("rect", { x: left, width: right - left, y: box.top - 4, height: box.bottom - box.top + 4, class: "claimed" }),
    draw("text", { x: box.right, y: box.top - 14, "text-anchor": "end", class: "title claimed" }, `claim ${data.claims.indexOf(state.claim) + 1}'s layers`));
}

// The null is hatched in its condition's colour, and left out at the embedding where that lies beyond the axis.
function nullOf(curve, x, y) {
  const inside = { ...curve, null_low: curve.null_low.map((low, at) => (isEmbedding(x, curve.layer[at]) && !(y.holds(low) || y.holds(curve.null_high[at])) ? null : low)) };
  return draw("path", { d: hatched(inside, "null_low", "null_high", x, y), class: `null ${colourClass(curve.condition)} ${fading(curve)}` });
}

function line(curve, x, y, box) {
  const dots = curve.layer.map((layer, at) => {
    if (isNumber(curve.value[at])) {
      if (isEmbedding(x, layer) && !y.holds(curve.value[at])) return null;
      return draw("circle", { cx: x(layer), cy: y(curve.value[at]), r: lastLayer > 40 && !isLarge(box) ? 1.6 : 2.4, class: curve.refused[at] ? "hollow" : "solid" });
    }
    const px = x(layer), py = box.bottom - 3 - 5 * (slot.get(curve.condition) ?? 0);
    return draw("path", { d: `M${px - 2.5} ${py - 2.5}l5 5m0 -5l-5 5`, class: "refused" });
  });
  const inside = { ...curve, low: curve.low.map((low, at) => (isEmbedding(x, curve.layer[at]) && !y.holds(curve.value[at] ?? NaN) ? null : low)) };
  return draw("g", { class: `curve ${colourClass(curve.condition)} ${fading(curve)}` },
    draw("path", { d: band(inside, "low", "high", x, y), class: "band" }),
    draw("path", { d: lineOf(curve, "value", x, y), class: "mean", "stroke-dasharray": DASHES[kindOf.get(curve.condition)] || null }), dots);
}
// Layer 0 beyond the axis that the other layers set: an arrow with its number.
function embedding(measure, curve, x, y, box, outside) {
  const at = x.isApart ? curve.layer.indexOf(0) : -1, value = at < 0 ? null : curve.value[at];
  if (!isNumber(value) || y.holds(value)) return "";
  const isAbove = y.isAbove(value), row = isAbove ? outside.above++ : outside.below++;
  const py = isAbove ? box.top + 4 + 11 * row : box.bottom - 6 - 11 * row, left = x(0) - 12;
  return draw("g", { class: `embedding ${colourClass(curve.condition)} ${fading(curve)}` },
    draw("path", { d: isAbove ? `M${left} ${py + 3}l3.5 -7l3.5 7z` : `M${left} ${py - 4}l3.5 7l3.5 -7z` }),
    draw("text", { x: left + 9, y: py + 3 }, figure2(value * measure.scale)),
    draw("title", {}, `${called(curve.condition)} at layer 0, beyond the axis: ${shown(measure, value)}`));
}
const figure2 = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : trimmed(threeDigits(Number(value.toPrecision(2)))));

// An overlap between two halves of one model's texts, where a comparison measured it.
function floors(curve, x, y) {
  return curve.halves ? [draw("path", { d: lineOf(curve, "halves", x, y), class: `halves ${colourClass(curve.condition)} ${fading(curve)}` })] : [];
}

// -- what is said of them ---------------------------------------------------------------------------------------------

function values(measure) {
  const lines = [make("strong", {}, `${axisTitle(measure)}, ${hasName(measure)} ${state.layer}`)];
  for (const curve of measure.curves.filter((one) => visible(one.condition))) {
    const at = curve.layer.indexOf(state.layer);
    const value = at < 0 ? null : curve.value[at];
    const said = at < 0 ? MISSING : valueInterval(measure, value, curve.low[at], curve.high[at]);
    const none = at >= 0 && isNumber(curve.null_low[at]) ? `, ${data.null_name ?? "null"} ${valueInterval(measure, (curve.null_low[at] + curve.null_high[at]) / 2, curve.null_low[at], curve.null_high[at])}` : "";
    const halves = curve.halves && isNumber(curve.halves[at]) ? `, halves ${shown(measure, curve.halves[at])}` : "";
    const why = !isNumber(value) && at >= 0 && curve.status[at] !== "ok" ? `: ${reason(curve.status[at])}` : "";
    const some = isNumber(value) && curve.refused[at] ? ` (${curve.refused[at]} refused)` : "";
    lines.push(make("div", {}, make("span", { class: `swatch ${colourClass(curve.condition)}` }), make("b", {}, ` ${called(curve.condition)}`), ` ${said}${none}${halves}${why}${some}`));
  }
  return lines;
}

function curveTable(measure) {
  const columns = ["value", "low", "high", "null_low", "null_high", "halves", "status"].filter((key) => measure.curves.some((curve) => curve[key]));
  const rows = measure.curves.flatMap((curve) => curve.layer.map((layer, at) => [measure.name, curve.condition, layer, ...columns.map((key) => (curve[key] ? curve[key][at] : null))]));
  return [["measure", "condition", hasName(measure), ...columns], ...rows];
}

function describe(measure) {
  const parts = measure.curves.filter((curve) => visible(curve.condition)).map((curve) => {
    const found = curve.value.filter(isNumber);
    return `${called(curve.condition)} ${found.length ? `from ${shown(measure, Math.min(...found))} to ${shown(measure, Math.max(...found))}` : MISSING}`;
  });
  return `${measure.words} by ${hasName(measure)}: ${parts.join("; ")}`;
}

// -- measures without layers ------------------------------------------------------------------------------------------

function baselinePanel(measure) {
  const rows = () => measure.values.filter((row) => visible(row.condition));
  const figure = chart({
    id: `measure-${measure.name}`,
    title: titled(measure),
    meaning: measure.meaning,
    height: () => 52 + 18 * Math.max(1, rows().length),
    said: () => `${measure.words}: ${rows().map((row) => `${called(row.condition)} ${valueInterval(measure, row.value, row.low, row.high)}`).join("; ")}`,
    watch: "hidden focus",
    key: () => keyOf(measure.values.map((row) => row.condition)),
    table: () => [["measure", "condition", "value", "low", "high"], ...measure.values.map((row) => [measure.name, row.condition, row.value, row.low, row.high])],
    paint: (picture, box) => paintBaseline(measure, rows(), picture, box),
  });
  return figure;
}
function paintBaseline(measure, rows, picture, size) {
  const found = rows.flatMap((row) => [row.value, row.low, row.high]).filter(isNumber);
  if (!found.length) return;
  const longest = Math.max(...rows.map((row) => called(row.condition).length));
  const box = { ...size, left: clamp(14 + 6 * longest, 60, isLarge(size) ? 240 : 150), top: 8 };
  const [low, high] = padded([0, ...found]);
  const x = scale(low, high, box.left, box.right - 8);
  const step = (box.bottom - box.top - 4) / rows.length;
  picture.append(frame(x, () => 0, marked(measure, ticksOf(measure, low, high, isLarge(size) ? 9 : 5)), [], box, "", axisTitle(measure)));
  rows.forEach((row, at) => {
    const y = box.top + step * (at + 0.5), name = called(row.condition);
    picture.append(draw("g", { class: `curve ${colourClass(row.condition)} ${fading(row)}` },
      draw("text", { x: box.left - 6, y: y + 4, "text-anchor": "end" }, name.length > 24 && !isLarge(size) ? `${name.slice(0, 23)}…` : name),
      isNumber(row.low) ? draw("line", { x1: x(row.low), x2: x(row.high), y1: y, y2: y, class: "mean" }) : null,
      isNumber(row.value) ? draw("circle", { cx: x(row.value), cy: y, r: 4, class: row.refused ? "hollow" : "solid" },
        draw("title", {}, `${name}: ${valueInterval(measure, row.value, row.low, row.high)}`)) : draw("text", { x: box.left + 4, y: y + 4, class: "absent" }, MISSING)));
  });
}

function startCurves() {
  legend();
  byId("panels").replaceChildren(...data.curves.map(panel));
  if (data.scales.calibrated) startScales();
  if (data.baselines.length) byId("baselines").replaceChildren(...data.baselines.map(baselinePanel));
}
