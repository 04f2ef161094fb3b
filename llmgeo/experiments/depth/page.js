// The views of a page of the depth axis, and the curves that its questions draw. Each question's script, which follows,
// adds its own views.

const views = [["claims", startClaims]];

// -- curves over layers, or over whatever a panel says that they run across -------------------------------------------

const panelUnit = (panel) => (panel.unit === "°" || panel.unit === "%" ? panel.unit : "");
const panelSaid = (panel, value) => `${Number((value * panel.scale).toPrecision(3))}${panelUnit(panel)}`;

// panel: id, title, meaning, unit, scale, zero, log; across: what the places are, if no layers; level: a value that is
// marked; lines: words, colour, dashed, and layer, value, low, high, arrays.
function layerCurves(panel) {
  const across = panel.across || "layer", places = [...new Set(panel.lines.flatMap((line) => line.layer))].sort((a, b) => a - b);
  let x = null;
  const figure = chart({
    id: panel.id, title: panel.title, meaning: panel.meaning, label: `${panel.title} by ${across}; Enter enlarges`,
    said: () => panel.lines.map((line) => `${line.words} from ${panelSaid(panel, Math.min(...line.value))} to ${panelSaid(panel, Math.max(...line.value))}`).join("; "),
    key: () => panel.lines.map((line) => [line.colour, line.words]),
    table: () => [["line", across, "value", "low", "high"],
      ...panel.lines.flatMap((line) => line.layer.map((place, at) => [line.words, place, line.value[at], line.low[at] ?? null, line.high[at] ?? null]))],
    paint: (picture, box) => { x = paintLayerCurves(panel, picture, box, places.at(-1), across); },
  });
  figure.append(make("p", { class: "keys note" }, panel.lines.length > 1 ? panel.lines.map((line) => make("span", { class: "named" }, make("span", { class: `swatch ${line.colour}` }), line.words)) : null));
  figure.picture.addEventListener("pointermove", (event) => {
    const aim = placeIn(figure.picture, event);
    const place = places.reduce((best, each) => (Math.abs(x(each) - aim) < Math.abs(x(best) - aim) ? each : best));
    const said = panel.lines.filter((line) => line.layer.includes(place)).map((line) => {
      const at = line.layer.indexOf(place), ends = isNumber(line.low[at]) ? ` [${panelSaid(panel, line.low[at])}, ${panelSaid(panel, line.high[at])}]` : "";
      return make("div", {}, make("span", { class: `swatch ${line.colour}` }), ` ${line.words} ${panelSaid(panel, line.value[at])}${ends}`);
    });
    showTip(event, [make("strong", {}, panel.across ? `${place} ${across}` : `layer ${place}`), ...said]);
  });
  figure.picture.addEventListener("pointerleave", hideTip);
  return figure;
}

function paintLayerCurves(panel, picture, box, last, across) {
  const all = panel.lines.flatMap((line) => [...line.value, ...line.low, ...line.high]).filter((value) => isNumber(value) && (!panel.log || value > 0));
  const [low, high] = padded(panel.zero ? [...all, 0] : all, panel.log);
  const x = layerAxis(box, last, false), y = scale(low, high, box.bottom - 4, box.top, panel.log);
  const ys = marked(panel, ticksOf(panel, low, high, isLarge(box) ? 9 : 5, panel.log));
  picture.append(frame(x, y, x.marks.filter(([place]) => place > 0), ys, box, panel.log ? "log scale" : "", across));
  for (const level of [panel.zero ? 0 : null, panel.level ?? null]) {
    if (level !== null && low <= level && level < high) picture.append(draw("line", { x1: box.left, x2: box.right, y1: y(level), y2: y(level), class: "zero" }));
  }
  for (const line of panel.lines) {
    picture.append(draw("g", { class: `curve ${line.colour}` },
      line.low.length ? draw("path", { d: band(line, "low", "high", x, y), class: "band" }) : null,
      draw("path", { d: lineOf(line, "value", x, y), class: "mean", "stroke-dasharray": line.dashed ? "5 3" : null }),
      line.dashed ? null : line.layer.map((place, at) => draw("circle", { cx: x(place), cy: y(line.value[at]), r: isLarge(box) ? 2.4 : 1.8, class: "solid" }))));
  }
  return x;
}
