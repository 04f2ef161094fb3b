// A figure: title, meaning, picture, and what can be done with it: enlarge, save as a picture or as a table.

// Args:
//   title, meaning, said: texts, or functions of what is chosen; `said` is the picture's description.
//   paint(picture, box): draws into an empty picture of the size of `box`.
//   table(): rows of cells, the first one the names; what is saved as CSV.
//   saves: title, meaning and name of what is saved, functions, where they are others than on the page.
//   key(): [class, words] of every colour in the picture, for what is saved as PNG.
//   watch: keys of the shared state that it follows. opens: whether a click enlarges it.
//   width, height: of the picture as it stands in the page, numbers or functions.
function chart({ id, title, meaning = "", said, label = "", paint, table, saves = {}, key = () => [], watch = "", opens = true, width = SMALL.width, height = SMALL.height }) {
  const of = (words) => (typeof words === "function" ? words() : words);
  const picture = draw("svg", { role: "img" });
  const strong = make("strong"), quiet = make("span", { class: "quiet" });
  const keys = make("span", { class: "keys" }); // a large picture stands without the page's legend
  const caption = make("figcaption", {}, strong, quiet, keys);
  const element = make("figure", { id, class: "panel", tabindex: 0 }, caption, picture);
  caption.prepend(tools(element, { title: () => of(title), meaning: () => of(meaning), table, key, picture, ...saves }));
  let size = null;
  element.redraw = () => {
    const box = boxOf(size || { width: of(width), height: of(height) });
    strong.textContent = of(title);
    quiet.textContent = of(meaning);
    keys.replaceChildren(...(size ? key() : []).map(([name, words]) => make("span", { class: "named" }, make("span", { class: `swatch ${name}` }), words)));
    picture.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`);
    picture.replaceChildren();
    paint(picture, box);
    picture.setAttribute("aria-label", of(said));
    element.setAttribute("aria-label", of(label) || of(title));
  };
  element.resize = (asked) => { size = asked; element.redraw(); };
  element.picture = picture;
  if (opens) picture.addEventListener("click", () => enlarge(element));
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === element) enlarge(element);
  });
  if (watch) onChange(watch, element.redraw);
  element.redraw();
  return element;
}

function tools(element, saved) {
  const button = (words, does, onclick) => make("button", { type: "button", class: "tool", title: does, onclick }, words);
  const buttons = [
    element.matches("figure") ? button("⤢", "Enlarge", () => enlarge(element)) : null,
    saved.table ? button("CSV", "Save the numbers of this picture", () => saveTable(saved)) : null,
    button("PNG", "Save this picture", () => savePicture(saved)),
  ];
  for (const one of buttons.filter(Boolean)) one.setAttribute("aria-label", one.title);
  return make("span", { class: "tools" }, buttons);
}

// -- enlarged ---------------------------------------------------------------------------------------------------------

const dialog = make("dialog", { class: "large", "aria-label": "Enlarged picture" });
const stay = make("div"); // keeps the figure's place
let enlarged = null;

function enlarge(element) {
  if (enlarged === element) return;
  stay.className = "panel stay";
  stay.replaceChildren();
  element.replaceWith(stay);
  enlarged = element;
  dialog.replaceChildren(make("button", { type: "button", class: "close", onclick: () => dialog.close() }, "close"), element);
  if (!dialog.isConnected) document.body.append(dialog);
  dialog.append(byId("tip")); // above the dialog, which lies above the page
  dialog.showModal();
  fit();
  element.focus();
}
function fit() {
  if (!enlarged) return;
  const width = dialog.clientWidth - 60, most = innerHeight - 220;
  enlarged.resize({ width: Math.max(SMALL.width, width), height: clamp(most, 200, 720) });
}
dialog.addEventListener("close", () => {
  const element = enlarged;
  enlarged = null;
  hideTip();
  document.body.append(byId("tip"));
  stay.replaceWith(element);
  element.resize(null);
  element.focus({ preventScroll: true });
});
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
addEventListener("resize", fit);
