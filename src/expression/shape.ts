/** How much of a block is computed in one turn of a loop: decided by what the cell loads and computes, never by the block. */
import type { Cell, Layout } from "./program.js";

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
}

export function shapeOf(_cell: Cell, _layout: Layout): Shape {
  return { vector: true, columns: 2, rows: 1, bandColumns: 1 };
}
