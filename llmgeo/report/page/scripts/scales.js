// The scale curves: the dimension by the order of the neighbours it is read from, at the layer of the cross-hair.

function scalePanel(kind, title, meaning) {
  const curves = data.scales[kind], places = curves[0].scales;
  const picture = draw("svg", { viewBox: "0 0 360 222", role: "img" });
  const x = scale(0, places.length - 1, BOX.left + 14, BOX.right - 14);
  const redraw = () => {
    const here = curves.filter((curve) => curve.at === state.layer && visible(curve.condition));
    picture.replaceChildren();
    picture.setAttribute("aria-label", `${title} at layer ${state.layer}: ${here.map(describeScale).join("; ")}`);
    const found = here.flatMap((curve) => curve.value).filter(isNumber);
    if (!found.length) {
      picture.append(draw("text", { x: 180, y: 110, "text-anchor": "middle", class: "absent" }, here.length || !curves.some((curve) => curve.at === state.layer) ? "not measured at this layer" : "no condition is shown"));
      return;
    }
    const log = Math.min(...found) > 0 && Math.max(...found) > 8 * Math.min(...found);
    const [low, high] = padded([...found, ...usual(here, log)], log);
    const y = scale(low, high, BOX.bottom - 4, BOX.top, log);
    const inside = (value) => (log && value <= 0 ? BOX.bottom : clamp(y(value), BOX.top - 4, BOX.bottom));
    picture.append(frame(x, y, places.map((near, at) => [at, `${near}, ${2 * near}`]), ticks(low, high, 4, log).map((value) => [value, plain(value)]),
      BOX, `${title}, layer ${state.layer}${log ? ", log scale" : ""}`, "nearer and farther neighbour"));
    for (const curve of here) picture.append(draw("path", { d: band(curve, "null_low", "null_high", x, inside), class: `null ${fading(curve)}` }));
    for (const curve of here) picture.append(scaleLine(curve, kind, x, inside));
  };
  onChange("layer hidden focus", redraw);
  redraw();
  return make("figure", { class: "panel" }, make("figcaption", {}, make("strong", {}, title), make("span", { class: "quiet" }, meaning)), picture);
}

function plateauPanel() {
  const list = make("ul", { class: "plateaus" });
  const redraw = () => {
    const here = data.scales.calibrated.filter((curve) => curve.at === state.layer && visible(curve.condition));
    list.replaceChildren(...here.map((curve) => make("li", {}, make("span", { class: `swatch ${colourClass(curve.condition)}` }), make("b", {}, ` ${curve.condition}`), ` ${curve.words}`)));
  };
  onChange("layer hidden", redraw);
  redraw();
  return make("figure", { class: "panel" }, make("figcaption", {}, make("strong", {}, "is there a plateau?"),
    make("span", { class: "quiet" }, "For each text: is its largest value at any scale at most 1.5 times its smallest, beyond their errors?")), list);
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
    plateauPanel(), ...(data.scales.raw.length ? [scalePanel("raw", "raw GRIDE", "As the estimator gives it: it reads low where a cloud of so few points is wide.")] : []));
}
