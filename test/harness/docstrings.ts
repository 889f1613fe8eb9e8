/** What the declarations of the package say of each public name, and the programs in them. */
import { join } from "node:path";
import { root } from "./process.js";

/** A public name, or a member of one. */
export interface Declared {
  readonly name: string;
  /** `class`, `function`, `object`, `interface` or `type`; members have none. */
  readonly kind?: string;
  readonly doc: string;
  readonly members?: readonly Declared[];
  readonly inner?: readonly Declared[];
  /** The internal class above that a member is of. */
  readonly from?: string;
  readonly find?: (name: string) => Declared | undefined;
}

/** A program in a docstring. */
export interface Example {
  /** Of the name that it belongs to: `Grid.read`. */
  readonly name: string;
  readonly entry: string;
  readonly text: string;
}

/** The entries of the package by their declarations. */
const entries = { "wasm-mpi": "index", "wasm-mpi/mpi": "mpi/index", "wasm-mpi/browser": "browser/index" } as const;

/** The module of an entry, as built. */
export const fileOf = (entry: string): string =>
  join(root, "dist", `${entry === "wasm-mpi" ? "index" : entry.replace("wasm-mpi/", "")}.js`);

/** The public names of each entry. A name of two entries is that of the first, unless the two are of their own. */
export async function publicNames(): Promise<(Declared & { readonly entry: string })[]> {
  const { Declarations } = await import(join(root, "scripts", "docs", "declarations.mjs"));
  const declarations = new Declarations();
  const found = new Map<string, Declared & { readonly entry: string }>();
  for (const [entry, file] of Object.entries(entries)) {
    const names: Map<string, Declared> = declarations.exportsOf(join(root, "dist", "types", `${file}.d.ts`));
    for (const [name, declared] of names) {
      const key = `${name}: ${declared.doc}`;
      if (!found.has(key)) found.set(key, { ...declared, name, entry });
    }
  }
  return [...found.values()];
}

/** A name with its members and theirs, as `Grid`, `Grid.read`. */
export function* withMembers(declared: Declared, prefix = ""): Generator<Declared> {
  const name = prefix + declared.name;
  yield { ...declared, name };
  for (const member of declared.members ?? declared.inner ?? []) yield* withMembers(member, `${name}.`);
}

const fence = /^```js\n([\s\S]*?)^```$/gm;

/** True for a docstring with a program. */
export const hasExample = (doc: string): boolean => doc.search(fence) >= 0;

/** The internal classes above a public one that it has members of. */
export function parentsOf({ members = [] }: Declared): Declared[] {
  const parents = members.flatMap(({ from, find }) => (from === undefined ? [] : (find?.(from) ?? [])));
  return [...new Map(parents.map((parent) => [parent.name, parent])).values()];
}

/** The programs in all docstrings. */
export async function examples(): Promise<Example[]> {
  const found = new Map<string, Example>();
  for (const { entry, ...declared } of await publicNames()) {
    const all = [...withMembers(declared), ...parentsOf(declared)];
    for (const { name, doc } of all) {
      for (const [, text] of doc.matchAll(fence)) {
        if (!found.has(text!)) found.set(text!, { name, entry, text: text! });
      }
    }
  }
  return [...found.values()];
}
