// The claims: each effect as a mark on a strip that runs towards what was predicted, and the way to what it rests on.

const STRIP = { left: 8, right: 312, rail: 24 };

// One effect on its strip: the interval, the null that rounding makes, the strongest baseline, and every scale.
function claimStrip(claim) {
  const [low, middle, high] = claim.scale, isTurned = claim.expect === "a < b"; // the predicted side is on the right
  const x = isTurned ? scale(low, high, STRIP.right, STRIP.left) : scale(low, high, STRIP.left, STRIP.right);
  const inside = (value) => x(clamp(value, low, high)), centre = x(middle), y = STRIP.rail;
  const ends = [[STRIP.left, "start"], [centre, "middle"], [STRIP.right, "end"]];
  const picture = draw("svg", { viewBox: "0 0 320 46", class: "strip", "aria-hidden": "true" },
    claim.expect ? draw("rect", { x: centre, width: STRIP.right - centre, y: y - 8, height: 16, class: "claimed" }) : null,
    draw("line", { x1: STRIP.left, x2: STRIP.right, y1: y, y2: y, class: "rail" }),
    ends.map(([at]) => draw("line", { x1: at, x2: at, y1: at === centre ? y - 9 : y - 5, y2: at === centre ? y + 9 : y + 5, class: "tick" })),
    ends.map(([at, anchor], end) => draw("text", { x: at, y: 9, "text-anchor": anchor, class: "title" }, claim.ends[end])));
  const mark = (shape, attributes, words) => picture.append(draw(shape, attributes, draw("title", {}, words)));
  if (isNumber(claim.noise)) {
    const [from, to] = [inside(middle - claim.noise), inside(middle + claim.noise)].sort((one, other) => one - other);
    mark("rect", { x: from, width: to - from, y: y - 6, height: 12, class: "floor" }, `rounding alone: ${plain(claim.noise)}`);
  }
  for (const [at, effect] of claim.scale_effects.entries()) {
    if (isNumber(effect)) mark("path", { d: `M${inside(effect)} ${y - 7}v14`, class: "one-scale" }, `read from neighbours ${claim.scale_neighbours[at]} and ${2 * claim.scale_neighbours[at]}`);
  }
  if (isNumber(claim.baseline)) { // where it tells the sides apart the other way round, it tells them apart
    const towards = centre + Math.abs(inside(claim.baseline) - centre) * (claim.expect ? 1 : Math.sign(inside(claim.baseline) - centre));
    const before = towards > 160;
    mark("path", { d: `M${towards} ${y + 6}l5 8h-10z`, class: "baseline" }, `${claim.baseline_words} alone`);
    picture.append(draw("text", { x: before ? towards - 8 : towards + 8, y: y + 16, "text-anchor": before ? "end" : "start", class: "baseline" }, claim.baseline_words));
  }
  if (isNumber(claim.low)) picture.append(draw("line", { x1: inside(claim.low), x2: inside(claim.high), y1: y, y2: y, class: "interval" }));
  picture.append(draw("circle", { cx: inside(claim.effect), cy: y, r: 5, class: "point" }));
  return picture;
}

// Chooses a claim, or none: what it rests on is drawn under it, its layers are marked, its conditions are shown.
function chooseClaim(at) {
  const claim = at === null ? null : data.claims[at];
  change({ claim, layer: claim && claim.span ? Math.round((claim.span[0] + claim.span[1]) / 2) : state.layer });
}
function choose(event) {
  const at = Number(event.currentTarget.dataset.claim);
  if (!data.evidence) return;
  event.preventDefault();
  chooseClaim(state.claim === data.claims[at] ? null : at); // chosen once more, it closes
  if (state.claim) goTo(byId(`claim-${at + 1}`), "auto", "nearest");
}

function startClaims() {
  for (const box of document.querySelectorAll("[data-effect]")) box.append(claimStrip(data.claims[Number(box.dataset.effect)]));
  for (const link of document.querySelectorAll(".to-curve")) link.addEventListener("click", choose);
  keep("claim", { // counted from 1, as the page does
    get: () => (state.claim ? data.claims.indexOf(state.claim) + 1 : null), set: (at) => chooseClaim(at === null ? null : at - 1),
    allowed: () => data.claims.map((_, at) => at + 1), on: "claim",
  });
}
