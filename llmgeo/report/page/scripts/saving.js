// What a reader takes along: a picture as PNG at twice its size, its numbers as CSV. Everything is made in the page.

function saveAs(blob, saved, ending) {
  const address = URL.createObjectURL(blob);
  const link = make("a", { href: address, download: `${fileName(saved)}.${ending}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  say(`${saved.title()} saved as ${ending.toUpperCase()}`);
}
// The run and what is seen of it, in letters that every disk takes.
function fileName(saved) {
  const plainLetters = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60);
  return [document.title, saved.name ? saved.name() : saved.title()].map(plainLetters).filter(Boolean).join("_") || "picture";
}

// -- CSV, as run/csv.py writes it -------------------------------------------------------------------------------------

const FORMULA = /^[=+\-@\t\r\n]/; // what a spreadsheet would run

function csvCell(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
const csvText = (rows) => rows.map((row) => `${row.map(csvCell).join(",")}\n`).join("");
function saveTable(saved) {
  saveAs(new Blob([csvText(saved.table())], { type: "text/csv;charset=utf-8" }), saved, "csv");
}

// -- PNG --------------------------------------------------------------------------------------------------------------

const PAINTED = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "fill-opacity", "stroke-opacity",
  "font-size", "font-family", "font-weight", "font-style", "visibility"];
const DENSITY = 2, MARGIN = 16;

// A picture by itself: what the page's styles say stands in each element.
function standalone(picture) {
  const { width, height } = picture.viewBox.baseVal, copy = picture.cloneNode(true);
  const originals = [picture, ...picture.querySelectorAll("*")], copies = [copy, ...copy.querySelectorAll("*")];
  originals.forEach((original, at) => {
    const style = getComputedStyle(original);
    for (const name of PAINTED) copies[at].setAttribute(name, style.getPropertyValue(name));
    copies[at].removeAttribute("class");
  });
  for (const [name, value] of Object.entries({ xmlns: SVG, width: width * DENSITY, height: height * DENSITY })) copy.setAttribute(name, value);
  return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
}

function loaded(address) {
  return new Promise((done, failed) => {
    const image = new Image();
    image.onload = () => done(image);
    image.onerror = () => failed(new Error("the picture could not be drawn"));
    image.src = address;
  });
}

function wrapped(context, text, width) {
  const lines = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line && context.measureText(`${line} ${word}`).width > width) {
      lines.push(line);
      line = word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return line ? [...lines, line] : lines;
}

// Title, meaning, picture and the key of its colours, below each other.
async function composed({ title, meaning, picture, key }) {
  const isDrawing = picture.tagName === "svg";
  const width = isDrawing ? picture.viewBox.baseVal.width : picture.clientWidth;
  const height = isDrawing ? picture.viewBox.baseVal.height : picture.clientHeight;
  const image = isDrawing ? await loaded(standalone(picture)) : picture;
  const canvas = make("canvas"), context = canvas.getContext("2d");
  const fonts = { title: "600 15px system-ui, sans-serif", text: "12px system-ui, sans-serif" };
  const colours = { ground: resolved("--card"), ink: resolved("--ink"), quiet: resolved("--quiet") };
  const lines = (text, font, colour, step) => {
    context.font = font;
    return wrapped(context, text, width).map((line) => ({ line, font, colour, step }));
  };
  const rows = [...lines(title(), fonts.title, colours.ink, 20), ...lines(meaning(), fonts.text, colours.quiet, 16)];
  const source = lines(document.title, fonts.text, colours.quiet, 16);
  context.font = fonts.text;
  const keys = placed(context, key(), width);
  const top = MARGIN + rows.reduce((sum, row) => sum + row.step, 0) + 8;
  const below = top + height + 12;
  canvas.width = (width + 2 * MARGIN) * DENSITY;
  canvas.height = (below + keys.height + 16 * source.length + MARGIN) * DENSITY;
  context.scale(DENSITY, DENSITY);
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  write(context, rows, MARGIN);
  context.imageSmoothingEnabled = isDrawing || getComputedStyle(picture).imageRendering !== "pixelated";
  context.drawImage(image, MARGIN, top, width, height);
  context.font = fonts.text;
  for (const { x, y, colour, words } of keys.entries) {
    context.fillStyle = colour;
    context.fillRect(MARGIN + x, below + y + 2, 9, 9);
    context.fillStyle = colours.ink;
    context.fillText(words, MARGIN + x + 14, below + y + 11);
  }
  write(context, source, below + keys.height);
  return canvas;
}
function write(context, rows, from) {
  let y = from;
  for (const { line, font, colour, step } of rows) {
    context.font = font;
    context.fillStyle = colour;
    context.fillText(line, MARGIN, y + step - 5);
    y += step;
  }
}
function placed(context, key, width) {
  let x = 0, y = 0;
  const entries = key.map(([name, words]) => {
    const wide = context.measureText(words).width + 30;
    if (x && x + wide > width) [x, y] = [0, y + 18];
    const entry = { x, y, colour: resolved(`--${name}`), words };
    x += wide;
    return entry;
  });
  return { entries, height: entries.length ? y + 22 : 0 };
}

async function savePicture(saved) {
  const canvas = await composed(saved);
  canvas.toBlob((blob) => saveAs(blob, saved, "png"), "image/png");
}
