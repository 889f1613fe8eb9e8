/** Fields from variables of HDF5 and netCDF-4 files, whichever program wrote them. */
import { expectKeys, show, wrong, wrongFile } from "../argument.js";
import type { LongName, ToShort } from "../elements.js";
import { type Plain, type Ranges, Variable } from "../hdf5/variable.js";
import { Lane } from "../mpi/comm/lane.js";
import { expectSame } from "../mpi/comm/same.js";
import { checkPath } from "../path.js";
import type { AnyField, Dtype, Field, Place } from "./field.js";
import type { Grid } from "./grid.js";

/** How a variable is read. */
export interface ReadOptions<D extends Dtype | LongName<Dtype> = Dtype> {
  /** The frame, where the variable has some along its first axis; a negative one counts from the end. Default: -1. */
  readonly frame?: number;
  /** Type of the field. Default: f64. */
  readonly dtype?: D;
  /** Where the values are: `x-face` for a field of the faces across an axis. Default: `cell`. */
  readonly at?: Place;
}

/** A new field of a variable. **Collective.** */
export async function readField<D extends Dtype | LongName<Dtype>>(
  grid: Grid,
  path: string,
  name: string,
  options: ReadOptions<D>,
): Promise<Field<ToShort<D> & Dtype>> {
  const where = "Grid.read";
  expectKeys(where, options, ["frame", "dtype", "at"]);
  const { frame = -1, dtype, at } = options;
  const field = grid.field(0, { ...(dtype === undefined ? {} : { dtype }), ...(at === undefined ? {} : { at }) });
  try {
    await readInto(where, field, path, name, frame);
    return field;
  } catch (error) {
    field.free();
    throw error;
  }
}

/**
 * Sets a field to a variable, or to a frame of it; the halo stays as it is. Each rank reads its block of the file, which
 * all have to see. **Collective**; other calls may be made before the promise is settled.
 * @param where - the call of the program, for error texts
 */
export async function readInto(
  where: string,
  field: AnyField,
  path: string,
  name: string,
  frame: number,
): Promise<void> {
  const { grid, dtype, at, shape, blockShape } = field;
  const { comm, start } = grid;
  const asked = [path, name, frame, dtype, ...(at === "cell" ? [] : [at])].map(show).join(", ");
  expectSame(comm, `${where}: "path, name, frame, dtype"`, asked);
  checkPath(where, path);
  if (typeof name !== "string") throw wrong(`${where}: "name"`, "the name of a variable", show(name), "Pass one.");
  if (!Number.isInteger(frame)) {
    throw wrong(`${where}: "frame"`, "a whole number", show(frame), "Leave it out for the last.");
  }
  await Lane.of(comm).call(async (lane) => {
    let variable: Variable | undefined;
    try {
      const index = await lane.fromRoot(async () => {
        variable = await Variable.open(where, path, name);
        return checkVariable(where, shape, variable, { path, name, frame, dtype, at });
      });
      let failure: unknown;
      try {
        variable ??= await Variable.open(where, path, name);
      } catch (cause) {
        const todo = "Use a file system that all ranks see.";
        failure = wrongFile(path, `a file that rank ${comm.rank} can read`, cause, todo);
      }
      await lane.everywhere(() => {
        if (failure) throw failure;
        const cells = blockShape.map((n, axis) => [start[axis]!, start[axis]! + n] as const);
        const block: Ranges = index === undefined ? cells : [[index, index + 1], ...cells];
        variable!.read(block, (part, values) => {
          if (dtype === "i32") checkWhole(path, name, values);
          setPart(field, part.slice(-cells.length), values);
        });
      });
    } finally {
      variable?.close();
    }
  });
}

/** What is to be read. */
interface Asked {
  readonly path: string;
  readonly name: string;
  readonly frame: number;
  readonly dtype: Dtype;
  readonly at: Place;
}

/** The index of the frame; undefined for a variable without frames. @throws where the variable does not fit the grid */
function checkVariable(
  where: string,
  shape: readonly number[],
  { shape: found, isInteger, place }: Variable,
  { path, name, frame, dtype, at }: Asked,
): number | undefined {
  if (place !== undefined && place !== at) {
    const todo =
      where === "Grid.read" ? `Pass { at: "${place}" } for a field of ${place}s.` : "Choose a variable of cells.";
    throw wrongFile(path, `"${name}" of values at ${at}s`, `values at ${place}s`, todo);
  }
  const cells = shape.join(" x ");
  const hasFrames = found.length === shape.length + 1;
  if (found.slice(hasFrames ? 1 : 0).join(" x ") !== cells) {
    const got = found.length === 0 ? "one number" : found.join(" x ");
    const fits = found.slice(-shape.length);
    const isLike = fits.length === shape.length && (found.length === shape.length || hasFrames);
    const todo =
      at !== "cell"
        ? `Choose a variable of ${at}s, or leave out "at".`
        : isLike
          ? `Make the grid of that shape: pass { shape: [${fits.join(", ")}] } (--shape ${fits.join(",")}).`
          : "Choose a variable of the grid's axes.";
    throw wrongFile(path, `"${name}" of ${cells} ${at}s, or frames of as many`, got, todo);
  }
  const count = hasFrames ? found[0]! : 1;
  if (count === 0) throw wrongFile(path, `"${name}" with frames`, "none", "Choose a file that has some.");
  if (frame < -count || frame >= count) {
    const expected = `a whole number from ${-count} to ${count - 1} (${count === 1 ? "1 frame" : `${count} frames`})`;
    throw wrong(`${where}: "frame"`, expected, frame, "Choose one of them.");
  }
  if (dtype === "i32" && !isInteger) {
    throw wrongFile(path, `"${name}" of integers for a field of i32`, "floats", "Leave out the dtype, or give f64.");
  }
  return hasFrames ? (frame < 0 ? frame + count : frame) : undefined;
}

/** @throws FileError for a value that is no i32 */
function checkWhole(path: string, name: string, values: ArrayLike<number>): void {
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    if (value === (value | 0)) continue;
    throw wrongFile(path, `"${name}" of values that an i32 holds`, String(value), "Leave out the dtype, or give f64.");
  }
}

/** Sets the cells of a part, by their indices in the whole grid. */
function setPart(field: AnyField, part: Ranges, values: Plain): void {
  const { start } = field.grid;
  const low = part.map(([first], axis) => first - start[axis]!);
  const counts = part.map(([first, end]) => end - first);
  const row = counts.at(-1)!;
  const cell = [...low];
  for (let begin = 0; begin < values.length; begin += row) {
    field.data.set(values.subarray(begin, begin + row), field.index(...cell));
    // The next row, in C order.
    for (let axis = counts.length - 2; axis >= 0; axis--) {
      cell[axis]!++;
      if (cell[axis]! < low[axis]! + counts[axis]!) break;
      cell[axis] = low[axis]!;
    }
  }
}
