import { FileError, UsageError } from "../errors.js";
import type { Field } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import type { Comm } from "../mpi/comm.js";
import { SnapshotWriter, type Variable } from "./file.js";
import type { Values } from "./snapshot.js";

/** What an {@link Output} holds besides the fields. */
export interface OutputOptions {
  /** The fields that each frame has, by name; `min`, `max` and `sum` are those of the first. */
  readonly variables: Readonly<Record<string, Variable>>;
  /** Attributes of the whole file. */
  readonly attributes?: Readonly<Record<string, string | number>>;
  readonly timeUnits?: string;
  readonly coordinateUnits?: string;
  /** Replace an existing file. Default: refuse. */
  readonly overwrite?: boolean;
}

/**
 * One HDF5 file of the fields of all ranks, a frame at a time. Fields are gathered to rank 0 of the grid, which writes.
 * An error of the file is thrown on every rank.
 */
export class Output {
  readonly grid: Grid;
  readonly path: string;
  /** The variable whose diagnostics are written. */
  readonly #first: string;
  readonly #writer: SnapshotWriter | undefined;

  private constructor(grid: Grid, path: string, first: string, writer: SnapshotWriter | undefined) {
    this.grid = grid;
    this.path = path;
    this.#first = first;
    this.#writer = writer;
  }

  /**
   * Creates the file. **Collective.**
   * @throws FileError when it exists and `overwrite` is not set, or cannot be written
   */
  static async create(grid: Grid, path: string, options: OutputOptions): Promise<Output> {
    const { attributes = {}, overwrite = false, variables, timeUnits, coordinateUnits } = options;
    const layout = {
      shape: grid.shape,
      coordinates: grid.shape.map((_, axis) => grid.coordinates(axis)),
      variables,
      attributes: { ...attributes, decomposition: grid.split.join(" x ") },
      ...(timeUnits === undefined ? {} : { timeUnits }),
      ...(coordinateUnits === undefined ? {} : { coordinateUnits }),
    };
    const writer = await onRoot(grid.comm, path, () => SnapshotWriter.create(path, layout, { overwrite }));
    return new Output(grid, path, Object.keys(variables)[0]!, writer);
  }

  /** Appends a frame. **Collective.** @throws FileError when it cannot be written; the frames before stay. */
  async write(time: number, fields: Readonly<Record<string, Field>>): Promise<void> {
    const first = fields[this.#first];
    if (!first) {
      const got = Object.keys(fields).join(", ") || "none";
      throw new UsageError(
        `Output.write: "fields" expected "${this.#first}", got ${got}. Pass a field for each variable.`,
      );
    }
    const integers = Object.keys(fields).find((name) => fields[name]!.dtype === "i32");
    if (integers !== undefined) {
      throw new UsageError(
        `Output.write: "${integers}" expected a field of f64 or f32, got one of i32. Copy it to a field of f64.`,
      );
    }
    const diagnostics = { min: first.min(), max: first.max(), sum: first.sum() };
    const whole = Object.entries(fields).map(([name, field]) => [name, field.gather()] as const);
    const values = Object.fromEntries(whole) as Record<string, Values>;
    await onRoot(this.grid.comm, this.path, () => this.#writer!.write(time, values, diagnostics));
  }

  /** Completes the file. **Collective.** */
  async close(): Promise<void> {
    await onRoot(this.grid.comm, this.path, () => this.#writer!.close());
  }
}

/**
 * Runs something on rank 0 only. When it fails there it fails everywhere, with the same words: a rank that went on
 * alone would wait for ever. **Collective.**
 */
export async function onRoot<T>(comm: Comm, path: string, run: () => T | Promise<T>): Promise<T | undefined> {
  let result: T | undefined;
  let failure: Error | undefined;
  if (comm.rank === 0) {
    try {
      result = await run();
    } catch (error) {
      failure = error as Error;
    }
  }
  const text = Buffer.from(failure ? `${failure.name}\n${failure.message}` : "");
  const length = Int32Array.of(text.length);
  comm.bcast(length);
  if (length[0] === 0) return result;
  if (failure && comm.size === 1) throw failure;
  const bytes = new Uint8Array(length[0]!);
  bytes.set(text);
  comm.bcast(bytes);
  if (failure) throw failure;
  const [name, ...lines] = Buffer.from(bytes).toString("utf8").split("\n");
  const message = lines.join("\n");
  throw name === "UsageError" ? new UsageError(message) : new FileError(message, path);
}
