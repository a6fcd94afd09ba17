// All of this is convenience: every page is complete without it.

const root = document.documentElement;

// Light or dark: as the system has it, then light, then dark.
const schemes = { auto: "light", light: "dark", dark: "auto" };
const said = {
  auto: "Light or dark: as the system has it",
  light: "Light",
  dark: "Dark",
};
for (const button of document.querySelectorAll(".scheme")) {
  const name = () => {
    button.title = said[root.dataset.scheme] ?? said.auto;
    button.querySelector(".unseen").textContent = button.title;
  };
  name();
  button.addEventListener("click", () => {
    root.dataset.scheme = schemes[root.dataset.scheme] ?? "light";
    name();
    try {
      localStorage.scheme = root.dataset.scheme;
    } catch {
      // Where storage is closed, the choice lasts for the page.
    }
  });
}

// Where one is: the section at the top of the window is marked in the
// contents, and the contents begin at the current chapter.
const contents = document.querySelector(".contents");
const links = new Map(
  [...contents.querySelectorAll(".sections a")].map((link) => [
    decodeURIComponent(link.hash.slice(1)),
    link,
  ]),
);
if (links.size) {
  let now;
  const watch = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const id = entry.target.querySelector("h2")?.id;
        if (!entry.isIntersecting || !links.has(id)) continue;
        now?.classList.remove("now");
        now = links.get(id);
        now.classList.add("now");
      }
    },
    { rootMargin: "-20% 0px -79% 0px" },
  );
  for (const section of document.querySelectorAll(".page > section")) {
    watch.observe(section);
  }
}
const here = contents.querySelector("[aria-current]");
if (here && here.offsetTop > contents.clientHeight / 2) {
  contents.scrollTop = here.offsetTop - contents.clientHeight / 3;
}
contents.addEventListener("click", (event) => {
  if (event.target.closest("a")) contents.hidePopover();
});

// A reference shows what it refers to, to the pointer or the keyboard.
{
  const KINDS = /#(eq-|fig-|tab-)|(glossary|bibliography)\.html#/;
  const tip = document.createElement("div");
  const pages = new Map();
  let link, timer;
  Object.assign(tip, { id: "preview", className: "preview", role: "tooltip" });
  tip.popover = "manual";
  (document.querySelector("article") ?? document.body).append(tip);

  const find = async ({ href, hash }) => {
    const [address] = href.split("#");
    if (address === location.href.split("#")[0]) return document;
    if (!address.startsWith(location.origin + "/")) return;
    if (!pages.has(address)) {
      const page = fetch(address).then((answer) => answer.text());
      const parse = (text) =>
        new DOMParser().parseFromString(text, "text/html");
      pages.set(address, page.then(parse, () => {}));
    }
    return pages.get(address);
  };

  const hide = () => {
    clearTimeout(timer);
    link?.removeAttribute("aria-describedby");
    link = undefined;
    if (tip.matches(":popover-open")) tip.hidePopover();
  };

  const show = async (a) => {
    hide();
    link = a;
    const page = await find(a);
    const target = page?.getElementById(decodeURIComponent(a.hash.slice(1)));
    if (!target || link !== a) return;
    const parts = [target, target.matches("dt") && target.nextElementSibling];
    tip.replaceChildren(
      ...parts.filter(Boolean).map((part) => document.importNode(part, true)),
    );
    const drop = ".mentions, .headerlink, .sidenote, .sidenote-ref";
    for (const node of tip.querySelectorAll(drop)) node.remove();
    for (const node of tip.querySelectorAll("*")) {
      for (const name of ["href", "tabindex", "title"]) {
        if (!node.closest("svg")) node.removeAttribute(name);
      }
      if (document.getElementById(node.id) !== node) node.removeAttribute("id");
    }
    a.removeAttribute("title");
    a.setAttribute("aria-describedby", tip.id);
    tip.showPopover();
    const at = a.getBoundingClientRect();
    const below = at.bottom + tip.offsetHeight + 8 < innerHeight;
    const left = Math.min(at.left, innerWidth - tip.offsetWidth - 16);
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${below ? at.bottom + 4 : Math.max(4, at.top - tip.offsetHeight - 4)}px`;
  };

  const soon = (action, wait) => {
    clearTimeout(timer);
    timer = setTimeout(action, wait);
  };
  const over = ({ target }) => {
    const a = target.closest?.("article a[href]:not(.number, .mentions a)");
    return a && KINDS.test(a.href) && !tip.contains(a) ? a : undefined;
  };
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const a = over(event);
    if (a === link && a) clearTimeout(timer);
    else if (a) soon(() => show(a), 200);
    else if (tip.contains(event.target)) clearTimeout(timer);
    else soon(hide, 300);
  });
  document.addEventListener("focusin", (event) => {
    const a = over(event);
    if (a?.matches(":focus-visible")) show(a);
    else if (!tip.contains(event.target)) hide();
  });
  addEventListener("keydown", ({ key }) => key === "Escape" && hide());
}
