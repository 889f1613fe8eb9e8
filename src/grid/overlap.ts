/**
 * Kernels that compute the interior of a block while the messages of its halo travel, and the shell around it when they have
 * arrived:
 *
 *     messages    | axis 0 ............ | axis 1 ......... |
 *     cells       | slab | slab | slab | slab | slab | waits | shell |
 *
 * Between slabs the library gets to move messages, and those along the next axis are started as soon as the ones before are
 * there. The bits do not depend on the order in which cells are computed.
 */
import { showAll, wrong } from "../argument.js";
import { currentWorld } from "../mpi/library/world.js";
import { interiorOf, shellOf } from "./code.js";
import { thinnest } from "./decompose.js";
import type { Grid } from "./grid.js";
import type { Halo } from "./halo.js";

/** Whether cells are computed while messages travel; `"auto"`: where it can help. */
export type Overlap = boolean | "auto";

/** Slabs of an interior at most, and the cells that each has at least: some 0.1 ms of work between two looks at messages. */
const [mostSlabs, slabCells] = [8, 2 ** 15];

/** Cells of a block, and of its rows where they are cut, from which on a cut takes less than a message between nodes. */
const least = { cells: 2 ** 12, row: 512 };

/** Whether cells of a grid are computed while messages travel. @param where the option in error texts @throws UsageError */
export function overlaps(where: string, value: unknown, grid: Grid): boolean {
  if (typeof value === "boolean") return value;
  if (value === undefined || value === "auto") return helps(grid);
  throw wrong(where, 'true, false or "auto"', showAll(value), 'Leave it out for "auto".');
}

/**
 * Whether it can help, the same on all ranks. Not between ranks of one node: there a message is a copy, which the rank that
 * computes has to do itself. A step of MPDATA with the limiter on 2 such ranks takes 1.11 times as long at 64^2, 1.02
 * times at 256^2; where rows are cut 1.16 times at 128^2 and 1.09 times at 256^2.
 */
function helps({ comm, shape, split }: Grid): boolean {
  const { waiting, size } = currentWorld();
  return comm.size > 1 && waiting.ranksHere < size && paysBetweenNodes(shape, split);
}

/** Whether the blocks of a grid are large enough for a cut. */
export function paysBetweenNodes(shape: readonly number[], split: readonly number[]): boolean {
  const block = shape.map((n, axis) => thinnest(n, split[axis]!));
  const cells = block.reduce((product, n) => product * n, 1);
  const cutsRows = shape.length > 1 && split.at(-1)! > 1;
  return cells >= least.cells && (!cutsRows || block.at(-1)! >= least.row);
}

/** Boxes of cells that together are a block: the begin and the end along each axis, by index in the block. */
export interface Cut {
  /** What is computed while messages travel, in slabs. */
  readonly slabs: readonly (readonly number[])[];
  /** What is computed afterwards. */
  readonly shell: readonly (readonly number[])[];
  /** The axes whose halo is filled before anything travels. */
  readonly local: readonly number[];
  /** The first axis whose fill waits for other ranks, or their number. */
  readonly end: number;
}

/**
 * How to cut a block for an exchange; `undefined` where nothing travels, or no cell is far enough from what does. **Local.**
 * @param reach how far kernels read, along all axes or along each
 * @param isApart whether the fill along an axis waits for other ranks
 */
export function cutOf(
  halo: Halo,
  reach: number | readonly number[],
  isApart: (axis: number) => boolean = () => false,
): Cut | undefined {
  const { blockShape } = halo.grid;
  const axes = [...blockShape.keys()];
  const reachOf = (axis: number) => (typeof reach === "number" ? reach : reach[axis]!);
  if (!axes.some((axis) => halo.travels(axis))) return undefined;
  const isOpen = (axis: number) => halo.travels(axis) || isApart(axis);
  const interior = interiorOf(
    blockShape,
    axes.map((axis) => (isOpen(axis) ? reachOf(axis) : 0)),
  );
  if (!interior) return undefined;
  const end = axes.findIndex(isApart);
  return {
    slabs: slabsOf(interior),
    shell: shellOf(blockShape, interior),
    local: axes.filter((axis) => !isOpen(axis)),
    end: end < 0 ? axes.length : end,
  };
}

/** Parts of a box one behind the other along the first axis that has more than one cell. */
function slabsOf(box: readonly number[]): readonly (readonly number[])[] {
  const lengths = Array.from({ length: box.length / 2 }, (_, axis) => box[2 * axis + 1]! - box[2 * axis]!);
  const cells = lengths.reduce((product, n) => product * n, 1);
  const axis = Math.max(
    0,
    lengths.findIndex((n) => n > 1),
  );
  const count = Math.max(1, Math.min(mostSlabs, lengths[axis]!, Math.floor(cells / slabCells)));
  const at = (slab: number) => box[2 * axis]! + Math.floor((lengths[axis]! * slab) / count);
  return Array.from({ length: count }, (_, slab) => box.with(2 * axis, at(slab)).with(2 * axis + 1, at(slab + 1)));
}

/**
 * Fills the halos of fields, and computes the cells that read them meanwhile and afterwards. **Collective.**
 * @param halos those of fields of each type @param corners whether cells are read that are beyond the block along several axes
 */
export function exchangeAround(
  halos: readonly Halo[],
  cut: Cut,
  sweep: (box: readonly number[]) => void,
  corners = true,
): void {
  // The messages of all halos have the same tags: none starts along an axis before the one ahead of it, on any rank.
  const prod = () => {
    let { end } = cut;
    for (const halo of halos) end = halo.prod(end);
  };
  for (const halo of halos) halo.fillLocal(corners, cut.local);
  for (const halo of halos) halo.start();
  prod();
  for (const box of cut.slabs) {
    sweep(box);
    prod();
  }
  for (const halo of halos) halo.wait();
  for (const box of cut.shell) sweep(box);
}
