/**
 * What the declarations in dist/types/ say: the names that each entry of the package exports, with their docstrings,
 * signatures and members, those of internal classes above a public one included.
 *
 * The compiler of this package is a command without an interface for JavaScript, which generators of references want; its
 * declarations are plain enough for a parser alone, as all names are imported from files beside.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "@babel/parser";

/** A file of declarations: its text, its statements, and where its names come from. */
class Source {
  constructor(path) {
    this.path = path;
    this.text = readFileSync(path, "utf8");
    const plugins = [["typescript", { dts: true }]];
    this.body = parse(this.text, { sourceType: "module", plugins }).program.body;
    this.imports = new Map();
    this.declared = new Map();
    for (const statement of this.body) {
      if (statement.type === "ImportDeclaration") {
        for (const { local, imported } of statement.specifiers) {
          if (imported) this.imports.set(local.name, { name: imported.name, from: statement.source.value });
        }
      }
      const node = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
      for (const { id } of node?.declarations ?? (node?.id ? [node] : [])) {
        // Overloads of a function have one name.
        if (id) this.declared.set(id.name, [...(this.declared.get(id.name) ?? []), { node, statement }]);
      }
    }
  }

  /** The path of a file that this one imports, or `undefined` where it is of another package. */
  pathOf(from) {
    const path = join(dirname(this.path), from.replace(/\.js$/, ".d.ts"));
    return from.startsWith(".") && existsSync(path) ? path : undefined;
  }
}

const docOf = (node) => {
  const comment = node.leadingComments?.findLast(({ type, value }) => type === "CommentBlock" && value.startsWith("*"));
  return (comment?.value ?? "").replace(/^\*\s?|^\s*\* ?/gm, "").trim();
};

/** The text of a declaration without what only the compiler needs; comments inside of it belong to its parts. */
const signatureOf = (source, start, end) =>
  source.text
    .slice(start, end)
    .replace(/^export |^declare |^export declare |import\("[^"]+"\)\./gm, "")
    .replace(/<ArrayBufferLike>/g, "")
    .replace(/;$/, "");

export class Declarations {
  #sources = new Map();

  #source(path) {
    if (!this.#sources.has(path)) this.#sources.set(path, new Source(path));
    return this.#sources.get(path);
  }

  /** The declarations that an entry exports, by name. */
  exportsOf(path) {
    const source = this.#source(path);
    const names = new Map();
    for (const statement of source.body) {
      if (statement.type === "ExportAllDeclaration") {
        for (const [name, found] of this.exportsOf(source.pathOf(statement.source.value))) names.set(name, found);
      }
      if (statement.type !== "ExportNamedDeclaration") continue;
      for (const { local, exported } of statement.specifiers) {
        const from = statement.source && this.#source(source.pathOf(statement.source.value));
        names.set(exported.name, this.#find(from ?? source, local.name));
      }
    }
    for (const [name, found] of source.declared) {
      if (found[0].statement.type === "ExportNamedDeclaration") names.set(name, this.#describe(source, name, found));
    }
    return names;
  }

  /** A name as a file knows it, declared there or imported; `undefined` for those of the language and of others. */
  #find(source, name) {
    const found = source.declared.get(name);
    if (found) return this.#describe(source, name, found);
    const { name: imported, from } = source.imports.get(name) ?? {};
    const path = from && source.pathOf(from);
    if (!path) return undefined;
    return this.#find(this.#source(path), imported) ?? this.exportsOf(path).get(imported);
  }

  #describe(source, name, found) {
    const { node, statement } = found[0];
    const kinds = {
      ClassDeclaration: "class",
      TSDeclareFunction: "function",
      TSInterfaceDeclaration: "interface",
      TSTypeAliasDeclaration: "type",
      VariableDeclaration: "object",
    };
    const body = node.body?.body ?? node.declarations?.[0].id.typeAnnotation?.typeAnnotation.members;
    const kind = kinds[node.type];
    const signature = body
      ? signatureOf(source, node.start, (node.body ?? node).start === node.start ? node.start : node.body.start)
      : found.map(({ node }) => signatureOf(source, node.start, node.end)).join("\n");
    return {
      name,
      kind,
      doc: docOf(statement) || docOf(node),
      signature: (signature || `const ${name}`).trim(),
      // A type may have comments inside, which belong to its parts.
      whole: kind === "type" ? this.#spelledOut(source, signature) : undefined,
      members: body ? this.#members(source, node, body) : [],
      /** Another declaration that this one names, whether the package exports it or not. */
      find: (other) => this.#find(source, other),
    };
  }

  #members(source, node, body) {
    const members = new Map();
    for (const member of body) {
      const name = member.key?.name ?? (member.type === "TSDeclareMethod" ? "constructor" : undefined);
      const isHidden =
        ["private", "protected"].includes(member.accessibility) || member.type === "ClassPrivateProperty";
      if (!name || isHidden || name.startsWith("_")) continue;
      const signature = signatureOf(source, member.start, member.end).replace(/\n {4}/g, "\n");
      const before = members.get(name);
      if (before) {
        before.signature += `\n${signature}`;
        before.doc ||= docOf(member);
        continue;
      }
      const entry = { name, doc: docOf(member), signature, isStatic: member.static === true };
      const type = member.typeAnnotation?.typeAnnotation;
      // A function that an object has from elsewhere is described there.
      const target = type?.type === "TSTypeQuery" ? this.#find(source, type.exprName.name) : undefined;
      if (target)
        Object.assign(entry, { doc: entry.doc || target.doc, signature: target.signature, find: target.find });
      if (type?.type === "TSTypeLiteral") Object.assign(entry, this.#inner(source, name));
      // The compiler writes the value of a constant in place of its name.
      if (type?.type === "TSLiteralType") entry.doc ||= this.#constant(source, name)?.doc ?? "";
      members.set(name, { find: (other) => this.#find(source, other), ...entry });
    }
    for (const parent of [node.superClass, ...(node.extends ?? []).map(({ expression }) => expression)]) {
      const base = parent && this.#find(source, parent.name);
      for (const member of base?.members ?? []) {
        if (!members.has(member.name)) members.set(member.name, { from: base.name, ...member });
      }
    }
    return [...members.values()];
  }

  /** A constant of this name in another file. */
  #constant(source, name) {
    const found = [...this.#sources.values()].find((other) => other.declared.has(name) && other !== source);
    return found && this.#find(found, name);
  }

  /** The members of an object inside of an object: those of a constant of this name, whose comments tell more. */
  #inner(source, name) {
    const described = this.#constant(source, name);
    if (described?.kind !== "object") return {};
    return { doc: described.doc, signature: `readonly ${name}`, inner: described.members };
  }

  /** A type with the words of a list in place of the name of the list. */
  #spelledOut(source, signature) {
    return signature.replace(/\(typeof (\w+)\)\[number\]/g, (text, name) => {
      const list = this.#find(source, name)?.signature;
      const words = /readonly \[([^\]]*)\]/.exec(list)?.[1];
      return words ? words.split(", ").join(" | ") : text;
    });
  }
}
