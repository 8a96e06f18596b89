/** Builds the script of the page: one file, the same bytes on every run, with the licence of what is in it; --outfile=FILE. */

import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const built = new URL("../symconv/writers/page/page.js", import.meta.url).pathname;
const { values } = parseArgs({ options: { outfile: { type: "string", default: built } } });
const licence = await readFile(new URL("node_modules/uplot/LICENSE", import.meta.url), "utf8");
const { version } = JSON.parse(await readFile(new URL("node_modules/uplot/package.json", import.meta.url), "utf8"));

await build({
  entryPoints: [new URL("src/main.ts", import.meta.url).pathname],
  outfile: values.outfile,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  charset: "ascii",
  banner: { js: `/*!\nBuilt from page/ of symconv. It contains uPlot ${version}:\n\n${licence.trim()}\n*/` },
});
