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
        : ["/", "s"].includes(event.key) && !event.altKey && !writing
    ) {
      event.preventDefault();
      openSearch();
    }
  });
}
