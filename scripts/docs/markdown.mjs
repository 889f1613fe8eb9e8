/** Markdown to HTML: headings with anchors, code in colours, links between pages, drawings in place. */
import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import json from "highlight.js/lib/languages/json";
import julia from "highlight.js/lib/languages/julia";
import plaintext from "highlight.js/lib/languages/plaintext";
import python from "highlight.js/lib/languages/python";
import typescript from "highlight.js/lib/languages/typescript";
import { Marked } from "marked";

for (const [name, language] of Object.entries({ bash, json, julia, plaintext, python, typescript })) {
  hljs.registerLanguage(name, language);
}
const languages = { js: "typescript", ts: "typescript", sh: "bash", py: "python", jl: "julia", json: "json" };

export const escapeHtml = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Code in colours, as HTML. */
export const highlight = (code, language) =>
  hljs.highlight(code, { language: languages[language] ?? "plaintext" }).value;

/** The anchor of a heading, as GitHub makes it. */
export const anchorOf = (title) =>
  title
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replaceAll(" ", "-");

/** The words of HTML, for the search. */
const wordsOf = (html) =>
  html
    .replace(/<[^>]+>/g, " ")
    .replace(
      /&(?:lt|gt|amp|quot|#39);/g,
      (name) => ({ "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"' })[name] ?? "'",
    )
    .replace(/\s+/g, " ")
    .trim();

/**
 * A page as HTML: `{ title, html, headings, sections }`, where sections are what the search finds.
 * @param text Markdown
 * @param linkOf where a link leads, from its address on the page
 * @param folder of images
 * @param after HTML that follows a block of code, if any
 */
export function render(text, { linkOf = (href) => href, folder = ".", after = () => "" } = {}) {
  const [headings, taken] = [[], new Map()];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text: source }) {
        const html = this.parser.parseInline(tokens);
        const anchor = anchorOf(source);
        const count = taken.get(anchor) ?? 0;
        taken.set(anchor, count + 1);
        const id = count === 0 ? anchor : `${anchor}-${count}`;
        headings.push({ depth, id, title: wordsOf(html) });
        if (depth === 1) return `<h1 id="${id}">${html}</h1>\n`;
        return `<h${depth} id="${id}">${html} <a class="anchor" href="#${id}" aria-label="Link to this heading">#</a></h${depth}>\n`;
      },
      code({ text: code, lang }) {
        const label = { sh: "shell", text: "output" }[lang] ?? lang ?? "";
        const html = `<pre data-language="${label}" tabindex="0"><code>${highlight(code, lang)}</code></pre>\n`;
        return html + after(code, lang);
      },
      codespan({ text: code }) {
        // What is short is not broken, as at the hyphen of an option.
        return `<code${code.length <= 20 ? ' class="whole"' : ""}>${escapeHtml(code)}</code>`;
      },
      table(token) {
        const row = (cells, tag) =>
          `<tr>${cells.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join("")}</tr>\n`;
        const body = token.rows.map((cells) => row(cells, "td")).join("");
        return `<div class="table" tabindex="0"><table><thead>${row(token.header, "th")}</thead><tbody>${body}</tbody></table></div>\n`;
      },
      link({ href, tokens }) {
        return `<a href="${escapeHtml(linkOf(href))}">${this.parser.parseInline(tokens)}</a>`;
      },
      image({ href, text: description }) {
        // A drawing is put in the page itself, where it takes the colours of the text.
        if (href.endsWith(".svg")) {
          const svg = readFileSync(join(folder, href), "utf8").replace(/<style>[\s\S]*?<\/style>/, "");
          return `<figure role="img" aria-label="${escapeHtml(description)}">${svg}</figure>`;
        }
        return imageOf(linkOf(href), description, join(folder, href));
      },
    },
  });
  // A program of another package and ours, which does the same, stand side by side where there is room.
  const html = marked
    .parse(text)
    .replace(
      /<pre data-language="(?:py|jl)"[^>]*>[\s\S]*?<\/pre>\n<pre data-language="js"[\s\S]*?<\/pre>/g,
      (programs) => {
        return `<div class="beside">${programs}</div>`;
      },
    );
  return { title: headings[0]?.title ?? "", html, headings, sections: sectionsOf(html) };
}

/** A PNG, which is loaded when it comes into view: its room is kept, so that nothing moves below it, as where a link leads. */
export function imageOf(address, description, path) {
  const head = readFileSync(path).subarray(0, 24);
  const [width, height] = [head.readUInt32BE(16), head.readUInt32BE(20)];
  return `<img src="${escapeHtml(address)}" alt="${escapeHtml(description)}" width="${width}" height="${height}" loading="lazy">`;
}

/** What lies below each heading, as `{ id, title, text }`. */
export const sectionsOf = (html) =>
  html.split(/(?=<h[1-4] id=)/).flatMap((part) => {
    const [, id, title] = /^<h[1-4] id="([^"]*)">([\s\S]*?)<\/h[1-4]>/.exec(part) ?? [];
    if (id === undefined) return [];
    const name = wordsOf(title.replace(/ <a class="anchor"[\s\S]*$/, ""));
    return [{ id, title: name, text: wordsOf(part.replace(/^<h[1-4][\s\S]*?<\/h[1-4]>/, "")) }];
  });

/** The address of a page of the site, from the path of its Markdown. */
export const addressOf = (path) => {
  if (path === "README.md") return "index.html";
  if (path === "docs/index.md") return "pages.html";
  return path
    .replace(/^docs\//, "")
    .replace(/\.md$/, ".html")
    .replace(/^[A-Z]+(?=\.html$)/, (name) => name.toLowerCase());
};

/** The address of one page as the other has it in a link. */
export const relativeAddress = (from, to) => posix.relative(dirname(from), to) || posix.basename(to);
