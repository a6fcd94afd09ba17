// Reads a style sheet and what it is for, answers with what is needed of it.
const { readFileSync } = require("fs");
const modules = process.argv[2];
const { PurgeCSS } = require(modules + "/purgecss");
const postcss = require(modules + "/postcss");

// Of a page its tags count; the words of its text are no selectors.
function page(html) {
  const found = {
    tags: [],
    classes: [],
    ids: [],
    attributes: { names: [], values: [] },
    undetermined: [],
  };
  for (const tag of new Set(html.match(/<[a-z](?:"[^"]*"|[^>"])*>/gi))) {
    found.tags.push(tag.match(/[\w-]+/)[0]);
    const attributes = tag.matchAll(/\s([^\s=">]+)(?:="([^"]*)")?/g);
    for (const [, name, value = ""] of attributes) {
      found.attributes.names.push(name);
      found.attributes.values.push(value);
      if (name === "class") found.classes.push(...value.split(/\s+/));
      if (name === "id") found.ids.push(value);
    }
  }
  return found;
}

// A script may add any word that it has; `dataset.wasCopied` is an
// attribute, too.
function script(source) {
  const data = source.matchAll(/dataset\.(\w+)/g);
  return [
    ...(source.match(/[\w-]+/g) ?? []),
    ...Array.from(
      data,
      ([, name]) =>
        "data-" + name.replace(/[A-Z]/g, (c) => "-" + c.toLowerCase()),
    ),
  ];
}

async function purge({ css, content }) {
  const purger = new PurgeCSS();
  // Figures and scripts use variables that no rule may use.
  for (const path of content) {
    purger.variablesStructure.addVariableUsageInProperties(
      readFileSync(path, "utf8").matchAll(/(--\w[\w-]*)/g),
    );
  }
  const [result] = await purger.purge({
    content,
    css: [{ raw: css }],
    extractors: [
      { extensions: ["html"], extractor: page },
      { extensions: ["js"], extractor: script },
    ],
    keyframes: true,
    variables: true,
  });
  const root = postcss.parse(result.css);
  root.walkComments((comment) => comment.remove());
  return root.toString();
}

purge(JSON.parse(readFileSync(0, "utf8"))).then(
  (css) => process.stdout.write(css),
  (error) => {
    process.stderr.write(error.message);
    process.exitCode = 1;
  },
);
