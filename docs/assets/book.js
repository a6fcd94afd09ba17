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
    button.hidden = false;
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
