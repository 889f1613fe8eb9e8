/** The state of a solve in a file, from which another one goes on with the same bits, on any number of ranks. */
import { wrongFile } from "../argument.js";
import type { AnyField } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import { Mould } from "../io/datasets.js";
import type { OutputOptions } from "../io/options.js";
import { Output } from "../io/output.js";
import { expectSetup, type Setup } from "./setup.js";
import type { Beginning } from "./time.js";
import type { TrackerStates } from "./trackers/tracker.js";

/** What of a run is no field. */
export interface RestartState {
  /** Equations and options, which have to be the same. */
  readonly setup: Setup;
  readonly step: number;
  readonly time: number;
  /** Where steps of one length begin, if not at the start. */
  readonly from?: Beginning;
  /** The length of the next step of an adaptive stepper; of steps by a flow the longest that other terms allow, if any. */
  readonly dt: number | null;
  /** True where the history of the stepper is kept. */
  readonly history: boolean;
  readonly constants: Readonly<Record<string, number>>;
  /** Constants that are fields, by name and digest. */
  readonly fields?: readonly string[];
  readonly trackers: TrackerStates;
}

/** The attribute that the file of a state has, as JSON. */
export const stateAttribute = "pde_restart";

/** The length of a state's text is a multiple of that many characters. */
const STATE_STEP = 128;

/** The file of the state beside a file of frames: `out.restart.h5` beside `out.h5`. */
export function restartPath(path: string): string {
  return `${path.replace(/\.h5$/, "")}.restart.h5`;
}

/** The file of frames beside that of a state; undefined for a name that is none of a state. */
export function framesPath(path: string): string | undefined {
  return /\.restart\.h5$/.test(path) ? path.replace(/\.restart\.h5$/, ".h5") : undefined;
}

/** How the file of a state is written. */
type StateOptions = Pick<OutputOptions, "backend" | "beside">;

/** How a file is written beside the run, as states are then; nothing where the run waits. */
export function besideOptions(beside: boolean, backend: OutputOptions["backend"]): StateOptions {
  return beside ? { beside, ...(backend ? { backend } : {}) } : {};
}

/**
 * The states of a run beside the frames of a file: each takes the place of the one before when it is whole, and when its frame
 * counts.
 *
 *     main thread   | steps | copies of frame 1, state 1 | steps                    | counts frame 1, names state 1 | copies ...
 *     other thread                                       | writes frame 1, state 1  |
 */
export class StateFile {
  readonly #path: string;
  readonly #options: StateOptions;
  readonly #mould = new Mould(stateAttribute);
  /** The file of a state that has no name yet. */
  #pending: Output | undefined;

  /** @param path of the state, see {@link restartPath} */
  constructor(path: string, options: StateOptions = {}) {
    this.#path = path;
    this.#options = options;
  }

  /**
   * Writes a state: where it is written beside the run, from fields as they are now, and none before it is under way.
   * **Collective.** @param waits it has its name when this returns, whatever is written beside the run @throws FileError
   */
  async write(
    grid: Grid,
    state: RestartState,
    fields: ReadonlyMap<string, AnyField>,
    waits = !this.#options.beside,
  ): Promise<void> {
    const variables = Object.fromEntries(
      Array.from(fields, ([name, { dtype }]) => [name, { dtype: dtype as "f64" | "f32" }]),
    );
    const text = JSON.stringify(state);
    // With spaces, so that most of its texts have one length: see Mould.
    const attributes = { [stateAttribute]: text.padEnd(STATE_STEP * Math.ceil(text.length / STATE_STEP)) };
    const options = { variables, attributes, overwrite: true, capacity: 1, ...(waits ? {} : this.#options) };
    const output = await Output.createSingle(grid, this.#path, options, this.#mould);
    try {
      await output.write(state.time, Object.fromEntries(fields) as never);
      if (!waits) this.#pending = output;
    } finally {
      if (!this.#pending) await output.close();
    }
  }

  /**
   * Has frames counted, those that are written or all, and the state of the last one take its name. **Collective.**
   * @param frames the file that has them @throws FileError for what was not written: the state before stays
   */
  async settle(frames: Output, which: "written" | "all"): Promise<void> {
    const state = this.#pending;
    try {
      if (which === "all") await frames.flush();
      else frames.settle();
      if (!state || frames.underWay > 0) return;
      if (which === "written") {
        state.settle();
        if (state.underWay > 0) return;
      }
    } catch (error) {
      this.#pending = undefined;
      await state?.abandon();
      throw error;
    }
    this.#pending = undefined;
    await state.close();
  }
}

/** A state in a file, and what reads its fields. **Collective.** @throws FileError; UsageError where the setup is another one */
export async function readRestart(
  grid: Grid,
  path: string,
  setup: Setup,
): Promise<{ readonly state: RestartState; readonly read: (fields: ReadonlyMap<string, AnyField>) => Promise<void> }> {
  const output = await Output.append(grid, path);
  const text = output.attributes[stateAttribute];
  if (typeof text !== "string") {
    await output.close();
    throw wrongFile(
      path,
      "the state of a solve",
      "other fields",
      `Name the file ${restartPath("out.h5")} of storage("out.h5").`,
    );
  }
  const state = JSON.parse(text) as RestartState;
  const { constants: numbers, fields = [] } = state;
  try {
    expectSetup(state.setup, setup, { numbers, fields });
  } catch (error) {
    await output.close();
    throw error;
  }
  return {
    state,
    async read(fields) {
      for (const [name, field] of fields) await output.read(name, -1, field);
      await output.close();
    },
  };
}

/**
 * Checks that a state is the one of a frame in the file beside it: that of another run has other bits. It is that of the
 * last frame, or of one before where a run was killed between both.
 * **Collective.** @throws FileError
 * @param fields the unknowns of the state @param open not 0 where files have them, where there is a mask
 */
export async function expectFrame(
  output: Output,
  fields: ReadonlyMap<string, AnyField>,
  { time }: Pick<RestartState, "time">,
  open?: AnyField,
): Promise<void> {
  const { path, grid, times } = output;
  const refuse = (got: string) => {
    const todo = `Put back the state that was written with "${path}", or start anew.`;
    return wrongFile(restartPath(path), `the state of a frame of "${path}"`, got, todo);
  };
  const frame = times.indexOf(time);
  if (frame < 0) throw refuse(`one of time ${time}, where there is no frame`);
  const cells = open?.interior();
  for (const [name, field] of fields) {
    const stored = grid.field(0, { dtype: field.dtype }) as AnyField;
    await output.read(name, frame, stored);
    const [before, now] = [stored.interior(), field.interior()];
    stored.free();
    const differs = now.some((value, i) => !Object.is(value, before[i]) && cells?.[i] !== 0);
    const [any] = grid.comm.allreduce(Int32Array.of(Number(differs)), new Int32Array(1), { op: "max" });
    if (any !== 0) throw refuse(`one of time ${time} with another ${name}`);
  }
}
