// The menu: marks the section that is read, and shows that there is more of it where it is wider than the screen.

function startMenu() {
  const menu = document.querySelector("nav.contents"), list = menu.querySelector("ul");
  const links = new Map([...menu.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const more = () => menu.classList.toggle("more", list.scrollLeft + list.clientWidth < list.scrollWidth - 4);
  const mark = (id) => {
    for (const [name, link] of links) {
      if (name === id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    const link = links.get(id);
    if (link) list.scrollTo({ left: link.offsetLeft - list.clientWidth / 2 + link.offsetWidth / 2 });
  };
  let current = "";
  const seen = () => {
    const now = sectionInView();
    if (now !== current) mark(current = now);
  };
  list.addEventListener("scroll", more, { passive: true });
  new ResizeObserver(more).observe(list);
  addEventListener("scroll", seen, { passive: true });
  more();
}
