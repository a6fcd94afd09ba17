// Material wraps each copy button in a <nav>: too many landmarks.
new MutationObserver(() => {
  for (const nav of document.querySelectorAll("nav.md-code__nav:not([role])")) {
    nav.setAttribute("role", "presentation");
  }
}).observe(document.body, { childList: true, subtree: true });

// "Copy all": every module below, each under its name.
for (const button of document.querySelectorAll("button.copy-all")) {
  const label = button.textContent;
  button.hidden = !navigator.clipboard;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const modules = [...document.querySelectorAll("[data-file]")].map(
      (module) =>
        `# ${module.dataset.file}\n${module.querySelector("code").textContent}`,
    );
    await navigator.clipboard.writeText(modules.join("\n\n"));
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), 2000);
  });
}

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
