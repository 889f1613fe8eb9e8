/**
 * Cells that follow each other in one pass over a block: what one computes for the next is kept in a few rows, and never
 * lies in memory as a whole. The block is computed in *strips* of rows; the cells run ahead of the last one by the rows
 * that are read behind them, and what a strip leaves for the next is copied to the front of its rows. On three axes
 * the pass goes plane by plane; see planes.ts.
 *
 *     rows of the last cell        i - 1 |  i ... i + n - 1  | i + n ...
 *     rows kept of what it reads     i - 1 ... i + n  ------> | i + n - 1, i + n  of the next strip
 */
import { wrong } from "../argument.js";
import { Body, type Definition, type Type } from "./assemble.js";
import { sizeOf } from "./lower.js";
import { arraysOf, type Cell, type Fusion, type Layout, neededOf } from "./program.js";

/** Numbers of a strip of one array: what is kept is to stay in the second level of cache. */
const stripLength = 16384;

/**
 * Loads wait for stores to addresses that are the same in these bits. So the rows that are kept are shifted, anew for each
 * strip, until they differ from those of a field by a part of it: Cahn-Hilliard in place 0.945 to 0.86 ns a cell at 512 x 512.
 */
const alias = 4096;

/** Below and above the box, along each axis, how many more cells are computed. */
export interface Reach {
  readonly below: readonly number[];
  readonly above: readonly number[];
}

/** The arrays that a fusion's sweep takes, in ascending order: of those that are kept in rows the room for them. */
export function arraysOfFusion({ cells }: Fusion): readonly number[] {
  return [...new Set(cells.flatMap((cell) => arraysOf(cell)))].toSorted((a, b) => a - b);
}

/** How many numbers of room each array that is kept in rows needs. */
export function roomOfRows(fusion: Fusion, layout: Layout): ReadonlyMap<number, number> {
  const reaches = reachesOf(fusion, layout.strides.length);
  return new Map(
    fusion.rolled.map((array) => {
      const { below, above } = reaches[storing(fusion, array)]!;
      const rows = below[0]! + stripRows(layout) + above[0]!;
      return [array, rows * layout.strides[0]! + alias / sizeOf[layout.dtype]];
    }),
  );
}

function stripRows({ strides }: Layout): number {
  return Math.max(8, Math.min(64, 4 * Math.round(stripLength / 4 / strides[0]!)));
}

/** How many rows a strip leaves for the next. */
function keptRows({ below, above }: Reach): number {
  return below[0]! + above[0]!;
}

/** The cell that stores an array. */
export function storing({ cells }: Fusion, array: number): number {
  return cells.findIndex(({ stores }) => stores.some((store) => store.array === array));
}

/** The offsets at which a cell reads an array. */
export function offsetsOf(cell: Cell, array: number): readonly (readonly number[])[] {
  const needed = neededOf(cell);
  return cell.nodes.flatMap((node, n) =>
    needed[n] && node.op === "load" && node.array === array ? [node.offset] : [],
  );
}

/** How far beyond the box each cell is computed, for those that read it. */
export function reachesOf({ cells, rolled }: Fusion, axes: number): readonly Reach[] {
  const zero = () => new Array<number>(axes).fill(0);
  const reaches = cells.map(() => ({ below: zero(), above: zero() }));
  for (let reader = cells.length - 1; reader >= 0; reader--)
    for (const array of rolled)
      for (const offset of offsetsOf(cells[reader]!, array)) {
        const reach = reaches[storing({ cells, rolled }, array)]!;
        offset.forEach((o, axis) => {
          reach.below[axis] = Math.max(reach.below[axis]!, reaches[reader]!.below[axis]! - o);
          reach.above[axis] = Math.max(reach.above[axis]!, reaches[reader]!.above[axis]! + o);
        });
      }
  return reaches;
}

/** Grids have at most as many. */
const mostAxes = 3;

/** How many layers beyond the box the cells of a fusion read of each array that is not kept in rows. */
export function radiiOf({ cells, rolled }: Fusion): ReadonlyMap<number, number> {
  const radii = new Map<number, number>();
  const reaches = reachesOf({ cells, rolled }, mostAxes);
  cells.forEach((cell, i) => {
    const { below, above } = reaches[i]!;
    const raise = (array: number, axis: number, offset: number) => {
      const radius = Math.max(below[axis]! - offset, above[axis]! + offset);
      radii.set(array, Math.max(radii.get(array) ?? 0, radius));
    };
    const needed = neededOf(cell);
    cell.nodes.forEach((node, n) => {
      if (!needed[n]) return;
      if (node.op === "along") raise(node.array, node.axis, node.offset);
      if (node.op === "load" && !rolled.includes(node.array))
        node.offset.forEach((offset, axis) => {
          raise(node.array, axis, offset);
        });
    });
  });
  return radii;
}

/** What cells that are to be fused were expected to be, and what they are. */
interface Obstacle {
  readonly expected: string;
  readonly got: string;
}

/**
 * Why cells cannot be fused, if so: all but the last store only arrays that are kept in rows, each once and before it is
 * read, and what the last one stores was read for the last time by then.
 *
 * Of one axis, in strips of 4096 cells, two steps of diffusion on one rank take 1.43 ns a cell in place of 1.28 at 1000 cells,
 * 0.64 for 0.43 at 20 000, and gain at 4 million: 2.76 for 3.15.
 */
export function obstacleTo(fusion: Fusion, axes: number): Obstacle | undefined {
  const { cells, rolled } = fusion;
  if (axes < 2) return { expected: "cells of two or three axes to fuse", got: `cells of ${axes}` };
  const last = cells.length - 1;
  for (const [i, { stores }] of cells.entries())
    for (const { array } of stores)
      if (rolled.includes(array) === (i === last) || (i < last && storing(fusion, array) !== i))
        return {
          expected: "fused cells to store rows for the last one, and that to store the results",
          got: `array ${array}`,
        };
  const reaches = reachesOf(fusion, axes);
  for (const [i, cell] of cells.entries()) {
    for (const array of rolled)
      if (offsetsOf(cell, array).length > 0 && !(storing(fusion, array) < i))
        return { expected: "fused cells to read rows of earlier ones", got: `array ${array} before it is stored` };
    for (const { array } of cells[last]!.stores)
      for (const [o] of i < last ? offsetsOf(cell, array) : [])
        if (reaches[i]!.above[0]! + o! < 0) {
          const got = `array ${array} at offset ${o} of the first axis`;
          return { expected: "what is stored to have been read by then", got };
        }
  }
  return undefined;
}

/** @throws UsageError for cells that cannot be fused */
export function expectFusion(fusion: Fusion, { strides }: Layout): void {
  const obstacle = obstacleTo(fusion, strides.length);
  if (obstacle) throw wrong("expression", obstacle.expected, obstacle.got, "Compute the cells one by one.");
}

/**
 * The function that runs the sweeps of the cells strip by strip, with the signature of a sweep.
 * @param sweeps - the functions of the cells, in order
 */
export function writeRows(fusion: Fusion, layout: Layout, sweeps: readonly number[], name: string): Definition {
  const { cells, rolled } = fusion;
  const size = sizeOf[layout.dtype];
  const rowBytes = layout.strides[0]! * size;
  const arrays = arraysOfFusion(fusion);
  const axes = layout.strides.length;
  const reaches = reachesOf(fusion, axes);
  const params: Type[] = [...arrays.map((): Type => "i32"), "i32", ...new Array<Type>(2 * axes).fill("i32")];
  const body = new Body(params.length);
  const parameters = arrays.length;
  const lowOf = (axis: number) => parameters + 1 + 2 * axis;
  const highOf = (axis: number) => lowOf(axis) + 1;
  const [begin, end] = [lowOf(0), highOf(0)];
  const rows = body.local("i32");
  const shifts = new Map(rolled.map((array) => [array, body.local("i32")]));
  const sources = new Map(rolled.map((array) => [array, body.local("i32")]));
  const field = arrays.find((array) => !rolled.includes(array) && offsetsOf(cells[0]!, array).length > 0);

  const pushSum = (local: number, constant: number) => body.get(local).constant("i32", constant).op("i32.add");
  /** How many bytes the first cell of the strip is behind cell 0. */
  const pushStart = () => {
    for (let axis = 0; axis < axes; axis++) {
      body
        .get(lowOf(axis))
        .constant("i32", layout.strides[axis]! * size)
        .op("i32.mul");
      if (axis > 0) body.op("i32.add");
    }
    return body;
  };
  /** How many bytes a cell in the rows that are kept is behind the first of them. */
  const inside = (array: number) => {
    const { below } = reaches[storing(fusion, array)]!;
    return below.reduce((sum, n, axis) => sum + n * layout.strides[axis]! * size, 0);
  };
  /** The address of cell 0 of an array; `begin` is the first row of the strip. */
  const pushPointer = (array: number) => {
    const local = arrays.indexOf(array);
    if (!rolled.includes(array)) return body.get(local);
    pushSum(local, inside(array)).get(shifts.get(array)!).op("i32.add");
    return pushStart().op("i32.sub");
  };
  const setShifts = () => {
    if (field === undefined) return;
    rolled.forEach((array, k) => {
      const apart = (Math.round(((k + 1) * alias) / (rolled.length + 1) / 16) * 16 - inside(array)) | 0;
      pushStart().get(arrays.indexOf(field)).op("i32.add").constant("i32", apart).op("i32.add");
      body
        .get(arrays.indexOf(array))
        .op("i32.sub")
        .constant("i32", alias - 16)
        .op("i32.and");
      body.set(shifts.get(array)!);
    });
  };
  /** A cell in some rows, and in all the columns that are needed of it. */
  const writeCell = (i: number, pushRows: () => void) => {
    const { below, above } = reaches[i]!;
    for (const array of arraysOf(cells[i]!)) pushPointer(array);
    body.get(parameters);
    pushRows();
    for (let axis = 1; axis < axes; axis++) {
      pushSum(lowOf(axis), -below[axis]!);
      pushSum(highOf(axis), above[axis]!);
    }
    body.op("call", sweeps[i]!);
  };

  const isLeft = () => body.get(end).get(begin).op("i32.gt");
  isLeft().open("if");
  setShifts();
  // The rows before those of the first strip.
  cells.slice(0, -1).forEach((_, i) => {
    writeCell(i, () => {
      pushSum(begin, -reaches[i]!.below[0]!);
      pushSum(begin, reaches[i]!.above[0]!);
    });
  });
  body.open("loop");
  const strip = stripRows(layout);
  const remain = () => body.get(end).get(begin).op("i32.sub");
  remain().constant("i32", strip);
  remain().constant("i32", strip).op("i32.lt").op("select").set(rows);
  cells.forEach((_, i) => {
    const ahead = reaches[i]!.above[0]!;
    writeCell(i, () => {
      pushSum(begin, ahead);
      pushSum(begin, ahead).get(rows).op("i32.add");
    });
  });
  body.get(begin).get(rows).op("i32.add").set(begin);
  isLeft().open("if");
  const pushRows = (array: number) => body.get(arrays.indexOf(array)).get(shifts.get(array)!).op("i32.add");
  const kept = rolled.filter((array) => keptRows(reaches[storing(fusion, array)]!) > 0);
  // From where the shifts of this strip were to where those of the next one are.
  for (const array of kept)
    pushRows(array).get(rows).constant("i32", rowBytes).op("i32.mul").op("i32.add").set(sources.get(array)!);
  setShifts();
  for (const array of kept) {
    pushRows(array).get(sources.get(array)!);
    body.constant("i32", keptRows(reaches[storing(fusion, array)]!) * rowBytes).op("memory.copy", 0, 0);
  }
  body.op("br", 1).op("end").op("end").op("end");
  return { signature: { params, results: [] }, body, name };
}
