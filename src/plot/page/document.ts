/** A page as one file: the program that scripts/build.mjs made, and what it shows. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../package.js";
import type { Contents } from "./contents.js";

/** The text of a page. */
export function pageOf(contents: Contents): string {
  const template = readFileSync(join(packageRoot, "dist", "view.html"), "utf8");
  const title = contents.title.replace(/[&<]/g, (sign) => (sign === "&" ? "&amp;" : "&lt;"));
  // No text of a file ends the script that it stands in.
  const data = JSON.stringify(contents).replaceAll("<", "\\u003c");
  const parts: Readonly<Record<string, string>> = {
    "<title>title</title>": `<title>${title}</title>`,
    '"application/json">{}': `"application/json">${data}`,
  };
  // At once, so that nothing is put into what was put in.
  return template.replace(/<title>title<\/title>|"application\/json">\{\}/g, (part) => parts[part]!);
}
