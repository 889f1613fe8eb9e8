/** What texts know of space: axes, their distances, and the factors of those whose cells differ in size. */

import type { Graph, Id } from "../graph.js";

/** An axis of a grid, as far as operators need it. */
export interface Axis {
  readonly name: string;
  /** The distance of the centres of two cells; left out where it varies. */
  readonly spacing?: number | undefined;
  /** Areas of faces and volumes of cells vary along the axis: those of {@link factorsOf} are used. */
  readonly metric?: boolean | undefined;
}

/** True where cells, faces and distances are the same all along the axis. */
export function isUniform({ spacing, metric }: Axis): boolean {
  return spacing !== undefined && !metric;
}

/**
 * The arrays along an axis that is not uniform, named behind the axis as `r.volume`. With areas A of faces, volumes V, width h
 * of cells and distances d of centres, where `+` is above the cell and `-` below it:
 *
 *     upper   A+ / (d+ V)     lower   A- / (d- V)     the flux form of laplace
 *     outflow A+ / (2 V)      inflow  A- / (2 V)      the flux form of divergence
 *     above   1 / (d+ h)      below   1 / (d- h)      the second derivative
 *     forward 1 / d+          backward 1 / d-         one-sided derivatives
 *     central 1 / (d+ + d-)                           the central derivative
 *     volume  V over the full angle                   integrals
 *     width   h                                       how far a flow goes in a cell
 *     mean    the mean of upper and lower             eigenvalues of laplace, which are those of a symmetric operator
 */
export type Factor =
  | "upper"
  | "lower"
  | "outflow"
  | "inflow"
  | "above"
  | "below"
  | "forward"
  | "backward"
  | "central"
  | "volume"
  | "width"
  | "mean";

/** How areas and volumes grow along an axis: not at all, or as those of rings, cylinders and shells. */
export type Growth = "box" | "polar" | "cylindrical" | "spherical";

/** The exponent of the radius in areas, and the full angle. */
const growths: Readonly<Record<Growth, readonly [number, number]>> = {
  box: [0, 1],
  polar: [1, 2 * Math.PI],
  cylindrical: [1, 2 * Math.PI],
  spherical: [2, 4 * Math.PI],
};

/**
 * The factors of all cells of an axis.
 * @param faces - of the cells in order: one more than there are cells
 */
export function factorsOf(
  faces: ArrayLike<number>,
  growth: Growth,
  isPeriodic: boolean,
): Readonly<Record<Factor, Float64Array>> {
  const count = faces.length - 1;
  const [exponent, angle] = growths[growth];
  const widthOf = (i: number) => {
    // Beyond a wall the edge cell is repeated.
    const cell = isPeriodic ? (i + count) % count : Math.min(Math.max(i, 0), count - 1);
    return faces[cell + 1]! - faces[cell]!;
  };
  const areaOf = (face: number) => (exponent === 0 ? 1 : exponent === 1 ? faces[face]! : faces[face]! * faces[face]!);
  const volumeOf = (i: number) => {
    const [a, b] = [faces[i]!, faces[i + 1]!];
    if (exponent === 0) return b - a;
    return exponent === 1 ? ((b - a) * (b + a)) / 2 : ((b - a) * (b * b + b * a + a * a)) / 3;
  };
  /** Between the centres of the cells below and above a face. */
  const distanceOf = (face: number) => (widthOf(face - 1) + widthOf(face)) / 2;
  const each = (value: (i: number) => number) => Float64Array.from({ length: count }, (_, i) => value(i));
  const upper = each((i) => areaOf(i + 1) / (distanceOf(i + 1) * volumeOf(i)));
  const lower = each((i) => areaOf(i) / (distanceOf(i) * volumeOf(i)));
  return {
    ...{ upper, lower },
    outflow: each((i) => areaOf(i + 1) / (2 * volumeOf(i))),
    inflow: each((i) => areaOf(i) / (2 * volumeOf(i))),
    above: each((i) => 1 / (distanceOf(i + 1) * widthOf(i))),
    below: each((i) => 1 / (distanceOf(i) * widthOf(i))),
    forward: each((i) => 1 / distanceOf(i + 1)),
    backward: each((i) => 1 / distanceOf(i)),
    central: each((i) => 1 / (distanceOf(i) + distanceOf(i + 1))),
    volume: each((i) => angle * volumeOf(i)),
    width: each(widthOf),
    mean: each((i) => (upper[i]! + lower[i]!) / 2),
  };
}

/** The volume of a cell over the full angle: a constant where all cells have the same. */
export function volumeOf(graph: Graph, axes: readonly Axis[]): Id {
  const uniform = axes.reduce((product, axis) => (isUniform(axis) ? product * axis.spacing! : product), 1);
  const varying = axes.flatMap((axis, i) => (isUniform(axis) ? [] : [graph.along(`${axis.name}.volume`, i)]));
  if (varying.length === 0) return graph.constant(uniform);
  return graph.scale(
    varying.reduce((product, factor) => graph.mul(product, factor)),
    uniform,
  );
}

/** The conditions at the faces between cells that take part and cells that do not. */
export interface Mask {
  /** The array that is not 0 in cells that take part; its halo is filled by {@link openEdge}. */
  readonly field: string;
  /** What a cell that takes part sees of a neighbour that does not. */
  readonly faces: { readonly derivative: 0 } | { readonly value: number };
}

/** The name of the conditions of a mask: cells beyond a wall take part, those beyond a periodic side are what they are. */
export const openEdge = "#open";

/** The name of the conditions of the coefficient of a flux: derivative 0. */
export const noFlux = "#no-flux";

/** Numbers of the grid that texts need, as parameters: how many cells take part, and their volume. */
export const gridNumbers = { cells: "#cells", volume: "#volume" } as const;

/** What a text stands for. */
export type Use =
  /** The right side of an equation, a quantity to evaluate. */
  | "equation"
  /** A value of a side, the strength of noise: cell by cell. */
  | "local"
  /** A stencil of a user's own: one sweep, with neighbours. */
  | "kernel";

/** What texts may name, and what operators work on. */
export interface Scope {
  /** What errors call the caller: `Pde`. */
  readonly where: string;
  readonly axes: readonly Axis[];
  readonly use: Use;
  /** Arrays with a number a cell; a complex one is the two arrays `psi_re` and `psi_im`. */
  readonly fields: Readonly<Record<string, "real" | "complex">>;
  /** Numbers that are equal in all cells. */
  readonly constants: readonly string[];
  /** Texts with a name. */
  readonly parts?: Readonly<Record<string, string>>;
  /** Texts may have complex numbers: `i`, `re`, `im`, `conj` and `arg` mean something. */
  readonly complex?: boolean;
  /** The accuracy of central differences: 2, 4, 6 or 8. Default: 2. */
  readonly order?: number;
  readonly mask?: Mask;
  /** The array that is not 0 in cells that count in numbers of the whole grid. Default: all count. */
  readonly open?: string;
  /** The fields that a kernel sets: they are read at the cell itself alone. */
  readonly assigned?: ReadonlySet<string>;
  /** The name of the conditions for the halo of an operator in a text of this name. Default: `c:laplace`. */
  readonly conditionOf?: (owner: string, operator: string, operand: string) => string;
  /** The name that stands for all conditions that do the same: a value then has one halo for all of them. */
  readonly sameAs?: (condition: string) => string;
  /** What to do about a name that is not known, nor like one that is. */
  readonly hint?: ((name: string) => string | undefined) | undefined;
}
