// The claims: each effect as a mark on its scale (an AUC's goes from 0 to 1), and the way from a claim to its curve.

function drawEffects() {
  for (const place of document.querySelectorAll("[data-effect]")) {
    const claim = data.claims[Number(place.dataset.effect)];
    const [low, middle, high] = claim.scale;
    const x = scale(low, high, 8, 232);
    const half = { "a > b": middle, "a < b": low }[claim.expect];
    const picture = draw("svg", { viewBox: "0 0 240 30", class: "auc", "aria-hidden": "true" },
      half === undefined ? null : draw("rect", { x: x(half), width: x(middle) - x(low), y: 8, height: 16, class: "claimed" }),
      draw("line", { x1: x(low), x2: x(high), y1: 16, y2: 16, class: "rail" }),
      [low, middle, high].map((at) => draw("line", { x1: x(at), x2: x(at), y1: at === middle ? 4 : 12, y2: at === middle ? 28 : 20, class: "tick" })));
    if (isNumber(claim.baseline)) {
      picture.append(draw("path", { d: `M${x(claim.baseline)} 21l5 7h-10z`, class: "baseline" },
        draw("title", {}, `${claim.baseline_words} alone: ${plain(claim.baseline)}`)));
    }
    if (isNumber(claim.noise)) {
      const [from, to] = [middle - claim.noise, middle + claim.noise].map((at) => x(clamp(at, low, high)));
      picture.append(draw("rect", { x: from, width: to - from, y: 10, height: 12, class: "floor" }, draw("title", {}, `rounding: ${plain(claim.noise)}`)));
    }
    if (isNumber(claim.effect)) {
      if (isNumber(claim.low)) picture.append(draw("line", { x1: x(claim.low), x2: x(claim.high), y1: 16, y2: 16, class: "interval" }));
      picture.append(draw("circle", { cx: x(claim.effect), cy: 16, r: 5, class: "point" }));
    } else {
      picture.append(draw("text", { x: x(middle) + 6, y: 12, class: "absent" }, "not measured"));
    }
    place.append(picture);
  }
}

// Chooses a claim, or none: what it rests on is drawn under it, its layers are marked, its conditions are shown.
function chooseClaim(at) {
  const claim = at === null ? null : data.claims[at];
  change({ claim, layer: claim && claim.span ? Math.round((claim.span[0] + claim.span[1]) / 2) : state.layer });
}
function toCurve(event) {
  const at = Number(event.currentTarget.dataset.claim), panel = byId(`measure-${data.claims[at].measure}`);
  if (data.evidence) { // chosen once more, it closes
    event.preventDefault();
    chooseClaim(state.claim === data.claims[at] ? null : at);
    if (state.claim) goTo(byId(`claim-${at + 1}`), "auto", "nearest");
    return;
  }
  if (!panel) return;
  event.preventDefault();
  chooseClaim(at);
  goTo(panel);
  panel.focus({ preventScroll: true });
}

function startClaims() {
  drawEffects();
  for (const link of document.querySelectorAll(".to-curve")) link.addEventListener("click", toCurve);
  keep("claim", { // counted from 1, as the page does
    get: () => (state.claim ? data.claims.indexOf(state.claim) + 1 : null), set: (at) => chooseClaim(at === null ? null : at - 1),
    allowed: () => data.claims.map((_, at) => at + 1), on: "claim",
  });
}
