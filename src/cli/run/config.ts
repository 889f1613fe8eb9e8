/** What a file of a run says of the run, and how the run is continued from it. */
import { wrong, wrongFile } from "../../argument.js";
import { UsageError } from "../../errors.js";
import { onRoot } from "../../io/agree.js";
import { SnapshotReader } from "../../io/reader.js";
import type { Comm } from "../../mpi/index.js";
import type { Run } from "./simulate.js";

/** The options that a file decides: those that the bits depend on. */
const decided = [
  "shape",
  "courant",
  "iterations",
  "infiniteGauge",
  "nonoscillatory",
  "thirdOrder",
  "divergentFlow",
  "variableSign",
  "dtype",
] as const satisfies readonly (keyof Run)[];

/** Everything needed to run it again, as the attribute `config` has it. */
export function configOf(run: Run, shape: readonly number[], steps: number): string {
  const { case: name, every, split, dtype, shape: _, ...rest } = run;
  const options = Object.fromEntries(decided.map((key) => [key, rest[key as keyof typeof rest]]));
  const type = dtype === "f64" ? {} : { dtype };
  return JSON.stringify({ command: "advect", case: name, ...options, ...type, shape, steps, every, split });
}

/**
 * The run that a file is of, to be continued with some options. **Collective** where there is a communicator.
 * @param given the options on the command line; those that the file decides have to be equal to the file's
 */
export async function continuedRun(path: string, given: Partial<Run>, comm?: Comm): Promise<Run> {
  const read = async () => {
    const reader = await SnapshotReader.open(path);
    reader.close();
    return recordedRun(path, reader.attributes.config);
  };
  const found = comm ? await onRoot(comm, path, read) : await read();
  const recorded = comm ? (comm.bcastObject(found) as Run) : found!;
  for (const key of ["case", ...decided] as const) {
    if (given[key] === undefined) continue;
    const [own, got] = [recorded[key] ?? false, given[key]];
    if (String(own) === String(got)) continue;
    const flag = key === "case" ? "case" : `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw wrong(`"${flag}"`, `${own === false ? "none" : own}, as in "${path}"`, got, "Leave it out with --restart.");
  }
  if (given.output !== undefined) {
    throw wrong(
      '"--output"',
      `none with --restart, which appends to "${path}"`,
      `"${given.output}"`,
      "Leave out one of them.",
    );
  }
  if (given.overwrite) {
    throw new UsageError(
      '"--overwrite" expected none with --restart, which appends to the file. Leave out one of them.',
    );
  }
  const { split, every, steps, plot, backend } = given;
  return {
    ...recorded,
    restart: path,
    ...(split ? { split } : {}),
    ...(every === undefined ? {} : { every }),
    ...(steps === undefined ? {} : { steps }),
    ...(plot === undefined ? {} : { plot }),
    ...(backend === undefined ? {} : { backend }),
  };
}

/** @throws FileError where the attribute is none that `advect` wrote */
function recordedRun(path: string, config: unknown): Run {
  const foreign = (got: string) =>
    wrongFile(path, "a file that wasm-mpi advect wrote", got, "Choose another, or start anew with --output.");
  if (typeof config !== "string") throw foreign('one without the attribute "config"');
  let parsed: unknown;
  try {
    parsed = JSON.parse(config);
  } catch {
    throw foreign('one whose attribute "config" is no JSON');
  }
  const { command, split: _, ...run } = parsed as Run & { command?: unknown };
  const isList = (list: unknown) => Array.isArray(list) && list.every((n) => typeof n === "number");
  const fits =
    command === "advect" &&
    typeof run.case === "string" &&
    isList(run.shape) &&
    Number.isSafeInteger(run.steps) &&
    Number.isSafeInteger(run.iterations);
  if (!fits) throw foreign('one whose attribute "config" is not of advect');
  return { ...run, dtype: run.dtype ?? "f64", overwrite: false };
}
