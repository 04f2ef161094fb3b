// What tells two sides apart: the effect by layer, and every text's own value at one layer, beside the baseline's.

function startContrasts() {
  const view = byId("contrast-view"), controls = byId("contrast-controls");
  if (!data.contrasts.length) {
    view.replaceChildren(make("p", { class: "note" }, "The recipe makes no contrast."));
    return;
  }
  const values = data.values, table = float32(values.data), flat = float32(values.flat);
  const chosen = { contrast: 0, measure: 0, layer: null };
  const which = choice("contrast", data.contrasts.map((of, at) => [at, of.name]), (at) => { chosen.contrast = Number(at); strongest(); });
  const what = choice("measure", [], (at) => { chosen.measure = Number(at); pick(); });
  controls.replaceChildren(which.element, what.element);

  function strongest() {
    const of = data.contrasts[chosen.contrast];
    const best = of.best || of.strongest.find((effect) => effect && isNumber(effect.auc));
    what.refill(of.measures.map((measure, at) => [at, measure.words]));
    chosen.measure = Math.max(0, of.measures.findIndex((measure) => best && measure.name === best.measure));
    what.select.value = chosen.measure;
    pick();
  }
  function pick() { // the layer where this measure tells best
    const of = data.contrasts[chosen.contrast];
    const effect = of.strongest.find((one) => one && one.measure === of.measures[chosen.measure].name);
    chosen.layer = effect && effect.layer !== null ? effect.layer : of.measures[chosen.measure].layer[0];
    redraw();
  }
  function redraw() {
    const of = data.contrasts[chosen.contrast], measure = of.measures[chosen.measure];
    const sides = values.sides[of.name] || [[], []];
    const baseline = of.baseline || of.baselines.find((one) => one) || null;
    view.replaceChildren(effects(of, measure), strips(of, measure, sides), besides(of, baseline, sides));
    byId("contrast-note").textContent = note(of, measure, sides);
  }
  function note(of, measure, sides) {
    const at = measure.layer.indexOf(chosen.layer);
    const effect = isNumber(measure.auc[at])
      ? `Layer ${chosen.layer}: AUC ${plain(measure.auc[at])} [${plain(measure.low[at])}, ${plain(measure.high[at])}] by itself, [${plain(measure.band_low[at])}, ${plain(measure.band_high[at])}] with all others, q ${measure.q[at] < 0.001 ? "< 0.001" : `= ${plain(measure.q[at])}`} over all measures and layers of this contrast.`
      : `Layer ${chosen.layer}: ${reason(measure.status[at])}.`;
    const verdict = of.best && of.beside
      ? ` At its best, geometry is ${of.beside} ${of.baseline.words} (gain ${plain(of.gain[0])} to ${plain(of.gain[1])}, whichever measure and layer is chosen).` : "";
    const out = values.left_out ? ` To stay small, this page holds the texts' values at ${values.layers.length} layers and leaves out ${values.left_out}.` : "";
    const fewer = values.samples.length < values.texts ? ` Dots are the first ${values.samples.length} of ${values.texts} texts; the effects are of all.` : "";
    const lost = sides[0].length + sides[1].length ? "" : " No measured text stands on either side, so no dots are drawn.";
    return effect + verdict + out + fewer + lost;
  }

  function effects(of, measure) {
    const x = scale(0, lastLayer || 1, BOX.left + 6, BOX.right - 6), y = scale(0, 1, BOX.bottom - 4, BOX.top);
    const curve = { ...measure, condition: "" };
    const picture = draw("svg", { viewBox: "0 0 360 222", role: "img", "aria-label": `AUC of ${measure.words} by layer, ${of.name}` },
      frame(x, y, ticks(0, lastLayer, Math.min(6, lastLayer)).filter(Number.isInteger).map((value) => [value, String(value)]),
        [0, 0.25, 0.5, 0.75, 1].map((value) => [value, String(value)]), BOX, "AUC, first side higher", "layer"),
      draw("line", { x1: BOX.left, x2: BOX.right, y1: y(0.5), y2: y(0.5), class: "half" }));
    if (of.baseline && isNumber(of.baseline.auc)) {
      const py = y(of.baseline.auc);
      picture.append(draw("line", { x1: BOX.left, x2: BOX.right, y1: py, y2: py, class: "baseline" }),
        draw("text", { x: BOX.right, y: py + (of.baseline.auc < 0.2 ? -6 : 14), "text-anchor": "end", class: "baseline" }, `${of.baseline.words}: ${plain(of.baseline.auc)}`));
    }
    picture.append(draw("g", { class: "curve ink" }, draw("path", { d: band(curve, "band_low", "band_high", x, y), class: "band" }),
      draw("path", { d: pieces(curve, ["auc"]).map((piece) => `M${piece.map((at) => `${x(curve.layer[at])} ${y(curve.auc[at])}`).join("L")}`).join(""), class: "mean" }),
      measure.layer.map((layer, at) => (isNumber(measure.auc[at])
        ? draw("circle", { cx: x(layer), cy: y(measure.auc[at]), r: 2.8, class: measure.q[at] < 0.05 ? "solid" : "hollow" })
        : draw("path", { d: `M${x(layer) - 2.5} ${y(0.5) - 2.5}l5 5m0 -5l-5 5`, class: "refused" })))));
    picture.append(draw("line", { x1: x(chosen.layer), x2: x(chosen.layer), y1: BOX.top - 4, y2: BOX.bottom, class: "cross" }));
    const figure = make("figure", { class: "panel", tabindex: 0, "aria-label": `Effect of ${measure.words} by layer; arrow keys choose a layer` },
      make("figcaption", {}, make("strong", {}, "Effect by layer"), make("span", { class: "quiet" }, "Filled: q < 0.05. Band: 95 %, for all measures and layers at once. Dashed: the strongest baseline. Choose a layer by click or arrow key.")), picture);
    const go = (layer) => {
      chosen.layer = clamp(layer, measure.layer[0], measure.layer.at(-1));
      redraw();
      say(byId("contrast-note").textContent);
    };
    picture.addEventListener("click", (event) => {
      const box = picture.getBoundingClientRect();
      go(Math.round((((event.clientX - box.left) / box.width * 360 - BOX.left - 6) / (BOX.right - BOX.left - 12)) * lastLayer));
    });
    figure.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      go(chosen.layer + step);
      view.firstElementChild.focus();
    });
    return figure;
  }

  function strips(of, measure, sides) {
    const m = values.measures.indexOf(measure.name);
    const near = values.layers.reduce((best, layer, at) => (Math.abs(layer - chosen.layer) < Math.abs(values.layers[best] - chosen.layer) ? at : best), 0);
    const value = (sample) => table[(sample * values.measures.length + m) * values.layers.length + near];
    return strip(`${measure.words} at layer ${values.layers[near]}`, "One dot a text, in its condition's colour; the bar is the mean.", measure, of, sides, m < 0 ? () => NaN : value);
  }
  function besides(of, baseline, sides) {
    const at = baseline ? values.baselines.indexOf(baseline.measure) : -1;
    if (at < 0) return "";
    const measure = data.baselines.find((one) => one.name === baseline.measure) || { words: baseline.words, unit: "", scale: 1 };
    return strip(`beside it: ${measure.words}`, "The same texts, without any geometry.", measure, of, sides, (sample) => flat[sample * values.baselines.length + at]);
  }
  function strip(title, caption, measure, of, sides, value) {
    const picture = draw("svg", { viewBox: "0 0 360 222", role: "img" });
    const found = sides.map((side) => side.map((sample) => [sample, value(sample)]));
    const numbers = found.flat().map(([, number]) => number).filter(isNumber);
    const mean = (side) => { const ok = side.map(([, number]) => number).filter(isNumber); return ok.length ? ok.reduce((sum, one) => sum + one, 0) / ok.length : null; };
    picture.setAttribute("aria-label", `${title}: mean ${shown(measure, mean(found[0]))} against ${shown(measure, mean(found[1]))}`);
    if (numbers.length) {
      const [low, high] = padded(numbers), y = scale(low, high, BOX.bottom - 4, BOX.top);
      const ys = ticks(low * measure.scale, high * measure.scale, 4).map((tick) => tick / measure.scale);
      picture.append(frame(() => 0, y, [], ys.map((tick) => [tick, shown(measure, tick)]), BOX, axisTitle(measure), ""));
      found.forEach((side, at) => {
        const centre = at ? 275 : 122, missing = side.filter(([, number]) => !isNumber(number)).length;
        side.forEach(([sample, number], place) => {
          if (!isNumber(number)) return;
          const jitter = ((place * 0.618034) % 1) - 0.5; // the golden ratio spreads evenly, the same way each time
          picture.append(draw("circle", { cx: centre + 84 * jitter, cy: y(number), r: 3.4, class: `dot ${colourClass(values.samples[sample].condition)}` },
            draw("title", {}, `${values.samples[sample].sample}: ${shown(measure, number)}`)));
        });
        if (isNumber(mean(side))) picture.append(draw("line", { x1: centre - 50, x2: centre + 50, y1: y(mean(side)), y2: y(mean(side)), class: "average" }));
        const { words, conditions, label } = of.sides[at], who = conditions.join(", "), which = label ? `(${label})` : "";
        picture.append(draw("text", { x: centre, y: BOX.bottom + 15, "text-anchor": "middle" }, who.length > 24 ? `${who.slice(0, 23)}…` : who, draw("title", {}, words)),
          draw("text", { x: centre, y: BOX.bottom + 29, "text-anchor": "middle", class: "title" }, `${which ? `${which} ` : ""}${side.length - missing} texts${missing ? `, ${missing} refused` : ""}`));
      });
    } else {
      picture.append(draw("text", { x: 180, y: 110, "text-anchor": "middle", class: "absent" }, "no values here"));
    }
    return make("figure", { class: "panel" }, make("figcaption", {}, make("strong", {}, title), make("span", { class: "quiet" }, caption)), picture);
  }
  strongest();
}
