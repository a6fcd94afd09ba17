// What the tests ask of a page that is open in the browser.
globalThis.looks = {
  // Two frames: what was begun has been laid out and painted.
  frames: () =>
    new Promise((done) =>
      requestAnimationFrame(() => requestAnimationFrame(done)),
    ),

  // Scroll through the whole page, a screen a frame, and back.
  async read() {
    const page = document.documentElement;
    await document.fonts.ready;
    for (let y = 0; y < page.scrollHeight; y += innerHeight) {
      scrollTo({ top: y, behavior: "instant" });
      await looks.frames();
    }
    scrollTo({ top: 0, behavior: "instant" });
    await document.fonts.ready;
    await looks.frames();
  },

  // What moved though nobody touched anything: how far, and what.
  async shifts() {
    const found = [];
    const add = (list) =>
      found.push(...list.getEntries().filter((e) => !e.hadRecentInput));
    const observer = new PerformanceObserver(add);
    observer.observe({ type: "layout-shift", buffered: true });
    await new Promise((done) => setTimeout(done));
    await looks.frames();
    return found.map((entry) => [
      entry.value,
      entry.sources.map(({ node }) => looks.name(node)),
    ]);
  },

  name(node) {
    const element = node instanceof Element ? node : node?.parentElement;
    if (!element) return "something";
    const text = element.textContent.trim().slice(0, 30);
    return `${element.cloneNode().outerHTML.slice(0, 120)} ${text}`;
  },

  says: (node) => node.nodeType === Node.TEXT_NODE && node.data.trim(),

  style: (element) => getComputedStyle(element),

  scrolls: (element) =>
    ["auto", "scroll"].includes(looks.style(element).overflowX),

  // The nearest that `is` true of, going up from an element.
  above(element, is) {
    while (element && !is(element)) element = element.parentElement;
    return element;
  },

  // Hidden from the eye on purpose: not at all, or on a single pixel.
  unseen: (element) =>
    !element.checkVisibility({ visibilityProperty: true }) ||
    looks.above(element, (e) => {
      const box = e.getBoundingClientRect();
      return (
        box.width <= 1 &&
        box.height <= 1 &&
        looks.style(e).position === "absolute"
      );
    }),

  // What the screen's edge, or that of a box that clips, cuts off, where
  // the reader cannot scroll to it. Inside a drawing is the drawing's.
  cut() {
    const clipping = new Set(
      [...document.querySelectorAll("*")].filter((e) => {
        const { overflowX, contain, contentVisibility } = looks.style(e);
        return (
          e === document.documentElement ||
          overflowX !== "visible" ||
          contentVisibility === "auto" ||
          /paint|strict|content/.test(contain)
        );
      }),
    );
    const clips = (element) => clipping.has(element);
    return [...document.querySelectorAll("main *:not(svg *)")]
      .filter((element) => {
        const box = element.getBoundingClientRect();
        // A drawer waits beyond the left edge.
        if (!box.width || !box.height || box.right <= 0) return false;
        const holder = looks.above(element.parentElement, clips);
        const place = holder.getBoundingClientRect();
        const last =
          holder === document.documentElement ? innerWidth : place.right;
        return (
          (box.right > last + 1 || box.left < place.left - 1) &&
          !looks.above(element, looks.scrolls) &&
          !looks.unseen(element)
        );
      })
      .map(looks.name);
  },

  // Sections that are higher than the loom guessed.
  high() {
    const rem = parseFloat(looks.style(document.documentElement).fontSize);
    return [...document.querySelectorAll("section[style]")]
      .filter((section) => {
        const guess = parseFloat(looks.style(section).getPropertyValue("--guess"));
        return section.getBoundingClientRect().height > guess * rem;
      })
      .map(looks.name);
  },

  // The pixels by which the page is wider than the screen.
  over: () => document.documentElement.scrollWidth - innerWidth,

  // How many characters stand on each full line of prose.
  lines() {
    const counts = [];
    const long = [...document.querySelectorAll("main p")].filter(
      (p) =>
        p.textContent.length > 300 &&
        !p.querySelector(".katex, code, svg") &&
        !p.closest("figure, aside, details, li, td, .footnote"),
    );
    for (const paragraph of long.slice(0, 6)) {
      const texts = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
      const range = document.createRange();
      let count = 0;
      let last = -Infinity;
      while (texts.nextNode()) {
        const text = texts.currentNode;
        if (text.parentElement.closest(".sidenote, sup")) continue;
        for (let at = 0; at < text.length; at++) {
          range.setStart(text, at);
          range.setEnd(text, at + 1);
          const box = range.getBoundingClientRect();
          if (!box.width) continue;
          if (box.left < last - 100) {
            counts.push(count);
            count = 0;
          }
          last = box.left;
          count++;
        }
      }
    }
    return counts;
  },

  // Formulas, and code of at most so many columns, that one has to scroll.
  scrolling: (columns) =>
    [...document.querySelectorAll("main pre")]
      .filter((pre) => {
        const lines = pre.textContent.split("\n");
        return Math.max(...lines.map((line) => line.length)) <= columns;
      })
      .flatMap((pre) => [pre, ...pre.querySelectorAll("code")])
      .concat(...document.querySelectorAll("main .formula"))
      .filter((box) => box.scrollWidth > box.clientWidth + 1)
      .filter((box) => looks.style(box).display !== "inline")
      .map(looks.name),

  // How light a colour is, from 0 to 1, and how far two are apart.
  known: new Map(),
  light(colour) {
    if (!looks.known.has(colour)) looks.known.set(colour, looks.see(colour));
    return looks.known.get(colour);
  },
  see(colour) {
    const pencil = new OffscreenCanvas(1, 1).getContext("2d");
    pencil.fillStyle = colour;
    pencil.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...pencil.getImageData(0, 0, 1, 1).data].map((c) =>
      c <= 10 ? c / 3295 : ((c / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  },
  apart(one, other) {
    const [low, high] = [looks.light(one), looks.light(other)].sort(
      (a, b) => a - b,
    );
    return (high + 0.05) / (low + 0.05);
  },

  // How light the paper is: the first that paints it, body or page.
  paper() {
    const painted = [document.body, document.documentElement]
      .map((element) => looks.style(element).backgroundColor)
      .find((colour) => colour !== "rgba(0, 0, 0, 0)");
    return painted ? looks.light(painted) : 1;
  },

  // Words that can hardly be told from what the system paints behind all.
  // A drawing's in the paper's colour or a fixed one stand on a shape.
  faint() {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = "Canvas";
    const canvas = looks.style(probe).color;
    probe.remove();
    return [...document.querySelectorAll("main *")]
      .filter((e) => [...e.childNodes].some(looks.says))
      .filter((e) => !/^(rgb|var\(--paper)/.test(e.style.fill))
      .filter((e) => {
        const drawn = e.closest("svg") ? "fill" : "color";
        return looks.apart(looks.style(e)[drawn], canvas) < 4.5;
      })
      .filter((e) => !looks.unseen(e))
      .map(looks.name);
  },

  // What would move for someone who asked that nothing does.
  moving: () =>
    [...document.querySelectorAll("*")]
      .filter((element) =>
        ["", "::before", "::after"].some((part) => {
          const style = getComputedStyle(element, part || null);
          const times = [style.transitionDuration, style.animationDuration];
          return (
            style.scrollBehavior === "smooth" ||
            times.join().split(",").some((time) => parseFloat(time) > 0)
          );
        }),
      )
      .map(looks.name),

  // The links, and what is shown, that a reader can see right now.
  seen: (selector) =>
    [...document.querySelectorAll(selector)].filter((e) => !looks.unseen(e)),

  // What has the focus: what it is called, where it stands, its outline.
  focused() {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth, boxShadow } = looks.style(element);
    const box = element.getBoundingClientRect();
    return {
      tag: element.localName,
      name: `${element.ariaLabel ?? element.title} ${element.textContent}`,
      html: looks.name(element),
      href: element.getAttribute("href") ?? "",
      main: !!element.closest("main"),
      inside: box.bottom > 0 && box.right > 0 && box.left < innerWidth,
      marked:
        (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) ||
        boxShadow !== "none",
    };
  },
};
