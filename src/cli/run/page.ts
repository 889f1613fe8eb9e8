/** A report as one page: tables and pictures in a single file of HTML, which fetches nothing and opens offline. */
import { readFileSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { wrong } from "../../argument.js";
import { escaped } from "../../markup.js";
import { packageVersion } from "../../package.js";
import { checkTarget, throughLinks } from "../../path.js";
import { temporaryFolder } from "../folder.js";
import { shellWord } from "../manual/shell.js";
import { writeFor } from "../output.js";

/** The columns of a table, of texts. */
export interface Columns {
  /** What some columns together are called, above the first of them. */
  readonly above?: readonly string[];
  /** The first row has the heads of the columns. */
  readonly rows: readonly (readonly string[])[];
}

/** What a page shows. */
export interface Page extends Columns {
  readonly title: string;
  /** One line below it. */
  readonly about: string;
  /** What is to be said of the figures, a paragraph each. */
  readonly notes?: readonly string[];
  /** Tables below it. */
  readonly further?: readonly (Columns & { readonly caption: string })[];
  /** What the picture shows, for who cannot see it. */
  readonly pictured: string;
  /** Draws the picture to an SVG file. */
  draw(path: string): Promise<void>;
  /** The MPI library in words. */
  readonly mpi: string;
}

/** Checks the name of a page before a long run that ends with it. @throws UsageError, FileError */
export function checkPage(path: string): void {
  if (!/\.html?$/.test(path)) {
    throw wrong('"--html"', "a name that ends in .html", JSON.stringify(path), "Rename it.");
  }
  checkTarget(throughLinks(path), true);
}

/** What is said of pictures and pages that were made, below a table. */
export function madeText(made: Readonly<Record<string, string | undefined>>): string {
  const lines = Object.entries(made).flatMap(([what, path]) => (path === undefined ? [] : [`${what}: ${path}\n`]));
  return lines.length === 0 ? "" : `\n${lines.join("")}`;
}

/** Writes a page. @throws FileError when it cannot be written */
export async function writePage(path: string, page: Page): Promise<void> {
  const folder = temporaryFolder("page-");
  try {
    const picture = join(folder, "picture.svg");
    await page.draw(picture);
    writeFor("--html", throughLinks(path), htmlOf(page, readFileSync(picture, "utf8")));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --ground: #fff; --line: #d0d7de; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --ground: #0d1117; --line: #30363d; } }
body { margin: 0 auto; padding: 1rem; max-width: 1500px; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
main { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: start; }
main > * { min-width: 0; margin: 0; overflow-x: auto; }
main > div { flex: 0 1 max-content; }
main > div:first-child caption { position: absolute; clip-path: inset(50%); }
figure { flex: 1 1 100%; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; }
th, td { padding: 0.25rem 0.45rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
thead th { white-space: normal; vertical-align: bottom; }
thead th[scope="colgroup"] { text-align: center; }
figure svg { display: block; width: 100%; min-width: calc(0.7 * var(--width)); max-width: var(--width); height: auto; background: #fff; border-radius: 4px; }
code { overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; }
dd { margin: 0; min-width: 0; }
`;

/** The heads of columns, in two rows where the first row names some of them together, which are a group then. */
function headsOf(head: readonly string[], above: readonly string[]): string {
  const cell = (text: string, more = "") => `<th scope="col"${more}>${escaped(text)}</th>`;
  const starts = head.flatMap((_, column) => (above[column] ? [column] : []));
  if (starts.length === 0) return `<thead><tr>${head.map((text) => cell(text)).join("")}</tr></thead>`;
  const alone = head.slice(0, starts[0]);
  const spans = starts.map((start, place) => (starts[place + 1] ?? head.length) - start);
  const columns = [...alone.map(() => 1), ...spans].map((span) => `<colgroup span="${span}"></colgroup>`);
  const names = starts.map((start, place) => {
    return `<th scope="colgroup" colspan="${spans[place]}">${escaped(above[start]!)}</th>`;
  });
  const first = [...alone.map((text) => cell(text, ' rowspan="2"')), ...names];
  const second = head.slice(alone.length).map((text) => cell(text));
  return `${columns.join("")}\n<thead><tr>${first.join("")}</tr><tr>${second.join("")}</tr></thead>`;
}

/** A table that scrolls where the page is narrower. */
function tableOf(caption: string, { above = [], rows: [head = [], ...body] }: Columns): string {
  const row = (cells: readonly string[]) =>
    `<tr>${cells.map((text, column) => (column === 0 ? `<th scope="row">${escaped(text)}</th>` : `<td>${escaped(text)}</td>`)).join("")}</tr>`;
  return `<div role="region" aria-label="table" tabindex="0">
<table>
<caption>${escaped(caption)}</caption>
${headsOf(head, above)}
<tbody>
${body.map(row).join("\n")}
</tbody>
</table>
</div>`;
}

function htmlOf(page: Page, svg: string): string {
  const { title, about, notes = [], further = [], pictured, mpi } = page;
  const facts = [
    ["command", `<code>wasm-mpi ${escaped(process.argv.slice(2).map(shellWord).join(" "))}</code>`],
    ["machine", escaped(`${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, ${process.platform}`)],
    ["versions", escaped(`wasm-mpi ${packageVersion()}, Node.js ${process.version.slice(1)}, ${mpi}`)],
  ];
  // The picture is as wide as the page, but neither larger than it was drawn nor so small that its words cannot be read.
  const picture = svg.slice(svg.indexOf("<svg")).replace(/^<svg[^>]*>/, (tag) => {
    const [width, height] = ["width", "height"].map((name) => new RegExp(` ${name}="([\\d.]+)"`).exec(tag)?.[1]);
    const rest = tag.replace(/ (?:width|height|viewBox)="[^"]*"/g, "");
    const names = ` viewBox="0 0 ${width} ${height}" style="--width: ${width}px" role="img" aria-label="${escaped(pictured)}">`;
    return rest.replace(/>$/, names);
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p>${escaped(about)}</p>
${notes.map((note) => `<p>${escaped(note)}</p>\n`).join("")}<main>
${tableOf(title, page)}
<figure tabindex="0">
${picture}
</figure>
${further.map((table) => `${tableOf(table.caption, table)}\n`).join("")}</main>
<dl>
${facts.map(([name, text]) => `<dt>${name}</dt><dd>${text}</dd>`).join("\n")}
</dl>
</body>
</html>
`;
}
