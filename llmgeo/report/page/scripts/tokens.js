// One text, token by token, coloured by a measure at a layer; below it, if wanted, its heat map under the same cross-hair.
// What is chosen lies in a store (base.js), so that two views of texts can go their own ways.

const texts = data.texts;
const allMeasures = [...texts.measures, ...texts.flat.map((measure) => ({ ...measure, flat: true }))];
const jumpFlags = texts.measures.find((one) => one.flag);
const textCalled = (id) => texts.samples.find((sample) => sample.sample === id);
const unpacked = new Map();

// A grid of [rows, width] numbers of a sample; a measure without layers has one row.
function grid(sample, measure) {
  const key = `${sample.sample} ${measure.name}`;
  if (!unpacked.has(key)) unpacked.set(key, unpack(sample, measure));
  return unpacked.get(key);
}
function unpack(sample, measure) {
  if (measure.flat) {
    const whole = sample.flat[measure.name] ? float16(sample.flat[measure.name]) : new Float32Array(0);
    return { rows: 1, numbers: whole.subarray(sample.first, sample.first + sample.width) };
  }
  const text = sample.data[measure.name];
  if (!text) return { rows: texts.layers.length, numbers: new Float32Array(texts.layers.length * sample.width).fill(NaN) };
  if (measure.flag) return { rows: texts.layers.length, numbers: Float32Array.from(bytes(text), (byte) => (byte === 255 ? NaN : byte)) };
  const numbers = float16(text);
  for (let at = 0; at < numbers.length; at++) numbers[at] *= measure.layer_scale[Math.floor(at / sample.width)];
  return { rows: texts.layers.length, numbers };
}
const nearestRow = (layer) => texts.layers.reduce((best, one, at) => (Math.abs(one - layer) < Math.abs(texts.layers[best] - layer) ? at : best), 0);
const row = (measure, layer) => (measure.flat ? 0 : nearestRow(layer));
const cell = (sample, measure, layer, token) => grid(sample, measure).numbers[row(measure, layer) * sample.width + token];

function ends(measure, layer, span) {
  if (measure.flag) return [0, 1];
  if (measure.flat) return measure.ranges;
  if (span === "layer") return measure.ranges[row(measure, layer)];
  const known = measure.ranges.filter((range) => range);
  return known.length ? [Math.min(...known.map((range) => range[0])), Math.max(...known.map((range) => range[1]))] : null;
}
function colourOf(measure, layer, span, value) {
  const range = ends(measure, layer, span);
  return isNumber(value) && range ? ramp((value - range[0]) / (range[1] - range[0] || 1)) : null;
}

// What a token is called: itself, or the character that it is a part of.
function calledToken(tokens, at) {
  if (tokens[at] !== "") return (tokens[at] ?? "").trim() || "␣";
  const whole = tokens.slice(at).find((token) => token !== "");
  return whole === undefined ? "part of a character" : `part of ${[...whole.trimStart()][0] ?? "␣"}`;
}

// One side of a pair. A short one shows the text alone, and what it says of a token in one line.
function pane(side, { state, onChange, change }, isShort = false) {
  const title = make("h3"), facts = make("p", { class: "quiet" }), prompt = make("span", { class: "prompt" });
  const body = make("div", { class: "text", tabindex: 0, role: "group" });
  const canvas = make("canvas", { "aria-hidden": "true" });
  const overlay = draw("svg", { class: "overlay", preserveAspectRatio: "none", "aria-hidden": "true" });
  const map = make("div", { class: "map", tabindex: 0, role: "group" }, canvas, overlay);
  const top = make("span"), bottom = make("span"), right = make("span");
  const saves = tools(map, {
    title: () => `${allMeasures[state.measure].words}, token by token: ${sample.sample}`, meaning: () => meaningOfMap(sample, state),
    picture: canvas, key: () => [], table: () => mapTable(sample, allMeasures[state.measure]),
  });
  const readout = make("p", { class: "readout" });
  const heatMap = make("div", { class: "heat" }, make("div", { class: "layers", "aria-hidden": "true" }, top, make("span", {}, "layer"), bottom), map,
    make("div", { class: "tokens", "aria-hidden": "true" }, make("span", {}, "token 1"), right));
  const element = make("article", { class: isShort ? "pane short" : "pane" }, title, ...(isShort ? [body] : [facts, body, heatMap, saves]), readout);
  let sample = null, spans = [], at = null;

  const load = () => {
    sample = state.pair[side];
    if (!sample) return;
    title.replaceChildren(make("span", { class: `swatch ${colourClass(sample.condition)}` }), sample.condition, sample.label ? make("span", { class: `label ${sample.label}` }, sample.label) : "");
    facts.textContent = `${sample.sample}${sample.reason ? ` · ${sample.reason}` : ""} · rep-4 ${plain(sample.rep_4)} · ended by ${sample.finish} · measured: ${sample.width} tokens`;
    const said = texts.prompts.find((one) => one.id === sample.prompt);
    prompt.textContent = sample.before ?? (said ? said.text : "");
    spans = sample.tokens.map((token, index) => {
      const span = make("span", { class: "token", "data-token": index }, token);
      if (!token) span.classList.add("part"); // the next token that is not empty completes a character with it
      if (index < sample.first || index >= sample.first + sample.width) span.classList.add("outside");
      return span;
    });
    body.replaceChildren(...(isShort && sample.before === undefined ? [] : [prompt]), ...spans);
    body.setAttribute("aria-label", `Text of ${sample.condition}; arrow keys move the cross-hair`);
    map.setAttribute("aria-label", `Heat map of ${sample.condition}, layers by tokens; arrow keys move the cross-hair`);
    right.textContent = sample.width;
    at = null;
    paint();
  };
  const paint = () => {
    if (!sample) return;
    const measure = allMeasures[state.measure];
    spans.forEach((span, index) => {
      const token = index - sample.first, inside = token >= 0 && token < sample.width;
      const colour = inside ? colourOf(measure, state.layer, state.span, cell(sample, measure, state.layer, token)) : null;
      span.style.backgroundColor = colour ? css(colour) : "";
      span.style.color = colour ? inkOn(colour) : "";
      span.classList.toggle("missing", inside && !colour);
      span.classList.toggle("jump", Boolean(!isShort && inside && jumpFlags && cell(sample, jumpFlags, state.layer, token) === 1));
    });
    if (!isShort) heat(measure);
    cross();
  };
  const heat = (measure) => {
    const { rows, numbers } = grid(sample, measure);
    canvas.width = Math.max(1, sample.width);
    canvas.height = rows;
    map.style.height = measure.flat ? "2rem" : `${clamp(rows * 7, 120, 260)}px`;
    const context = canvas.getContext("2d"), image = context.createImageData(canvas.width, rows);
    for (let index = 0; index < numbers.length; index++) {
      const level = Math.floor(index / sample.width);
      const colour = colourOf(measure, texts.layers[level], state.span, numbers[index]);
      if (colour) image.data.set([...colour, 255], 4 * ((rows - 1 - level) * sample.width + (index % sample.width)));
    }
    context.putImageData(image, 0, 0);
    top.textContent = measure.flat ? "" : texts.layers.at(-1);
    bottom.textContent = measure.flat ? "" : texts.layers[0];
  };
  const hairs = (measure, token) => {
    const rows = measure.flat ? 1 : texts.layers.length, level = rows - 1 - row(measure, state.layer);
    overlay.setAttribute("viewBox", `0 0 ${Math.max(1, sample.width)} ${rows}`);
    const marks = [];
    if (jumpFlags) for (let at = 0; at < sample.width; at++) {
      if (cell(sample, jumpFlags, state.layer, at) === 1) marks.push(draw("rect", { x: at + 0.2, y: 0, width: 0.6, height: rows * 0.06, class: "tick" }));
    }
    overlay.replaceChildren(...marks,
      draw("rect", { x: 0, y: level, width: sample.width, height: 1, class: "hair" }),
      draw("rect", { x: token, y: 0, width: 1, height: rows, class: "hair" }));
  };
  const cross = () => {
    if (!sample) return;
    const token = Math.min(state.token, sample.width - 1), next = spans[sample.first + token];
    if (!isShort) hairs(allMeasures[state.measure], token);
    if (at !== next) {
      if (at) at.classList.remove("at");
      at = next;
      if (at) at.classList.add("at");
      requestAnimationFrame(follow); // asking where it is now would lay out the whole page once more
    }
    readout.replaceChildren(...described(token));
  };
  const follow = () => {
    if (!at) return;
    const low = at.offsetTop, high = low + at.offsetHeight;
    if (low < body.scrollTop || high > body.scrollTop + body.clientHeight) body.scrollTop = low - body.clientHeight / 2;
  };
  const described = (token) => {
    const word = calledToken(sample.tokens, sample.first + token);
    if (isShort && token < 0) return ["Point at a token, or tap it, for its numbers."];
    const told = isShort ? [allMeasures[state.measure], ...allMeasures.filter((one) => one.flat)] : allMeasures;
    const parts = told.map((measure) => {
      const value = cell(sample, measure, state.layer, token);
      return measure.flag ? (isNumber(value) ? (value ? "a jump" : "no jump") : null) : `${measure.words} ${shown(measure, value)}`;
    });
    const place = isShort ? ` token ${token + 1}: ` : ` token ${token + 1}, layer ${texts.layers[nearestRow(state.layer)]}: `;
    return [make("b", {}, word), `${place}${parts.filter(Boolean).join(" · ")}`];
  };
  const choose = (event) => {
    const token = event.target.dataset && event.target.dataset.token;
    if (token !== undefined && sample) change({ token: clamp(Number(token) - sample.first, 0, sample.width - 1) });
  };
  body.addEventListener("pointerover", choose);
  body.addEventListener("click", choose);
  map.addEventListener("pointermove", (event) => {
    if (!sample) return;
    const box = map.getBoundingClientRect(), rows = allMeasures[state.measure].flat ? 1 : texts.layers.length;
    const token = clamp(Math.floor(((event.clientX - box.left) / box.width) * sample.width), 0, sample.width - 1);
    const layer = texts.layers[rows - 1 - clamp(Math.floor(((event.clientY - box.top) / box.height) * rows), 0, rows - 1)];
    change(rows > 1 ? { token, layer } : { token });
  });
  const keys = (event) => {
    const [token, layer] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] || [0, 0];
    if (!sample || (!token && (!layer || isShort))) return; // a short text scrolls up and down as any other
    event.preventDefault();
    change({ token: clamp(state.token + token, 0, sample.width - 1), layer: clamp(state.layer + layer, 0, lastLayer) });
    say(readout.textContent);
  };
  body.addEventListener("keydown", keys);
  map.addEventListener("keydown", keys);
  onChange("pair", load);
  onChange("measure layer span theme", paint);
  onChange("token", cross);
  load();
  return element;
}

// What a heat map that is saved says of itself.
function meaningOfMap(sample, { measure, layer, span }) {
  const chosen = allMeasures[measure], range = ends(chosen, layer, span);
  const across = `tokens 1 to ${sample.width} from left to right`;
  const way = chosen.flat ? `T${across.slice(1)}.` : `Layers ${texts.layers[0]} (below) to ${texts.layers.at(-1)} (above), ${across}.`;
  const isInk = [ramp(0), ramp(1)].map((colour) => colour.reduce((sum, part) => sum + part)).reduce((low, high) => low > high); // on a light page
  const from = isInk ? "Bright to dark" : "Dark to bright";
  if (chosen.flag) return `${way} ${isInk ? "Dark" : "Bright"}: a jump.`;
  if (chosen.flat || span === "all") return range ? `${way} ${from}: ${range.map((end) => shown(chosen, end)).join(" to ")}.` : way;
  return `${way} ${from}: from the lowest to the highest of each layer by itself.`;
}
function mapTable(sample, measure) {
  const layers = measure.flat ? [""] : texts.layers;
  const rows = layers.flatMap((layer) => Array.from({ length: sample.width }, (_, at) =>
    [sample.sample, layer, at + 1, sample.tokens[sample.first + at], cell(sample, measure, layer, at)]));
  return [["sample", "layer", "token", "text", measure.name], ...rows];
}

// What the colours mean: a bar from the lowest to the highest, and of what.
function colourKey(box, { state, onChange }, isShort = false) {
  const redraw = () => {
    const chosen = allMeasures[state.measure], range = ends(chosen, state.layer, state.span);
    const bar = make("canvas", { width: 128, height: 1, "aria-hidden": "true" }), context = bar.getContext("2d");
    for (let at = 0; at < 128; at++) { context.fillStyle = css(ramp(at / 127)); context.fillRect(at, 0, 1, 1); }
    const words = chosen.flag ? ["no", "yes"] : range ? range.map((end) => shown(chosen, end)) : ["", ""];
    const where = chosen.flat ? "" : state.span === "layer" ? ` at layer ${texts.layers[nearestRow(state.layer)]}` : " over all layers";
    const named = `${axisTitle(chosen)}${where}`;
    box.replaceChildren(make("span", {}, words[0]), bar, make("span", {}, words[1]), ...(isShort ? [make("span", { class: "quiet" }, `${named}; without colour: not measured`)] : [
      make("span", { class: "quiet" }, `${named}, 2nd to 98th percentile over the texts on this page`),
      make("span", { class: "missing-key" }, "not measured"), make("span", { class: "jump-key" }, "jump")]));
  };
  onChange("measure layer span theme", redraw);
  redraw();
}
