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
if (location.hash.startsWith("#measure-")) {
  const target = byId(location.hash.slice(1));
  if (target) target.scrollIntoView({ block: "center" });
}
document.documentElement.dataset.ready = failed.length ? `failed: ${failed.join(" ")}` : "yes";
