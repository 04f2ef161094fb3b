// The scale curves: the dimension by the order of the neighbours it is read from, at the layer of the cross-hair.

function scalePanel(kind, title, meaning) {
  const curves = data.scales[kind], places = curves[0].scales;
  const picture = draw("svg", { viewBox: "0 0 360 222", role: "img" });
  const found = curves.flatMap((curve) => curve.value).filter(isNumber);
  const x = scale(0, places.length - 1, BOX.left + 14, BOX.right - 14);
  const said = make("ul", { class: "plateaus" });
  const redraw = () => {
    const here = curves.filter((curve) => curve.at === state.layer && visible(curve.condition));
    picture.replaceChildren();
    picture.setAttribute("aria-label", `${title} at layer ${state.layer}: ${here.map(describeScale).join("; ")}`);
    const [low, high] = padded([0, ...found]); // one scale for all layers, so that moving through them compares
    const y = scale(low, high, BOX.bottom - 4, BOX.top);
    const inside = (value) => clamp(y(value), BOX.top - 4, BOX.bottom);
    picture.append(frame(x, y, places.map((near, at) => [at, `${near}, ${2 * near}`]), ticks(low, high, 4).map((value) => [value, plain(value)]),
      BOX, `${title}, layer ${state.layer}`, "nearer and farther neighbour"));
    if (!here.some((curve) => curve.value.some(isNumber))) {
      picture.append(draw("text", { x: 200, y: 110, "text-anchor": "middle", class: "absent" }, "not measured at this layer"));
    }
    for (const curve of here) picture.append(draw("path", { d: band(curve, "null_low", "null_high", x, inside), class: `null ${fading(curve)}` }));
    for (const curve of here) picture.append(scaleLine(curve, kind, x, inside));
    said.replaceChildren(...here.map((curve) => make("li", {}, make("span", { class: `swatch ${colourClass(curve.condition)}` }), make("b", {}, ` ${curve.condition}`), ` ${curve.words}`)));
  };
  onChange("layer hidden focus", redraw);
  redraw();
  return make("figure", { class: "panel" }, make("figcaption", {}, make("strong", {}, title), make("span", { class: "quiet" }, meaning)), picture,
    kind === "calibrated" ? said : null);
}

function scaleLine(curve, kind, x, y) {
  const dashes = DASHES[kindOf.get(curve.condition)] || null;
  const paths = pieces(curve, ["value"]).map((piece) => `M${piece.map((at) => `${x(at)} ${y(curve.value[at])}`).join("L")}`);
  const dots = curve.value.map((value, at) => (isNumber(value) ? draw("circle", { cx: x(at), cy: y(value), r: 2.6, class: "solid" },
    draw("title", {}, `${curve.condition}, neighbours ${curve.scales[at]} and ${2 * curve.scales[at]}: ${plain(value)}`)) : null));
  const plateau = kind === "calibrated" && isNumber(curve.plateau)
    ? draw("line", { x1: x(0) - 8, x2: x(curve.scales.length - 1) + 8, y1: y(curve.plateau), y2: y(curve.plateau), class: "plateau" }) : null;
  return draw("g", { class: `curve ${colourClass(curve.condition)} ${fading(curve)}` },
    draw("path", { d: band(curve, "low", "high", x, y), class: "band" }),
    draw("path", { d: paths.join(""), class: "mean", "stroke-dasharray": dashes }), plateau, dots);
}

const describeScale = (curve) => `${curve.condition} ${curve.value.map(plain).join(", ")}, ${curve.words}`;

function startScales() {
  byId("scale-controls").replaceChildren(layerSlider("layer"));
  byId("scales").replaceChildren(
    scalePanel("calibrated", "dimension", "Calibrated: flat for a Gaussian cloud of any dimension, whatever the number of tokens."),
    ...(data.scales.raw.length ? [scalePanel("raw", "raw GRIDE", "As the estimator gives it: it reads low where a cloud of so few points is wide.")] : []));
}
