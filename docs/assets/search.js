// The book's search. book.js fetches this file when the dialog is first
// opened, after MiniSearch and the entries that weave/search.py has made.
{
  // What an entry may be, in words, and how much it counts.
  const kinds = {
    section: ["Sections", 1],
    code: ["The program, line by line", 1.6],
    api: ["API reference", 1.4],
    term: ["Glossary", 1.3],
    exercise: ["Exercises", 0.6],
    figure: ["Figures and tables", 0.7],
    work: ["Bibliography", 0.6],
  };
  const few = 5; // results of a kind, before one asks for more

  // ---- Words. A name is found whole and by its parts.

  const folded = (text) =>
    text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const known = new Map();

  // Return a word and its parts: he_normal, he, normal. Plurals go.
  function terms(word) {
    if (!known.has(word)) {
      const seams =
        /[._]|(?<=\p{Ll})(?=\p{Lu}\p{Ll})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
      const parts = word.split(seams).filter((part) => part.length > 1);
      const all = [word, ...parts].map((term) =>
        folded(term).replace(/(?<=ss)es$|(?<=[^s]{3})s$/, ""),
      );
      known.set(word, [...new Set(all)]);
    }
    return known.get(word);
  }

  const words = (text) =>
    text.match(/[\p{L}\p{N}\p{M}_]+(?:\.[\p{L}\p{N}_]+)*/gu) ?? [];

  // ---- The index.

  const index = new MiniSearch({
    fields: ["title", "text"],
    tokenize: (text) => words(text).flatMap(terms),
    processTerm: (term) => term,
  });
  const entries = bookEntries.flatMap(([url, where, rows]) =>
    rows.map(([kind, title, anchor, text]) => ({
      kind,
      title,
      text,
      where: where === title ? "" : where,
      url: anchor ? `${url}#${anchor}` : url,
    })),
  );
  index.addAll(entries.map((entry, id) => ({ id, ...entry })));

  // Return what a title counts for that is the query, or has it inside.
  function likeness(title, query) {
    if (title === query) return 10;
    const [whole, part] = [folded(title), folded(query)];
    return whole === part ? 8 : whole.includes(part) ? 2 : 1;
  }

  // Return the entries with all words of a query; failing that, with words
  // that are nearly those; failing that, with some of them.
  function find(query) {
    const queries = words(query).map((word) => {
      const [whole, ...parts] = terms(word);
      const both = { combineWith: "AND", queries: parts };
      return parts.length
        ? { combineWith: "OR", queries: [whole, both] }
        : whole;
    });
    const phrase = query.trim();
    const options = {
      tokenize: (term) => [term],
      boost: { title: 4 },
      prefix: (term) => term.length > 1,
      weights: { prefix: 0.4, fuzzy: 0.2 },
      boostDocument: (id) => {
        const { kind, title } = entries[id];
        const imports = title.startsWith("nn.") ? 0.4 : 1;
        return kinds[kind][1] * likeness(title, phrase) * imports;
      },
    };
    const fuzzy = (term) => (term.length > 3 ? 0.2 : false);
    for (const [how, looser] of [
      ["", { combineWith: "AND" }],
      ["that are close", { combineWith: "AND", fuzzy }],
      ["with some of these words", { combineWith: "OR", fuzzy }],
    ]) {
      const hits = index.search({ queries, ...looser }, options);
      if (hits.length) {
        return { how, hits };
      }
    }
    return { how: "", hits: [] };
  }

  // ---- The results.

  const dialog = document.querySelector("dialog.search");
  const input = dialog.querySelector("input");
  const count = dialog.querySelector(".search-count");
  const list = dialog.querySelector(".search-results");
  const help = dialog.querySelector(".search-help");
  const base = dialog.dataset.base.replace(/index\.html$/, "");
  const options = () => [...list.querySelectorAll("[role=option]")];
  let active;

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  // Return a pattern for the words that were found, at their beginnings.
  function pattern(terms) {
    const longest = [...terms].sort((a, b) => b.length - a.length);
    const either = longest.join("|").replaceAll(".", "\\.");
    return new RegExp(`(?<![\\p{L}\\p{N}])(${either})`, "giu");
  }

  const marked = (text, found) =>
    text
      .split(found)
      .map((part, place) => (place % 2 ? element("mark", {}, part) : part));

  // Return the sentence with most of the words, and what follows it.
  function snippet(text, found) {
    const sentences = text.split(/\n|(?<=[\p{Ll}\d)”][.?!:;]”?) /u);
    const score = (sentence) =>
      new Set((sentence.match(found) ?? []).map(folded)).size;
    const scores = sentences.map(score);
    const best = scores.indexOf(Math.max(...scores));
    let shown = sentences.slice(best).join(" ");
    const first = Math.max(0, shown.search(found));
    if (first > 120) {
      shown = `… ${shown.slice(shown.indexOf(" ", first - 60) + 1)}`;
    }
    return shown.length > 170
      ? `${shown.slice(0, shown.lastIndexOf(" ", 170))} …`
      : shown;
  }

  function option({ id, terms }, number) {
    const { title, where, text, url } = entries[id];
    const found = pattern(terms);
    const made = element(
      "a",
      {
        role: "option",
        id: `search-result-${number}`,
        "aria-selected": "false",
        href: base + url,
        tabindex: "-1",
      },
      element("span", { class: "search-title" }, ...marked(title, found)),
      " ",
      element("span", { class: "search-where" }, where),
      " ",
      element(
        "span",
        { class: "search-text" },
        ...marked(snippet(text, found), found),
      ),
    );
    made.addEventListener("click", () => dialog.close());
    return made;
  }

  // Show a kind's first results, and on request all of them.
  function group(kind, hits, number) {
    const name = `search-${kind}`;
    const made = element(
      "div",
      { role: "group", "aria-labelledby": name },
      element("span", { id: name, class: "search-kind" }, kinds[kind][0]),
      ...hits.slice(0, few).map((hit, place) => option(hit, number + place)),
    );
    const rest = hits.slice(few);
    if (rest.length) {
      const more = element(
        "div",
        { role: "option", id: `search-more-${kind}`, "aria-selected": "false" },
        `${rest.length} more`,
      );
      more.addEventListener("click", () => {
        const others = rest.map((hit, place) =>
          option(hit, number + few + place),
        );
        more.replaceWith(...others);
        if (active === more) {
          choose(others[0]);
        }
      });
      made.append(more);
    }
    return made;
  }

  function show() {
    const { how, hits } = find(input.value);
    const byKind = new Map();
    for (const hit of hits) {
      const { kind } = entries[hit.id];
      byKind.set(kind, [...(byKind.get(kind) ?? []), hit]);
    }
    const groups = [];
    let number = 0;
    for (const [kind, some] of byKind) {
      groups.push(group(kind, some, number));
      number += some.length;
    }
    choose(undefined);
    list.replaceChildren(...groups);
    list.hidden = !hits.length;
    list.scrollTop = 0;
    help.hidden = hits.length > 0;
    input.setAttribute("aria-expanded", String(hits.length > 0));
    const found = `${hits.length || "Nothing"} found`;
    count.textContent = words(input.value).length
      ? [found, how].filter(Boolean).join(" ")
      : "";
  }

  // ---- The keyboard. The focus stays in the field.

  function choose(next) {
    active?.setAttribute("aria-selected", "false");
    active = next;
    active?.setAttribute("aria-selected", "true");
    active?.scrollIntoView({ block: "nearest" });
    if (active) {
      input.setAttribute("aria-activedescendant", active.id);
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    const all = options();
    const place = all.indexOf(active);
    const next = {
      ArrowDown: () => choose(all[(place + 1) % all.length]),
      ArrowUp: () => choose(all.at(place < 0 ? -1 : place - 1)),
      Home: active && (() => choose(all[0])),
      End: active && (() => choose(all.at(-1))),
      Enter: () => (active ?? all[0])?.click(),
      Escape: () => dialog.close(),
    }[event.key];
    if (next && !event.isComposing) {
      event.preventDefault();
      next();
    }
  });
  show();
}
