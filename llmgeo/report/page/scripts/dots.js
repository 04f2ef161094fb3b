// The texts of a contrast: every one a dot on its side, at the chosen layer and by its baseline.

const dots = data.values ? { table: float32(data.values.data), flat: float32(data.values.flat) } : null;

const onSides = () => data.values.sides[contrastOf().name] || [[], []];
const held = () => data.values.layers.reduce((best, layer, at) => (Math.abs(layer - seen.layer) < Math.abs(data.values.layers[best] - seen.layer) ? at : best), 0);
function valueOf() {
  const m = data.values.measures.indexOf(measureOf().name), near = held();
  return m < 0 ? () => NaN : (sample) => dots.table[(sample * data.values.measures.length + m) * data.values.layers.length + near];
}
function beside() { // the baseline, and each text's value of it
  const at = baselineOf() ? data.values.baselines.indexOf(baselineOf().measure) : -1;
  if (at < 0) return null;
  const one = data.baselines.find((known) => known.name === baselineOf().measure) || { name: baselineOf().measure, words: baselineOf().words, unit: "", scale: 1 };
  return { one, value: (sample) => dots.flat[sample * data.values.baselines.length + at] };
}
function meanOf(numbers) {
  const ok = numbers.filter(isNumber);
  return ok.length ? ok.reduce((sum, one) => sum + one, 0) / ok.length : null;
}
const meansOf = (one, value) => onSides().map((side) => shown(one, meanOf(side.map(value))));
const saidOf = (one, value) => { const [a, b] = meansOf(one, value); return `${a} in ${contrastOf().sides[0].words}, ${b} in ${contrastOf().sides[1].words}`; };

function paintTexts(picture, box, one, value) {
  const found = onSides().map((side) => side.map((sample) => [sample, value(sample)]));
  const numbers = found.flat().map(([, number]) => number).filter(isNumber);
  if (!numbers.length) {
    picture.append(draw("text", { x: box.width / 2, y: box.height / 2, "text-anchor": "middle", class: "absent" }, "no values here"));
    return;
  }
  const [low, high] = padded(numbers), y = scale(low, high, box.bottom - 4, box.top);
  picture.append(frame(() => 0, y, [], marked(one, ticksOf(one, low, high, isLarge(box) ? 9 : 5)), box, axisTitle(one), ""));
  const half = (box.right - box.left) / 2;
  found.forEach((side, at) => {
    const centre = box.left + half * (at + 0.5), missing = side.filter(([, number]) => !isNumber(number)).length;
    side.forEach(([sample, number], place) => {
      if (!isNumber(number)) return;
      const jitter = ((place * 0.618034) % 1) - 0.5; // the golden ratio spreads evenly, the same way each time
      picture.append(draw("circle", { cx: centre + half * 0.56 * jitter, cy: y(number), r: 3.4, class: `dot ${colourClass(data.values.samples[sample].condition)}` },
        draw("title", {}, `${data.values.samples[sample].sample}: ${shown(one, number)}`)));
    });
    const middle = meanOf(side.map(([, number]) => number));
    if (isNumber(middle)) picture.append(draw("line", { x1: centre - half * 0.33, x2: centre + half * 0.33, y1: y(middle), y2: y(middle), class: "average" }));
    const { words, conditions, label } = contrastOf().sides[at], who = conditions.join(", "), most = isLarge(box) ? 60 : 24;
    picture.append(draw("text", { x: centre, y: box.bottom + 15, "text-anchor": "middle" }, who.length > most ? `${who.slice(0, most - 1)}…` : who, draw("title", {}, words)),
      draw("text", { x: centre, y: box.bottom + 29, "text-anchor": "middle", class: "title" }, `${label ? `(${label}) ` : ""}${counted(side.length - missing, "text")}${missing ? `, ${missing} refused` : ""}`));
  });
}
function textTable(one, value) {
  return [["contrast", "measure", "side", "sample", "value"], ...onSides().flatMap((side, at) => side.map((sample) => [contrastOf().name, one.name, contrastOf().sides[at].words, data.values.samples[sample].sample, value(sample)]))];
}
const keyOfTexts = () => [...new Set(onSides().flat().map((sample) => data.values.samples[sample].condition))].map((name) => [colourClass(name), name]);

function textsChart() {
  return chart({
    id: "contrast-texts", title: () => `${titled(measureOf())} at layer ${data.values.layers[held()]}`,
    meaning: () => `One dot per text, in its condition's colour; the bar is the mean, ${saidOf(measureOf(), valueOf())}. Point at a dot to see which text it is.`,
    saves: { name: () => `${contrastOf().name} ${measureOf().words} at layer ${data.values.layers[held()]}` },
    said: () => `${measureOf().words}: mean ${saidOf(measureOf(), valueOf())}`,
    paint: (picture, box) => paintTexts(picture, box, measureOf(), valueOf()), table: () => textTable(measureOf(), valueOf()), key: keyOfTexts,
  });
}
function besideChart() {
  const of = (draws) => (beside() ? draws(beside().one, beside().value) : "");
  return chart({
    id: "contrast-beside", title: () => of((one) => `For comparison: ${one.words}`),
    meaning: () => of((one, value) => `The same texts, without any geometry: mean ${saidOf(one, value)}.`),
    saves: { name: () => `${contrastOf().name} ${beside().one.words}` },
    said: () => of((one, value) => `${one.words}: mean ${saidOf(one, value)}`),
    paint: (picture, box) => of((one, value) => paintTexts(picture, box, one, value)), table: () => of(textTable), key: keyOfTexts,
  });
}
