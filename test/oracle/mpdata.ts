/**
 * MPDATA written for the eye: one formula a function, index arithmetic, any number of axes, passes and options, every
 * condition at walls (see oracle-walls.ts). The tests compare the kernels to it.
 */
import { beyondCell, beyondFace, type End, type Ends } from "./walls.js";

/** What the oracle advects; arrays in C order. Face f of an axis lies between the cells f - 1 and f, f = 0 .. n. */
export interface Problem {
  readonly shape: readonly number[];
  /** The axes that wrap; the others have open walls unless `walls` says otherwise. */
  readonly periodic: readonly boolean[];
  readonly psi: Float64Array;
  /** The Courant field: one array an axis, with one face more than cells along it. */
  readonly courant: readonly Float64Array[];
  readonly g: Float64Array;
  readonly iterations: number;
  readonly epsilon: number;
  readonly options?: Options;
  /** The conditions at both ends of each axis. */
  readonly walls?: { readonly psi: Ends; readonly g: Ends; readonly courant: Ends };
}

/** Options of the scheme, by the solver's names. */
export interface Options {
  readonly infiniteGauge?: boolean;
  readonly nonoscillatory?: boolean;
  readonly thirdOrderTerms?: boolean;
  readonly divergentFlow?: boolean;
  readonly variableSign?: boolean;
  readonly dimensionallySplit?: boolean;
}

export type Cell = readonly number[];

/** Velocities on the faces of each axis; and those of the Courant field in cells beyond the walls of another axis. */
export interface Velocity {
  readonly faces: readonly Float64Array[];
  readonly corners: ReadonlyMap<string, number>;
}

/** The state after some steps. */
export function advect(stated: Problem, steps: number): Float64Array {
  const walls = { psi: endsOf(stated, "psi"), g: endsOf(stated, "g"), courant: endsOf(stated, "courant") };
  const problem = { ...stated, walls };
  const courant = openWalls(problem);
  const { nonoscillatory = false, infiniteGauge = false } = problem.options ?? {};
  let { psi } = problem;
  for (let step = 0; step < steps; step++) {
    const first = psi;
    let velocity = courant;
    psi = update(problem, psi, velocity, false);
    for (let pass = 2; pass <= problem.iterations; pass++) {
      velocity = antidiffusive(problem, psi, velocity);
      const used = nonoscillatory ? limited(problem, psi, first, velocity) : velocity;
      psi = update(problem, psi, used, infiniteGauge);
    }
  }
  return psi;
}

/** `psi - (sum over axes of F_{+1/2} - F_{-1/2}) / G` */
function update(problem: Problem, psi: Float64Array, velocity: Velocity, isFlux: boolean): Float64Array {
  const { shape, g } = problem;
  return mapCells(shape, (cell, place) => {
    let outflow = 0;
    for (const axis of shape.keys()) {
      const flux = (face: Cell) => fluxOf(problem, psi, velocity, isFlux, axis, face);
      outflow += flux(moved(cell, axis, 1)) - flux(cell);
    }
    return psi[place]! - outflow / g[place]!;
  });
}

/** `F = [C]+ psi_L + [C]- psi_R`, in the infinite gauge C itself. */
function fluxOf(problem: Problem, psi: Float64Array, velocity: Velocity, isFlux: boolean, axis: number, right: Cell) {
  const c = faceOf(problem, velocity, axis, right);
  return isFlux ? c : c * psiOf(problem, psi, c > 0 ? moved(right, axis, -1) : right);
}

/** The velocity of a corrective pass on every face, term by term. */
function antidiffusive(problem: Problem, psi: Float64Array, velocity: Velocity): Velocity {
  const { shape, g, epsilon, options = {} } = problem;
  const at = (cell: Cell) => {
    const value = psiOf(problem, psi, cell);
    return options.variableSign ? Math.abs(value) : value;
  };
  /** The difference over the sum of psi in some cells, or in the gauge over their number. */
  const fraction = (plus: readonly Cell[], minus: readonly Cell[]) => {
    const [up, down] = [plus, minus].map((cells) => cells.reduce((sum, cell) => sum + at(cell), 0)) as [number, number];
    return (up - down) / (options.infiniteGauge ? plus.length + minus.length : up + down + epsilon);
  };
  const faces = [...shape.keys()].map((axis) =>
    mapCells(facesOf(shape, axis), (right) => {
      const left = moved(right, axis, -1);
      const others = [...shape.keys()].filter((other) => other !== axis);
      const c = faceOf(problem, velocity, axis, right);
      const gb = (gOf(problem, g, left) + gOf(problem, g, right)) / 2;
      /** The mean of the four faces of another axis that touch the two cells. */
      const mean = (other: number) => {
        const four = [right, moved(right, other, 1), left, moved(left, other, 1)];
        return four.reduce((sum, face) => sum + faceOf(problem, velocity, other, face), 0) / 4;
      };
      const next = (other: number, by: number) => [moved(right, other, by), moved(left, other, by)] as const;

      let result = Math.abs(c) * (1 - Math.abs(c) / gb) * fraction([right], [left]);
      if (!options.dimensionallySplit) {
        for (const t of others) result -= (c / (2 * gb)) * mean(t) * fraction(next(t, 1), next(t, -1));
      }
      if (options.thirdOrderTerms) {
        const outer = [moved(right, axis, 1), moved(left, axis, -1)];
        const xx = 2 * fraction(outer, [right, left]);
        result += (xx * ((3 * c * Math.abs(c)) / gb - (2 * c ** 3) / gb ** 2 - c)) / 6;
        for (const t of others) {
          const [[rightUp, leftUp], [rightDown, leftDown]] = [next(t, 1), next(t, -1)];
          const xt = 2 * fraction([rightUp, leftDown], [leftUp, rightDown]);
          result += (xt * (Math.abs(c) - (2 * c * c) / gb) * mean(t)) / (2 * gb);
        }
        const [t, u] = others;
        if (t !== undefined && u !== undefined) {
          const corners = (sign: number) =>
            [1, -1].flatMap((by) => next(t, by).map((cell) => moved(cell, u, sign * by)));
          const tu = fraction(corners(1), corners(-1));
          result -= ((2 / 3) * c * mean(t) * mean(u) * tu) / gb ** 2;
        }
      }
      if (options.divergentFlow) {
        const along = (by: number) => faceOf(problem, velocity, axis, moved(right, axis, by));
        let divergence = along(1) - along(-1);
        for (const t of others) {
          for (const cell of [right, left]) {
            divergence += faceOf(problem, velocity, t, moved(cell, t, 1)) - faceOf(problem, velocity, t, cell);
          }
        }
        const factor = options.infiniteGauge ? (at(left) + at(right)) / 2 : 1;
        result -= (c / (4 * gb)) * divergence * factor;
      }
      return result;
    }),
  );
  return { faces, corners: new Map() };
}

/** The velocity that keeps psi within the bounds of its neighbourhood, now and at the step's start. */
function limited(problem: Problem, psi: Float64Array, first: Float64Array, velocity: Velocity): Velocity {
  const { shape, g, epsilon, options = {} } = problem;
  const isFlux = options.infiniteGauge ?? false;
  const ratios = (rising: boolean) =>
    mapCells(shape, (cell, place) => {
      const near = [cell, ...shape.flatMap((_, axis) => [moved(cell, axis, 1), moved(cell, axis, -1)])];
      const values = near.flatMap((neighbor) => [psiOf(problem, psi, neighbor), psiOf(problem, first, neighbor)]);
      let flow = 0;
      for (const axis of shape.keys()) {
        const low = fluxOf(problem, psi, velocity, isFlux, axis, cell);
        const high = fluxOf(problem, psi, velocity, isFlux, axis, moved(cell, axis, 1));
        const [enters, leaves] = rising ? [low, high] : [high, low];
        flow += Math.max(enters, 0) - Math.min(leaves, 0);
      }
      const room = rising ? Math.max(...values) - psi[place]! : psi[place]! - Math.min(...values);
      return (room * g[place]!) / (flow + epsilon);
    });
  const [up, down] = [ratios(true), ratios(false)];
  const ends = endsOf(problem, "psi").map((pair) =>
    pair.map((end): End => (end.kind === "periodic" || end.kind === "polar" ? end : { kind: "open" })),
  );
  const ratioOf = (ratio: Float64Array, cell: Cell) => beyondCell(shape, ends, ratio, cell);
  const faces = [...shape.keys()].map((axis) =>
    mapCells(facesOf(shape, axis), (right) => {
      const left = moved(right, axis, -1);
      const c = faceOf(problem, velocity, axis, right);
      const forward = Math.min(1, ratioOf(down, left), ratioOf(up, right));
      const backward = Math.min(1, ratioOf(up, left), ratioOf(down, right));
      const positive = (cell: Cell) => !options.variableSign || psiOf(problem, psi, cell) > 0;
      const [plus, minus] = [positive(left) ? forward : backward, positive(right) ? backward : forward];
      return Math.max(c, 0) * plus + Math.min(c, 0) * minus;
    }),
  );
  return { faces, corners: new Map() };
}

/**
 * The Courant field on walls. Rigid walls and poles: 0. Open walls: the value that makes the edge cell free of
 * divergence, axes in order; walls of later axes count as given, with nothing beyond. Cells beyond the open walls of
 * other axes are edge cells too: transverse means in the corners see their faces.
 */
function openWalls(problem: Problem): Velocity {
  const { shape, courant } = problem;
  const ends = endsOf(problem, "courant");
  const velocity = {
    faces: courant.map((faces): Float64Array => faces.slice()),
    corners: new Map<string, number>(),
  };
  for (const axis of shape.keys()) {
    const faces = facesOf(shape, axis);
    for (const [side, { kind }] of ends[axis]!.entries()) {
      if (kind !== "rigid" && kind !== "polar") continue;
      const wall = side === 0 ? 0 : shape[axis]!;
      velocity.faces[axis] = mapCells(faces, (face, place) =>
        face[axis] === wall ? 0 : velocity.faces[axis]![place]!,
      );
    }
  }
  const isOpen = (axis: number, side: number) => ends[axis]![side]!.kind === "open";
  for (const axis of shape.keys()) {
    const face = (other: number, cell: Cell) =>
      other > axis && (cell[other]! < 0 || cell[other]! > shape[other]!) ? 0 : faceOf(problem, velocity, other, cell);
    // From -1 below an open wall to n above one.
    const first = shape.map((_, other) => (other !== axis && isOpen(other, 0) ? -1 : 0));
    const rim = shape.map((n, other) => (other === axis ? 1 : n - first[other]! + Number(isOpen(other, 1))));
    for (const [side, wall] of [0, shape[axis]!].entries()) {
      if (!isOpen(axis, side)) continue;
      for (let place = 0; place < product(rim); place++) {
        const cell = cellAt(rim, place).map((index, other) => index + first[other]!);
        cell[axis] = Math.max(wall - 1, 0);
        let outflow = 0;
        for (const other of shape.keys()) {
          if (other !== axis) outflow += face(other, moved(cell, other, 1)) - face(other, cell);
        }
        const inner = face(axis, wall === 0 ? moved(cell, axis, 1) : cell);
        const value = wall === 0 ? inner + outflow : inner - outflow;
        const at = cell.with(axis, wall);
        const isInside = at.every((index, other) => other === axis || (index >= 0 && index < shape[other]!));
        if (isInside) velocity.faces[axis]![placeOf(facesOf(shape, axis), at)] = value;
        else velocity.corners.set(`${axis}: ${at}`, value);
      }
    }
  }
  return velocity;
}

/** The conditions of psi, G or the flow. */
function endsOf({ periodic, walls }: Problem, what: "psi" | "g" | "courant"): Ends {
  const otherwise = (wraps: boolean): End => ({ kind: wraps ? "periodic" : "open" });
  return walls?.[what] ?? periodic.map((wraps) => [otherwise(wraps), otherwise(wraps)]);
}

function psiOf(problem: Problem, values: Float64Array, cell: Cell): number {
  return beyondCell(problem.shape, endsOf(problem, "psi"), values, cell);
}

function gOf(problem: Problem, values: Float64Array, cell: Cell): number {
  return beyondCell(problem.shape, endsOf(problem, "g"), values, cell);
}

function faceOf(problem: Problem, velocity: Velocity, axis: number, face: Cell): number {
  return beyondFace(problem.shape, endsOf(problem, "courant"), velocity, axis, face);
}

/** The shape of the faces of an axis. */
export function facesOf(shape: readonly number[], axis: number): number[] {
  return shape.with(axis, shape[axis]! + 1);
}

export function moved(cell: Cell, axis: number, by: number): number[] {
  return cell.with(axis, cell[axis]! + by);
}

export function placeOf(shape: readonly number[], cell: Cell): number {
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
