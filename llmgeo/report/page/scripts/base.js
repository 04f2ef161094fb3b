// What every view needs: elements, packed numbers, colours, the state they share. Text enters the page by textContent.

document.documentElement.classList.add("scripted"); // what only scripts can fill may be seen
const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined) element.append(child); // a string becomes a text node
  }
  return element;
}
const make = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// -- packed numbers ---------------------------------------------------------------------------------------------------

function bytes(text) {
  const raw = atob(text);
  const found = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at++) found[at] = raw.charCodeAt(at);
  return found;
}

const HALF = (() => { // every float16, so that reading one is a look-up
  const table = new Float32Array(65536);
  for (let half = 0; half < 65536; half++) {
    const exponent = (half >> 10) & 31, fraction = half & 1023, sign = half >> 15 ? -1 : 1;
    table[half] = exponent === 31 ? NaN
      : exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -14 * (fraction / 1024);
  }
  return table;
})();

function float16(text, scale = 1) {
  const raw = bytes(text);
  const found = new Float32Array(raw.length / 2);
  for (let at = 0; at < found.length; at++) found[at] = HALF[raw[2 * at] | (raw[2 * at + 1] << 8)] * scale;
  return found;
}

function float32(text) {
  const raw = bytes(text), view = new DataView(raw.buffer);
  return Float32Array.from({ length: raw.length / 4 }, (_, at) => view.getFloat32(4 * at, true));
}

const isNumber = (value) => value !== null && value !== undefined && Number.isFinite(value);

// -- colours ----------------------------------------------------------------------------------------------------------

const sameAs = new Map(Object.entries(data.same || {})); // conditions that one line is drawn for
const slot = new Map(data.conditions.map((condition, at) => [condition.name, at % 8]));
for (const [name, other] of sameAs) slot.set(name, slot.get(other));
const colourClass = (condition) => `c${slot.has(condition) ? slot.get(condition) : 7}`;

function resolved(name) { // a canvas knows no CSS variables
  const probe = byId("tip");
  probe.style.color = `var(${name})`;
  const found = getComputedStyle(probe).color;
  probe.style.color = "";
  return found;
}
const isDark = () => {
  const asked = document.documentElement.dataset.theme;
  return asked ? asked === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

const RAMPS = { // lightness runs one way, so that the order is seen without hue
  light: [[250, 245, 230], [207, 227, 200], [127, 196, 184], [58, 147, 174], [42, 95, 154], [43, 47, 117]],
  dark: [[24, 34, 52], [31, 64, 104], [32, 112, 143], [61, 165, 143], [159, 206, 111], [245, 236, 125]],
};
const blend = (stops) => Array.from({ length: 256 }, (_, at) => {
  const place = (at / 255) * (stops.length - 1), low = Math.min(Math.floor(place), stops.length - 2);
  return stops[low].map((part, channel) => Math.round(part + (stops[low + 1][channel] - part) * (place - low)));
});
const BLENDED = { light: blend(RAMPS.light), dark: blend(RAMPS.dark) };
let steps = isDark() ? BLENDED.dark : BLENDED.light; // asked once a theme: a heat map has thousands of cells
const ramp = (at) => steps[Math.round(255 * clamp(at, 0, 1))];
function inkOn([red, green, blue]) {
  const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue) > 0.179 ? "#000" : "#fff";
}
const css = (colour) => `rgb(${colour.join(" ")})`;

// -- the shared state -------------------------------------------------------------------------------------------------

const lastLayer = Math.max(0, ...data.curves.flatMap((of) => of.curves.flatMap((curve) => curve.layer)));

// What is chosen, and who draws it anew when it changes. Most views share one store; a view that goes its own way has its own.
function makeStore(state) {
  const listeners = [];
  const onChange = (keys, redraw) => listeners.push([keys.split(" "), redraw]);
  function change(update) {
    if (update.theme) steps = BLENDED[update.theme];
    const changed = Object.keys(update).filter((key) => state[key] !== update[key]);
    Object.assign(state, update);
    for (const [keys, redraw] of listeners) if (keys.some((key) => changed.includes(key))) redraw(changed);
  }
  return { state, onChange, change };
}
const shared = makeStore({
  layer: Math.round(lastLayer / 2), token: 8, hidden: new Set(), focus: null, claim: null,
  pair: [null, null], measure: null, span: "layer", // of the token view
});
const { state, onChange, change } = shared;
const say = (text) => { byId("live").textContent = text; };
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// -- controls ---------------------------------------------------------------------------------------------------------

function choice(label, options, onchoose) {
  const select = make("select", { onchange: () => onchoose(select.value) });
  const refill = (items, value) => {
    select.replaceChildren(...items.map(([key, words]) => make("option", { value: key }, words)));
    if (value !== undefined) select.value = value;
  };
  refill(options);
  return { element: make("label", {}, make("span", {}, label), select), select, refill };
}

function layerSlider(label) {
  const output = make("output");
  const input = make("input", { type: "range", min: 0, max: lastLayer, step: 1, oninput: () => change({ layer: Number(input.value) }) });
  const update = () => { input.value = state.layer; output.textContent = `${state.layer} of ${lastLayer}`; };
  onChange("layer", update);
  update();
  return make("label", { class: "slider" }, make("span", {}, label, " ", output), input);
}

function showTip(event, lines) {
  const tip = byId("tip");
  tip.replaceChildren(...lines.map((line) => (typeof line === "string" ? make("div", {}, line) : line)));
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = event.clientX + 16 + box.width > innerWidth ? event.clientX - 16 - box.width : event.clientX + 16;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${clamp(event.clientY + 12, 4, Math.max(4, innerHeight - box.height - 4))}px`;
}
const hideTip = () => { byId("tip").hidden = true; };
