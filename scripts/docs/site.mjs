/**
 * The documentation as static files: the README, the pages of docs/, and a reference of all public names.
 *
 * Pages work from a folder as from a server: links are relative, the search's index is a script, nothing is fetched.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { Declarations } from "./declarations.mjs";
import { addressOf, escapeHtml, imageOf, relativeAddress, render, sectionsOf } from "./markdown.mjs";
import { Reference, referenceAddress } from "./reference.mjs";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const read = (path) => readFileSync(join(root, path), "utf8").replaceAll("\r\n", "\n");

/** The Markdown of the site, as paths from the folder of the package. */
export const markdownPaths = [
  "README.md",
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file.split(sep).join("/")}`)
    .toSorted(),
];

/** The pages of the menu, by heading: the tables of docs/index.md. */
function menuOf() {
  const groups = [];
  for (const part of read("docs/index.md").split(/^## /m).slice(1)) {
    const rows = part.split("\n").filter((line) => line.startsWith("| "));
    const links = rows.flatMap((line) => [...line.matchAll(/\[([^\]]+)\]\(([^)#]+\.md)\)/g)]);
    if (links.length === 0) continue;
    const pages = links.map(([, title, path]) => ({ title, path: posix.normalize(`docs/${path}`) }));
    groups.push({ title: part.split("\n")[0], pages });
  }
  return groups;
}

/** The public names by entry of the package, from the declarations that were built. */
function entriesOf() {
  const declarations = new Declarations();
  const { name, exports } = JSON.parse(read("package.json"));
  const entries = Object.entries(exports).filter(([, target]) => target.types);
  return new Map(
    entries.map(([entry, { types }]) => [posix.join(name, entry), declarations.exportsOf(join(root, types))]),
  );
}

/** The programs of the pages, which show how names are used. */
function programsOf() {
  const paths = markdownPaths.filter((path) => path === "README.md" || path.startsWith("docs/"));
  return paths.flatMap((path) => {
    const text = read(path);
    const title = path === "README.md" ? "README" : /^# (.+)$/m.exec(text)[1];
    const blocks = [...text.matchAll(/^```(?:js|ts)\n(\/\/ (\w+\.m?[jt]s)\n[\s\S]*?)^```$/gm)];
    return blocks.map(([, text, name]) => ({ name, text, title, address: addressOf(path) }));
  });
}

/**
 * Writes the site.
 * @param out the folder
 * @param pictures `(path, code) => FILE` of the picture that a block of code on a page makes, if one was made
 * @param menu further pages: `[{ title, address }]`
 */
export function writeSite(out, { pictures = () => undefined, menu: furtherPages = [] } = {}) {
  const template = read("docs/site/page.html");
  const { version, license } = JSON.parse(read("package.json"));
  const menu = menuOf();
  const index = [];

  function write(address, content) {
    const path = join(out, address);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  function writePage({ address, title, html, headings = [], current = address }) {
    const link = (target, text) => {
      const mark = target === current ? ' aria-current="page"' : "";
      return `<li><a href="${relativeAddress(address, target)}"${mark}>${escapeHtml(text)}</a></li>`;
    };
    const groups = menu.map(({ title, pages }) => {
      const items = pages.map((page) => link(addressOf(page.path), page.title));
      return `<h2>${escapeHtml(title)}</h2>\n<ul>\n${items.join("\n")}\n</ul>`;
    });
    if (furtherPages.length > 0) {
      const items = furtherPages.map((page) => link(page.address, page.title));
      groups.unshift(`<h2>Here</h2>\n<ul>\n${items.join("\n")}\n</ul>`);
    }
    const shown = headings.filter(({ depth }) => depth === 2 || depth === 3);
    const list = shown.map(({ depth, id, title }) => {
      return `<li${depth === 3 ? ' class="deep"' : ""}><a href="#${id}">${escapeHtml(title)}</a></li>`;
    });
    const parts = {
      root: "../".repeat(address.split("/").length - 1),
      title: title === "wasm-mpi" ? title : `${escapeHtml(title)} · wasm-mpi`,
      pages: groups.join("\n"),
      content: html,
      headings: list.length > 1 ? `<h2>On this page</h2>\n<ul>\n${list.join("\n")}\n</ul>` : "",
      footer: `wasm-mpi ${version}, ${license}`,
    };
    write(
      address,
      template.replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]),
    );
    for (const section of sectionsOf(html)) {
      const place = section.id === anchorOfTitle(title) ? address : `${address}#${section.id}`;
      index.push({ title: section.title, page: title, address: place, text: section.text.slice(0, 1500) });
    }
  }
  const anchorOfTitle = (title) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, "")
      .replaceAll(" ", "-");

  const copied = new Map();
  for (const path of markdownPaths) {
    const address = addressOf(path);
    /** Where a link of this page leads: to a page of the site, or to a file that is copied into it. */
    const linkOf = (href) => {
      if (/^(?:https?:|#)/.test(href)) return href;
      const [, file, anchor] = /^([^#]*)(#.*)?$/.exec(href);
      const target = posix.normalize(posix.join(posix.dirname(path), file));
      if (markdownPaths.includes(target)) return relativeAddress(address, addressOf(target)) + (anchor ?? "");
      const isFile = existsSync(join(root, target)) && statSync(join(root, target)).isFile();
      if (!isFile) throw new Error(`${path}: expected a link to a file, got "${href}". Mend it.`);
      // A browser shows a file without a known ending only as text.
      const name = posix.basename(target);
      const to = `files/${name.includes(".") ? name : `${name}.txt`}`;
      copied.set(target, to);
      return relativeAddress(address, to);
    };
    const after = (code) => {
      const picture = pictures(path, code);
      if (!picture) return "";
      const to = `pictures/${posix.basename(picture.split(sep).join("/"))}`;
      mkdirSync(join(out, "pictures"), { recursive: true });
      if (picture !== join(out, to)) copyFileSync(picture, join(out, to));
      return `<figure>${imageOf(relativeAddress(address, to), "What this makes", picture)}</figure>\n`;
    };
    const page = render(read(path), { linkOf, folder: join(root, posix.dirname(path)), after });
    writePage({ address, ...page });
  }

  const reference = new Reference(entriesOf(), programsOf());
  const names = [...reference.names.values()];
  for (const { name } of names) writePage({ ...reference.page(name), current: "reference/api.html" });
  linkNames(join(out, "reference", "api.html"), reference);

  for (const [from, to] of copied) {
    mkdirSync(dirname(join(out, to)), { recursive: true });
    copyFileSync(join(root, from), join(out, to));
  }
  for (const file of ["site.css", "site.js"]) copyFileSync(join(root, "docs", "site", file), join(out, file));
  write("index.js", `globalThis.sections = ${JSON.stringify(index)};\n`);
  return { pages: markdownPaths.length + names.length, sections: index.length };
}

/** Where the page of the public names has one, it leads to its page; links stay what they are. */
function linkNames(path, reference) {
  const html = readFileSync(path, "utf8");
  const [before, members] = html.split(/(?=<h2 id="members">)/);
  const linked = before.replace(/<a [^>]*>.*?<\/a>|<code[^>]*>(\w+)<\/code>/g, (found, name) => {
    const known = reference.names.get(name);
    return known ? `<a href="${referenceAddress(known).replace("reference/", "")}">${found}</a>` : found;
  });
  writeFileSync(path, linked + (members ?? ""));
}
