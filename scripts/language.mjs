/**
 * What editors and tsc know of kernels: declarations of the modules "mpi", "field" and "stencil", made from assembly/jit, and of
 * the language, taken from AssemblyScript's, without what the library of TypeScript declares as well (arrays, texts, Math): so
 * kernels and the program that compiles them are of one project.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Names that the library of TypeScript, or Node.js, has for itself. */
const known = new Set(
  `NaN Infinity isNaN isFinite parseInt parseFloat encodeURI encodeURIComponent decodeURI decodeURIComponent ReturnType NonNullable
  Boolean Number Atomics ArrayBuffer DataView ArrayLike ArrayBufferView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array
  Int32Array Uint32Array Float32Array Float64Array Array String TemplateStringsArray Object performance Date Error RangeError
  TypeError SyntaxError URIError Function ThisParameterType OmitThisParameter CallableFunction NewableFunction IArguments RegExp Map
  Set SymbolConstructor Symbol Math process console crypto TypedPropertyDescriptor global isArray`.split(/\s+/),
);

/** Numbers that JavaScript passes otherwise than as numbers: src/jit/called.ts knows them by this mark. */
const marked = new Map(["usize", "i64", "u64"].map((name) => [name, `number & { readonly __wasm?: "${name}" }`]));

/** A list is one of these, as the language has it. */
const staticArray = `interface StaticArray<T> {
  readonly __wasm?: "object";
  [index: number]: T;
  readonly length: i32;
  readonly fill: T[]["fill"];
  readonly indexOf: T[]["indexOf"];
  readonly lastIndexOf: T[]["lastIndexOf"];
  readonly includes: T[]["includes"];
  readonly slice: T[]["slice"];
  readonly sort: T[]["sort"];
  readonly reverse: T[]["reverse"];
  readonly join: T[]["join"];
}
declare const StaticArray: { new <T>(length?: i32): StaticArray<T>; fromArray<T>(source: T[]): StaticArray<T> };
`;

/** The declarations of the language. @param text std/assembly/index.d.ts of AssemblyScript */
export function languageOf(text) {
  // A statement with the comment above it: both begin in the first column.
  const statements = text.split(/^(?=\/\*\* |(?<!\*\/\n)(?:declare|interface|type) )/m).slice(1);
  const kept = statements.map((statement) => {
    const [, kind, name] =
      /^(?:declare )?(?:abstract )?(type|const|let|function|class|interface|namespace|enum) (\w+)/m.exec(statement) ??
      [];
    if (name === undefined || known.has(name)) return "";
    if (name === "StaticArray") return staticArray;
    // 400 functions of vectors, named as WebAssembly names them: half of the file, which each installation has, were their comments.
    if (/^(v128|[if]\d+x\d+)$/.test(name)) return statement.replaceAll(/^ +\/\*\*.*\*\/\n/gm, "");
    const mark = kind === "type" ? marked.get(name) : undefined;
    return mark === undefined ? statement : statement.replace(/= number;/, `= ${mark};`);
  });
  const head =
    "// Of AssemblyScript's std/assembly/index.d.ts (Apache-2.0, licenses/assemblyscript.txt), changed by scripts/language.mjs.\n";
  return head + kept.join("");
}

/** The declarations of a file as part of a module of that name. @param path its name without the extension, as `mpi/data` */
function moduleOf(path, text) {
  const inside = text
    .replaceAll(/^(\s*export )declare /gm, "$1")
    .replaceAll(/^declare /gm, "")
    // Views and communicators are objects of this package where JavaScript passes them.
    .replaceAll(/^(\s*export (?:final )?class (?:Array\d|View|Comm)\b.*\{)$/gm, '$1\n    readonly __wasm?: "object";')
    .replaceAll(/(from ")\.\/(\w+")/g, "$1mpi/$2");
  return `declare module "${path.replace(/\/index$/, "")}" {\n${inside}}\n`;
}

/** Writes the declarations. @param made where tsc has put those of assembly/jit @param library the folder of AssemblyScript */
export function writeLanguage(made, library, out) {
  const language = languageOf(readFileSync(join(library, "std", "assembly", "index.d.ts"), "utf8"));
  const files = readdirSync(made, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".d.ts"));
  const modules = files
    .toSorted()
    .map((file) =>
      moduleOf(file.slice(0, -".d.ts".length).replaceAll("\\", "/"), readFileSync(join(made, file), "utf8")),
    );
  writeFileSync(join(out, "kernels.d.ts"), [language, ...modules].join("\n"));
}
