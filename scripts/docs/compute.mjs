/** The page that computes in the reader's browser: one file, with the package for browsers in it. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = join(root, "docs", "site", "compute");

/** The page among others of the site. */
export const computePage = { title: "Compute here", address: "compute.html" };

/** Writes the page into a folder. */
export async function writeCompute(out) {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "main.ts")],
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "es2022",
    logLevel: "warning",
    write: false,
  });
  const read = (name) => readFileSync(join(folder, name), "utf8").trim();
  // Neither an end of a script nor a begin of a comment may be in a script of a page.
  const script = outputFiles[0].text.replace(/<(?=\/script|!--)/gi, "\\x3c").trim();
  const html = read("page.html")
    .replace('<link rel="stylesheet" href="style.css">', () => `<style>\n${read("style.css")}\n</style>`)
    .replace('<script src="main.js"></script>', () => `<script>\n${script}\n</script>`);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, computePage.address), `${html}\n`);
}
