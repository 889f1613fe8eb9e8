/**
 * MPDATA's basic scheme written for the eye: one formula a function, index arithmetic, periodic axes and open walls,
 * any number of axes and passes. The tests compare the kernels to it.
 */
/** What the oracle advects; arrays in C order. Face f of an axis lies between the cells f - 1 and f, f = 0 .. n. */
export interface Problem {
  readonly shape: readonly number[];
  /** The axes that wrap; the others have open walls. */
  readonly periodic: readonly boolean[];
  readonly psi: Float64Array;
  /** The Courant field: one array an axis, with one face more than cells along it. */
  readonly courant: readonly Float64Array[];
  readonly g: Float64Array;
  readonly iterations: number;
  readonly epsilon: number;
}
type Cell = readonly number[];
/** The state after some steps. */
export declare function advect(problem: Problem, steps: number): Float64Array;
/** The shape of the faces of an axis. */
export declare function facesOf(shape: readonly number[], axis: number): number[];
/** An array over all cells, in C order. */
export declare function mapCells(
  shape: readonly number[],
  valueAt: (cell: Cell, place: number) => number,
): Float64Array;
/** The indices of the cell at a place in C order. */
export declare function cellAt(shape: readonly number[], place: number): number[];
export declare function product(values: readonly number[]): number;
/** The values as 64-bit integers, which tell -0 from 0 and compare NaN. */
export declare function bitsOf(values: ArrayLike<number>): BigUint64Array;
/** Numbers from 0 to below 1 in a sequence that the seed determines (Mulberry32). */
export declare function randomOf(seed: number): () => number;
