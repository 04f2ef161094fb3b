// The views of a page of a landscape: lines, planes as filled contours and as a surface to turn, the way, spectra.

const ground = data.landscape;
const views = [["claims", startClaims], ["landscape", startLandscape]];
const LEVELS = 12; // of filled contours
const FINE = 6; // parts of a cell of the grid along each side, between which the loss is interpolated

function startLandscape() {
  const { state: shown, onChange: whenShown, change: turn } = makeStore({ angle: 35, of: "rise" });
  if (ground.lines.length) {
    const figure = wideFigure(linesFigure(shown));
    const of = choice("of the lines", [["rise", "rise above the middle"], ["loss", "loss"]], (value) => turn({ of: value }));
    byId("landscape-controls").append(of.element);
    byId("landscape-pictures").append(figure);
    whenShown("of", figure.redraw);
  }
  const surfaces = [];
  for (const [part, plane] of Object.entries(ground.planes)) {
    const path = part === "path" ? ground.path : [];
    byId("landscape-pictures").append(contourFigure(part, plane, path));
    const surface = surfaceFigure(part, plane, shown, turn);
    surfaces.push(surface);
    byId("landscape-pictures").append(surface);
  }
  if (surfaces.length) {
    const slider = make("input", { type: "range", min: 0, max: 359, value: shown.angle, "aria-label": "turn the surface", oninput: () => turn({ angle: Number(slider.value) }) });
    byId("landscape-controls").append(make("label", { class: "slider" }, make("span", {}, "turn the surface "), slider));
    whenShown("angle", () => { slider.value = shown.angle; for (const surface of surfaces) surface.redraw(); });
  }
  if (ground.way) byId("landscape-pictures").append(wayFigure());
  for (const spectrum of ground.spectra) byId("landscape-pictures").append(spectrumFigure(spectrum));
}

const WIDE = () => (innerWidth < 700 ? 420 : 1100);

const wideFigure = (figure) => { figure.style.gridColumn = "1 / -1"; return figure; };
const short = (value) => String(Number(value.toPrecision(3)));
const marks = (low, high, most = 5) => ticks(low, high, most).map((value) => [value, short(value)]);
const through = (xs, ys, x, y) => `M${xs.map((value, at) => (isNumber(ys[at]) ? `${x(value).toFixed(1)} ${y(ys[at]).toFixed(1)}` : null)).filter(Boolean).join("L")}`;
const around = (xs, low, high, x, y) => {
  const kept = xs.map((_, at) => at).filter((at) => isNumber(low[at]) && isNumber(high[at]));
  return `M${kept.map((at) => `${x(xs[at]).toFixed(1)} ${y(high[at]).toFixed(1)}`).join("L")}L${kept.reverse().map((at) => `${x(xs[at]).toFixed(1)} ${y(low[at]).toFixed(1)}`).join("L")}Z`;
};

// Every line of the model and of the random network; the band of each is over texts. As rises above the middle, a bowl
// is seen beside a plain that lies nats above it.
function linesFigure(shown) {
  const middle = (line) => (shown.of === "rise" ? line.loss[line.alpha.indexOf(0)] ?? 0 : 0);
  const lines = ground.lines, names = [...new Map(lines.map((line) => [line.colour, line.words])).entries()];
  let place = null;
  const figure = chart({
    id: "landscape-line", title: () => (shown.of === "rise" ? "Rise of the loss along random directions" : "Loss along random directions"), width: WIDE, height: 340, key: () => names,
    meaning: "Mean over texts, nats; each line is a direction, its band the 95 % interval over texts of the rise above the middle.",
    said: () => `${lines.length} lines of the loss, from ${short(Math.min(...lines.flatMap((line) => line.loss.filter(isNumber))))} nats up`,
    table: () => [["loss of", "direction", "alpha", "loss", "low", "high"], ...lines.flatMap((line) => line.alpha.map((alpha, at) => [line.words, line.direction, alpha, line.loss[at], line.low[at], line.high[at]]))],
    paint: (picture, box) => {
      const across = lines.flatMap((line) => line.alpha), up = lines.flatMap((line) => [...line.loss, ...line.low, ...line.high].filter(isNumber).map((value) => value - middle(line)));
      const [low, high] = padded(up);
      const x = scale(Math.min(...across), Math.max(...across), box.left + 4, box.right - 10), y = scale(low, high, box.bottom - 4, box.top);
      place = { x, low: Math.min(...across), high: Math.max(...across), left: box.left + 4, right: box.right - 10 };
      picture.append(frame(x, y, marks(Math.min(...across), Math.max(...across), isLarge(box) ? 9 : 5), marks(low, high), box, "nats", "α, share of every filter's length"));
      for (const line of lines) picture.append(draw("g", { class: `curve ${line.colour}` }, draw("path", { d: around(line.alpha, line.low, line.high, x, (value) => y(value - middle(line))), class: "band" })));
      for (const line of lines) picture.append(draw("g", { class: `curve ${line.colour}` }, draw("path", { d: through(line.alpha, line.loss, x, (value) => y(value - middle(line))), class: "mean", fill: "none" })));
    },
  });
  figure.append(make("p", { class: "keys note" }, names.map(([colour, words]) => make("span", { class: "named" }, make("span", { class: `swatch ${colour}` }), words))));
  figure.picture.addEventListener("pointermove", (event) => {
    const share = (placeIn(figure.picture, event) - place.left) / (place.right - place.left), asked = place.low + share * (place.high - place.low);
    const near = (line) => line.alpha.reduce((best, alpha, at) => (Math.abs(alpha - asked) < Math.abs(line.alpha[best] - asked) ? at : best), 0);
    showTip(event, [`α = ${short(lines[0].alpha[near(lines[0])])}`, ...lines.map((line) => `${line.words}, direction ${line.direction}: ${isNumber(line.loss[near(line)]) ? line.loss[near(line)].toFixed(3) : "no number"}`)]);
  });
  figure.picture.addEventListener("pointerleave", hideTip);
  return figure;
}

// -- planes -----------------------------------------------------------------------------------------------------------

const TITLES = { plane: "Loss on a plane of two random directions", path: "Loss on the plane of the training" };
const AXES = { plane: ["α, first direction", "β, second direction"], path: ["first axis of the training", "second axis"] };

// From a loss to its place among the levels, 0 to 1: by its logarithm where it spans more than a factor of three.
function levelsOf(plane) {
  const all = plane.loss.flat().filter(isNumber), low = Math.min(...all), high = Math.max(...all);
  const warp = low > 0 && high > 3 * low ? Math.log : (value) => value;
  return { low, high, at: (value) => (high > low ? (warp(value) - warp(low)) / (warp(high) - warp(low)) : 0) };
}
const stepOf = (share) => Math.min(LEVELS - 1, Math.floor(share * LEVELS)) / (LEVELS - 1);

function contourFigure(part, plane, path) {
  const levels = levelsOf(plane);
  let place = null;
  const figure = chart({
    id: `landscape-${part}`, title: TITLES[part], width: 400, height: 340, opens: false, watch: "theme",
    meaning: `${LEVELS} levels from ${levels.low.toFixed(3)} to ${levels.high.toFixed(3)} nats${part === "path" ? "; ● checkpoints, ■ the model" : "; ■ the model"}.`,
    said: () => `Filled contours of the loss, ${levels.low.toFixed(3)} to ${levels.high.toFixed(3)} nats`,
    table: () => [["first", "second", "loss"], ...plane.beta.flatMap((beta, row) => plane.alpha.map((alpha, column) => [alpha, beta, plane.loss[row][column]]))],
    paint: (picture, box) => {
      const [left, right] = [plane.alpha[0], plane.alpha.at(-1)], [low, high] = [plane.beta[0], plane.beta.at(-1)];
      const x = scale(left, right, box.left, box.right - 8), y = scale(low, high, box.bottom, box.top);
      place = { box, left: box.left, right: box.right - 8, top: box.top, bottom: box.bottom };
      const cells = draw("g", { "shape-rendering": "crispEdges" });
      for (let row = 0; row + 1 < plane.beta.length; row++) for (let column = 0; column + 1 < plane.alpha.length; column++) {
        const corners = [plane.loss[row][column], plane.loss[row][column + 1], plane.loss[row + 1][column], plane.loss[row + 1][column + 1]];
        if (!corners.every(isNumber)) continue;
        const [x0, x1] = [x(plane.alpha[column]), x(plane.alpha[column + 1])], [y0, y1] = [y(plane.beta[row]), y(plane.beta[row + 1])];
        for (let up = 0; up < FINE; up++) for (let over = 0; over < FINE; over++) {
          const s = (over + 0.5) / FINE, t = (up + 0.5) / FINE;
          const value = (1 - t) * ((1 - s) * corners[0] + s * corners[1]) + t * ((1 - s) * corners[2] + s * corners[3]);
          cells.append(draw("rect", { x: x0 + (over / FINE) * (x1 - x0), y: y0 + ((up + 1) / FINE) * (y1 - y0), width: (x1 - x0) / FINE + 0.5, height: (y0 - y1) / FINE + 0.5, fill: css(ramp(stepOf(levels.at(value)))) }));
        }
      }
      picture.append(cells, frame(x, y, marks(left, right), marks(low, high), box, AXES[part][1], AXES[part][0]));
      const ink = css([255, 255, 255]), edge = css([0, 0, 0]);
      if (path.length) picture.append(draw("path", { d: through([...path.map((each) => each.axis_1), 0], [...path.map((each) => each.axis_2), 0], x, y), fill: "none", stroke: ink, "stroke-width": 3 }),
        draw("path", { d: through([...path.map((each) => each.axis_1), 0], [...path.map((each) => each.axis_2), 0], x, y), fill: "none", stroke: edge, "stroke-width": 1.2 }));
      for (const each of path) picture.append(draw("circle", { cx: x(each.axis_1), cy: y(each.axis_2), r: 4, fill: ink, stroke: edge }, draw("title", {}, `step ${each.step}: ${isNumber(each.loss) ? each.loss.toFixed(3) : "no number"} nats`)));
      picture.append(draw("rect", { x: x(0) - 4, y: y(0) - 4, width: 8, height: 8, fill: ink, stroke: edge }));
    },
  });
  figure.picture.addEventListener("pointermove", (event) => {
    const bounds = figure.picture.getBoundingClientRect(), down = ((event.clientY - bounds.top) / bounds.height) * figure.picture.viewBox.baseVal.height;
    const nearest = (list, share) => Math.round(clamp(share, 0, 1) * (list.length - 1));
    const column = nearest(plane.alpha, (placeIn(figure.picture, event) - place.left) / (place.right - place.left));
    const row = nearest(plane.beta, (place.bottom - down) / (place.bottom - place.top)), value = plane.loss[row][column];
    showTip(event, [`${short(plane.alpha[column])}, ${short(plane.beta[row])}: ${isNumber(value) ? `${value.toFixed(3)} nats` : "no number"}`]);
  });
  figure.picture.addEventListener("pointerleave", hideTip);
  return figure;
}

// The same as a surface: quadrilaterals from back to front, seen from an angle above.
function surfaceFigure(part, plane, shown, turn) {
  const levels = levelsOf(plane), tilt = 0.5;
  const figure = chart({
    id: `landscape-${part}-surface`, title: "The same as a surface", width: 400, height: 340, opens: false, watch: "theme",
    meaning: "Height and colour are the loss. Drag it, or use the arrow keys, to turn it.",
    said: () => `A surface of the loss, turned by ${shown.angle} degrees`,
    table: () => [["first", "second", "loss"], ...plane.beta.flatMap((beta, row) => plane.alpha.map((alpha, column) => [alpha, beta, plane.loss[row][column]]))],
    paint: (picture, box) => {
      const radians = (shown.angle * Math.PI) / 180, size = Math.min(box.right - box.left, (box.bottom - box.top) * 1.25) * 0.62;
      const middle = [(box.left + box.right) / 2, box.bottom - (box.bottom - box.top) * 0.36];
      const seen = (column, row) => {
        const a = column / (plane.alpha.length - 1) - 0.5, b = row / (plane.beta.length - 1) - 0.5;
        const over = a * Math.cos(radians) - b * Math.sin(radians), away = a * Math.sin(radians) + b * Math.cos(radians);
        const height = isNumber(plane.loss[row][column]) ? levels.at(plane.loss[row][column]) : 0;
        return [middle[0] + over * size, middle[1] - away * size * tilt - height * size * 0.62, away];
      };
      const quads = [];
      for (let row = 0; row + 1 < plane.beta.length; row++) for (let column = 0; column + 1 < plane.alpha.length; column++) {
        const corners = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]];
        const values = corners.map(([at, of]) => plane.loss[of][at]);
        if (!values.every(isNumber)) continue;
        const points = corners.map(([at, of]) => seen(at, of));
        quads.push([points.reduce((sum, point) => sum + point[2], 0), points, values.reduce((sum, value) => sum + levels.at(value), 0) / 4]);
      }
      quads.sort((one, other) => other[0] - one[0]);
      for (const [, points, level] of quads) picture.append(draw("polygon", { points: points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" "), fill: css(ramp(stepOf(level))), stroke: "currentColor", "stroke-width": 0.4, "stroke-opacity": 0.5 }));
    },
  });
  figure.picture.style.touchAction = "none";
  let from = null;
  figure.picture.addEventListener("pointerdown", (event) => { from = [event.clientX, shown.angle]; figure.picture.setPointerCapture(event.pointerId); });
  figure.picture.addEventListener("pointermove", (event) => { if (from) turn({ angle: (((from[1] + Math.round((event.clientX - from[0]) / 2)) % 360) + 360) % 360 }); });
  for (const name of ["pointerup", "pointercancel"]) figure.picture.addEventListener(name, () => { from = null; });
  figure.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -10, ArrowRight: 10 }[event.key];
    if (!by) return;
    event.preventDefault();
    turn({ angle: (shown.angle + by + 360) % 360 });
  });
  return figure;
}

// -- the way to another model, and spectra ------------------------------------------------------------------------------

function wayFigure() {
  const way = ground.way;
  let place = null;
  const figure = chart({
    id: "landscape-way", title: "The straight way to the other model", width: WIDE, height: 320,
    meaning: "0 is the model, 1 the other; dashed is the chord, the band the 95 % interval over texts of the distance from it.",
    said: () => `Loss from ${way.loss[0].toFixed(2)} to ${way.loss.at(-1).toFixed(2)} nats along the way`,
    table: () => [["share", "loss", "low", "high", "chord"], ...way.share.map((share, at) => [share, way.loss[at], way.low[at], way.high[at], way.chord[at]])],
    paint: (picture, box) => {
      const [low, high] = padded([...way.loss, ...way.chord, ...way.low, ...way.high].filter(isNumber));
      const x = scale(way.share[0], way.share.at(-1), box.left + 4, box.right - 10), y = scale(low, high, box.bottom - 4, box.top);
      place = { left: box.left + 4, right: box.right - 10 };
      const between = way.share.map((share, at) => [share, way.chord[at]]).filter(([share]) => share >= 0 && share <= 1);
      picture.append(frame(x, y, [...new Set([way.share[0], 0, 0.5, 1, way.share.at(-1)])].map((value) => [value, short(value)]), marks(low, high), box, "nats", "share of the way"),
        [0, 1].map((end) => draw("line", { x1: x(end), x2: x(end), y1: box.top, y2: box.bottom, class: "fence" })),
        draw("path", { d: through(between.map(([share]) => share), between.map(([, chord]) => chord), x, y), fill: "none", stroke: "currentColor", "stroke-dasharray": "5 4" }),
        draw("g", { class: "curve c2" }, draw("path", { d: around(way.share, way.low, way.high, x, y), class: "band" }), draw("path", { d: through(way.share, way.loss, x, y), class: "mean", fill: "none" })));
    },
  });
  figure.picture.addEventListener("pointermove", (event) => {
    const asked = way.share[0] + ((placeIn(figure.picture, event) - place.left) / (place.right - place.left)) * (way.share.at(-1) - way.share[0]);
    const at = way.share.reduce((best, share, index) => (Math.abs(share - asked) < Math.abs(way.share[best] - asked) ? index : best), 0);
    showTip(event, [`${short(way.share[at])} of the way: ${isNumber(way.loss[at]) ? way.loss[at].toFixed(3) : "no number"} nats, chord ${way.chord[at].toFixed(3)}`]);
  });
  figure.picture.addEventListener("pointerleave", hideTip);
  return wideFigure(figure);
}

function spectrumFigure({ block, values }) {
  return chart({
    id: `landscape-spectrum-${block.replace(/[^a-z0-9]+/gi, "-")}`, title: "Ends of the Hessian's spectrum", height: 222, width: 360,
    meaning: `${block}: eigenvalues from the largest to the smallest, nats.`,
    said: () => `Eigenvalues of ${block}: ${values.map(short).join(", ")}`,
    table: () => [["rank", "eigenvalue"], ...values.map((value, at) => [at + 1, value])],
    paint: (picture, box) => {
      const [low, high] = padded([...values.filter(isNumber), 0]);
      const x = scale(0.5, values.length + 0.5, box.left, box.right - 8), y = scale(low, high, box.bottom - 4, box.top);
      picture.append(frame(x, y, values.map((_, at) => [at + 1, String(at + 1)]), marks(low, high), box, "eigenvalue", "rank"),
        draw("line", { x1: box.left, x2: box.right, y1: y(0), y2: y(0), class: "zero" }),
        draw("g", { class: "curve c0" }, values.map((value, at) => (isNumber(value) ? [
          draw("path", { d: `M${x(at + 1)} ${y(0)}V${y(value)}`, class: "mean", fill: "none" }), draw("circle", { cx: x(at + 1), cy: y(value), r: 4, class: "solid" })] : null))));
    },
  });
}
