// Reads an SVG document, answers with a PNG. Arguments: the folder of
// resvg, then the fonts.
const { Resvg } = require(process.argv[2]);
const svg = require("fs").readFileSync(0, "utf8");
const picture = new Resvg(svg, {
  font: { loadSystemFonts: false, fontFiles: process.argv.slice(3) },
  logLevel: "off",
});
process.stdout.write(picture.render().asPng());
