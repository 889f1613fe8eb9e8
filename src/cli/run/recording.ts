/** The file of an advection run: its frames, and how a run is continued from the last one. */
import type { Mpdata } from "../../advection/mpdata.js";
import { wrong, wrongFile } from "../../argument.js";
import type { Field } from "../../grid/field.js";
import type { Grid } from "../../grid/grid.js";
import { Output } from "../../io/output.js";
import type { Variable } from "../../io/snapshot.js";
import { packageVersion } from "../../package.js";
import { configOf } from "./config.js";
import type { Run } from "./simulate.js";

/** What is recorded. */
export interface Recorded {
  readonly grid: Grid;
  readonly fields: Readonly<Record<string, Field<"f64" | "f32">>>;
  /** The velocity of the last step, where the next is extrapolated from it. */
  readonly velocity: readonly Field<"f64">[];
  readonly solver: Mpdata;
}

/** Everything that the next step needs, by its name in the file. */
function variablesOf({ fields, velocity }: Recorded): Readonly<Record<string, Field<"f64" | "f32">>> {
  const names = ["u", "v", "w"];
  return { ...fields, ...Object.fromEntries(velocity.map((field, axis) => [names[axis]!, field])) };
}

/** The file of a run, with the frames of its steps. */
export class Recording {
  readonly #recorded: Recorded;
  readonly #output: Output;

  private constructor(recorded: Recorded, output: Output) {
    this.#recorded = recorded;
    this.#output = output;
  }

  /** Creates the file, and writes the first frame. **Collective.** */
  static async create(run: Run, steps: number, recorded: Recorded): Promise<Recording> {
    const { grid, fields } = recorded;
    const { case: name, every = Math.max(steps, 1), backend, output: path, overwrite } = run;
    const version = packageVersion();
    const describe = ([one, { dtype }]: [string, Field<"f64" | "f32">]): [string, Variable] => {
      const longName = one in fields ? "advected scalar" : `velocity ${one} of the last step`;
      return [one, { longName, units: "1", dtype }];
    };
    const output = await Output.create(grid, path!, {
      variables: Object.fromEntries(Object.entries(variablesOf(recorded)).map(describe)),
      overwrite,
      ...(backend === "gather" ? {} : { capacity: 1 + Math.ceil(steps / every) }),
      ...(backend ? { backend } : {}),
      attributes: {
        title: `MPDATA advection: ${name}`,
        source: `wasm-mpi ${version}`,
        history: `${new Date().toISOString()} wasm-mpi advect ${name}`,
        version,
        config: configOf(run, grid.shape, steps),
      },
    });
    const recording = new Recording(recorded, output);
    await recording.write(0);
    return recording;
  }

  /**
   * Opens the file of a run, and puts fields and solver where its last frame is. **Collective.**
   * @throws FileError when it is not of this run; UsageError when it has more than the steps
   */
  static async continue(run: Run, steps: number, dt: number, recorded: Recorded): Promise<Recording> {
    const { restart: path, backend } = run;
    const { grid, solver, velocity } = recorded;
    const output = await Output.append(grid, path!, backend ? { backend } : {});
    const all = variablesOf(recorded);
    const describe = (dtypes: Readonly<{ [name: string]: string }>) =>
      Object.entries(dtypes)
        .map(([name, dtype]) => `${name} (${dtype})`)
        .sort()
        .join(", ");
    const expected = describe(Object.fromEntries(Object.entries(all).map(([name, { dtype }]) => [name, dtype])));
    const got = describe(output.variables);
    const todo = "Choose the file of such a run.";
    if (got !== expected) throw wrongFile(path!, `the variables ${expected} of ${run.case}`, got, todo);
    const time = output.times.at(-1)!;
    const taken = Math.round(time / dt);
    if (taken * dt !== time) throw wrongFile(path!, `times in steps of ${dt}`, `time ${time}`, todo);
    if (taken > steps) {
      throw wrong('"--steps"', `at least ${taken}, as many as "${path}" has already`, steps, "It is the total.");
    }
    for (const [name, field] of Object.entries(all)) await output.read(name, -1, field);
    const before = taken > 0 && velocity.length > 0 ? { velocity: { fields: velocity, time: (taken - 1) * dt } } : {};
    solver.resume({ steps: taken, ...before });
    return new Recording(recorded, output);
  }

  get path(): string {
    return this.#output.path;
  }

  get backend(): string {
    return this.#output.backend;
  }

  /** Appends a frame. **Collective.** */
  write(time: number): Promise<void> {
    return this.#output.write(time, variablesOf(this.#recorded));
  }

  /** **Collective.** */
  close(): Promise<void> {
    return this.#output.close();
  }
}
