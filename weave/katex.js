// Reads formulas, answers with HTML, one line of JSON each.
const katex = require(process.argv[2] + "/katex");
const macros = {
  "\\val": "\\htmlClass{value}{#1}",
  "\\grad": "\\htmlClass{gradient}{#1}",
};
const lines = require("readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { tex, display } = JSON.parse(line);
  let answer;
  try {
    const html = katex.renderToString(tex, {
      displayMode: display,
      macros: { ...macros },
      strict: (code) => (code === "htmlExtension" ? "ignore" : "error"),
      trust: ({ command }) => {
        if (command === "\\htmlClass") return true;
        throw new Error(`${command} is not allowed`);
      },
    });
    answer = { html };
  } catch (error) {
    answer = { error: error.message };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
