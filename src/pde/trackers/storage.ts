/** The tracker that keeps frames in a file. */
import { resolve } from "node:path";
import { expectKeys, keysOf, show, wrong } from "../../argument.js";
import { FileError } from "../../errors.js";
import type { AnyField } from "../../grid/field.js";
import type { OutputOptions } from "../../io/options.js";
import { Output } from "../../io/output.js";
import { blemished, findBlemish } from "../finite.js";
import { figuresOfOpen } from "../mask.js";
import { expectTexts } from "../options.js";
import type { Watch } from "../programs/watch.js";
import { besideOptions, expectFrame, restartPath, StateFile } from "../restart.js";
import { expectAsStored, storedIn } from "./stored.js";
import type { Tracker } from "./tracker.js";
import { checkUnits, unitsOfPlace, unitsOfVariable } from "./units.js";
import { Due, type Interval } from "./when.js";

/** Options of {@link storage}. */
export interface StorageOptions
  extends Interval,
    Pick<OutputOptions, "overwrite" | "backend" | "durable" | "gzip" | "beside"> {
  /** Further values to store, by name: texts of the unknowns. */
  readonly save?: Readonly<Record<string, string>>;
  /**
   * Units by name, of unknowns, further values, axes and the time `t`: `{ c: "mol m-3", x: "m", t: "s" }`. A restart goes on
   * with those of the file, and refuses others. Default: none.
   */
  readonly units?: Readonly<Record<string, string>>;
  /** Keep what a restart needs in a file beside it. Default: true. */
  readonly restart?: boolean;
  /** Store values that are no finite numbers, too. Default: false, an error. */
  readonly unchecked?: boolean;
}

/** The options of {@link storage}. */
const storageKeys = keysOf<StorageOptions>({
  every: true,
  steps: true,
  overwrite: true,
  backend: true,
  durable: true,
  gzip: true,
  beside: true,
  save: true,
  units: true,
  restart: true,
  unchecked: true,
});

/**
 * Stores the unknowns in one HDF5 file of all ranks.
 *
 * ```js
 * const file = storage("c.h5", { every: 0.5, save: { slope: "sqrt(gradient_squared(c))" }, overwrite: true });
 * await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c }, until: 1, dt: 0.1, track: [file] });
 * console.log((await Output.open("c.h5")).times.join(" ")); // 0 0.5 1
 * ```
 */
export function storage(path: string, options: StorageOptions = {}): Tracker {
  const where = "storage";
  if (typeof path !== "string" || path === "") {
    throw wrong(`${where}: "path"`, "the path of a file", show(path), 'Write storage("out.h5").');
  }
  expectKeys(where, options, storageKeys);
  const { every: _, steps: __, save = {}, units = {}, restart = true, unchecked = false, ...rest } = options;
  expectTexts(`${where}: "save"`, save, "texts by name", '{ square: "c^2" }');
  expectTexts(`${where}: "units"`, units, "texts by name", '{ c: "K" }');
  const { overwrite: ___, gzip, ...how } = rest;
  const { beside = false, backend } = how;
  const besides = besideOptions(beside, backend);
  const state = new StateFile(restartPath(path), besides);
  let output: Output | undefined;
  let watch: Watch | undefined;
  /** The file has frames of the run before. */
  let goesOn = false;
  return {
    name: `storage ${path}`,
    due: new Due(where, options),
    asked: { save, units, restart, unchecked, ...rest },
    get kept() {
      return Object.keys(save).length > 0 ? save : undefined;
    },
    async begin(run) {
      const names = Object.keys(save);
      if (names.length > 0) watch = run.watch("save", save, {});
      const taken = names.find((name) => run.arrays.has(name));
      if (taken !== undefined)
        throw wrong(`${where}: "save"`, "names that are free", JSON.stringify(taken), "Rename it.");
      const measured = { variables: [...run.arrays.keys(), ...names], axes: run.grid.axes.map((axis) => axis.name) };
      checkUnits(`${where}: "units"`, units, measured);
      const isBeside = run.restarted !== undefined && resolve(run.restarted) === resolve(restartPath(path));
      const stored = run.resumed === undefined ? undefined : await storedIn(run.grid, path);
      // The frames before the state have to be there; of another name they may be in another file.
      goesOn = stored !== undefined || isBeside;
      if (goesOn) {
        if (stored) expectAsStored(where, path, stored, { units, gzip, save: names }, measured);
        output = await Output.append(run.grid, path, how);
        // Another file may have frames at other times.
        if (isBeside || output.times.includes(run.time)) await expectFrame(output, run.arrays, run, run.open);
        return;
      }
      const variables = Object.fromEntries(
        measured.variables.map((name) => {
          const text = unitsOfVariable(name, units, measured.variables);
          return [name, { dtype: run.dtype, ...(text === undefined ? {} : { units: text }) }];
        }),
      );
      const place = unitsOfPlace(units, measured.axes);
      output = await Output.create(run.grid, path, { variables, ...place, ...rest }).catch((error: unknown) => {
        throw restart ? inPrograms(error, path) : error;
      });
    },
    resume(kept) {
      if (!goesOn) return;
      const before = kept as typeof save;
      const name = Object.keys(save).find((each) => before[each] !== save[each]);
      if (name === undefined) return;
      const expected = `${show(before[name])} for ${name}, as in the frames before`;
      throw wrong(
        `${where}: "save"`,
        expected,
        show(save[name]),
        "Give it another name, and store it in another file.",
      );
    },
    async call(run) {
      if (!output) return undefined;
      const fields: Record<string, AnyField> = Object.fromEntries(run.arrays);
      if (watch) {
        watch.run(run.time);
        for (const name of Object.keys(save)) fields[name] = watch.field(name);
      }
      const blemish = unchecked ? undefined : findBlemish(new Map(Object.entries(fields)));
      if (blemish) throw blemished("Pde.solve", blemish, run.time, run.step);
      // A frame and its state are under way at most, which takes its name when the frame counts.
      if (beside && restart) await state.settle(output, "all");
      // What a run before has stored is the same.
      if (run.time > (output.times.at(-1) ?? Number.NEGATIVE_INFINITY)) {
        if (run.open) {
          const shown = withoutClosed(fields, run.open);
          const first = fields[Object.keys(output.variables)[0]!]!;
          await output.writeFrame(run.time, shown, figuresOfOpen(first, run.open));
          for (const field of Object.values(shown)) field.free();
        } else await output.write(run.time, fields as never);
      }
      if (restart) run.saveRestart(state);
      return undefined;
    },
    async end() {
      const file = output;
      output = undefined;
      watch = undefined;
      try {
        if (file && beside) await state.settle(file, "all");
      } finally {
        await file?.close();
      }
    },
  };
}

/** The error of a file that is there already, with how equations go on in it. */
function inPrograms(error: unknown, path: string): unknown {
  if (!(error instanceof FileError)) return error;
  const goOn = `or go on in it by solve({ restart: ${show(restartPath(path))} }).`;
  const text = error.message.replace(/ \(--overwrite\), or continue it with .*/, () => `, ${goOn}`);
  return text === error.message ? error : new FileError(text, error.path, error.cause);
}

/** Copies of fields that are NaN in closed cells. */
function withoutClosed(fields: Readonly<Record<string, AnyField>>, open: AnyField): Readonly<Record<string, AnyField>> {
  const cells = open.interior();
  const entries = Object.entries(fields).map(([name, field]) => {
    const values = field.interior().map((value, i) => (cells[i] === 0 ? Number.NaN : value));
    return [name, field.grid.field(values, { dtype: field.dtype })] as const;
  });
  return Object.fromEntries(entries) as Readonly<Record<string, AnyField>>;
}
