/**
 * What all ranks have to run a kernel with alike. A run in a loop takes microseconds: what it is given is mixed into two
 * words, without a text, and a reduction tells whether the words are the same on all ranks.
 */
import { keysOf, wrong } from "../../argument.js";
import type { Comm } from "../../mpi/comm/comm.js";
import { everywhere } from "../../mpi/comm/everywhere.js";
import { areSame } from "../../mpi/comm/same.js";
import { expectAlike, named, textOf, unknownIn } from "../alike.js";
import { dtypeNames, Field } from "../field.js";
import type { Grid } from "../grid.js";
import type { RunOptions } from "./kernel.js";

/** A kernel, as far as it is compared. */
export interface Compared {
  readonly grid: Grid;
  /** The call in error texts. */
  readonly where: string;
  /** What it is run with, by name. */
  readonly names: readonly string[];
  readonly isFreed: boolean;
}

/** What no options are as well: a rank may leave them out. */
const none = {};

/** The options of a run. */
export const runKeys = keysOf<RunOptions>({ steps: true, swap: true });

/** A number, and its bits as two whole numbers. */
const number = new Float64Array(1);
const bits = new Int32Array(number.buffer);

/** What has been mixed. */
let [a, b] = [0, 0];

/** The constants are large, odd and without a pattern: all bits of a word change about half of those of the result. */
function mix(word: number): void {
  a = Math.imul(a ^ word, 0x9e3779b1);
  a = (a << 13) | (a >>> 19);
  b = Math.imul(b + word, 0x85ebca6b);
  b ^= b >>> 15;
}

function mixText(text: string): void {
  for (let i = 0; i < text.length; i++) mix(text.charCodeAt(i));
  mix(text.length);
}

/** What stands before each value, so that values of different kinds are not mistaken for one another. */
const kinds = { number: 1, field: 2, other: 3, nothing: 4 } as const;

function mixValue(value: unknown, { grid }: Compared): void {
  if (typeof value === "number") {
    number[0] = Number.isNaN(value) ? Number.NaN : value;
    mix(kinds.number);
    mix(bits[0]!);
    mix(bits[1]!);
  } else if (value instanceof Field) {
    mix(kinds.field);
    mix(
      dtypeNames.indexOf(value.dtype) +
        4 * Number(value.grid === grid) +
        8 * Number(value.isFreed) +
        16 * value.faceAxis,
    );
  } else if (value === undefined) {
    mix(kinds.nothing);
  } else {
    mix(kinds.other);
    mixText(textOf(value));
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Mixes the values of names that are known, and the other names. */
function mixAll(values: unknown, known: readonly string[], kernel: Compared): void {
  if (!isObject(values)) {
    mixValue(values, kernel);
    return;
  }
  for (const name of known) mixValue(values[name], kernel);
  for (const name in values) if (!known.includes(name)) mixText(name);
}

/** For each field that has another name, too, how many names lie between: ranks may mean different fields alike. */
function mixTwins(values: unknown, names: readonly string[]): void {
  if (!isObject(values)) return;
  for (let i = 1; i < names.length; i++) {
    const value = values[names[i]!];
    if (!(value instanceof Field)) continue;
    for (let j = 0; j < i; j++) if (values[names[j]!] === value) mix(i - j);
  }
}

/**
 * Checks that all ranks run the same: one reduction where they do. **Collective.**
 * @throws UsageError on all ranks
 */
export function expectSameRun(kernel: Compared, values: unknown, options: unknown): void {
  const { comm } = kernel.grid;
  if (comm.size === 1) return;
  [a, b] = [0, 0];
  let failure: unknown;
  try {
    mix(Number(kernel.isFreed));
    mixAll(values, kernel.names, kernel);
    mixTwins(values, kernel.names);
    mixAll(options ?? none, runKeys, kernel);
  } catch (error) {
    // Of a getter, told to the others below: no mixture of theirs is infinite.
    [a, b, failure] = [Number.POSITIVE_INFINITY, 0, error ?? new Error("nothing")];
  }
  if (!areSame(comm, a, b) || failure !== undefined) refuse(comm, kernel, values, options, failure);
}

/** Says what differs. */
function refuse(comm: Comm, kernel: Compared, values: unknown, options: unknown, failure: unknown): never {
  const { where, names, isFreed } = kernel;
  everywhere(comm, () => {
    if (failure !== undefined) throw failure;
  });
  const strange = (passed: unknown, known: readonly string[]) => (isObject(passed) ? unknownIn(passed, known) : passed);
  const said = (passed: unknown, known: readonly string[]) => {
    const of = isObject(passed) ? passed : {};
    return named(where, Object.fromEntries(known.map((name) => [name, saidOf(of, name, kernel)])));
  };
  expectAlike(comm, () => ({ [where]: isFreed ? "a freed kernel" : "a kernel in use" }));
  expectAlike(comm, () => ({ ...named(where, { values: strange(values, names) }), ...said(values, names) }));
  expectAlike(comm, () => ({
    ...named(where, { options: strange(options ?? {}, runKeys) }),
    ...said(options, runKeys),
  }));
  throw wrong(where, "the same on all ranks", "what only looks the same", "Give all the same.");
}

function saidOf(values: Readonly<Record<string, unknown>>, name: string, { grid, names }: Compared): unknown {
  const value = values[name];
  if (Object.is(value, -0)) return "-0";
  if (!(value instanceof Field)) return value;
  if (value.isFreed) return "a freed field";
  if (value.grid !== grid) return "a field of another grid";
  const twin = names.find((known) => values[known] === value)!;
  return twin === name ? value : `the field of ${twin}`;
}
