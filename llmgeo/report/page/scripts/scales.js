// The scale curves: the dimension by the order of the neighbours it is read from, at the layer of the cross-hair.

function scalePanel(kind, title, meaning) {
  const curves = data.scales[kind], places = curves[0].scales;
  const here = () => curves.filter((curve) => curve.at === state.layer && visible(curve.condition));
  return chart({
    id: `scale-${kind}`,
    title: () => `${title}, layer ${state.layer}`,
    meaning,
    said: () => `${title} by scale at layer ${state.layer}: ${here().map(describeScale).join("; ")}`,
    watch: "layer hidden focus",
    saves: { name: () => `${title} by scale at layer ${state.layer}` },
    key: () => keyOf(here().map((curve) => curve.condition)),
    table: () => scaleTable(kind, curves),
    paint: (picture, box) => paintScales(here(), kind, picture, box, places, curves.some((curve) => curve.at === state.layer)),
  });
}

function paintScales(here, kind, picture, box, places, isMeasured) {
  const found = here.flatMap((curve) => curve.value).filter(isNumber);
  if (!found.length) {
    picture.append(draw("text", { x: box.width / 2, y: box.height / 2, "text-anchor": "middle", class: "absent" }, here.length || !isMeasured ? "not measured at this layer" : "no condition is shown"));
    return;
  }
  const log = Math.min(...found) > 0 && Math.max(...found) > 8 * Math.min(...found);
  const [low, high] = reach(found, here, box, log);
  const x = scale(0, places.length - 1, box.left + 14, box.right - 14);
  const y = scale(low, high, box.bottom - 4, box.top, log);
  const inside = (value) => (log && value <= 0 ? box.bottom : clamp(y(value), box.top - 4, box.bottom));
  inside.ends = [box.top - 4, box.bottom];
  picture.append(frame(x, y, places.map((near, at) => [at, `${near}, ${2 * near}`]), marked(PURE, ticks(low, high, isLarge(box) ? 9 : 5, log)),
    box, log ? "log scale" : "", "nearer and farther neighbour"));
  for (const curve of here) picture.append(draw("path", { d: hatched(curve, "null_low", "null_high", x, inside), class: `null ${colourClass(curve.condition)} ${fading(curve)}` }));
  for (const curve of here) picture.append(scaleLine(curve, kind, x, inside));
}

function plateauPanel() {
  const list = make("ul", { class: "plateaus" });
  const redraw = () => {
    const here = data.scales.calibrated.filter((curve) => curve.at === state.layer && visible(curve.condition));
    list.replaceChildren(...here.map((curve) => make("li", {}, make("span", { class: `swatch ${colourClass(curve.condition)}` }), make("b", {}, ` ${called(curve.condition)}`), ` ${curve.words}`)));
  };
  onChange("layer hidden", redraw);
  redraw();
  return make("figure", { class: "panel" }, make("figcaption", {}, make("strong", {}, "Texts with a plateau"),
    make("span", { class: "quiet" }, "A text has a plateau if its largest value at any scale is, allowing for errors, at most 1.5 times its smallest.")), list);
}

function scaleLine(curve, kind, x, y) {
  const dots = curve.value.map((value, at) => (isNumber(value) ? draw("circle", { cx: x(at), cy: y(value), r: 2.6, class: "solid" },
    draw("title", {}, `${called(curve.condition)}, neighbours ${curve.scales[at]} and ${2 * curve.scales[at]}: ${valueInterval(PURE, value, curve.low[at], curve.high[at])}`)) : null));
  const plateau = kind === "calibrated" && isNumber(curve.plateau)
    ? draw("line", { x1: x(0) - 8, x2: x(curve.scales.length - 1) + 8, y1: y(curve.plateau), y2: y(curve.plateau), class: "plateau" }) : null;
  return draw("g", { class: `curve ${colourClass(curve.condition)} ${fading(curve)}` },
    draw("path", { d: band(curve, "low", "high", x, y), class: "band" }),
    draw("path", { d: lineOf(curve, "value", x, y), class: "mean", "stroke-dasharray": DASHES[kindOf.get(curve.condition)] || null }), plateau, dots);
}

const describeScale = (curve) => `${called(curve.condition)} ${curve.value.map(plain).join(", ")}, ${curve.words}`;

function scaleTable(kind, curves) {
  const columns = ["value", "low", "high", "null_low", "null_high"];
  const rows = curves.filter((curve) => curve.at === state.layer).flatMap((curve) => curve.scales.map((near, at) => [kind, curve.condition, curve.at, near, 2 * near, ...columns.map((key) => curve[key][at])]));
  return [["kind", "condition", "layer", "nearer", "farther", ...columns], ...rows];
}

function startScales() {
  byId("scale-controls").replaceChildren(layerSlider("layer"));
  byId("scales").replaceChildren(
    scalePanel("calibrated", "Dimension", "Calibrated: flat for a Gaussian cloud of any dimension, whatever the number of tokens."),
    plateauPanel(), ...(data.scales.raw.length ? [scalePanel("raw", "Raw GRIDE", "As the estimator gives it: too low where a cloud of so few points has many dimensions.")] : []));
}
