/**
 * What a text becomes, and what sweeps over cells are made of: the graph of one cell, and the steps of a whole program.
 *
 * The order of operations is that of the graph: nothing is reassociated or contracted when it is emitted, so that any
 * box, vectors and single cells, and the oracle give the same bits (NaN aside, whose sign and payload are not fixed).
 */

/** The kind of numbers that all arrays of a program hold. `f32`: constants and parameters are rounded to it. */
export type Dtype = "f64" | "f32" | "i32";

/** Rounds to a type. One operation in 64 bits, rounded, is the operation in 32 bits: products of i32 apart. */
export const roundings: Readonly<Record<Dtype, (value: number) => number>> = {
  f64: (value) => value,
  f32: Math.fround,
  i32: (value) => value | 0,
};

/** The export of `functions.wasm` for a function and a kind of number. */
export function functionName(name: string, dtype: Dtype): string {
  return dtype === "f32" ? `${name}f` : name;
}

/**
 * `not`: 1 where the operand is 0, else 0. `neg` changes the sign, of 0 and NaN too. `sqrt` and `floor` are refused for
 * `i32`, where `neg`, `add`, `sub` and `mul` are modulo 2^32.
 */
export type Unary = "neg" | "abs" | "sqrt" | "floor" | "not";

/**
 * Comparisons give 1 or 0. `min` and `max` are those of IEEE 754: NaN where an operand is, and -0 below 0. `div` is
 * refused for `i32`.
 */
export type Binary = "add" | "sub" | "mul" | "div" | "min" | "max" | "lt" | "le" | "gt" | "ge" | "eq" | "ne";

/** One value of the computation of one cell; operands are indices of earlier nodes. */
export type Node =
  | { readonly op: "constant"; readonly value: number }
  /** A number that is equal in all cells of a sweep: dt, t, a constant, an integral. */
  | { readonly op: "parameter"; readonly index: number }
  /** An array along one axis (coordinates, metric factors), at the cell's index + offset. */
  | { readonly op: "along"; readonly array: number; readonly axis: number; readonly offset: number }
  /** An array of cells, at the cell + offset: one number an axis. */
  | { readonly op: "load"; readonly array: number; readonly offset: readonly number[] }
  | { readonly op: Unary; readonly a: number }
  | { readonly op: Binary; readonly a: number; readonly b: number }
  /** `a` where `test` is not 0 (NaN is not), else `b`. */
  | { readonly op: "select"; readonly test: number; readonly a: number; readonly b: number }
  /** A function of `functions.wasm`: sin, exp, pow ... Refused for `i32`. */
  | { readonly op: "call"; readonly name: string; readonly args: readonly number[] };

/**
 * The computation of one cell: nodes, and what is stored into the cell itself. All loads come before all stores. An
 * array that is stored is loaded at offset 0 only: otherwise the result would depend on the order of cells.
 */
export interface Cell {
  readonly nodes: readonly Node[];
  readonly stores: readonly { readonly array: number; readonly node: number }[];
}

/** Cells in order, and the arrays that are kept in rows: each is stored by one cell and read by later ones. */
export interface Fusion {
  readonly cells: readonly Cell[];
  readonly rolled: readonly number[];
}

/** One step of a program; the caller does the exchange, the walls and the sums over ranks. */
export type Step =
  /**
   * Fill `radius` layers of halo of an array: neighbours, and walls by the named set of conditions. Of a complex value the
   * array is one part, and `partner` the array of the other.
   */
  | {
      readonly kind: "halo";
      readonly array: number;
      readonly condition: string;
      readonly radius: number;
      readonly part?: "re" | "im" | undefined;
      readonly partner?: number | undefined;
    }
  /** Compute all cells of the block. */
  | { readonly kind: "sweep"; readonly cell: Cell }
  /** Compute several cells after each other in one pass over the block; see fusion.ts. */
  | { readonly kind: "fused"; readonly fusion: Fusion }
  /** Reduce an array over all cells of the grid to a parameter. */
  | {
      readonly kind: "reduce";
      readonly operation: "sum" | "min" | "max";
      readonly array: number;
      readonly parameter: number;
    }
  /** Compute parameters of parameters: the stores of the cell name parameters. */
  | { readonly kind: "numbers"; readonly cell: Cell };

/** An array of a program: of cells, or along one axis. */
export interface ProgramArray {
  readonly name: string;
  /**
   * `field`: read, and perhaps stored. `result`: stored. `temporary`: the program's own. `along`: along `axis`. `fixed`: of
   * cells, stored by the setup.
   */
  readonly kind: "field" | "result" | "temporary" | "along" | "fixed";
  readonly axis?: number;
  /** How many layers of halo are read; along an axis, how many numbers before and behind: those of the neighbours. */
  readonly radius: number;
  /** A field of standard normal numbers, drawn once a step: of which text, with which seed, by which of its calls. */
  readonly noise?: { readonly owner: string; readonly seed: number; readonly call: number } | undefined;
}

/** What is computed before the first step, and again when a parameter that it reads has changed. */
export type Preparation =
  | { readonly kind: "sweep"; readonly cell: Cell }
  /** Compute an array along an axis: the cell is one of that axis alone, which it calls axis 0. */
  | { readonly kind: "along"; readonly array: number; readonly cell: Cell };

/** Steps in order, on arrays and parameters that their nodes name by index. */
export interface Program {
  readonly arrays: readonly ProgramArray[];
  readonly parameters: readonly { readonly name: string }[];
  readonly setup: readonly Preparation[];
  readonly steps: readonly Step[];
}

/** How arrays of cells lie in memory: cell `[i, j, k]` is `i * strides[0] + j * strides[1] + k` numbers behind cell 0. */
export interface Layout {
  readonly dtype: Dtype;
  /** One an axis, in numbers; the last is 1. Arrays along an axis are contiguous. */
  readonly strides: readonly number[];
}

/**
 * The arrays that a cell loads or stores, in ascending order: the order of the pointers of its sweep. A pointer is the
 * address of cell 0 of the block's interior, of an array along an axis that of index 0.
 */
export function arraysOf({ nodes, stores }: Cell): readonly number[] {
  const loaded = nodes.flatMap((node) => (node.op === "load" || node.op === "along" ? [node.array] : []));
  return [...new Set([...loaded, ...stores.map(({ array }) => array)])].toSorted((a, b) => a - b);
}

/** The operands of a node. */
export function operandsOf(node: Node): readonly number[] {
  if ("test" in node) return [node.test, node.a, node.b];
  if ("args" in node) return node.args;
  if ("b" in node) return [node.a, node.b];
  return "a" in node ? [node.a] : [];
}

/** The nodes that the stores of a cell need. */
export function neededOf({ nodes, stores }: Cell): boolean[] {
  const needed: boolean[] = nodes.map(() => false);
  for (const { node } of stores) needed[node] = true;
  for (let n = nodes.length - 1; n >= 0; n--)
    if (needed[n]) for (const operand of operandsOf(nodes[n]!)) needed[operand] = true;
  return needed;
}
