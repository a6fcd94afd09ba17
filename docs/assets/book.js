// All of this is convenience: every page is complete without it.

const root = document.documentElement;
root.classList.replace("no-js", "js");

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
// Search: the dialog opens at once, and the first time fetches what it needs.
const search = document.querySelector("dialog.search");

function openSearch() {
  if (!search.open) {
    search.showModal();
    search.querySelector("input").select();
  }
  const count = search.querySelector(".search-count");
  for (const source of search.dataset.scripts?.split(" ") ?? []) {
    count.textContent = "Fetching the index …";
    const script = document.createElement("script");
    script.src = source;
    script.async = false; // they run in this order
    script.onerror = () => (count.textContent = "The index did not come.");
    document.head.append(script);
  }
  delete search.dataset.scripts;
}

if (search) {
  document.querySelector(".search-open").addEventListener("click", openSearch);
  search.addEventListener("click", (event) => {
    if (event.target === search) search.close(); // beside the dialog
  });
  document.addEventListener("keydown", (event) => {
    const held = event.ctrlKey || event.metaKey;
    const writing = event.target.closest("input, select, textarea");
    if (
      held
        ? event.key === "k" && !event.altKey
        : event.key === "/" && !event.altKey && !writing
    ) {
      event.preventDefault();
      openSearch();
    }
  });
}

// ==== CODE ====

// What is typed of a session has a prompt in front; the rest are answers.
function typed(code) {
  const text = code.textContent;
  if (!code.querySelector(".gp")) return text;
  return text
    .split("\n")
    .filter((line) => /^(>>>|\.\.\.)( |$)/.test(line))
    .map((line) => `${line.slice(4)}\n`)
    .join("");
}

// A button that says "Copied" when it has, for a moment.
function copies(button, text) {
  const label = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text());
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), 2000);
  });
  button.setAttribute("aria-live", "polite");
}

if (navigator.clipboard) {
  for (const pre of document.querySelectorAll(".highlight > pre")) {
    if (pre.closest(".doc-signature")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    copies(button, () => typed(pre.firstElementChild));
    pre.after(button);
  }

  // "Copy all": every module below, each under its name.
  for (const button of document.querySelectorAll("button.copy-all")) {
    copies(button, () =>
      [...document.querySelectorAll("[data-file]")]
        .map(
          (module) =>
            `# ${module.dataset.file}\n` +
            module.querySelector("code").textContent,
        )
        .join("\n\n"),
    );
  }
}

// The line that a word in the prose points at.
for (const type of ["pointerover", "pointerout", "focusin", "focusout"]) {
  document.addEventListener(type, ({ target }) => {
    const link = target.closest?.("a.to-line");
    if (!link) return;
    const line = document.getElementById(link.hash.slice(1));
    line.classList.toggle("pointed", /over|in$/.test(type));
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
