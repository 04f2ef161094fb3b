// The views of a comparison's page: layer curves in their sections, and the shares of shifted positions.

const SHARES = ["unshifted", "marginal", "shifted"];

function startLayers() {
  legend();
  for (const measure of data.curves) byId(measure.place).append(panel(measure));
}

function startShares() {
  const box = byId("shares");
  if (!box) return;
  const key = SHARES.map((name) => make("span", { class: "named" }, make("span", { class: `swatch ${name}` }), name));
  box.replaceChildren(make("p", { class: "note" }, key), ...data.outputs.map((of) => {
    let from = 0;
    const x = scale(0, 1, 0, 600);
    const parts = of.shares.map((part, at) => {
      const bar = draw("rect", { x: x(from), width: Math.max(0, x(part)), y: 0, height: 14, class: SHARES[at] },
        draw("title", {}, `${SHARES[at]}: ${share(part)}`));
      from += part;
      return bar;
    });
    const words = SHARES.map((name, at) => `${name} ${share(of.shares[at])}`).join(", ");
    return make("div", { class: "bar" }, make("span", {}, of.text),
      draw("svg", { viewBox: "0 0 600 14", preserveAspectRatio: "none", role: "img", "aria-label": `${of.text}: ${words}` }, parts));
  }));
}

const views = [["claims", startClaims], ["outputs", startShares], ["curves", startLayers], ["claims", startEvidence]];
