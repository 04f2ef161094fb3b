// What a claim rests on, drawn under it once it is chosen: a dot a prompt, or a dot a text; beside it its baseline.

const ROW = 62; // of one measure; a claim over several scales has a row each
const NARROW = 52;

function startEvidence() {
  if (!data.evidence) return;
  const chosen = () => (state.claim ? data.claims.indexOf(state.claim) : -1);
  const found = () => data.evidence[chosen()] || null;
  const part = (at) => (found() ? found().panels[at] || null : null);
  const linkOf = () => document.querySelector(`.to-curve[data-claim="${chosen()}"]`);
  const charts = [0, 1].map((at) => chart({
    id: at ? "evidence-beside" : "evidence",
    title: () => (part(at) ? `${at ? "Beside it: " : ""}${at ? part(at).words : titled(part(at))}` : ""),
    meaning: () => (part(at) ? meaningOf(found(), part(at), at) : ""),
    said: () => (part(at) ? part(at).rows.map((row) => summaryOf(found(), part(at), row, at)).join("; ") : ""),
    saves: {
      title: () => linkOf().textContent,
      meaning: () => (part(at) ? `${titled(part(at))}. ${meaningOf(found(), part(at), at)}` : ""),
      name: () => `claim ${chosen() + 1} ${part(at).words}`,
    },
    label: () => (part(at) ? `Evidence for claim ${chosen() + 1}: ${part(at).words}` : ""),
    width: () => (innerWidth < 800 ? 360 : 540),
    height: () => 86 + (part(at) ? part(at).rows.reduce((sum, row) => sum + heightOf(part(at), row), 0) : 0),
    table: () => evidenceTable(found(), part(at)),
    paint: (picture, box) => { if (part(at)) paintEvidence(found(), part(at), picture, box, at); },
  }));
  const note = make("p", { class: "note" }), close = make("button", { type: "button", class: "preset", onclick: () => {
    const link = linkOf();
    change({ claim: null });
    link.focus({ preventScroll: true });
  } }, "close");
  const toLayers = make("a", { href: "#curves", onclick: (event) => {
    const panel = byId(`measure-${state.claim.measure}`);
    if (!panel) return;
    event.preventDefault();
    goTo(panel);
    panel.focus({ preventScroll: true });
  } }, "see it layer by layer");
  const element = make("div", { class: "evidence-pictures", role: "region", "aria-label": "The evidence for the chosen claim" },
    make("div", { class: "panels" }, charts), note, make("p", { class: "evidence-ways" }, toLayers, close));

  for (const link of document.querySelectorAll(".to-curve")) link.closest("li").id = `claim-${Number(link.dataset.claim) + 1}`;
  const update = () => {
    const link = linkOf(), item = link && link.closest("li");
    for (const one of document.querySelectorAll(".to-curve")) one.setAttribute("aria-expanded", String(one === link));
    if (!item) { element.remove(); return; }
    charts.forEach((one, at) => { one.hidden = !part(at); one.redraw(); });
    note.textContent = found() ? noteOf(found()) : "One of its sides has no texts in this run, so nothing can be drawn.";
    toLayers.hidden = !byId(`measure-${state.claim.measure}`);
    item.append(element);
  };
  onChange("claim", update);
  update();
}

const isShown = (row) => isNumber(state.claim.scale_shown) && row.words === `neighbours ${state.claim.scale_shown} and ${2 * state.claim.scale_shown}`;
const turned = (panel, a, b) => panel.turn * (a - b);
const heightOf = (panel, row) => (row.along ? 2.4 * ROW : row.sides ? ROW : panel.rows.length > 1 ? NARROW : ROW);
const differenceOf = (evidence, panel) => (panel.turn > 0 ? `${evidence.a} − ${evidence.b}` : `${evidence.b} − ${evidence.a}`);

function meaningOf(evidence, panel, isBaseline) {
  if (panel.rows[0].along) return `One dot per prompt: ${evidence.a}, over ${evidence.b}.`;
  if (!evidence.paired) return `One dot per text: ${evidence.a} above, ${evidence.b} below. The bar is the mean with its 95 % interval.`;
  const said = panel.rows.length > 1 ? "" : ` ${summaryOf(evidence, panel, panel.rows[0], isBaseline)}.`;
  return `One dot per prompt: ${differenceOf(evidence, panel)} on the same prompt. The bar is the mean with its 95 % interval.${said}${panel.rows.length > 1 ? " On the left: how many prompts are as predicted." : ""}`;
}
function summaryOf(evidence, panel, row, isBaseline) {
  if (row.along) return `${counted(row.n, "prompt")}: ${evidence.a} over ${evidence.b}`;
  const name = row.words ? `${row.words}: ` : "";
  if (row.sides) {
    const [a, b] = row.sides.map((side) => valueInterval(panel, side.value, side.low, side.high));
    return `${name}${evidence.a} ${a}, ${evidence.b} ${b}`;
  }
  const mean = valueInterval(panel, row.value, row.low, row.high);
  return `${name}${row.as_predicted} of ${counted(row.n, "prompt")} ${isBaseline ? "on one side" : "as predicted"}, mean ${mean}`;
}
function noteOf(evidence) {
  if (evidence.note) return evidence.note;
  const [panel] = evidence.panels, [row] = panel.rows;
  const drawn = row.sides ? row.sides.reduce((sum, side) => sum + side.names.length, 0) : row.names.length;
  const all = row.sides ? row.sides.reduce((sum, side) => sum + side.n, 0) : row.n;
  const what = row.sides ? "texts" : "prompts";
  return [
    evidence.paired && state.claim.effect_is === "auc" ? "The verdict compares every text of one side with every text of the other; the picture compares each prompt with itself." : "",
    panel.rows.length > 1 ? "Each row reads the dimension from neighbours farther away: the value depends on the scale, so the claim is tested at each." : "",
    panel.rows.some(isShown) ? "▸ marks the scale whose effect the claim shows: the one that speaks least for it." : "",
    drawn < all ? `Drawn: ${drawn.toLocaleString("en")} of ${all.toLocaleString("en")} ${what}, chosen at random with the run's seed; the means are of all.` : "",
    data.values && data.values.samples.length < data.values.texts ? `There are many texts; only the first ${data.values.samples.length.toLocaleString("en")} are used here.` : "",
  ].filter(Boolean).join(" ");
}

function paintEvidence(evidence, panel, picture, size, isBaseline) {
  if (panel.rows[0].along) {
    paintTrend(evidence, panel, panel.rows[0], picture, size);
    return;
  }
  const many = panel.rows.length > 1, wide = many ? (size.width > SMALL.width ? 138 : 64) : 8;
  const box = { ...size, left: wide, top: 30 };
  const values = panel.rows.flatMap((row) => (row.sides ? row.sides.flatMap((side) => [...side.values, side.low, side.high])
    : [...row.names.map((_, at) => turned(panel, row.a[at], row.b[at])), row.low, row.high])).filter(isNumber);
  const [low, high] = padded(evidence.paired ? [0, ...values] : values);
  const from = evidence.paired && low === 0 ? -0.06 * high : low; // room on the other side of zero
  const x = scale(from, high, box.left + 6, box.right - 6);
  picture.append(uprights(panel, x, from, high, box, size));
  if (evidence.paired) picture.append(...sidesOfZero(x, box, isBaseline));
  let top = box.top;
  const room = (box.bottom - box.top) / panel.rows.reduce((sum, row) => sum + heightOf(panel, row), 0);
  for (const row of panel.rows) {
    const height = room * heightOf(panel, row);
    if (many) {
      const words = size.width > SMALL.width ? row.words : row.words.replace("neighbours ", "");
      picture.append(draw("text", { x: box.left - 8, y: top + height / 2 - 2, "text-anchor": "end" }, isShown(row) ? `▸ ${words}` : words));
      if (!row.sides) picture.append(draw("text", { x: box.left - 8, y: top + height / 2 + 11, "text-anchor": "end", class: "title" }, `${row.as_predicted} of ${row.n}`));
    }
    if (row.sides) {
      row.sides.forEach((side, at) => strip(picture, panel, side.values.map((value, place) => [side.names[place], value]), side, x, top + (height * (at + 0.5)) / 2, height / 2, at ? "second" : "", [evidence.a, evidence.b][at]));
    } else {
      const dots = row.names.map((name, at) => [name, turned(panel, row.a[at], row.b[at]), row.a[at], row.b[at]]);
      strip(picture, panel, dots, row, x, top + height / 2, height, "", "", evidence);
    }
    top += height;
  }
}
function paintTrend(evidence, panel, row, picture, box) {
  const [[left, right], [low, high]] = [padded(row.along), padded(row.values)];
  const x = scale(left, right, box.left + 6, box.right - 6), y = scale(low, high, box.bottom - 4, box.top), many = isLarge(box) ? 9 : 5;
  picture.append(frame(x, y, marked(PURE, ticks(left, right, many)), marked(panel, ticksOf(panel, low, high, many)), box, axisTitle(panel), evidence.b));
  row.names.forEach((name, at) => picture.append(draw("circle", { cx: x(row.along[at]), cy: y(row.values[at]), r: 3.2, class: "dot told" },
    draw("title", {}, `${name}: ${shown(panel, row.values[at])} at ${plain(row.along[at])}`))));
}
function uprights(panel, x, low, high, box, size) {
  const marks = ticksOf(panel, low, high, isLarge(size) ? 9 : 5).filter((value) => value >= low && value <= high);
  return draw("g", { class: "axes" }, marked(panel, marks).map(([value, words]) => [draw("line", { x1: x(value), x2: x(value), y1: box.top, y2: box.bottom, class: "grid" }),
    draw("text", { x: x(value), y: box.bottom + 15, "text-anchor": "middle" }, words)]),
  draw("line", { x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom, class: "rail" }),
  draw("text", { x: box.right, y: box.bottom + 30, "text-anchor": "end", class: "title" }, `${panel.rows[0].sides ? "" : "difference in "}${axisTitle(panel)}`));
}
function sidesOfZero(x, box, isBaseline) {
  const zero = x(0), right = isBaseline ? "as on most prompts →" : "as predicted →", left = isBaseline ? "← the other way" : "← against it";
  return [isBaseline ? [] : draw("rect", { x: zero, width: Math.max(0, box.right - zero), y: box.top, height: box.bottom - box.top, class: "claimed" }),
    draw("line", { x1: zero, x2: zero, y1: box.top - 6, y2: box.bottom, class: "zero" }),
    box.right - zero > 90 ? draw("text", { x: zero + 6, y: box.top - 12, class: "title" }, right) : draw("text", { x: box.right, y: box.top - 22, "text-anchor": "end", class: "title" }, right),
    zero - box.left > 70 ? draw("text", { x: zero - 6, y: box.top - 12, "text-anchor": "end", class: "title" }, left) : []].flat();
}
// Dots that would lie on each other are moved apart, the mean and its interval lie below them.
function strip(picture, panel, dots, mean, x, middle, height, side, who, evidence) {
  const radius = 3.2, reach = Math.max(0, height / 2 - 13), lanes = Math.max(1, Math.floor((2 * reach) / (2 * radius)));
  const last = new Array(lanes).fill(-Infinity), centre = middle - 5;
  for (const [name, value, a, b] of [...dots].sort((one, other) => one[1] - other[1])) {
    if (!isNumber(value)) continue;
    const order = last.map((_, lane) => (lane % 2 ? (lane + 1) / 2 : -lane / 2)); // from the middle outwards
    const free = last.findIndex((until) => x(value) - until >= 2 * radius + 0.5);
    const lane = free < 0 ? last.indexOf(Math.min(...last)) : free;
    last[lane] = x(value);
    const said = evidence ? `${name}: ${evidence.a} ${shown(panel, a)}, ${evidence.b} ${shown(panel, b)}` : `${name}: ${shown(panel, value)}`;
    picture.append(draw("circle", { cx: x(value), cy: centre + order[lane] * 2 * radius, r: radius, class: `dot ${value > 0 || !evidence ? "told" : "other"} ${side}` }, draw("title", {}, said)));
  }
  const y = middle + height / 2 - 9;
  if (isNumber(mean.low)) picture.append(draw("line", { x1: x(mean.low), x2: x(mean.high), y1: y, y2: y, class: "interval" }));
  if (isNumber(mean.value)) picture.append(draw("path", { d: `M${x(mean.value)} ${y - 6}v12`, class: "average" }, draw("title", {}, `mean ${valueInterval(panel, mean.value, mean.low, mean.high)}`)));
  if (who) picture.append(draw("text", { x: picture.viewBox.baseVal.width - 10, y: middle - height / 2 + 10, "text-anchor": "end", class: "title" }, who));
}

function evidenceTable(evidence, panel) {
  if (panel.rows[0].along) return [["measure", "prompt", evidence.b, evidence.a], ...panel.rows[0].names.map((name, at) => [panel.name, name, panel.rows[0].along[at], panel.rows[0].values[at]])];
  const rows = panel.rows.flatMap((row) => (row.sides
    ? row.sides.flatMap((side, at) => side.names.map((name, place) => [panel.name, row.words, [evidence.a, evidence.b][at], name, side.values[place]]))
    : row.names.map((name, at) => [panel.name, row.words, name, row.a[at], row.b[at], turned(panel, row.a[at], row.b[at])])));
  return [evidence.paired ? ["measure", "scale", "prompt", evidence.a, evidence.b, differenceOf(evidence, panel)] : ["measure", "scale", "side", "sample", "value"], ...rows];
}
