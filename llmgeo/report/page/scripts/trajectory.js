// The ways through the hidden space, in the plane or turned by dragging; all texts in the same axes. A whole text is a
// tangle of lines: some tokens are drawn at a time, and a slider moves along the text.

const FEW = 20; // tokens drawn at first

function startTrajectory() {
  const ways = data.trajectory, place = byId("way");
  if (ways.missing) {
    byId("way-controls").remove();
    place.replaceChildren(make("p", { class: "absent" }, ways.missing, ways.command ? " This keeps them: " : "", ways.command ? make("code", {}, ways.command) : ""));
    return;
  }
  const view = { method: "pca", dimensions: 2, colour: "position", yaw: 0.6, pitch: 0.4, from: 0, count: FEW };
  const starts = [0];
  ways.lengths.forEach((length) => starts.push(starts.at(-1) + length));
  const samples = ways.samples.map((id) => texts.samples.find((sample) => sample.sample === id));
  const canvas = make("canvas"), caption = make("p", { class: "quiet" }), key = make("div", { class: "scale" });
  const stage = make("div", { class: "stage", tabindex: 0, role: "group", "aria-label": "Trajectories; in 3-D, drag or use the arrow keys to turn" }, canvas);
  place.replaceChildren(stage, tools(stage, {
    title: () => `Trajectories, layer ${points()[0].layer}, ${tokensShown()}`, meaning: () => caption.textContent, picture: canvas,
    key: () => (view.colour === "label" ? labels.map((name, at) => [`c${at % 8}`, name]) : [...new Set(pair().map((text) => samples[text].condition))].map((name) => [colourClass(name), name])), table: coordinates,
  }), key, caption);
  const method = choice("projection", [["pca", "principal components"], ...(ways.umap.length ? [["umap", "UMAP"]] : [])], (value) => { view.method = value; redraw(); });
  const dimensions = choice("axes", [["2", "2-D"], ["3", "3-D, drag to turn"]], (value) => { view.dimensions = Number(value); redraw(); });
  const colour = choice("coloured by", [["position", "token position"], ["surprisal", "surprisal"], ["label", "label"], ["condition", "condition"]], (value) => { view.colour = value; redraw(); });
  const longest = Math.max(...ways.lengths);
  const amount = choice("tokens drawn", [...[FEW, 60].filter((count) => count < longest), longest].map((count) => [count, count === longest ? "the whole text" : `${count} at a time`]), (value) => { view.count = Number(value); scrub(view.from); });
  view.count = Math.min(FEW, longest);
  const slid = make("output"), slide = make("input", { type: "range", min: 0, step: 1, "aria-label": "first token drawn", oninput: () => scrub(Number(slide.value)) });
  const scrubber = make("label", { class: "slider", id: "scrubber" }, make("span", {}, "along the text ", slid), slide);
  byId("way-controls").replaceChildren(method.element, dimensions.element, colour.element, layerSlider("layer"), amount.element, scrubber);
  const surprisal = allMeasures.find((measure) => measure.flat && measure.name === "surprisal");
  const visibleRamp = (at) => ramp(0.25 + 0.75 * at); // the palest colours would be lost on the ground
  const unpackedWays = new Map();
  const drawn = (text) => [Math.min(view.from, Math.max(0, ways.lengths[text] - view.count)), Math.min(view.from + view.count, ways.lengths[text])];
  const tokensShown = () => `tokens ${view.from + 1} to ${Math.min(view.from + view.count, longest)} of ${longest}`;
  const heldNow = () => (view.method === "umap" ? ways.umap_samples : ways.samples.length);
  const nearest = (list) => list.reduce((best, one) => (Math.abs(one.layer - state.layer) < Math.abs(best.layer - state.layer) ? one : best));

  function pair() { // the two chosen texts, where they are held; if neither is, two of the first prompt that is
    const held = heldNow(), chosen = state.pair.filter(Boolean).map((sample) => ways.samples.indexOf(sample.sample)).filter((text) => text >= 0 && text < held);
    if (chosen.length) return [...new Set(chosen)];
    const rows = samples.slice(0, held), has = (prompt, label) => rows.findIndex((one) => one.prompt === prompt && one.label === label);
    const prompts = [...new Set(rows.map((one) => one.prompt))];
    const first = prompts.find((prompt) => has(prompt, "loop") >= 0 && has(prompt, "fluent") >= 0) ?? prompts[0];
    const of = rows.map((one, text) => [one, text]).filter(([one]) => one.prompt === first).map(([, text]) => text);
    return [...new Set([has(first, "fluent"), has(first, "loop")].map((text, at) => (text >= 0 ? text : at ? of.at(-1) : of[0])))];
  }
  function scrub(from) {
    view.from = clamp(from, 0, Math.max(0, longest - view.count));
    slide.max = Math.max(0, longest - view.count);
    slide.value = view.from;
    slide.disabled = view.count >= longest;
    slid.textContent = tokensShown();
    slide.setAttribute("aria-valuetext", tokensShown());
    redraw();
  }
  function follow() { // the cross-hair's token stays among those that are drawn
    if (state.token >= view.from && state.token < view.from + view.count) redraw();
    else scrub(state.token - Math.floor(view.count / 2));
  }
  function points() { // [x, y, z] of every token of every held text at the layer nearest to the chosen one
    const block = nearest(ways[view.method]), key = `${view.method} ${block.layer}`;
    if (!unpackedWays.has(key)) unpackedWays.set(key, float16(block.data, block.scale));
    return [block, unpackedWays.get(key), view.method === "pca" ? 3 : 2];
  }
  function coordinates() { // of all held texts, in the axes that are drawn
    const [block, numbers, width] = points(), count = heldNow();
    const names = width === 3 ? ["PC 1", "PC 2", "PC 3"] : ["axis 1", "axis 2"];
    const rows = ways.samples.slice(0, count).flatMap((sample, text) => Array.from({ length: ways.lengths[text] }, (_, token) => {
      const at = (starts[text] + token) * width;
      return [sample, block.layer, token + 1, ...numbers.subarray(at, at + width)];
    }));
    return [["sample", "layer", "token", ...names], ...rows];
  }
  const labels = [...new Set(samples.map((one) => one.label).filter(Boolean))].sort((one, other) => (other === "fluent") - (one === "fluent"));
  const labelColour = (label, plainColours) => (labels.includes(label) ? plainColours[labels.indexOf(label) % 8] : plainColours.quiet);
  function colourAt(text, token, plainColours) {
    if (view.colour === "condition") return plainColours[slot.get(samples[text].condition) ?? 7];
    if (view.colour === "label") return labelColour(samples[text].label, plainColours);
    if (view.colour === "position") { // over the tokens that are drawn: twenty of a long text would all look alike
      const [first, stop] = drawn(text);
      return token < first || token >= stop ? plainColours.quiet : css(visibleRamp((token - first) / Math.max(1, stop - first - 1)));
    }
    const value = surprisal ? cell(samples[text], surprisal, 0, token) : NaN;
    if (!isNumber(value) || !surprisal.ranges) return plainColours.quiet;
    return css(visibleRamp((value - surprisal.ranges[0]) / (surprisal.ranges[1] - surprisal.ranges[0] || 1)));
  }
  function redraw() {
    const [block, numbers, width] = points();
    const held = heldNow();
    const turned = view.dimensions === 3 && width === 3;
    const [cosYaw, sinYaw, cosPitch, sinPitch] = [Math.cos(view.yaw), Math.sin(view.yaw), Math.cos(view.pitch), Math.sin(view.pitch)];
    const project3 = ([x, y, z]) => (turned ? [x * cosYaw + z * sinYaw, y * cosPitch - (z * cosYaw - x * sinYaw) * sinPitch] : [x, y]);
    const project = (at) => project3([numbers[at * width], numbers[at * width + 1], width === 3 ? numbers[at * width + 2] : 0]);
    const box = stage.getBoundingClientRect(), density = window.devicePixelRatio || 1;
    canvas.width = box.width * density;
    canvas.height = box.height * density;
    const context = canvas.getContext("2d");
    context.scale(density, density);
    const flat = Array.from({ length: starts[held] }, (_, at) => project(at));
    const xs = flat.map((one) => one[0]), ys = flat.map((one) => one[1]);
    const norms = turned ? flat.map((_, at) => Math.hypot(...numbers.subarray(at * width, at * width + 3))).sort((a, b) => a - b) : [0];
    const reach = norms[Math.floor(0.99 * (norms.length - 1))]; // the same at every turn; the outermost hundredth may leave
    const [left, right, low, high] = turned ? [-reach, reach, -reach, reach] : [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const zoom = 0.9 * Math.min(box.width / (right - left || 1), box.height / (high - low || 1)); // one scale for both axes
    const screen = ([x, y]) => [box.width / 2 + (x - (left + right) / 2) * zoom, box.height / 2 - (y - (low + high) / 2) * zoom];
    const plainColours = Array.from({ length: 8 }, (_, at) => resolved(`--c${at}`)), ink = resolved("--ink");
    plainColours.quiet = resolved("--quiet");
    const chosen = new Set(pair());
    axes(context, turned ? 3 : 2, width, zoom, screen, project3);
    for (let text = 0; text < held; text++) {
      for (let token = 0; token < ways.lengths[text]; token++) {
        const [x, y] = screen(flat[starts[text] + token]);
        context.globalAlpha = chosen.has(text) ? 0.5 : 0.22;
        context.fillStyle = colourAt(text, token, plainColours);
        context.fillRect(x - 1.2, y - 1.2, 2.4, 2.4);
      }
    }
    context.globalAlpha = 1;
    for (const text of chosen) path(context, text, flat, screen, plainColours, ink);
    describeWays(block, turned, chosen, held);
  }
  function axes(context, count, width, zoom, screen, project3) { // through the cloud's centre, 30 % of the smaller side long
    const [ox, oy] = screen(project3([0, 0, 0]));
    context.strokeStyle = context.fillStyle = resolved("--quiet");
    context.font = "11px system-ui, sans-serif";
    for (let axis = 0; axis < count; axis++) {
      const unit = [0, 0, 0].map((_, at) => (at === axis ? 1 : 0));
      const [ux, uy] = screen(project3(unit));
      const reach = (0.3 * Math.min(canvas.clientWidth, canvas.clientHeight)) / zoom;
      const [x, y] = [ox + (ux - ox) * reach, oy + (uy - oy) * reach];
      context.globalAlpha = 0.5;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(2 * ox - x, 2 * oy - y);
      context.lineTo(x, y);
      context.stroke();
      context.globalAlpha = 1;
      context.fillText(width === 3 ? `PC ${axis + 1}` : `axis ${axis + 1}`, x + 5, y - 5);
    }
  }
  function path(context, text, flat, screen, plainColours, ink) {
    const [first, stop] = drawn(text);
    const line = Array.from({ length: stop - first }, (_, at) => screen(flat[starts[text] + first + at]));
    context.lineWidth = 1.4;
    for (let token = 1; token < line.length; token++) {
      context.globalAlpha = 0.55;
      context.strokeStyle = view.colour === "label" ? labelColour(samples[text].label, plainColours) : plainColours[slot.get(samples[text].condition) ?? 7];
      context.beginPath();
      context.moveTo(...line[token - 1]);
      context.lineTo(...line[token]);
      context.stroke();
    }
    context.globalAlpha = 1;
    line.forEach(([x, y], at) => {
      context.fillStyle = colourAt(text, first + at, plainColours);
      context.beginPath();
      context.arc(x, y, 2.8, 0, 7);
      context.fill();
    });
    context.strokeStyle = context.fillStyle = ink;
    context.lineWidth = 1.6;
    context.beginPath();
    context.arc(...line[0], 6.5, 0, 7);
    context.stroke();
    const [x, y] = line.at(-1);
    context.strokeRect(x - 5.5, y - 5.5, 11, 11);
    const here = line[Math.min(state.token, ways.lengths[text] - 1) - first];
    if (!here) return;
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(here[0] - 10, here[1]); context.lineTo(here[0] + 10, here[1]);
    context.moveTo(here[0], here[1] - 10); context.lineTo(here[0], here[1] + 10);
    context.stroke();
  }
  function describeWays(block, turned, chosen, held) {
    dimensions.select.disabled = view.method === "umap";
    const bar = make("canvas", { width: 64, height: 1, "aria-hidden": "true" }), context = bar.getContext("2d");
    for (let at = 0; at < 64; at++) { context.fillStyle = css(visibleRamp(at / 63)); context.fillRect(at, 0, 1, 1); }
    const [low, high] = view.colour === "position" ? ["first token drawn", "last token drawn"] : surprisal && surprisal.ranges ? surprisal.ranges.map((end) => `${shown(surprisal, end)} nats`) : ["", ""];
    const labelKey = labels.map((name, at) => make("span", { class: "named" }, make("span", { class: `swatch c${at % 8}` }), name));
    const named = view.colour === "condition" ? [...new Set(ways.samples.slice(0, held).map((_, text) => samples[text].condition))] : [...chosen].map((text) => samples[text].condition);
    key.replaceChildren(...(view.colour === "label" ? labelKey : named.map((name) => make("span", { class: "named" }, make("span", { class: `swatch ${colourClass(name)}` }), name))),
      ...(["condition", "label"].includes(view.colour) ? [] : [make("span", {}, low), bar, make("span", {}, high)]));
    const away = state.pair.filter((sample) => sample && !ways.samples.slice(0, held).includes(sample.sample)).map((sample) => sample.condition);
    const what = view.method === "pca"
      ? `Layer ${block.layer}. Principal components of ${held} texts together: ${(turned ? [0, 1, 2] : [0, 1]).map((at) => `PC ${at + 1} ${share(block.shares[at])}`).join(", ")} of the variance; the rest is not visible here.`
      : `Layer ${block.layer}, one of the ${ways.umap.length} with a map. UMAP of ${held} texts, ${ways.umap_neighbours} neighbours, seed ${ways.umap_seed}: neighbours stay near, but distances and gaps mean nothing.`;
    const kept = ways.said ? [`${ways.said} `, ...(ways.command ? ["All states at every layer are kept by: ", make("code", {}, ways.command), " "] : [])] : [];
    byId("way-note").replaceChildren(...kept, ways.umap.length ? "" : ways.umap_hint);
    const instead = away.length === state.pair.filter(Boolean).length && away.length ? ` In their place: ${[...chosen].map((text) => ways.samples[text]).join(" and ")}.` : "";
    caption.textContent = `${what} The lines are ${tokensShown()}: ○ the first, □ the last, + the cross-hair.${away.length ? ` Not drawn here: ${[...new Set(away)].join(", ")}.${instead}` : ""}`;
    stage.setAttribute("aria-label", `Trajectories. ${caption.textContent} In 3-D, drag or use the arrow keys to turn.`);
  }
  let from = null;
  stage.addEventListener("pointerdown", (event) => { from = [event.clientX, event.clientY]; stage.setPointerCapture(event.pointerId); });
  stage.addEventListener("pointermove", (event) => {
    if (!from || view.dimensions !== 3) return;
    view.yaw += (event.clientX - from[0]) * 0.01;
    view.pitch = clamp(view.pitch + (event.clientY - from[1]) * 0.01, -1.5, 1.5);
    from = [event.clientX, event.clientY];
    redraw();
  });
  for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, () => { from = null; });
  stage.addEventListener("keydown", (event) => {
    const [yaw, pitch] = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] }[event.key] || [0, 0];
    if (!yaw && !pitch) return;
    event.preventDefault();
    view.dimensions = 3;
    dimensions.select.value = "3";
    view.yaw += yaw;
    view.pitch = clamp(view.pitch + pitch, -1.5, 1.5);
    redraw();
  });
  onChange("layer pair theme", redraw);
  onChange("token", follow);
  new ResizeObserver(redraw).observe(stage);
  scrub(0);
}
