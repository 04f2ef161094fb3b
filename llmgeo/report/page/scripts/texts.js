// The view of all texts: two of one prompt side by side, any measure and layer, and their heat maps under one cross-hair.

function startTexts() {
  byId("text-note").textContent = texts.sentence;
  if (!texts.samples.length || !allMeasures.length) {
    byId("pair").replaceChildren(make("p", { class: "note" }, "No text of this run was measured token by token."));
    return;
  }
  const of = (prompt) => (texts.across ? texts.samples : texts.samples.filter((sample) => sample.prompt === prompt));
  const named = (sample) => [sample.sample, texts.across ? sample.sample : `${sample.condition}${sample.label ? ` · ${sample.label}` : ""}`];
  const put = (side, sample) => {
    if (sample) change({ pair: state.pair.map((one, at) => (at === side ? sample : one)) });
  };
  const prompts = choice("prompt", texts.prompts.map((prompt) => [prompt.id, `${prompt.id}: ${prompt.text.slice(0, 48)}…`]), (id) => load(id));
  const sides = ["left", "right"].map((words, side) => choice(words, [], (id) => put(side, textCalled(id))));
  const measure = choice("coloured by", allMeasures.map((one, at) => [at, one.words]), (at) => change({ measure: Number(at) }));
  const span = choice("colours span", [["layer", "each layer by itself"], ["all", "all layers together"]], (value) => change({ span: value }));
  byId("text-controls").replaceChildren(...(texts.across ? [] : [prompts.element]), ...sides.map((side) => side.element), measure.element, layerSlider("layer"), span.element);

  function load(prompt) {
    const rows = of(prompt), good = rows.find((sample) => sample.label === "fluent") || rows[0];
    const others = rows.filter((sample) => sample !== good);
    const bad = others.find((sample) => sample.label === "loop") || others.find((sample) => sample.label && sample.label !== "fluent")
      || others.find((sample) => /hot|shuffled|repeat/.test(sample.condition)) || others.at(-1) || good;
    change({ pair: [good, bad], token: Math.min(state.token, good.width - 1) });
  }
  onChange("pair", () => {
    prompts.select.value = state.pair[0].prompt;
    sides.forEach((side, at) => side.refill(of(state.pair[0].prompt).map(named), state.pair[at].sample));
  });
  onChange("measure", () => { measure.select.value = state.measure; });
  onChange("span", () => { span.select.value = state.span; });
  change({ measure: 0 });
  if (data.opening) change({ pair: [textCalled(data.opening.left), textCalled(data.opening.right)] });
  else load(texts.prompts[0].id);
  byId("pair").replaceChildren(pane(0, shared), pane(1, shared));
  colourKey(byId("text-scale"), shared);
  keepTexts(of, load, put);
}

function keepTexts(of, load, put) {
  const rows = () => of(state.pair[0].prompt);
  const called = (sample) => (texts.across ? sample.sample : sample.condition);
  if (!texts.across) keep("prompt", { get: () => state.pair[0].prompt, set: load, allowed: () => texts.prompts.map((prompt) => prompt.id), on: "pair" });
  ["left", "right"].forEach((key, side) => keep(key, {
    get: () => called(state.pair[side]), set: (name) => put(side, rows().find((sample) => called(sample) === name)),
    allowed: () => rows().map(called), on: "pair",
  }));
  keep("colour", {
    get: () => allMeasures[state.measure].name, set: (name) => change({ measure: allMeasures.findIndex((one) => one.name === name) }),
    allowed: () => allMeasures.map((one) => one.name), on: "measure",
  });
  keep("span", { get: () => state.span, set: (span) => change({ span }), allowed: () => ["layer", "all"], on: "span" });
}
