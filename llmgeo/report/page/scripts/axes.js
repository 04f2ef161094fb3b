// Scales, ticks and frames of all drawings. Layer 0, the embedding, knows only which words repeat: it has a column apart.

const SMALL = { width: 360, height: 222 };
const boxOf = ({ width, height }) => ({ left: 48, right: width - 8, top: 28, bottom: height - 36, width, height });
const isLarge = (box) => box.width > 1.5 * SMALL.width;

function scale(low, high, from, to, log = false) {
  const warp = log ? Math.log10 : (value) => value;
  const span = warp(high) - warp(low) || 1;
  return (value) => from + ((warp(value) - warp(low)) / span) * (to - from);
}

const STEPS = [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 5, 7]]; // of a decade, few to many
function logTicks(low, high, most) {
  const of = (steps) => {
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
      for (const step of steps) found.push(Number((step * 10 ** power).toPrecision(3)));
    }
    return found.filter((value) => value >= low && value <= high);
  };
  const fitting = STEPS.map(of).filter((found) => found.length >= 3);
  return fitting.findLast((found) => found.length <= most) || fitting[0] || null;
}
// At least three round numbers between the ends, if there are three.
function ticks(low, high, most = 5, log = false) {
  const found = log ? logTicks(low, high, most) : null;
  if (found) return found;
  const span = high - low || 1, power = Math.floor(Math.log10(span));
  const steps = [1, 0, -1].flatMap((more) => [5, 2, 1].map((factor) => factor * 10 ** (power + more)));
  const inside = (step) => {
    const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => Number(((first + at) * step).toPrecision(10)));
  };
  const fitting = steps.map(inside).filter((values) => values.length >= 3);
  return fitting.findLast((values) => values.length <= most) || fitting[0] || inside(steps.at(-1));
}
const ticksOf = (measure, low, high, most, log = false) => // in the unit that is printed
  ticks(low * measure.scale, high * measure.scale, most, log).map((value) => value / measure.scale);

// [place, words] of every tick: round numbers need no digits to spare.
const marked = (measure, values) => values.map((value) => [value, `${Number((value * measure.scale).toPrecision(6))}${signOf(measure)}`]);

function padded(values, log = false) {
  const low = Math.min(...values), high = Math.max(...values);
  if (log) return [low / 1.15, high * 1.15];
  const pad = (high - low || Math.abs(high) || 1) * 0.06;
  return [low >= 0 && low - pad < 0 ? 0 : low - pad, high + pad];
}

// Where a layer lies; `at` finds the nearest one. Of blocks, number 0 is no embedding.
function layerAxis(box, last = lastLayer, hasEmbedding = true) {
  const isApart = hasEmbedding && last > 1;
  const gap = isApart ? Math.max(30, (1.3 * (box.right - box.left - 22)) / (last + 0.3)) : 0; // wider than between others
  const inner = scale(isApart ? 1 : 0, last || 1, box.left + (isApart ? 14 + gap : 8), box.right - 8);
  const x = (layer) => (isApart && layer === 0 ? box.left + 14 : inner(layer));
  const numbers = ticks(isApart ? 1 : 0, last, isLarge(box) ? 16 : 7).filter((value) => Number.isInteger(value) && value >= (isApart ? 1 : 0));
  const marks = isApart ? [0, ...numbers] : numbers;
  return Object.assign(x, {
    isApart,
    marks: marks.map((layer) => [layer, String(layer)]),
    at: (place) => Array.from({ length: last + 1 }, (_, layer) => layer).reduce((best, layer) => (Math.abs(x(layer) - place) < Math.abs(x(best) - place) ? layer : best), 0),
    fence: isApart ? draw("line", { x1: box.left + 14 + gap / 2, x2: box.left + 14 + gap / 2, y1: box.top - 4, y2: box.bottom, class: "fence" }) : null,
  });
}
const isEmbedding = (x, layer) => Boolean(x.isApart) && layer === 0;
function placeIn(picture, event) { // in the picture's own units
  const box = picture.getBoundingClientRect();
  return ((event.clientX - box.left) / box.width) * picture.viewBox.baseVal.width;
}

function frame(x, y, xs, ys, box, yWords, xWords) {
  return draw("g", { class: "axes" },
    ys.map(([value, words]) => [draw("line", { x1: box.left, x2: box.right, y1: y(value), y2: y(value), class: "grid" }),
      draw("text", { x: box.left - 6, y: y(value) + 4, "text-anchor": "end" }, words)]),
    xs.map(([value, words]) => draw("text", { x: x(value), y: box.bottom + 15, "text-anchor": "middle" }, words)),
    draw("line", { x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom, class: "rail" }),
    xWords ? draw("text", { x: box.right, y: box.bottom + 30, "text-anchor": "end", class: "title" }, xWords) : null,
    yWords ? draw("text", { x: 6, y: box.top - 14, class: "title" }, yWords) : null);
}

// The ends of an axis that holds all means, and of intervals and nulls all but the outermost twentieth: one wide band
// must not flatten every curve, and a null far away takes a third of the room, unless the picture is large.
function reach(means, curves, box, log, isShown = () => true) {
  const ends = [...means, ...usual(curves, ["low", "high"], log, isShown)];
  const warp = log ? Math.log : (value) => value, back = log ? Math.exp : (value) => value;
  const [low, high] = [Math.min(...ends), Math.max(...ends)].map(warp), room = (isLarge(box) ? 3 : 0.5) * (high - low);
  const nulls = usual(curves, ["null_low", "null_high"], log, isShown).map((value) => back(clamp(warp(value), low - room, high + room)));
  return padded([...ends, ...nulls], log);
}
function usual(curves, keys, log, isShown) {
  const found = keys.flatMap((key) => curves.flatMap((curve) => curve[key].filter((_, at) => isShown(curve.layer[at]))));
  const sorted = found.filter((value) => isNumber(value) && (!log || value > 0)).sort((a, b) => a - b);
  return sorted.length ? [sorted[Math.floor(sorted.length * 0.05)], sorted[Math.floor((sorted.length - 1) * 0.95)]] : [];
}

// The runs of neighbouring points that are there: a line crosses no gap, and none leads from the embedding to layer 1.
function pieces(curve, keys, x = {}) {
  const found = [[]];
  curve.layer.forEach((layer, at) => {
    if (keys.every((key) => isNumber(curve[key][at]))) found.at(-1).push(at);
    else if (found.at(-1).length) found.push([]);
    if (isEmbedding(x, layer) && found.at(-1).length) found.push([]);
  });
  return found.filter((piece) => piece.length);
}
function lineOf(curve, key, x, y) {
  return pieces(curve, [key], x).map((piece) => `M${piece.map((at) => `${x(curve.layer[at])} ${y(curve[key][at])}`).join("L")}`).join("");
}
function band(curve, low, high, x, y) {
  return wide(curve, low, high, x).map((points) => {
    const up = points.map(([px, at]) => `${px} ${y(curve[high][at])}`), down = points.map(([px, at]) => `${px} ${y(curve[low][at])}`);
    return `M${up.join("L")}L${down.reverse().join("L")}Z`;
  }).join("");
}
function wide(curve, low, high, x) { // a band at one point alone must be seen as well
  return pieces(curve, [low, high], x).map((piece) => (piece.length > 1 ? piece.map((at) => [x(curve.layer[at]), at])
    : [[x(curve.layer[piece[0]]) - 4, piece[0]], [x(curve.layer[piece[0]]) + 4, piece[0]]]));
}
// A band of strokes from its low to its high end, which is seen below others and printed without colour.
function hatched(curve, low, high, x, y, step = 4) {
  return wide(curve, low, high, x).flatMap((points) => points.slice(1).flatMap(([right, to], index) => {
    const [left, from] = points[index], strokes = [];
    for (let px = Math.ceil(left / step) * step; px <= right; px += step) {
      const part = (px - left) / (right - left || 1), end = (key) => y(curve[key][from]) * (1 - part) + y(curve[key][to]) * part;
      const [top, bottom] = [end(high), end(low)];
      if (y.ends && y.ends.some((edge) => top === edge && bottom === edge)) continue; // beyond the axis
      strokes.push(`M${px.toFixed(1)} ${(Math.min(top, bottom) - 0.5).toFixed(1)}V${(Math.max(top, bottom) + 0.5).toFixed(1)}`);
    }
    return strokes;
  })).join("");
}
