// Reads formulas, answers with HTML, one line of JSON each.
const katex = require(process.argv[2] + "/katex");
const macros = {
  "\\val": "\\htmlClass{value}{#1}",
  "\\grad": "\\htmlClass{gradient}{#1}",
};
// KaTeX writes the base of \\underset, whatever it is, as <mi><munder><mo>.
// These hold text alone: a browser reads what else is in them as unknown
// HTML, and a screen reader gets no formula. A group is what was meant. A
// height below zero is none; browsers pass over it as well.
const TOKENS = ["mi", "mn", "mo", "mtext"];
function mend(node) {
  const parts = node.children ?? [];
  if (TOKENS.includes(node.type) && parts.some((part) => part.children)) {
    node.type = "mrow";
    node.attributes = {};
  }
  if (node.style?.height?.startsWith("-")) delete node.style.height;
  parts.forEach(mend);
  return node;
}
const lines = require("readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { tex, display } = JSON.parse(line);
  let answer;
  try {
    const tree = katex.__renderToDomTree(tex, {
      displayMode: display,
      macros: { ...macros },
      strict: (code) => (code === "htmlExtension" ? "ignore" : "error"),
      trust: ({ command }) => {
        if (command === "\\htmlClass") return true;
        throw new Error(`${command} is not allowed`);
      },
    });
    answer = { html: mend(tree).toMarkup() };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
