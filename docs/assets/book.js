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
