/** What all ranks have to ask for alike: they would wait for one another, or compute parts of different things. */
import { show } from "../argument.js";
import type { Comm } from "../mpi/comm/comm.js";
import { everywhere } from "../mpi/comm/everywhere.js";
import { expectSame, isSameText } from "../mpi/comm/same.js";
import { Field } from "./field.js";

/** A value as a text, with what may differ between ranks by its kind only. */
export function textOf(value: unknown): string {
  const plain = (entry: unknown): unknown => {
    if (typeof entry === "number") return Number.isFinite(entry) ? entry : String(entry);
    if (typeof entry !== "object" || entry === null) return typeof entry === "string" ? entry : textOfOther(entry);
    if (entry instanceof Field && entry.isFreed) return "a freed field";
    if (entry instanceof Field) return `a field of ${entry.dtype}${entry.at === "cell" ? "" : ` at ${entry.at}s`}`;
    return ArrayBuffer.isView(entry) ? Array.from(entry as unknown as ArrayLike<number>) : entry;
  };
  try {
    return JSON.stringify(value, (_, entry: unknown) => plain(entry)) ?? show(value);
  } catch {
    return show(value); // An object that leads to itself.
  }
}

/** Functions are others on each rank, as those of one text may be. */
const textOfOther = (entry: unknown) => {
  if (typeof entry === "function") return "a function";
  return entry === null || typeof entry === "boolean" || entry === undefined ? entry : show(entry);
};

/** A value that may be one of the block, of which each rank has its own: a list by its kind only. */
export const withoutBlock = (value: unknown) =>
  Array.isArray(value) || ArrayBuffer.isView(value) ? "an array" : value;

/** The names of options that a call does not know. */
export const unknownIn = (options: object, keys: readonly string[]) =>
  Object.keys(options).filter((key) => !keys.includes(key));

/**
 * Checks that values are the same on all ranks, by two reductions where they are. The names have to be the
 * same. **Collective.** @throws UsageError on all ranks for the first that is not, and what reading them throws on some
 */
export function expectAlike(comm: Comm, read: () => Readonly<Record<string, unknown>>): void {
  // What is read may be computed: a getter that throws on one rank ends the call on all.
  const texts = everywhere(comm, () => Object.entries(read()).map(([where, value]) => [where, textOf(value)] as const));
  if (isSameText(comm, JSON.stringify(texts))) return;
  for (const [where, text] of texts) expectSame(comm, where, text);
}

/** Values by the texts that errors name them with: `call: "name"`. */
export const named = (where: string, values: object) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${where}: "${name}"`, value] as const));

/** The values of options by name, but for the grid, whose ranks compare them. */
export function comparedOf(options: object, keys: readonly string[]): Readonly<Record<string, unknown>> {
  const values = options as Readonly<Record<string, unknown>>;
  return Object.fromEntries(keys.filter((key) => key !== "grid").map((key) => [key, values[key]]));
}

/**
 * Checks that all ranks make the same call. **Collective.** @throws UsageError on all ranks
 * @param keys the names of its options
 */
export function expectSameCall(
  where: string,
  comm: Comm,
  before: Readonly<Record<string, unknown>>,
  options: object,
  keys: readonly string[],
): void {
  if (comm.size === 1) return;
  const isObject = typeof options === "object" && options !== null;
  expectAlike(comm, () => {
    const values = comparedOf(isObject ? options : {}, keys);
    const strange = isObject ? unknownIn(options, keys) : options;
    return named(where, { ...before, options: strange, ...values });
  });
}
