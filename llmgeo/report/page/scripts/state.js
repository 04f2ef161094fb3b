// The link that keeps what was chosen: `#texts&layer=15&claim=2`, a place on the page and what is shown. Knows no view.
//
// A view says once, while it starts, what a link is to keep; links are restored in the order in which keys were kept.
//
//   keep("contrast", {                     // the key in the link: one name, one meaning on the whole page
//     get: () => names[chosen.contrast],   // what is chosen, as text (a number will do); null for nothing
//     set: (name) => choose(name),         // chooses it; called with a text that `allowed` holds, or with null
//     allowed: () => names,                // all texts that a link may name; anything else in a link is left aside
//     on: "contrast",                      // which keys of the shared state (base.js) to follow; else call remember()
//   });
//   keep("conditions", { many: true, ... });   // get gives a list, set takes one, and `allowed` holds its members
//   remember();                            // after a change that the shared state does not tell of
//   goTo(element);                         // scrolls there, and the link will lead there
//
// What a view chose by itself is its usual value and is not written. A link is a stranger's text: only keys that were
// kept and values that are allowed reach a view, and never as markup.

const { keep, remember, goTo, sectionInView, startState } = (() => {
  const LONGEST_LINK = 4000;
  const kept = new Map();
  let place = "", isRestoring = true, waiting = null;

  function keep(key, { get, set, allowed, on = "", many = false }) {
    const value = () => { const now = get(); return now === null || now === undefined ? null : many ? now.map(String) : String(now); };
    kept.set(key, { value, set, allowed, many, usual: null });
    if (on) onChange(on, remember);
  }

  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const written = (key, { value, many }) => `${key}=${many ? (value() ?? []).map(encodeURIComponent).join(",") : encodeURIComponent(value() ?? "")}`;

  function remember() {
    if (isRestoring) return;
    clearTimeout(waiting); // a cross-hair moves many times a second, and browsers ration this
    waiting = setTimeout(writeLink, 200);
  }
  function writeLink() {
    const chosen = [...kept].filter(([, entry]) => !same(entry.value(), entry.usual)).map(([key, entry]) => written(key, entry));
    if (!isInView(byId(place))) place = sectionInView();
    const link = [place, ...chosen].join("&");
    if (!chosen.length && !location.hash) return; // nobody chose anything: the address stays as it was given
    try {
      history.replaceState(history.state, "", link ? `#${link}` : location.href.split("#")[0]);
    } catch { /* an embedded page may have no address of its own: it works without */ }
  }
  function isInView(element) {
    if (!element) return false;
    const { top, bottom } = element.getBoundingClientRect();
    return top < innerHeight && bottom > 0;
  }
  function sectionInView() {
    const above = [...document.querySelectorAll("main > section[id]")].filter((one) => one.getBoundingClientRect().top < innerHeight / 3);
    return above.length ? above.at(-1).id : "";
  }

  // -- reading a link -------------------------------------------------------------------------------------------------

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return null;
    }
  }
  function parsed(hash) {
    const parts = hash.slice(1, LONGEST_LINK).split("&");
    const pairs = new Map(parts.filter((part) => part.includes("=")).map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]));
    return { place: decoded(parts[0].includes("=") ? "" : parts[0]) || "", pairs };
  }
  function allowedValue(entry, text) { // undefined where the link says nothing that can be chosen
    const known = new Set([...entry.allowed()].map(String));
    if (!entry.many) return text === "" ? null : known.has(decoded(text)) ? decoded(text) : undefined;
    const members = text === "" ? [] : text.split(",").map(decoded);
    return members.every((member) => known.has(member)) ? members : undefined;
  }
  function restore() {
    const link = parsed(location.hash);
    isRestoring = true;
    if (link.pairs.size) { // a plain anchor moves the reader and changes nothing
      for (const [key, entry] of kept) {
        const asked = link.pairs.has(key) ? allowedValue(entry, link.pairs.get(key)) : undefined;
        const value = asked === undefined ? entry.usual : asked;
        if (!same(value, entry.value())) entry.set(value);
      }
    }
    isRestoring = false;
    place = byId(link.place) ? link.place : "";
    const closed = byId(place) && byId(place).closest("details:not([open])");
    if (closed) closed.open = true;
    if (place && (link.pairs.size || !isInView(byId(place)))) goTo(byId(place), "instant");
    if (location.hash) remember();
  }

  function goTo(element, behavior = "auto", block = element.matches("section") ? "start" : "center") {
    place = element.id;
    element.scrollIntoView({ block, behavior });
    remember();
  }

  function startState() {
    for (const entry of kept.values()) entry.usual = entry.value();
    restore();
    addEventListener("hashchange", restore);
  }

  return { keep, remember, goTo, sectionInView, startState };
})();
