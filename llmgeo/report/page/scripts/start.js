// Starts the views, in the order in which they are read. A view that fails says so in its place and leaves the others.

const failed = [];
for (const [id, start] of views) {
  try {
    start();
  } catch (error) {
    failed.push(id);
    byId(id).append(make("p", { class: "banner bad", role: "alert" }, `This view could not be drawn: ${error.message}`));
    console.error(error);
  }
}
byId("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  change({ theme: document.documentElement.dataset.theme });
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => change({ theme: event.matches ? "dark" : "light" }));
addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });
keep("layer", {
  get: () => state.layer, set: (layer) => change({ layer: Number(layer) }), on: "layer",
  allowed: () => Array.from({ length: lastLayer + 1 }, (_, layer) => layer),
});
startState();
startMenu();
document.documentElement.dataset.ready = failed.length ? `failed: ${failed.join(" ")}` : "yes";
