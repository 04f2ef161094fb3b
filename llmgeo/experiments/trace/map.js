// The map of checkpoints on two axes of InPCA, or on three that are turned by dragging or with the arrow keys.

function checkpointMap(view) {
  const { shown, show, whenShown } = view, turn = { yaw: 0.6, pitch: 0.35 };
  const ends = [0, 1, 2].map((axis) => { // of each axis, with the straight ways
    const all = traced.flatMap((run) => [...run[`axis_${axis + 1}`], ...(run.straight?.[axis] ?? [])]).filter(isNumber);
    return [Math.min(...all), Math.max(...all)];
  });
  const is3 = () => shown.dimensions === "3";
  let drawn = []; // [x, y, run, place] of every checkpoint
  const figure = chart({
    id: "trace-map-picture", title: "Map of checkpoints", width: () => rowWidth(), height: () => clamp(rowWidth() * 0.5, 320, 480), opens: false,
    key: view.key,
    meaning: () => `InPCA of what checkpoints predict${is3() ? ", each axis stretched to its own length; drag or press an arrow key to turn" : ""}. Grey: straight ways from ignorance to the same ends. ● is the marked step.`,
    said: () => `${traced.length} ${traced.length === 1 ? "training" : "trainings"} on ${is3() ? "three axes" : `axes ${[...shown.axes].join(" and ")}`} of InPCA, beside straight ways to the same ends`,
    table: () => [["run", "step", "axis 1", "axis 2", "axis 3", "straight 1", "straight 2", "straight 3"], ...traced.flatMap((run) => run.step.map((step, place) =>
      [run.run, step, run.axis_1[place], run.axis_2[place], run.axis_3[place], ...[0, 1, 2].map((axis) => run.straight?.[axis][place] ?? null)]))],
    paint: (picture, box) => {
      const place = is3() ? turned(picture, box) : flat(picture, box);
      const line = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
      for (const run of traced) if (run.straight) picture.append(draw("path", { d: line(run.step.map((_, at) => place(run.straight.map((axis) => axis[at])))), class: "straight" }));
      drawn = [];
      for (const run of traced) {
        const points = run.step.map((_, at) => place([run.axis_1[at], run.axis_2[at], run.axis_3[at]])), now = view.at(run), byProgress = shown.colour === "progress";
        points.forEach(([x, y], at) => drawn.push([x, y, run, at]));
        picture.append(draw("g", { class: `curve ${view.colourOf(run)}${byProgress ? " by-progress" : ""}` }, draw("path", { d: line(points), class: "mean" }),
          points.map(([x, y], at) => draw("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: at === now ? 6.5 : 2 + 2 * (run.progress[at] || 0), class: `${byProgress ? "" : "solid"} ${at === now ? "marked" : ""}`, fill: paleAt(run.progress[at] || 0) }))));
      }
    },
  });

  function flat(picture, box) {
    const [first, second] = [...shown.axes].map((axis) => Number(axis) - 1);
    const [left, right] = padded(ends[first]), [low, high] = padded(ends[second]);
    const x = scale(left, right, box.left, box.right), y = scale(low, high, box.bottom, box.top);
    const mark = (from, to) => ticks(from, to, 5).map((value) => [value, String(Number(value.toPrecision(3)))]);
    picture.append(frame(x, y, mark(left, right), mark(low, high), box, `axis ${second + 1}`, `axis ${first + 1}`));
    return (point) => [x(point[first]), y(point[second])];
  }
  function turned(picture, box) {
    const [cosYaw, sinYaw, cosPitch, sinPitch] = [Math.cos(turn.yaw), Math.sin(turn.yaw), Math.cos(turn.pitch), Math.sin(turn.pitch)];
    const lengths = [box.width > 2 * box.height - 40 ? 1.7 : 1, 1, 1];
    const seen = ([x, y, z]) => [x * cosYaw + z * sinYaw, (z * cosYaw - x * sinYaw) * sinPitch - y * cosPitch];
    const far = [0, 1].map((side) => Math.max(...[-1, 1].flatMap((y) => [-1, 1].map((z) => Math.abs(seen([lengths[0], y, z])[side]))))); // it fits, however it is turned
    const centre = [(box.left + box.right) / 2, (box.top + box.bottom) / 2], size = Math.min((box.right - box.left - 150) / 2 / far[0], (box.bottom - box.top) / 2 / far[1]);
    const onScreen = (point) => seen(point).map((value, side) => centre[side] + size * value);
    const corner = lengths.map((length) => -length);
    picture.append(draw("g", { class: "axes" }, [0, 1, 2].map((axis) => {
      const end = corner.map((value, at) => (at === axis ? -value : value)), [ox, oy] = onScreen(corner), [ex, ey] = onScreen(end);
      const beyond = [ex + (ex - ox) * 0.05, ey + (ey - oy) * 0.05 + 4], said = ends[axis].map((value) => Number(value.toPrecision(2))).join(" to ");
      return [draw("line", { x1: ox, y1: oy, x2: ex, y2: ey, class: "rail" }), draw("text", { x: beyond[0], y: beyond[1], "text-anchor": ex < ox - 8 ? "end" : ex > ox + 8 ? "start" : "middle" }, `axis ${axis + 1}: ${said}`)];
    })));
    const unit = ends.map(([low, high]) => (value) => (high > low ? (2 * (value - low)) / (high - low) - 1 : 0));
    return (point) => onScreen(point.map((value, axis) => lengths[axis] * unit[axis](value)));
  }

  let from = null;
  const by = (yaw, pitch) => {
    turn.yaw += yaw;
    turn.pitch = clamp(turn.pitch + pitch, -1.5, 1.5);
    if (is3()) figure.redraw();
    else show({ dimensions: "3" });
  };
  figure.picture.addEventListener("pointerdown", (event) => {
    if (!is3()) return;
    from = [event.clientX, event.clientY];
    figure.picture.setPointerCapture(event.pointerId);
  });
  figure.picture.addEventListener("pointermove", (event) => {
    if (from) {
      hideTip();
      by((event.clientX - from[0]) * 0.01, (event.clientY - from[1]) * 0.01);
      from = [event.clientX, event.clientY];
      return;
    }
    const across = placeIn(figure.picture, event), bounds = figure.picture.getBoundingClientRect();
    const down = ((event.clientY - bounds.top) / bounds.height) * figure.picture.viewBox.baseVal.height;
    const apart = ([x, y]) => (x - across) ** 2 + (y - down) ** 2;
    const nearest = drawn.reduce((best, each) => (apart(each) < apart(best) ? each : best));
    if (apart(nearest) > 30 ** 2) return hideTip();
    const [, , run, at] = nearest, place = traced.indexOf(run);
    showTip(event, [make("strong", {}, `${run.run}, step ${run.step[at].toLocaleString("en")}`), ...factors.map((factor) => `${factor.name} ${factor.values[place]}`),
      `loss ${plain(run.loss[at])}, progress ${plain(run.progress[at])}${isNumber(run.tokens[at]) ? `, ${compact(run.tokens[at])} tokens` : ""}`]);
  });
  for (const name of ["pointerup", "pointercancel"]) figure.picture.addEventListener(name, () => { from = null; });
  figure.picture.addEventListener("pointerleave", hideTip);
  figure.addEventListener("keydown", (event) => {
    const [yaw, pitch] = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] }[event.key] || [0, 0];
    if (event.target !== figure || (!yaw && !pitch)) return;
    event.preventDefault();
    by(yaw, pitch);
  });
  whenShown("step dimensions axes colour", figure.redraw);
  return widens(figure);
}
