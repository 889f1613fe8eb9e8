/**
 * A compiled module as JavaScript, for breakpoints. The text is a CommonJS module; a source map leads from its lines to
 * the lines of the source. Static data may lie anywhere: addresses are written as `base + number`.
 */
import { decode, encode, type SourceMapSegment } from "@jridgewell/sourcemap-codec";
import { compiledBase, type Layout } from "../relocate.js";
import { FunctionBody, literal, type Statement, type Surroundings } from "./body.js";
import { type Import, type Parts, partsOf, Reader, type Signature, type ValueType } from "./module.js";

/** A source map as the compiler writes it. */
export interface SourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
}

/** Words that no variable can have as a name, and names that the text uses itself. */
const reserved =
  `arguments await break case catch class const continue debugger default delete do else enum eval export extends false
  finally for function if implements import in instanceof interface let new null package private protected public return
  static super switch this throw true try typeof var void while with yield NaN Infinity undefined Math BigInt Number
  exports require module base data table $ imports value`.split(/\s+/);

/** Gives out identifiers, each of them once. */
class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string> = reserved) {
    this.#taken = new Set(taken);
  }

  all(): Iterable<string> {
    return this.#taken;
  }

  /** An identifier made of a name of the compiler, without the path in it. */
  take(name: string): string {
    const plain = name
      .replace(/[~\w.-]+\//g, "")
      .replace(/\W+/g, "_")
      .replace(/^_?(?=\d)|_$/g, "_");
    let result = plain || "_";
    for (let i = 2; this.#taken.has(result); i++) result = `${plain}_${i}`;
    this.#taken.add(result);
    return result;
  }
}

const letters: Readonly<Record<ValueType, string>> = { 127: "i", 126: "l", 125: "f", 124: "d", 123: "v" };

function lettersOf({ parameters, results }: Signature): string {
  const all = (types: readonly ValueType[]) => types.map((type) => letters[type]).join("");
  return `${all(parameters)}:${all(results)}`;
}

/** The begin and the end of a mark: the number between them is an index of `Places.places`. */
const [open, close] = ["\u0001", "\u0002"];

/**
 * The text of a module.
 * @param sourceOf the address of a source, by the compiler's name of the source
 * @throws RangeError for instructions that are not known here
 */
export function translate(
  bytes: Uint8Array,
  layout: Layout,
  map: SourceMap,
  sourceOf: (name: string) => string | undefined,
): string {
  const parts = partsOf(bytes);
  const places = new Places(map);
  const names = new Names();
  const definitions = new Map<string, { readonly identifier: string; readonly text: string }>();
  const constants = new Set(layout.constants);

  const runtime = (name: string, ...values: unknown[]): string => {
    const key = JSON.stringify([name, ...values]);
    const known = definitions.get(key);
    if (known) return known.identifier;
    const member = name.replaceAll(".", "_");
    const identifier = names.take(member);
    const list = key.slice(JSON.stringify([name]).length, -1).replaceAll(",", ", ");
    const maker = name === "vector" || name === "vectorAccess" ? name : "operation";
    definitions.set(key, { identifier, text: values.length === 0 ? `$.${member}` : `$.${maker}(${list})` });
    return identifier;
  };
  const imported = parts.imports.filter(({ kind }) => kind === "function");
  const importedGlobals = parts.imports.filter(({ kind }) => kind === "global");
  const functionName = (index: number) => parts.functionNames.get(index) ?? `function${index}`;
  const functions = [
    ...imported.map(({ module, name, type }) => ({ name: names.take(`${module}_${name}`), type })),
    ...parts.functions.map((type, i) => ({ name: names.take(functionName(imported.length + i)), type })),
  ].map(({ name, type }) => ({ name, type, signature: parts.types[type]! }));
  const globals = [
    ...importedGlobals.map(({ module, name }) => names.take(`${module}_${name}`)),
    ...parts.globals.map((_, i) => names.take(parts.globalNames.get(importedGlobals.length + i) ?? `global${i}`)),
  ];
  const surroundings: Surroundings = {
    types: parts.types,
    functions,
    globals,
    runtime,
    constant: (value, at) => (constants.has(at) ? `(base + ${(value >>> 0) - compiledBase} | 0)` : literal(value)),
    mark: (at) => places.mark(at),
  };
  const expression = (start: number) => new FunctionBody(new Reader(bytes), surroundings, []).expression(start);
  const first = imported.length;

  // The first time for the identifiers that functions use of the runtime, which local variables must not have.
  const bodies = () =>
    parts.functions.map((_, i) => {
      const { name, signature } = functions[first + i]!;
      const locals = localNames(parts, first + i, signature, i, names.all());
      const statements = new FunctionBody(new Reader(bytes), surroundings, locals).statements(
        parts.bodies[i]!,
        signature,
      );
      const head = `function ${name}(${locals.slice(0, signature.parameters.length).join(", ")})`;
      return { head, body: statements };
    });
  bodies();
  const written = bodies();
  const declared = parts.globals.map(
    ({ start }, i) => `let ${globals[importedGlobals.length + i]} = ${expression(start)};`,
  );
  const elements = parts.elements.map(({ address, functions: members }) => {
    const entries = members.map((index) => `[${functions[index]!.name}, ${functions[index]!.type}]`);
    return `$.place(table, ${expression(address)}, [${entries.join(", ")}]);`;
  });
  const segments = parts.segments.map(({ address, start, end }, i) => {
    const words = layout.words.filter((at) => at >= start && at < end).map((at) => at - start);
    const text = `"${Buffer.from(bytes.subarray(start, end)).toString("base64")}"`;
    const shift = `base - ${compiledBase}`;
    return [
      `data[${i}] = $.segment(${text}, [${words.join(", ")}], ${shift});`,
      ...(address === undefined ? [] : [`$.fill(data[${i}], ${expression(address)});`]),
    ];
  });
  const exported = parts.exports.flatMap(({ name, kind, index }) => {
    const key = JSON.stringify(name);
    if (kind === 3) {
      const [global, { type }] = [globals[index], parts.globals[index - importedGlobals.length]!];
      const set = `${global} = $.converted("${letters[type]}", value);`;
      return [`${key}: { get value() { return ${global}; }, set value(value) { ${set} } },`];
    }
    if (kind !== 0) return [];
    const { name: run, signature } = functions[index]!;
    return [`${key}: $.exported(${run}, "${lettersOf(signature)}"),`];
  });
  const links = parts.imports.map(({ module, name }) => ({ module, name }));
  const statements: Statement[] = [
    '"use strict";',
    `exports.byteLength = ${layout.byteLength};`,
    `exports.imports = ${JSON.stringify(links)};`,
    `exports.signatures = ${JSON.stringify(layout.signatures)};`,
    {
      head: "exports.instantiate = ($, imports, base) =>",
      body: [
        "const table = [], data = [];",
        ...Array.from(definitions.values(), ({ identifier, text }) => `const ${identifier} = ${text};`),
        ...imported.map((entry, i) => {
          const { name, signature } = functions[i]!;
          return `const ${name} = $.imported(${linkOf(entry)}, "${lettersOf(signature)}");`;
        }),
        ...importedGlobals.map((entry, i) => `const ${globals[i]} = $.valueOf(${linkOf(entry)});`),
        ...declared,
        ...written,
        ...parts.functions.map(
          (_, i) => `$.name(${functions[first + i]!.name}, ${JSON.stringify(functionName(first + i))});`,
        ),
        ...elements,
        ...segments.flat(),
        ...(parts.start === undefined ? [] : [`${functions[parts.start]!.name}();`]),
        { head: "return", body: exported },
      ],
    },
  ];
  return withMap(statements, places, sourceOf);
}

/** An import as the text refers to it. */
function linkOf({ module, name }: Import): string {
  return `imports${property(module)}${property(name)}`;
}

function property(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function localNames(
  parts: Parts,
  index: number,
  signature: Signature,
  body: number,
  taken: Iterable<string>,
): string[] {
  const namesInModule = parts.localNames.get(index);
  const names = new Names(taken);
  const count = signature.parameters.length + parts.bodies[body]!.locals.length;
  return Array.from({ length: count }, (_, i) => {
    const name = namesInModule?.get(i) ?? `local${i}`;
    return names.take(name === "this" ? "self" : name);
  });
}

/** Places in the source from which instructions come: marks in the text, of which the source map is made. */
class Places {
  readonly sources: readonly string[];
  readonly #segments: readonly SourceMapSegment[];
  readonly places: SourceMapSegment[] = [];

  constructor(map: SourceMap) {
    this.sources = map.sources;
    this.#segments = decode(map.mappings)[0] ?? [];
  }

  /** A mark for the instruction at a place of the module; nothing for an instruction without a line. */
  mark(at: number): string {
    let [low, high] = [0, this.#segments.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#segments[middle]![0] <= at) low = middle + 1;
      else high = middle;
    }
    const segment = this.#segments[low - 1];
    if (!segment || segment.length === 1) return "";
    return `${open}${this.places.push(segment) - 1}${close}`;
  }
}

/** The lines of statements, indented. */
function linesOf(statements: readonly Statement[], indent: string): string[] {
  return statements.flatMap((statement) => {
    if (typeof statement === "string") return [indent + statement];
    const { head, body, otherwise } = statement;
    const inner = linesOf(body, `${indent}  `);
    const last = otherwise ? [`${indent}} else {`, ...linesOf(otherwise, `${indent}  `)] : [];
    return [`${indent}${head} {`, ...inner, ...last, `${indent}}`];
  });
}

function withMap(
  statements: readonly Statement[],
  places: Places,
  sourceOf: (name: string) => string | undefined,
): string {
  const sources: string[] = [];
  const indices = new Map<number, number | undefined>();
  const indexOf = (source: number) => {
    if (!indices.has(source)) {
      const address = sourceOf(places.sources[source]!);
      indices.set(source, address === undefined ? undefined : sources.push(address) - 1);
    }
    return indices.get(source);
  };
  const mappings: SourceMapSegment[][] = [];
  const lines = linesOf(statements, "").map((line) => {
    const segments: SourceMapSegment[] = [];
    let text = "";
    for (const piece of line.split(open)) {
      const end = piece.indexOf(close);
      if (end >= 0) {
        const [, from, row, column] = places.places[Number(piece.slice(0, end))]!;
        const source = indexOf(from!);
        if (source !== undefined) segments.push([text.length, source, row!, column!]);
      }
      text += piece.slice(end + 1);
    }
    mappings.push(segments);
    return text;
  });
  const map = { version: 3, sources, names: [], mappings: encode(mappings) };
  const url = `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}`;
  return `${lines.join("\n")}\n//# sourceMappingURL=${url}\n`;
}
