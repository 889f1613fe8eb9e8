/**
 * Cells of three axes that follow each other in one pass over a block, plane by plane along the first axis. Of what one
 * computes for the next only the planes that are still read are kept, in a *ring* whose pointers change places:
 *
 *     the cell that stores an array       i - 1    i    i + 1 <- stored in turn i
 *     the one that reads it in turn i     i - 1    i    i + 1
 *     turn i + 1                            i    i + 1    i - 1, to be stored as i + 2
 *
 * Each cell sees a plane of a ring as an array of its own. Diffusion at 256^3, two steps, takes 0.95 ns a cell with strips
 * of four planes and copies between them, 0.85 in rings; Cahn-Hilliard 1.96 and 1.79. Whole planes: cut into strips of 64 rows,
 * which the second level of cache holds, it takes 1.03 for 0.96, as memory is read in shorter pieces.
 */
import { Body, type Definition, type Type } from "./assemble.js";
import { arraysOfFusion, offsetsOf, reachesOf, storing } from "./fusion.js";
import { sizeOf } from "./lower.js";
import { arraysOf, type Cell, type Fusion, type Layout, type Node, neededOf } from "./program.js";

const axes = 3;

/**
 * Loads wait for stores to addresses that are the same in these bits. So a plane that is stored is shifted until it differs
 * from that of a field by a part of it: diffusion at 256^3 0.95 ns a cell with a bad part, 0.86 with that of {@link shiftsOf}.
 */
const alias = 4096;

/** The planes of an array that are kept at a time. */
interface Ring {
  readonly array: number;
  /** The first plane that is still read in a turn, from that of the last cell. */
  readonly lowest: number;
  readonly count: number;
  /** The number, among those of all rings, of its first plane. */
  readonly first: number;
}

function ringsOf(fusion: Fusion): readonly Ring[] {
  const reaches = reachesOf(fusion, axes);
  let planes = 0;
  return fusion.rolled.map((array) => {
    const highest = reaches[storing(fusion, array)]!.above[0]!;
    const read = fusion.cells.flatMap((cell, i) => offsetsOf(cell, array).map(([o]) => reaches[i]!.above[0]! + o!));
    const lowest = Math.min(highest, ...read);
    const count = highest - lowest + 1;
    const first = planes;
    planes += count;
    return { array, lowest, count, first };
  });
}

/** How many numbers of room each array that is kept in planes needs. */
export function roomOfPlanes(fusion: Fusion, { strides, dtype }: Layout): ReadonlyMap<number, number> {
  const plane = strides[0]! + alias / sizeOf[dtype];
  return new Map(ringsOf(fusion).map(({ array, count }) => [array, count * plane]));
}

/**
 * How many bytes behind a cell of a field the same cell of each ring is to lie, but for whole multiples of the alias: as far as
 * may be from what a cell loads when it stores, and from what it stores when it loads.
 */
function shiftsOf({ cells, rolled }: Fusion, { strides, dtype }: Layout): readonly number[] {
  const size = sizeOf[dtype];
  // What is loaded and what is stored by the same cell, and how many bytes behind it the loaded one is but for the shifts.
  const pairs = cells.flatMap((cell) =>
    arraysOf(cell).flatMap((loaded) => {
      const places = new Set(offsetsOf(cell, loaded).map((offset) => dot(offset, strides)));
      return cell.stores.flatMap(({ array: stored }) =>
        Array.from(places, (cellsApart) => ({ loaded, stored, bytes: cellsApart * size })),
      );
    }),
  );
  const shifts: number[] = [];
  // Fields that are stored are mostly those that are read.
  const shiftOf = (array: number) => (rolled.includes(array) ? shifts[rolled.indexOf(array)] : 0);
  const step = 64;
  rolled.forEach((array, ring) => {
    const ofRing = pairs.filter(({ loaded, stored }) => loaded === array || stored === array);
    let [best, most] = [step, -1];
    for (let shift = step; shift < alias; shift += step) {
      shifts[ring] = shift;
      const distances = ofRing.map(({ loaded, stored, bytes }) => {
        const apart = (shiftOf(loaded) ?? Number.NaN) - (shiftOf(stored) ?? Number.NaN) + bytes;
        const rest = ((apart % alias) + alias) % alias;
        return Number.isNaN(rest) ? alias : Math.min(rest, alias - rest);
      });
      const least = Math.min(alias, ...distances);
      if (least > most) [best, most] = [shift, least];
    }
    shifts[ring] = best;
  });
  return shifts;
}

function dot(offset: readonly number[], strides: readonly number[]): number {
  return offset.reduce((sum, o, axis) => sum + o * strides[axis]!, 0);
}

/** The cells of a fusion, each on one plane, which read and store the planes of rings as arrays behind all others. */
export function planeCells(fusion: Fusion): readonly Cell[] {
  const rings = new Map(ringsOf(fusion).map((ring) => [ring.array, ring]));
  const reaches = reachesOf(fusion, axes);
  const behind = firstPlane(fusion);
  return fusion.cells.map((cell, i) => {
    const needed = neededOf(cell);
    const nodes = cell.nodes.map((node, n): Node => {
      const ring = node.op === "load" ? rings.get(node.array) : undefined;
      if (node.op !== "load" || !ring) return node;
      if (!needed[n]) return { op: "constant", value: 0 };
      const [o, ...rest] = node.offset;
      const place = reaches[i]!.above[0]! + o! - ring.lowest;
      return { ...node, array: behind + ring.first + place, offset: [0, ...rest] };
    });
    const stores = cell.stores.map(({ array, node }) => {
      const ring = rings.get(array);
      return { array: ring ? behind + ring.first + ring.count - 1 : array, node };
    });
    return { nodes, stores };
  });
}

/** The number of the array that is the first plane of the first ring. */
function firstPlane(fusion: Fusion): number {
  return Math.max(...arraysOfFusion(fusion)) + 1;
}

/**
 * The function that runs the sweeps of the cells plane by plane, with the signature of a sweep.
 * @param sweeps - the functions of {@link planeCells}, in order
 */
export function writePlanes(fusion: Fusion, layout: Layout, sweeps: readonly number[], name: string): Definition {
  const size = sizeOf[layout.dtype];
  const [planeBytes, rowBytes] = layout.strides.map((stride) => stride * size) as [number, number];
  const arrays = arraysOfFusion(fusion);
  const reaches = reachesOf(fusion, axes);
  const rings = ringsOf(fusion);
  const behind = firstPlane(fusion);
  const parameters = arrays.length;
  const params = new Array<Type>(arrays.length + 1 + 2 * axes).fill("i32");
  const body = new Body(params.length);
  const lowOf = (axis: number) => parameters + 1 + 2 * axis;
  const highOf = (axis: number) => lowOf(axis) + 1;
  const turn = body.local("i32");
  const plane = body.local("i32");
  const first = body.local("i32");
  /** What points to cell 0 of each plane of a ring, as if it were plane 0, with and without its shift. */
  const localsOfPlanes = () => rings.flatMap(({ count }) => Array.from({ length: count }, () => body.local("i32")));
  const [slots, bases] = [localsOfPlanes(), localsOfPlanes()];
  const shifts = shiftsOf(fusion, layout);
  const field = arrays.find((array) => !fusion.rolled.includes(array) && offsetsOf(fusion.cells[0]!, array).length > 0);

  const pushSum = (local: number, constant: number) => {
    body.get(local);
    if (constant !== 0) body.constant("i32", constant).op("i32.add");
  };
  // The cells of a ring begin with the lowest that is computed.
  for (const { array, count, first: place } of rings) {
    const { below } = reaches[storing(fusion, array)]!;
    for (let k = 0; k < count; k++) {
      pushSum(arrays.indexOf(array), k * (planeBytes + alias) + below[1]! * rowBytes + below[2]! * size);
      body.get(lowOf(1)).constant("i32", rowBytes).op("i32.mul").op("i32.sub");
      body.get(lowOf(2)).constant("i32", size).op("i32.mul").op("i32.sub");
      body.set(bases[place + k]!);
      body.get(bases[place + k]!).set(slots[place + k]!);
    }
  }
  /** Shifts the plane that is stored next. */
  const setShift = ({ first: place, count }: Ring, shift: number) => {
    if (field === undefined) return;
    const base = bases[place + count - 1]!;
    body.get(base);
    pushSum(arrays.indexOf(field), shift);
    body.get(plane).constant("i32", planeBytes).op("i32.mul").op("i32.add");
    body.get(base).op("i32.sub");
    body
      .constant("i32", alias - 16)
      .op("i32.and")
      .op("i32.add")
      .set(slots[place + count - 1]!);
  };
  const writeCell = (cell: Cell, i: number) => {
    const { below, above } = reaches[i]!;
    pushSum(turn, above[0]!);
    body.set(plane);
    // Those beyond the block are computed before its first turn.
    body.get(plane);
    pushSum(lowOf(0), -below[0]!);
    body.op("i32.ge").open("if");
    rings.forEach((ring, k) => {
      if (storing(fusion, ring.array) === i) setShift(ring, shifts[k]!);
    });
    for (const array of arraysOf(cell)) {
      if (array < behind) body.get(arrays.indexOf(array));
      else {
        body.get(slots[array - behind]!);
        body.get(plane).constant("i32", planeBytes).op("i32.mul").op("i32.sub");
      }
    }
    body.get(parameters).get(plane);
    pushSum(plane, 1);
    for (let axis = 1; axis < axes; axis++) {
      pushSum(lowOf(axis), -below[axis]!);
      pushSum(highOf(axis), above[axis]!);
    }
    body.op("call", sweeps[i]!).op("end");
  };

  const ahead = Math.max(...reaches.map(({ below, above }) => below[0]! + above[0]!));
  body.get(highOf(0)).get(lowOf(0)).op("i32.gt").open("if");
  pushSum(lowOf(0), -ahead);
  body.set(turn).open("loop");
  planeCells(fusion).forEach(writeCell);
  for (const { first: place, count } of rings)
    for (const locals of [slots, bases]) {
      body.get(locals[place]!).set(first);
      for (let k = 1; k < count; k++) body.get(locals[place + k]!).set(locals[place + k - 1]!);
      body.get(first).set(locals[place + count - 1]!);
    }
  pushSum(turn, 1);
  body.set(turn);
  body.get(highOf(0)).get(turn).op("i32.gt").op("br_if", 0).op("end").op("end");
  return { signature: { params, results: [] }, body, name };
}
