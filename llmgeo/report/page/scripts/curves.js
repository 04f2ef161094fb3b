// The layer curves: one panel a measure, one line a condition, its interval, its null, and what is missing.

const DASHES = { read: "5 3" };
const kindOf = new Map(data.conditions.map((condition) => [condition.name, condition.kind]));
const visible = (condition) => !state.hidden.has(condition);

function legend() {
  const box = byId("legend");
  const names = data.conditions.map((condition) => condition.name);
  const buttons = data.conditions.map((condition) => make("button", {
    type: "button", class: `entry ${colourClass(condition.name)}`, 
    onclick: () => {
      const hidden = new Set(state.hidden);
      if (!hidden.delete(condition.name)) hidden.add(condition.name);
      change({ hidden });
    },
    onpointerenter: () => change({ focus: condition.name }), onpointerleave: () => change({ focus: null }),
    onfocus: () => change({ focus: condition.name }), onblur: () => change({ focus: null }),
  }, draw("svg", { viewBox: "0 0 28 10", "aria-hidden": "true" },
    draw("line", { x1: 1, x2: 27, y1: 5, y2: 5, "stroke-dasharray": DASHES[condition.kind] || null }),
    draw("circle", { cx: 14, cy: 5, r: 3.2 })),
  make("span", { class: "name" }, condition.name)));
  const preset = (words, keep) => make("button", {
    type: "button", class: "preset", onclick: () => change({ hidden: new Set(names.filter((name) => !keep(name))), claim: null }),
  }, words);
  const kinds = new Set(kindOf.values());
  box.replaceChildren(...buttons, make("span", { class: "presets" },
    preset("show all", () => true),
    kinds.has("generate") && kinds.has("read") ? preset("only generated", (name) => kindOf.get(name) === "generate") : null,
    kinds.has("generate") && kinds.has("read") ? preset("only read", (name) => kindOf.get(name) === "read") : null));
  byId("conditions").textContent = data.conditions.filter((condition) => condition.words).map((condition) => `${condition.name}: ${condition.words}`).join(" · ");
  const update = () => buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(visible(names[at]))));
  onChange("hidden", update);
  update();
}

// The ends of the intervals and nulls, but for the outermost twentieth: one wide band must not flatten every curve.
function usual(curves, log) {
  const found = ["low", "high", "null_low", "null_high"].flatMap((key) => curves.flatMap((curve) => curve[key]));
  const sorted = found.filter((value) => isNumber(value) && (!log || value > 0)).sort((a, b) => a - b);
  return sorted.length ? [sorted[Math.floor(sorted.length * 0.05)], sorted[Math.floor((sorted.length - 1) * 0.95)]] : [];
}

// The runs of neighbouring points that are there: a line never crosses a gap.
function pieces(curve, keys) {
  const found = [[]];
  curve.layer.forEach((layer, at) => {
    if (keys.every((key) => isNumber(curve[key][at]))) found.at(-1).push(at);
    else if (found.at(-1).length) found.push([]);
  });
  return found.filter((piece) => piece.length);
}
function band(curve, low, high, x, y) {
  return pieces(curve, [low, high]).map((piece) => {
    const wide = piece.length > 1 ? piece.map((at) => [x(curve.layer[at]), at]) : [[x(curve.layer[piece[0]]) - 3, piece[0]], [x(curve.layer[piece[0]]) + 3, piece[0]]];
    const up = wide.map(([px, at]) => `${px} ${y(curve[high][at])}`), down = wide.map(([px, at]) => `${px} ${y(curve[low][at])}`);
    return `M${up.join("L")}L${down.reverse().join("L")}Z`;
  }).join("");
}

function frame(x, y, xs, ys, box, yWords, xWords) {
  return draw("g", { class: "axes" },
    ys.map(([value, words]) => [draw("line", { x1: box.left, x2: box.right, y1: y(value), y2: y(value), class: "grid" }),
      draw("text", { x: box.left - 6, y: y(value) + 4, "text-anchor": "end" }, words)]),
    xs.map(([value, words]) => draw("text", { x: x(value), y: box.bottom + 15, "text-anchor": "middle" }, words)),
    draw("line", { x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom, class: "rail" }),
    xWords ? draw("text", { x: box.right, y: box.bottom + 30, "text-anchor": "end", class: "title" }, xWords) : null,
    yWords ? draw("text", { x: box.left - 34, y: box.top - 9, class: "title" }, yWords) : null);
}

const BOX = { left: 46, right: 352, top: 26, bottom: 186 };

function panel(measure) {
  const picture = draw("svg", { viewBox: "0 0 360 222", role: "img", "aria-label": describe(measure) });
  const figure = make("figure", { id: `measure-${measure.name}`, class: "panel", tabindex: 0, "aria-label": `${measure.words} by layer` },
    make("figcaption", {}, make("strong", {}, measure.words), make("span", { class: "quiet" }, measure.meaning)), picture);
  const x = scale(0, lastLayer || 1, BOX.left + 6, BOX.right - 6);
  const redraw = () => {
    const curves = measure.curves.filter((curve) => visible(curve.condition));
    const means = curves.flatMap((curve) => curve.value).filter(isNumber);
    picture.replaceChildren();
    if (!means.length) {
      picture.append(draw("text", { x: 180, y: 110, "text-anchor": "middle", class: "absent" }, curves.length ? "not measured at any layer" : "no condition is shown"));
      return;
    }
    const [low, high] = padded([...means, ...usual(curves, measure.log)], measure.log);
    const inner = scale(low, high, BOX.bottom - 4, BOX.top, measure.log);
    const y = (value) => clamp(measure.log && value <= 0 ? BOX.bottom : inner(value), BOX.top - 4, BOX.bottom);
    const ys = measure.scale === 1 ? ticks(low, high, 4, measure.log) : ticks(low * measure.scale, high * measure.scale, 4).map((value) => value / measure.scale);
    if (state.claim && state.claim.measure === measure.name && state.claim.span) {
      const [from, to] = state.claim.span;
      picture.append(draw("rect", { x: x(from) - 4, width: x(to) - x(from) + 8, y: BOX.top - 4, height: BOX.bottom - BOX.top + 4, class: "claimed" }),
        draw("text", { x: (x(from) + x(to)) / 2, y: BOX.top + 8, "text-anchor": "middle", class: "claimed" }, "the claim's layers"));
    }
    picture.append(frame(x, y, ticks(0, lastLayer, Math.min(6, lastLayer)).filter(Number.isInteger).map((value) => [value, String(value)]),
      ys.map((value) => [value, shown(measure, value)]), BOX, axisTitle(measure) + (measure.log ? ", log scale" : ""), "layer"));
    for (const curve of curves) picture.append(draw("path", { d: band(curve, "null_low", "null_high", x, y), class: `null ${fading(curve)}` }));
    for (const curve of curves) picture.append(...floors(curve, x, y));
    for (const curve of curves) picture.append(line(measure, curve, x, y));
    const cross = draw("line", { x1: x(state.layer), x2: x(state.layer), y1: BOX.top - 4, y2: BOX.bottom, class: "cross" });
    picture.append(cross);
    figure.cross = cross;
  };
  onChange("hidden focus claim", redraw);
  onChange("layer", () => { if (figure.cross) { figure.cross.setAttribute("x1", x(state.layer)); figure.cross.setAttribute("x2", x(state.layer)); } });
  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * 360;
    change({ layer: clamp(Math.round(((at - BOX.left - 6) / (BOX.right - BOX.left - 12)) * lastLayer), 0, lastLayer) });
    showTip(event, values(measure));
  });
  picture.addEventListener("pointerleave", hideTip);
  figure.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    change({ layer: clamp(state.layer + step, 0, lastLayer) });
    const box = picture.getBoundingClientRect();
    showTip({ clientX: box.left + (x(state.layer) / 360) * box.width, clientY: box.top + box.height / 2 }, values(measure));
    say(values(measure).map((part) => part.textContent || part).join("; "));
  });
  figure.addEventListener("blur", hideTip);
  redraw();
  return figure;
}

const fading = (curve) => (state.focus && state.focus !== curve.condition && visible(state.focus) ? "faded" : "");

function line(measure, curve, x, y) {
  const paths = pieces(curve, ["value"]).map((piece) => `M${piece.map((at) => `${x(curve.layer[at])} ${y(curve.value[at])}`).join("L")}`);
  const dots = curve.layer.map((layer, at) => {
    if (isNumber(curve.value[at])) return draw("circle", { cx: x(layer), cy: y(curve.value[at]), r: lastLayer > 40 ? 1.6 : 2.4, class: curve.refused[at] ? "hollow" : "solid" });
    const px = x(layer), py = BOX.bottom - 3 - 5 * (slot.get(curve.condition) ?? 0);
    return draw("path", { d: `M${px - 2.5} ${py - 2.5}l5 5m0 -5l-5 5`, class: "refused" });
  });
  return draw("g", { class: `curve ${colourClass(curve.condition)} ${fading(curve)}` },
    draw("path", { d: band(curve, "low", "high", x, y), class: "band" }),
    draw("path", { d: paths.join(""), class: "mean", "stroke-dasharray": DASHES[kindOf.get(curve.condition)] || null }), dots);
}

// An overlap between two halves of one model's texts, where a comparison measured it.
function floors(curve, x, y) {
  if (!curve.halves) return [];
  return [draw("path", {
    d: pieces(curve, ["halves"]).map((piece) => `M${piece.map((at) => `${x(curve.layer[at])} ${y(curve.halves[at])}`).join("L")}`).join(""),
    class: `halves ${colourClass(curve.condition)} ${fading(curve)}` })];
}

function values(measure) {
  const lines = [make("strong", {}, `${measure.words}, layer ${state.layer}`)];
  for (const curve of measure.curves.filter((one) => visible(one.condition))) {
    const at = curve.layer.indexOf(state.layer);
    const value = at < 0 ? null : curve.value[at];
    const interval = isNumber(value) && isNumber(curve.low[at]) ? ` [${shown(measure, curve.low[at])}, ${shown(measure, curve.high[at])}]` : "";
    const none = at >= 0 && isNumber(curve.null_low[at]) ? `, null ${shown(measure, (curve.null_low[at] + curve.null_high[at]) / 2)}` : "";
    const halves = curve.halves && isNumber(curve.halves[at]) ? `, halves ${shown(measure, curve.halves[at])}` : "";
    const why = !isNumber(value) && at >= 0 && curve.status[at] !== "ok" ? `: ${reason(curve.status[at])}` : "";
    const some = isNumber(value) && curve.refused[at] ? ` (${curve.refused[at]} refused)` : "";
    lines.push(make("div", {}, make("span", { class: `swatch ${colourClass(curve.condition)}` }), make("b", {}, ` ${curve.condition}`), ` ${shown(measure, value)}${interval}${none}${halves}${why}${some}`));
  }
  return lines;
}

function describe(measure) {
  const parts = measure.curves.map((curve) => {
    const found = curve.value.filter(isNumber);
    return `${curve.condition} ${found.length ? `from ${shown(measure, Math.min(...found))} to ${shown(measure, Math.max(...found))}` : "not measured"}`;
  });
  return `${measure.words} by layer: ${parts.join("; ")}`;
}

function baselinePanel(measure) {
  const height = 44 + 18 * data.conditions.length;
  const picture = draw("svg", { viewBox: `0 0 360 ${height}`, role: "img" });
  const redraw = () => {
    const rows = measure.values.filter((row) => visible(row.condition));
    const found = rows.flatMap((row) => [row.value, row.low, row.high]).filter(isNumber);
    picture.replaceChildren();
    picture.setAttribute("aria-label", `${measure.words}: ${rows.map((row) => `${row.condition} ${shown(measure, row.value)}`).join("; ")}`);
    if (!found.length) return;
    const [low, high] = padded([0, ...found]);
    const box = { left: 100, right: 350, top: 8, bottom: height - 34 };
    const x = scale(low, high, box.left, box.right);
    picture.append(frame(x, () => 0, ticks(low, high, 4).map((value) => [value, shown(measure, value)]), [], box, "", axisTitle(measure)));
    rows.forEach((row, at) => {
      const y = 16 + 18 * at;
      picture.append(draw("g", { class: `curve ${colourClass(row.condition)} ${fading(row)}` },
        draw("text", { x: 94, y: y + 4, "text-anchor": "end" }, row.condition.length > 14 ? `${row.condition.slice(0, 13)}…` : row.condition),
        isNumber(row.low) ? draw("line", { x1: x(row.low), x2: x(row.high), y1: y, y2: y, class: "mean" }) : null,
        isNumber(row.value) ? draw("circle", { cx: x(row.value), cy: y, r: 4, class: row.refused ? "hollow" : "solid" },
          draw("title", {}, `${row.condition}: ${shown(measure, row.value)}`)) : draw("text", { x: box.left + 4, y: y + 4, class: "absent" }, "not measured")));
    });
  };
  onChange("hidden focus", redraw);
  redraw();
  return make("figure", { class: "panel", id: `measure-${measure.name}`, tabindex: -1 }, make("figcaption", {}, make("strong", {}, measure.words), make("span", { class: "quiet" }, measure.meaning)), picture);
}

function startCurves() {
  legend();
  byId("panels").replaceChildren(...data.curves.map(panel));
  if (data.scales.calibrated) startScales();
  if (data.baselines.length) byId("baselines").replaceChildren(...data.baselines.map(baselinePanel));
}
