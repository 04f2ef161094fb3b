// Which conditions the pictures show: three at first, those of a claim once one is chosen, any others by a click.

const DASHES = { read: "5 3" };
const kindOf = new Map(data.conditions.map((condition) => [condition.name, condition.kind]));
const entries = data.conditions.filter((condition) => !sameAs.has(condition.name)); // one for those that are the same
const names = entries.map((condition) => condition.name);
const MANY = 4; // from this many on, not all are shown at first

const entryOf = (condition) => sameAs.get(condition) ?? condition;
const called = (condition) => [entryOf(condition), ...[...sameAs].filter(([, other]) => other === entryOf(condition)).map(([name]) => name)].join(" = ");
const visible = (condition) => !sameAs.has(condition) && !state.hidden.has(condition);
const fading = (curve) => (state.focus && state.focus !== curve.condition && visible(state.focus) ? "faded" : "");
const keyOf = (conditions) => conditions.filter(visible).map((name) => [colourClass(name), called(name)]);

// What is hidden as long as nobody hides or shows anything by hand.
function usuallyHidden(claim = state.claim) {
  const first = data.first ? data.first.map(entryOf) : [];
  const ofClaim = claim ? claim.conditions.map(entryOf).filter((name) => names.includes(name)) : [];
  const shown = ofClaim.length ? ofClaim : claim || names.length < MANY ? names : first.length ? first : names.slice(0, 3);
  return new Set(names.filter((name) => !shown.includes(name)));
}
const areSame = (one, other) => one.size === other.size && [...one].every((name) => other.has(name));

function legend() {
  const box = byId("legend");
  const buttons = entries.map((condition) => make("button", {
    type: "button", class: `entry ${colourClass(condition.name)}`, title: condition.words,
    onclick: () => {
      const hidden = new Set(state.hidden);
      if (!hidden.delete(condition.name)) hidden.add(condition.name);
      change({ hidden });
    },
    onpointerenter: () => change({ focus: condition.name }), onpointerleave: () => change({ focus: null }),
    onfocus: () => change({ focus: condition.name }), onblur: () => change({ focus: null }),
  }, draw("svg", { viewBox: "0 0 28 10", "aria-hidden": "true" },
    draw("line", { x1: 1, x2: 27, y1: 5, y2: 5, "stroke-dasharray": DASHES[condition.kind] || null }),
    draw("circle", { cx: 14, cy: 5, r: 3.2 })),
  make("span", { class: "name" }, called(condition.name))));
  const preset = (words, shows) => make("button", { type: "button", class: "preset", onclick: () => change({ hidden: shows() }) }, words);
  const only = (kind) => new Set(names.filter((name) => kindOf.get(name) !== kind));
  const kinds = new Set(kindOf.values());
  const showing = make("span", { class: "showing", role: "status" });
  const all = make("button", { type: "button", class: "preset", onclick: () => { change({ claim: null }); change({ hidden: new Set() }); } }, "show all");
  const fewer = make("button", { type: "button", class: "preset", onclick: () => change({ claim: null, hidden: usuallyHidden(null) }) }, "show fewer");
  box.replaceChildren(make("p", { class: "shown-line" }, showing, all, fewer), ...buttons, make("span", { class: "presets" },
    kinds.has("generate") && kinds.has("read") ? [preset("only generated", () => only("generate")), preset("only read", () => only("read"))] : null));
  byId("conditions").textContent = data.conditions.filter((condition) => condition.words).map((condition) => `${condition.name}: ${condition.words}`).join(" · ");
  const update = () => {
    const drawn = names.filter(visible);
    const what = state.claim ? `claim ${data.claims.indexOf(state.claim) + 1}` : drawn.length === names.length ? `all ${names.length}` : `${drawn.length} of ${names.length}`;
    showing.textContent = `Showing ${what}: ${drawn.map(called).join(", ") || "nothing"}`;
    all.hidden = drawn.length === names.length && !state.claim;
    fewer.hidden = !all.hidden || areSame(state.hidden, usuallyHidden(null));
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(visible(names[at]))));
  };
  onChange("claim", () => change({ hidden: usuallyHidden() })); // before the pictures follow
  onChange("hidden claim", update);
  change({ hidden: usuallyHidden() });
  update();
  keep("conditions", { // written where they are not those that the claim, or the page, shows by itself
    many: true, on: "hidden claim", allowed: () => names,
    get: () => (areSame(state.hidden, usuallyHidden()) ? null : names.filter(visible)),
    set: (shown) => change({ hidden: shown === null ? usuallyHidden() : new Set(names.filter((name) => !shown.includes(name))) }),
  });
}
