// Every pair of checkpoints as a square, in the order of runs and steps; dark is far apart. Outlined are the pairs of the
// marked step.

function distanceMatrix({ names, runs, rows }, view) {
  const most = Math.max(1e-12, ...rows.flat());
  const firsts = traced.map((_, run) => runs.indexOf(run)), BAND = 6;
  let place = null, marks = null;
  const figure = chart({
    id: "trace-distances", title: "Distances", width: () => rowWidth(), height: () => clamp(rowWidth() * 0.5, 380, 520), opens: false, key: view.key,
    meaning: "Bhattacharyya distance of every pair of checkpoints, in the order of runs and steps; pale is 0. Outlined: the pairs of the marked step.",
    said: () => `Distances of ${names.length} checkpoints, at most ${most.toPrecision(3)} nats`,
    table: () => [["checkpoint", ...names], ...names.map((name, at) => [name, ...rows[at]])],
    paint: (picture, box) => {
      const size = Math.min(box.right - box.left, box.bottom - box.top + 40), cell = size / names.length;
      place = { left: (box.left + box.right - size) / 2, top: box.top - 14, cell, size };
      rows.forEach((row, from) => row.forEach((value, to) => picture.append(draw("rect", { x: place.left + to * cell, y: place.top + from * cell, width: cell + 0.3, height: cell + 0.3, fill: css(ramp(value / most)) }))));
      traced.forEach((run, at) => { // which run is where
        const start = firsts[at] * cell, length = run.step.length * cell - 1;
        picture.append(draw("g", { class: `curve ${view.colourOf(run)}` },
          draw("rect", { x: place.left - BAND - 3, y: place.top + start, width: BAND, height: length, class: "solid band-of-run" }),
          draw("rect", { x: place.left + start, y: place.top - BAND - 3, width: length, height: BAND, class: "solid band-of-run" })));
      });
      marks = draw("g", { class: "marks" });
      picture.append(marks);
      mark();
    },
  });
  function mark() { // by itself, as a slider moves many times a second
    const { left, top, cell } = place;
    const now = traced.map((run, at) => [firsts[at], view.at(run)]).filter(([, at]) => at >= 0).map(([first, at]) => first + at);
    marks.replaceChildren(...now.flatMap((from) => now.map((to) => draw("rect", { x: left + to * cell, y: top + from * cell, width: cell, height: cell, class: "outline" }))));
  }
  figure.picture.addEventListener("pointermove", (event) => {
    const bounds = figure.picture.getBoundingClientRect(), down = ((event.clientY - bounds.top) / bounds.height) * figure.picture.viewBox.baseVal.height;
    const to = Math.floor((placeIn(figure.picture, event) - place.left) / place.cell), from = Math.floor((down - place.top) / place.cell);
    if (to < 0 || from < 0 || to >= names.length || from >= names.length) return hideTip();
    showTip(event, [`${names[from]} and ${names[to]}: ${rows[from][to].toPrecision(3)} nats`]);
  });
  figure.picture.addEventListener("pointerleave", hideTip);
  view.whenShown("step", mark);
  view.whenShown("colour", figure.redraw);
  return widens(figure);
}
