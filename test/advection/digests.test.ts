/**
 * Every bit of recorded runs: `test/reference/digests.json` holds what runs gave when the list was made, and the tests
 * ask for the same digest, minimum, maximum and sum. Entries with `arguments` are commands, entries with `name` are the
 * option sets of `optionsets.ts`, for what has no flag. The commands run what is in `dist/`: build first.
 *
 * To record the list anew, after a change of bits that is meant:
 *
 *     npm run build
 *     WASM_MPI_RECORD_DIGESTS=1 npx vitest run test/advection/digests.test.ts
 *
 * Commands are taken from the list itself: to add one, add `{ "arguments": "advect ..." }` to it and record. Option sets
 * are taken from that file. What a filter of vitest leaves out keeps its figures.
 *
 * The functions of the option sets are sums and products only, and so give the same bits everywhere; the named cases of
 * the command line also call Math.exp, Math.sin and Math.cos, whose last bit is a matter of the JavaScript engine.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type { Field, Float } from "../../src/grid/field.js";
import { Grid, Mpdata, mpi } from "../../src/index.js";
import { libraries } from "../harness/launch.js";
import { type Result, runNode } from "../harness/process.js";
import { type OptionSet, optionSets } from "./optionsets.js";

const records = process.env.WASM_MPI_RECORD_DIGESTS === "1";
const full = process.env.WASM_MPI_TEST_FULL === "1" || records;
const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const listUrl = new URL("../reference/digests.json", import.meta.url);

/** What is compared of a field. */
interface Figures {
  readonly digest: string;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
}

/** A run of the list: figures of its first field, and of the further ones by name where it has several. */
interface Entry extends Figures {
  readonly arguments?: string;
  readonly name?: string;
  readonly further?: Readonly<Record<string, Figures>>;
}

const list = JSON.parse(readFileSync(listUrl, "utf8")) as readonly Entry[];
const commands = list.flatMap(({ arguments: words }) => (words === undefined ? [] : [words]));
/** The entries by their arguments or name; those of this run where it records. */
const entries = new Map<string, Entry>(list.map((entry) => [entry.arguments ?? entry.name ?? "", entry]));

/** The entry of a run, from the figures of its fields. */
function entryOf(key: Pick<Entry, "arguments" | "name">, fields: Readonly<Record<string, Figures>>): Entry {
  const [first, ...rest] = Object.entries(fields).map(([name, { digest, min, max, sum }]) => {
    return [name, { digest, min, max, sum }] as const;
  });
  const entry = { ...key, ...first![1], ...(rest.length > 0 ? { further: Object.fromEntries(rest) } : {}) };
  // As the list has it: there -0 is 0, and what is not finite is null.
  return JSON.parse(JSON.stringify(entry)) as Entry;
}

/** Compares a run with the list, or puts it there. */
function check(key: string, entry: Entry, transcript = key): void {
  expect(JSON.stringify(entry), "finite figures").not.toContain("null");
  if (records) entries.set(key, entry);
  else expect(entry, transcript).toEqual(entries.get(key));
}

/** The entry of a command that succeeded. */
function entryOfCommand(words: string, result: Result): Entry {
  expect(result.code, result.transcript).toBe(0);
  const { fields } = JSON.parse(result.stdout) as { fields: Record<string, Figures> };
  return entryOf({ arguments: words }, fields);
}

const runCommand = (words: string, flags: readonly string[] = [], env: Record<string, string> = {}) =>
  runNode([cli, ...words.split(" "), "--json", ...flags], { env });

/** Runs an option set on one rank in this process. */
function runOptionSet({ name, grid: shape, psi, dtype = "f64", options, steps = 0, until }: OptionSet): Entry {
  const grid = new Grid(mpi.init({ library: "solo" }), shape);
  const fields = psi.map((value) => grid.field(value, { dtype }));
  const solver = options && new Mpdata({ psi: fields as Field<Float>[], ...options });
  if (until === undefined) solver?.advance(steps);
  else solver?.advanceTo(until);
  const figures = fields.map((field, index) => {
    return [`psi${index}`, { digest: field.digest(), min: field.min(), max: field.max(), sum: field.sum() }] as const;
  });
  solver?.free();
  for (const field of fields) field.free();
  grid.free();
  return entryOf({ name }, Object.fromEntries(figures));
}

describe("the list of digests", () => {
  it("has the figures of every command and option set, each once", () => {
    const names = list.flatMap(({ name }) => (name === undefined ? [] : [name]));
    expect(entries.size).toBe(list.length);
    expect(new Set(optionSets.map(({ name }) => name)).size).toBe(optionSets.length);
    if (!records) expect(names).toEqual(optionSets.map(({ name }) => name));
  });
});

describe("the bits of one rank are those of the list", () => {
  it.runIf(full).each(commands)("%s", async (words) => {
    const result = await runCommand(words);
    check(words, entryOfCommand(words, result), result.transcript);
  });

  it.runIf(full).each(optionSets.map((set) => [set.name, set] as const))("%s", (name, set) => {
    check(name, runOptionSet(set));
  });
});

/** Takes turns through cases, numbers of axes and types. */
const some = commands.filter((_, index) => index % 8 === 0);
for (const { title, launcher } of libraries) {
  if (!launcher) continue;
  describe.each([2, 3])(`the bits of %i ranks of ${title} are those of the list`, (ranks) => {
    it.runIf(full).each(some)("%s", async (words) => {
      const result = await runCommand(words, ["--ranks", `${ranks}`], { WASM_MPI_LAUNCHER: launcher.path });
      expect(entryOfCommand(words, result), result.transcript).toEqual(entries.get(words));
    });
  });
}

afterAll(() => {
  if (!records) return;
  const ordered = [...commands, ...optionSets.map(({ name }) => name)].flatMap((key) => entries.get(key) ?? []);
  writeFileSync(listUrl, `[\n${ordered.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`);
});
