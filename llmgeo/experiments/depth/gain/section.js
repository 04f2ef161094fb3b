// The question of gain: growth and Jacobians by layer, and what all maps between streams do together.

const gainOf = data.questions.gain;

views.push(["gain", () => {
  byId("gain-panels").append(...gainOf.panels.map(layerCurves));
  if (gainOf.composites.length) byId("gain-panels").append(composites(gainOf.composites));
}]);

// Every map as a square of squares: row, stream that is written; column, stream that is read.
function composites(maps) {
  const most = Math.max(1e-9, ...maps.flatMap((map) => map.rows.flat().map(Math.abs)));
  const figure = chart({
    id: "gain-maps", title: "Composite maps", width: 1100, height: 220, opens: false,
    meaning: `All maps from one sub-layer on, multiplied, mean over tokens and texts: row, the stream that is written; column, the stream that is read. Palest is 0, darkest ${most.toFixed(2)}.`,
    said: () => maps.map((map) => `from ${map.part}: ${map.rows.map((row) => row.map((value) => value.toFixed(2)).join(" ")).join("; ")}`).join(". "),
    table: () => [["map", "part", "row", "column", "value"], ...maps.flatMap((map) => map.rows.flatMap((row, to) => row.map((value, from) => [map.map, map.part, to + 1, from + 1, value])))],
    paint: (picture, box) => {
      const room = (box.right - box.left) / maps.length, size = Math.min(room - 14, box.bottom - box.top - 8);
      maps.forEach((map, at) => {
        const cell = size / map.rows.length, left = box.left + at * room, top = box.top + 4;
        map.rows.forEach((row, to) => row.forEach((value, from) => {
          const square = draw("rect", { x: left + from * cell, y: top + to * cell, width: cell + 0.3, height: cell + 0.3, fill: css(ramp(Math.abs(value) / most)) });
          square.addEventListener("pointermove", (event) => showTip(event, [`from ${map.part}, stream ${from + 1} to ${to + 1}: ${value.toFixed(4)}`]));
          square.addEventListener("pointerleave", hideTip);
          picture.append(square);
        }));
        picture.append(draw("g", { class: "axes" }, draw("text", { x: left, y: top + size + 14 }, map.part)));
      });
    },
  });
  figure.style.gridColumn = "1 / -1";
  return figure;
}
