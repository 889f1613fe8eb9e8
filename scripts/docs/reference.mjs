/** The reference: a page for each public name, from its declaration and docstring, with the programs of the pages that use it. */
import { escapeHtml, highlight, render } from "./markdown.mjs";

/** The address of a name's page. Its kind comes first, as `data` and `Data` are one file on some systems. */
export const referenceAddress = ({ name, kind }) => `reference/api/${kind}.${name}.html`;

/** A docstring in parts: its text, and what each tag says. */
function partsOf(doc) {
  const [text, ...tags] = doc.split(/(?:^|\s)@(?=(?:param|throws|returns|see|default)\b)/);
  return { text: text.trim(), tags: tags.map((tag) => /^(\w+)\s*([\s\S]*)$/.exec(tag).slice(1, 3)) };
}

const titles = { throws: "Throws", returns: "Gives", see: "See", default: "Default" };

/** True for what has a value, and is neither called nor holds what is. */
const isProperty = ({ signature, inner, name }) => {
  const type = signature.replace(/^(?:static |readonly |get )*/, "");
  return (
    name !== "constructor" &&
    !inner &&
    (signature.startsWith("get ") || !/^\w+(?:<[^(]*>)?\(|^function |=> /.test(type))
  );
};

export class Reference {
  /**
   * @param entries the public names by entry: `new Map([["wasm-mpi", new Map([["Grid", declaration], ...])], ...])`
   * @param programs of the pages, `{ name, text, address, title }`
   */
  constructor(entries, programs) {
    this.programs = programs;
    this.names = new Map();
    for (const [entry, names] of entries) {
      for (const [name, found] of names) {
        const known = this.names.get(name);
        if (known) known.entries.push(entry);
        else this.names.set(name, { ...found, name, entries: [entry] });
      }
    }
  }

  /** The address of a public name, or of a member of it, from the page of another name. */
  #linkOf(word, current) {
    const [name, member] = word.split(".");
    const found = this.names.get(name);
    if (found) {
      const has = member && found.members.some((entry) => entry.name === member);
      return `${found.kind}.${name}.html${has ? `#${member}` : ""}`;
    }
    return current.members.some((entry) => entry.name === name) ? `#${name}` : undefined;
  }

  /** Code in colours whose public names are links. */
  #code(signature, current) {
    let isText = false;
    const html = highlight(signature, "ts").replace(/<[^>]*>|[^<]+/g, (piece) => {
      if (piece.startsWith("<")) {
        isText = /hljs-(?:string|comment)/.test(piece);
        return piece;
      }
      if (isText) return piece;
      return piece.replace(/\b[A-Z]\w+\b/g, (word) => {
        const found = word === current.name ? undefined : this.names.get(word);
        return found ? `<a href="${found.kind}.${word}.html">${word}</a>` : word;
      });
    });
    return `<pre data-language="ts"><code>${html}</code></pre>\n`;
  }

  #markdown(text, current) {
    const linked = text.replace(/\{@link ([\w.]+)(?: \| ([^}]+))?\}/g, (_, word, label) => {
      const target = this.#linkOf(word, current);
      return target ? `[\`${label ?? word}\`](${target})` : `\`${label ?? word}\``;
    });
    return render(linked).html;
  }

  #doc(doc, current) {
    const { text, tags } = partsOf(doc);
    const params = tags.filter(([tag]) => tag === "param");
    const described = tags.map(([tag, words]) => {
      if (tag === "param") return "";
      return `<dt>${titles[tag]}</dt><dd>${this.#markdown(words, current)}</dd>`;
    });
    const named = params.map(([, words]) => {
      const [, name, meaning] = /^(\w+)\s*([\s\S]*)$/.exec(words);
      return `<dt><code>${name}</code></dt><dd>${this.#markdown(meaning, current)}</dd>`;
    });
    const list = [...named, ...described].join("");
    return this.#markdown(text, current) + (list ? `<dl>${list}</dl>\n` : "");
  }

  /** Lines of the programs of the pages in which a pattern is found, one a page. */
  #uses(pattern, most) {
    const uses = new Map();
    for (const { name, text, address, title } of this.programs) {
      const line = text.split("\n").find((line) => pattern.test(line) && !/^\s*(?:import|\/\/)/.test(line));
      if (line && !uses.has(address)) uses.set(address, { name, line: line.trim(), address, title });
    }
    return [...uses.values()].slice(0, most);
  }

  #usesHtml(pattern, most) {
    const uses = this.#uses(pattern, most);
    if (uses.length === 0) return "";
    const lines = uses.map(
      ({ name, line, address, title }) =>
        `<pre data-language="ts"><code>${highlight(line, "ts")}</code></pre><p class="tag">in <code>${name}</code> of <a href="../../${address}">${escapeHtml(title)}</a></p>`,
    );
    return lines.join("\n");
  }

  /** Types that signatures name and that the package does not export, with those that these name. */
  #innerTypes(current) {
    const found = new Map();
    const look = (signature, find) => {
      for (const [word] of signature.matchAll(/\b[A-Z]\w+\b/g)) {
        if (this.names.has(word) || found.has(word) || word === current.name) continue;
        const type = find?.(word);
        if (!type || !["interface", "type"].includes(type.kind)) continue;
        found.set(word, type);
        look(type.whole ?? type.signature, type.find);
        for (const member of type.members) look(member.signature, member.find);
      }
    };
    look(current.whole ?? current.signature, current.find);
    for (const member of current.members) look(member.signature, member.find);
    return [...found.values()].slice(0, 30);
  }

  /** The members of an interface as a table, those of others one after another. */
  #table(members, current) {
    const rows = members.map(({ name, signature, doc }) => {
      const code = this.#code(signature.replace(/\breadonly /, ""), current).replace(/^<pre[^>]*>|<\/pre>\n$/g, "");
      return `<tr><td id="${name}">${code}</td><td>${this.#doc(doc, current)}</td></tr>`;
    });
    return `<div class="table" tabindex="0"><table><thead><tr><th>member</th><th>meaning</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>\n`;
  }

  #member(member, current, level = 3, id = member.name) {
    const { name, signature, doc, inner, isStatic } = member;
    const isMethod = /\(/.test(signature);
    const pattern = new RegExp(`\\.${name}\\(`);
    const example =
      isMethod && level === 3 && name !== "constructor" && !/^```/m.test(doc) ? this.#usesHtml(pattern, 1) : "";
    const heading = `<h${level} id="${id}">${isStatic ? "static " : ""}${name} <a class="anchor" href="#${id}" aria-label="Link to this heading">#</a></h${level}>`;
    const parts = (inner ?? []).map((part) => this.#member(part, current, 4, `${name}-${part.name}`));
    return `<section class="member">${heading}\n${this.#code(signature, current)}${this.#doc(doc, current)}${example}${parts.join("")}</section>\n`;
  }

  /** The page of a name, as `{ address, title, html }`. */
  page(name) {
    const current = this.names.get(name);
    const { kind, entries, doc, signature, members, whole } = current;
    const isType = kind === "type" || kind === "interface";
    const from = entries.map((entry) => `<code>${entry}</code>`).join(", ");
    // Of the entries of Node.js the one that loads least; that of browsers where there is no other.
    const entry = entries.findLast((each) => each !== "wasm-mpi/browser") ?? entries[0];
    const isMade = kind === "class" && !members.some((member) => member.name === "constructor");
    const html = [
      `<h1 id="${name}">${name}</h1>`,
      `<p class="tag">${kind} of ${from} · <a href="../api.html">all names</a></p>`,
      this.#code(`import ${isType || isMade ? "type " : ""}{ ${name} } from "${entry}";`, current),
      this.#doc(doc, current),
    ];
    if (whole ?? !members.length) html.push(this.#code(whole ?? signature, current));
    else if (/ extends |</.test(signature)) html.push(this.#code(signature, current));
    const headings = [];
    for (const [from, group] of groupBy(members, ({ from }) => from)) {
      const heading = (text, id) => {
        headings.push({ depth: 2, id, title: text });
        return `<h2 id="${id}">${text}</h2>`;
      };
      if (from) html.push(heading(`Of ${from}`, `of-${from}`));
      const parent = from && group[0].find?.(from);
      if (parent) html.push(this.#doc(parent.doc, current));
      const properties = group.filter((member) => kind === "interface" || isProperty(member));
      const methods = group.filter((member) => !properties.includes(member));
      // What is made first, then what is called, as on the pages.
      methods.sort((a, b) => Number(b.name === "constructor") - Number(a.name === "constructor"));
      if (properties.length > 0) {
        if (!from) html.push(heading(kind === "interface" ? "Members" : "Properties", "properties"));
        html.push(this.#table(properties, current));
      }
      if (methods.length > 0 && !from) html.push(heading("Methods", "methods"));
      for (const method of methods) {
        headings.push({ depth: 3, id: method.name, title: method.name });
        html.push(this.#member(method, current));
      }
    }
    const examples = this.#usesHtml(kind === "object" ? new RegExp(`\\b${name}\\.`) : new RegExp(`\\b${name}\\b`), 3);
    if (examples) html.push(`<h2 id="in-programs">In programs</h2>`, examples);
    const inner = this.#innerTypes(current);
    if (inner.length > 0) html.push(`<h2 id="types-named-here">Types named here</h2>`);
    for (const type of inner) {
      html.push(`<h3 id="type-${type.name}">${type.name}</h3>`, this.#doc(type.doc, type));
      html.push(
        type.members.length > 0
          ? this.#table(type.members, type).replace(/ id="\w+"/g, "")
          : this.#code(type.whole ?? type.signature, type),
      );
    }
    return { address: referenceAddress(current), title: name, html: html.join("\n"), headings };
  }
}

/** As `Map.groupBy`, which Node.js 20 does not have. */
function groupBy(values, keyOf) {
  const groups = new Map();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}
