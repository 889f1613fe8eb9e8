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

/** Velocities on the faces of each axis; and those of the Courant field in cells beyond the walls of another axis. */
interface Velocity {
  readonly faces: readonly Float64Array[];
  readonly corners: ReadonlyMap<string, number>;
}

/** The state after some steps. */
export function advect(problem: Problem, steps: number): Float64Array {
  const courant = openWalls(problem);
  let { psi } = problem;
  for (let step = 0; step < steps; step++) {
    let velocity = courant;
    psi = donorCell(problem, psi, velocity);
    for (let pass = 2; pass <= problem.iterations; pass++) {
      velocity = antidiffusive(problem, psi, velocity);
      psi = donorCell(problem, psi, velocity);
    }
  }
  return psi;
}

/** `psi - (sum over axes of F_{+1/2} - F_{-1/2}) / G`, `F = [C]+ psi_L + [C]- psi_R`. */
function donorCell(problem: Problem, psi: Float64Array, velocity: Velocity): Float64Array {
  const { shape, g } = problem;
  const flux = (axis: number, right: Cell) => {
    const c = faceOf(problem, velocity, axis, right);
    return c * cellOf(problem, psi, c > 0 ? moved(right, axis, -1) : right);
  };
  return mapCells(shape, (cell, place) => {
    let outflow = 0;
    for (const axis of shape.keys()) outflow += flux(axis, moved(cell, axis, 1)) - flux(axis, cell);
    return psi[place]! - outflow / g[place]!;
  });
}

/** `|C|/2 (1 - |C|/Gb) A - C/(2 Gb) (sum over the transverse axes of C4 B)` on every face. */
function antidiffusive(problem: Problem, psi: Float64Array, velocity: Velocity): Velocity {
  const { shape, g, epsilon } = problem;
  const at = (cell: Cell) => cellOf(problem, psi, cell);
  const faces = [...shape.keys()].map((axis) =>
    mapCells(facesOf(shape, axis), (right) => {
      const left = moved(right, axis, -1);
      const c = faceOf(problem, velocity, axis, right);
      const gb = (cellOf(problem, g, left) + cellOf(problem, g, right)) / 2;
      const a = (2 * (at(right) - at(left))) / (at(right) + at(left) + epsilon);
      let result = (Math.abs(c) / 2) * (1 - Math.abs(c) / gb) * a;
      for (const other of shape.keys()) {
        if (other === axis) continue;
        const up = at(moved(right, other, 1)) + at(moved(left, other, 1));
        const down = at(moved(right, other, -1)) + at(moved(left, other, -1));
        const b = (up - down) / (up + down + epsilon);
        const faces = [right, moved(right, other, 1), left, moved(left, other, 1)];
        const c4 = faces.reduce((sum, face) => sum + faceOf(problem, velocity, other, face), 0) / 4;
        result -= (c / (2 * gb)) * c4 * b;
      }
      return result;
    }),
  );
  return { faces, corners: new Map() };
}

/**
 * The Courant field with open walls: the wall face that makes the edge cell free of divergence, axes in order; walls of
 * later axes count as given, with nothing beyond. Cells beyond the walls of other axes are edge cells too: transverse
 * means in the corners see their faces.
 */
function openWalls(problem: Problem): Velocity {
  const { shape, periodic, courant } = problem;
  const velocity = { faces: courant.map((faces) => faces.slice()), corners: new Map<string, number>() };
  for (const axis of shape.keys()) {
    if (periodic[axis]) continue;
    const face = (other: number, cell: Cell) =>
      other > axis && !periodic[other] && (cell[other]! < 0 || cell[other]! > shape[other]!)
        ? 0
        : faceOf(problem, velocity, other, cell);
    const rim = shape.map((n, other) => (other === axis ? 1 : periodic[other] ? n : n + 2));
    for (const wall of [0, shape[axis]!]) {
      for (let place = 0; place < product(rim); place++) {
        const cell = cellAt(rim, place).map((index, other) => (periodic[other] ? index : index - 1));
        cell[axis] = Math.max(wall - 1, 0);
        let outflow = 0;
        for (const other of shape.keys()) {
          if (other !== axis) outflow += face(other, moved(cell, other, 1)) - face(other, cell);
        }
        const inner = face(axis, wall === 0 ? moved(cell, axis, 1) : cell);
        const value = wall === 0 ? inner + outflow : inner - outflow;
        const at = cell.with(axis, wall);
        if (isBeyond(problem, axis, at)) velocity.corners.set(`${axis}: ${at}`, value);
        else velocity.faces[axis]![placeOf(facesOf(shape, axis), at)] = value;
      }
    }
  }
  return velocity;
}

/** A value of a cell; beyond an open wall that of the edge cell. */
function cellOf({ shape, periodic }: Problem, values: Float64Array, cell: Cell): number {
  const inside = cell.map((index, axis) => {
    const n = shape[axis]!;
    return periodic[axis] ? (index + n) % n : Math.min(Math.max(index, 0), n - 1);
  });
  return values[placeOf(shape, inside)]!;
}

/** A velocity on a face; beyond an open wall that of the wall along its own axis, 0 along others but in corners. */
function faceOf(problem: Problem, velocity: Velocity, axis: number, face: Cell): number {
  const { shape, periodic } = problem;
  const inside = face.map((index, other) => {
    const n = shape[other]!;
    if (periodic[other]) return (index + n) % n;
    return other === axis ? Math.min(Math.max(index, 0), n) : index;
  });
  if (isBeyond(problem, axis, face)) return velocity.corners.get(`${axis}: ${inside}`) ?? 0;
  return velocity.faces[axis]![placeOf(facesOf(shape, axis), inside)]!;
}

/** Whether a face lies beyond an open wall of another axis than its own. */
function isBeyond({ shape, periodic }: Problem, axis: number, face: Cell): boolean {
  return face.some((index, other) => other !== axis && !periodic[other] && (index < 0 || index >= shape[other]!));
}

/** The shape of the faces of an axis. */
export function facesOf(shape: readonly number[], axis: number): number[] {
  return shape.with(axis, shape[axis]! + 1);
}

function moved(cell: Cell, axis: number, by: number): number[] {
  return cell.with(axis, cell[axis]! + by);
}

function placeOf(shape: readonly number[], cell: Cell): number {
  return cell.reduce((place, index, axis) => place * shape[axis]! + index, 0);
}

/** An array over all cells, in C order. */
export function mapCells(shape: readonly number[], valueAt: (cell: Cell, place: number) => number): Float64Array {
  return Float64Array.from({ length: product(shape) }, (_, place) => valueAt(cellAt(shape, place), place));
}

/** The indices of the cell at a place in C order. */
export function cellAt(shape: readonly number[], place: number): number[] {
  const cell = shape.map(() => 0);
  let rest = place;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    cell[axis] = rest % shape[axis]!;
    rest = Math.floor(rest / shape[axis]!);
  }
  return cell;
}

export function product(values: readonly number[]): number {
  return values.reduce((all, value) => all * value, 1);
}

/** The values as 64-bit integers, which tell -0 from 0 and compare NaN. */
export function bitsOf(values: ArrayLike<number>): BigUint64Array {
  return new BigUint64Array(Float64Array.from(values).buffer);
}

/** Numbers from 0 to below 1 in a sequence that the seed determines (Mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}
