/** How much of a block is computed in one turn of a loop: decided by what the cell loads and computes, never by the block. */
import { type Cell, type Layout, neededOf } from "./program.js";

/** The turns of the loops of a sweep; all shapes give the same bits. */
export interface Shape {
  /** Vectors, or single cells only. */
  readonly vector: boolean;
  /** Vectors along a row that are computed together. */
  readonly columns: number;
  /** Rows that are computed together; 1: no bands. */
  readonly rows: number;
  /** Vectors along each row of a band. */
  readonly bandColumns: number;
  /** Vectors of a band that are computed before the first of them is stored. */
  readonly together: number;
}

/** Of cells of more operations the values of many vectors, or of two at a time, no longer fit the registers. */
const tiny = 16;
/** Cells of more operations gain nothing by bands or by many vectors in a turn: their values no longer fit the registers. */
const small = 60;
/** Cells of more operations take longer to be optimised than a second vector in a turn saves. */
const middling = 200;

/**
 * The shape that is fast. Bands are for two axes: of three, a row has neighbours in five or more others, and what a band
 * loads only once it loads from more places at a time. Measured, diffusion: 0.39 to 0.35 ns a cell with bands of 4 rows
 * and 2 vectors at 512 x 512, 1.3 to 0.75 at 2048 x 2048, 0.62 to 0.66 at 64 x 64 x 64. Functions are called for
 * the numbers of a vector one by one; single cells throughout were slower by 2 to 15 % even where there is nothing else.
 *
 * Tiny cells are bound by additions, of which the processor keeps both units busier in bands of 4 vectors, two at a time (of
 * all cells, 20 % slower where the values of two are more than the registers hold). Bands of 2, 3, 5, 6 and 8 rows, and one
 * counter in place of pointers that move, were not faster. Nor is a sum that diagonal neighbours share, `c[-1, 0] + c[0, 1]`:
 * it is another one in the mirror image.
 */
export function shapeOf(cell: Cell, { strides }: Layout): Shape {
  const needed = neededOf(cell);
  const nodes = cell.nodes.filter((_, n) => needed[n]);
  const operations = nodes.filter(({ op }) => op !== "constant" && op !== "parameter").length;
  const calls = nodes.some(({ op }) => op === "call");
  const rows = new Set(nodes.flatMap((node) => (node.op === "load" ? [node.offset.at(-2)] : [])));
  const shares = strides.length === 2 && rows.size > 1 && !calls && operations <= small;
  // The rows that bands leave over are few.
  const columns = shares || operations > middling ? 1 : operations > small || calls ? 2 : 4;
  if (!shares) return { vector: true, columns, rows: 1, bandColumns: 1, together: 1 };
  const isTiny = operations <= tiny;
  return { vector: true, columns, rows: 4, bandColumns: isTiny ? 4 : 2, together: isTiny ? 2 : 1 };
}
