// The two texts that open the page: one that coheres and one that does not, in the colours of one measure at one layer.

function startOpening() {
  const opening = data.opening, box = byId("opening-pair");
  if (!opening || !box) return;
  const own = makeStore({
    pair: [textCalled(opening.left), textCalled(opening.right)], layer: opening.layer, token: -1, span: "layer",
    measure: allMeasures.findIndex((measure) => measure.name === opening.measure),
  });
  onChange("theme", () => own.change({ theme: state.theme }));
  box.replaceChildren(pane(0, own, true), pane(1, own, true));
  colourKey(byId("opening-scale"), own, true);
  byId("to-texts").addEventListener("click", () => change({ layer: opening.layer, measure: own.state.measure, pair: own.state.pair }));
}
