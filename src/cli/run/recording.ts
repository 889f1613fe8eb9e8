/** The file of a run: its frames, and how the run is continued from the last one. */
import { show, wrong, wrongFile } from "../../argument.js";
import { FileError, UsageError } from "../../errors.js";
import type { AnyField } from "../../grid/field.js";
import type { Figures } from "../../grid/figures.js";
import type { Grid } from "../../grid/grid.js";
import { readInto } from "../../grid/input.js";
import { frameByteLength } from "../../io/blocks.js";
import { contentsFor } from "../../io/contents.js";
import type { OutputOptions } from "../../io/options.js";
import { Output } from "../../io/output.js";
import { Lane } from "../../mpi/comm/lane.js";
import { packageVersion } from "../../package.js";
import { unitsOfPlace, unitsOfVariable } from "../../pde/trackers/units.js";
import { type Beside, besideOf } from "./beside.js";
import type { FloatField, Plan, Simulation } from "./simulate.js";

/** A field in the file. */
export interface Recorded {
  readonly field: FloatField;
  readonly longName: string;
  /** What the frame says of it, where cells are closed. **Collective.** */
  readonly figures?: () => Figures;
}

/** Entries of an object with other values. */
function mapped<T, U>(entries: Readonly<Record<string, T>>, change: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, change(value, name)]));
}

/** The file of a run, with the frames of its steps. */
export class Recording {
  readonly #simulation: Simulation;
  readonly #output: Output;
  /** Whether frames are written beside the run. */
  readonly beside: boolean;

  private constructor(simulation: Simulation, output: Output, beside: boolean) {
    this.#simulation = simulation;
    this.#output = output;
    this.beside = beside;
  }

  /**
   * Creates the file, and writes the first frame. **Collective.**
   * @param most frames besides the first, at most @param walltime seconds of the runs that this one goes on from
   */
  static async create(
    path: string,
    simulation: Simulation,
    plan: Plan,
    most?: number,
    walltime = 0,
  ): Promise<Recording> {
    const { grid, recorded, statics = {}, solver, units = {} } = simulation;
    const names = Object.keys(recorded);
    const unitsOf = (name: string) => unitsOfVariable(name, units, names) ?? "1";
    const { backend, gzip, overwrite = false, xdmf = false, about } = plan;
    const version = packageVersion();
    const beside = besideFor(simulation, plan);
    const options: OutputOptions = {
      variables: {
        ...mapped(recorded, ({ field: { dtype }, longName }, name) => ({ longName, units: unitsOf(name), dtype })),
        ...mapped(statics, ({ field, longName }) => ({ longName, units: "1", static: field })),
      },
      overwrite,
      ...unitsOfPlace(
        units,
        grid.axes.map(({ name }) => name),
      ),
      ...(xdmf ? { xdmf } : {}),
      ...(backend === "gather" || gzip || most === undefined ? {} : { capacity: 1 + most }),
      ...(gzip === undefined ? {} : { gzip }),
      ...(backend ? { backend } : {}),
      ...(beside ? { beside } : {}),
      attributes: {
        title: about.title,
        source: `wasm-mpi ${version}`,
        history: `${new Date().toISOString()} ${about.command}`,
        version,
        config: about.config,
      },
    };
    const output = await Output.createBehind(grid, path, options, walltime);
    const recording = new Recording(simulation, output, beside);
    try {
      // Before the file has its name: wherever it is found, after a run that was killed, it can be continued.
      await simulation.keep?.(path, beside, true);
      await recording.#writeFrame(solver.time);
    } catch (error) {
      await recording.leave(error);
      throw error;
    }
    return recording;
  }

  /**
   * Opens the file of a run, and puts fields and solver where its last frame is. **Collective.**
   * @throws FileError when it is not of this run; UsageError when it has more than the steps
   */
  static async append(path: string, simulation: Simulation, plan: Plan): Promise<Recording> {
    const [output, beside] = await reopened(path, simulation, plan);
    const taken = stepsIn(path, output, simulation, plan);
    for (const [name, { field }] of Object.entries(simulation.recorded)) await output.read(name, -1, field);
    simulation.resume?.(taken);
    return new Recording(simulation, output, beside);
  }

  /** Opens the file of a run that has been restored. **Collective.** */
  static async reopen(path: string, simulation: Simulation, plan: Plan): Promise<Recording> {
    const [output, beside] = await reopened(path, simulation, plan);
    return new Recording(simulation, output, beside);
  }

  /**
   * Puts fields and solver where the last frame of a file is, which stays as it is: another program may have changed it.
   * **Collective.**
   * @returns the seconds that the runs of the file took @throws as {@link append}
   */
  static async resume(path: string, simulation: Simulation, plan: Plan): Promise<number> {
    const { grid, recorded } = simulation;
    const contents = await contentsOf(path, grid);
    const taken = stepsIn(path, contents, simulation, plan);
    const last = contents.times.length - 1;
    for (const [name, { field }] of Object.entries(recorded)) await readInto("--restart", field, path, name, last);
    simulation.resume?.(taken);
    return contents.walltime;
  }

  get path(): string {
    return this.#output.path;
  }

  get backend(): string {
    return this.#output.backend;
  }

  /** Why it is this backend. */
  get reason(): string {
    return this.#output.reason;
  }

  /** Appends a frame, and keeps what belongs to it. **Collective.** */
  async write(time: number): Promise<void> {
    const { restore, keep } = this.#simulation;
    const last = this.#output.times.at(-1) ?? Number.NEGATIVE_INFINITY;
    // What is kept of a frame is under way with it, and nothing else.
    if (keep && this.beside) await this.#settle("all");
    // A run that was killed may have written a frame more than it has kept: the same again.
    if (restore === undefined || time > last) await this.#writeFrame(time);
    await keep?.(this.#output.path, this.beside);
  }

  async #writeFrame(time: number): Promise<void> {
    const { recorded } = this.#simulation;
    const fields = mapped(recorded, ({ field }): AnyField => field);
    const first = recorded[Object.keys(this.#output.variables)[0]!];
    await this.#output.writeFrame(time, fields, first?.figures?.());
  }

  /** Has the frames counted that all ranks have written. **Collective.** */
  async settle(): Promise<void> {
    if (this.beside) await this.#settle("written");
  }

  async #settle(which: "written" | "all"): Promise<void> {
    const { settle } = this.#simulation;
    if (settle) await settle(this.#output, which);
    else if (which === "all") await this.#output.flush();
    else this.#output.settle();
  }

  /**
   * Closes the file behind an error, where all ranks meet it: what was written before counts, and nothing more stays on the disk.
   * **Collective.**
   */
  async leave(error: unknown): Promise<void> {
    const isOnAll = error instanceof UsageError || error instanceof FileError;
    if (isOnAll) await this.close().catch(() => undefined);
  }

  /** **Collective.** */
  async close(): Promise<void> {
    try {
      if (this.beside) await this.#settle("all");
    } finally {
      await this.#output.close();
    }
  }
}

const contentsOf = (path: string, grid: Grid) =>
  Lane.of(grid.comm).call((lane) => lane.fromRoot(() => contentsFor(grid, path)));

/**
 * Whether the ranks write their blocks of frames of a file as they are, which a thread beside the run can do. **Collective.**
 * @throws UsageError where they do not, and frames are to be written beside the run in any case
 */
async function isInBlocks(path: string, grid: Grid, asked: Beside | undefined): Promise<boolean> {
  const { form } = await contentsOf(path, grid);
  if (form === "contiguous") return true;
  if (asked !== "on") return false;
  const whose = form === "chunked" ? "which rank 0 writes" : "whose frames are compressed";
  throw wrong('"--output-beside"', `off or auto with "${path}", ${whose}`, show(asked), "Leave it out.");
}

/** Opens a file to continue it, and tells whether frames are written beside the run. **Collective.** */
async function reopened(path: string, simulation: Simulation, plan: Plan): Promise<readonly [Output, boolean]> {
  const { backend, outputBeside } = plan;
  const beside = besideFor(simulation, plan) && (await isInBlocks(path, simulation.grid, outputBeside));
  const how = { ...(backend ? { backend } : {}), ...(beside ? { beside } : {}) };
  return [await Output.append(simulation.grid, path, how), beside];
}

/** Whether frames are to be written beside the run: not where they are compressed. **Collective.** */
function besideFor({ grid, recorded }: Simulation, { outputBeside = "off", backend, gzip = 0 }: Plan): boolean {
  if (gzip > 0) return false;
  const fields = Object.values(recorded).map(({ field }) => field);
  const byteLength = fields.reduce((sum, field) => sum + frameByteLength(field), 0);
  return besideOf(outputBeside, grid, backend, byteLength);
}

/** The steps that a file has the result of. @throws FileError when it is not of this run; UsageError when it has more */
function stepsIn(
  path: string,
  { variables, times }: Pick<Output, "variables" | "times">,
  { recorded, title, dt }: Simulation,
  { steps }: Plan,
): number {
  const described = (dtypes: Readonly<Record<string, string>>) =>
    Object.entries(dtypes)
      .map(([name, dtype]) => `${name} (${dtype})`)
      .sort()
      .join(", ");
  const expected = described(mapped(recorded, ({ field }) => field.dtype));
  const got = described(variables);
  const other = "Choose the file of such a run.";
  if (got !== expected) throw wrongFile(path, `the variables ${expected} of ${title}`, got, other);
  const time = times.at(-1)!;
  const taken = Math.round(time / dt);
  if (taken * dt !== time) throw wrongFile(path, `times in steps of ${dt}`, `time ${time}`, other);
  if (taken > steps) {
    const todo = "It is the total; left out, it is that of the first run.";
    throw wrong('"--steps"', `at least ${taken}, as many as "${path}" has already`, steps, todo);
  }
  return taken;
}
