/**
 * What `wasm-mpi bench hpcg` times on the ranks of a job: conjugate gradients in compiled code, for the 27-point matrix of
 * HPCG, 26 on the diagonal and -1 for each neighbour within a cube, which is not stored. bench/hpcg.c does the same.
 */
import { blockStart, chooseSplit } from "../../grid/decompose.js";
import { jit } from "../../jit/jit.js";
import { type Comm, mpi } from "../../mpi/index.js";
import { memory } from "../../wasm/memory.js";
import { repeats } from "./messages.js";
import { type Case, cellsOf, isRegular, type Measured, type Workload } from "./workload.js";

/**
 * Arrays have a halo of one cell, zero beyond the cube; a rank has planes of the cube, and gets those of its neighbours.
 *
 *     A p = 27 p - (sum of 27 cells):   sums of 3 cells across planes, kept for 3 rows
 *                                       sums of 9 cells, in registers
 *                                       sums of 27 cells: of 3 neighbours of these
 */
const source = `
  import { PROC_NULL, SUM, View, allreduce, rank, sendrecv, size } from "mpi";

  let n = 0, planes = 0;
  /** Bytes of a row and of a plane, with the halo. */
  let row: usize = 0, plane: usize = 0;
  let x: usize = 0, r: usize = 0, p: usize = 0, q: usize = 0, b: usize = 0;
  let sums0: usize = 0, sums1: usize = 0, sums2: usize = 0;
  let rho = 0.0;
  let lowest = new View<f64>(0, 0), highest = lowest, below = lowest, above = lowest;

  /** Arrays one behind the other, each of so many bytes; sums of three rows behind them. */
  export function place(ptr: usize, byteLength: usize, cells: i32, planesOfRank: i32): void {
    n = cells;
    planes = planesOfRank;
    row = 8 * (n + 2);
    plane = row * (n + 2);
    x = ptr;
    r = x + byteLength;
    p = r + byteLength;
    q = p + byteLength;
    b = q + byteLength;
    sums0 = b + byteLength;
    sums1 = sums0 + row + 32;
    sums2 = sums1 + row + 32;
    const cellsOfPlane = (n + 2) * (n + 2);
    below = new View<f64>(p, cellsOfPlane);
    lowest = new View<f64>(p + plane, cellsOfPlane);
    highest = new View<f64>(p + plane * planes, cellsOfPlane);
    above = new View<f64>(p + plane * (planes + 1), cellsOfPlane);
  }

  /** Bytes from the begin of an array to the first cell of a row. */
  function at(i: i32, j: i32): usize {
    return <usize>(i + 1) * plane + <usize>(j + 1) * row + 8;
  }

  function exchange(): void {
    const low = rank() > 0 ? rank() - 1 : PROC_NULL;
    const high = rank() + 1 < size() ? rank() + 1 : PROC_NULL;
    sendrecv(lowest, low, above, high, 0, 0);
    sendrecv(highest, high, below, low, 1, 1);
  }

  /** Sums of three cells across planes, of a row with both ends; the last vectors may reach beyond, where nobody looks. */
  function sumPlanes(to: usize, from: usize): void {
    let before = from - plane, after = from + plane;
    for (const end = to + row; to < end; to += 32, from += 32, before += 32, after += 32) {
      v128.store(to, f64x2.add(f64x2.add(v128.load(before), v128.load(from)), v128.load(after)));
      v128.store(to, f64x2.add(f64x2.add(v128.load(before, 16), v128.load(from, 16)), v128.load(after, 16)), 16);
    }
  }

  /** Sums of nine cells. */
  function nine(a: usize, m: usize, c: usize): v128 {
    return f64x2.add(f64x2.add(v128.load(a), v128.load(m)), v128.load(c));
  }

  /** A row of q = A p, and p q. */
  function applyRow(to: usize, from: usize, a: usize, m: usize, c: usize): f64 {
    const weight = f64x2.splat(27);
    let total = f64x2.splat(0);
    let left = nine(a, m, c);
    const end = from + 8 * (n & ~1);
    for (; from < end; to += 16, from += 16) {
      a += 16;
      m += 16;
      c += 16;
      const right = nine(a, m, c);
      const middle = v128.shuffle<f64>(left, right, 1, 2);
      const cells = v128.load(from);
      const value = f64x2.sub(f64x2.mul(weight, cells), f64x2.add(f64x2.add(left, middle), right));
      v128.store(to, value);
      total = f64x2.add(total, f64x2.mul(cells, value));
      left = right;
    }
    let sum = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
    if (n & 1) {
      const right = f64x2.extract_lane(nine(a + 16, m + 16, c + 16), 0);
      const cell = load<f64>(from);
      const value = 27 * cell - (f64x2.extract_lane(left, 0) + f64x2.extract_lane(left, 1) + right);
      store<f64>(to, value);
      sum += cell * value;
    }
    return sum;
  }

  function apply(): f64 {
    let sum = 0.0;
    for (let i = 0; i < planes; i++) {
      let first = sums0, second = sums1, third = sums2;
      sumPlanes(first, p + at(i, -1) - 8);
      sumPlanes(second, p + at(i, 0) - 8);
      for (let j = 0; j < n; j++) {
        sumPlanes(third, p + at(i, j + 1) - 8);
        sum += applyRow(q + at(i, j), p + at(i, j), first, second, third);
        const oldest = first;
        first = second;
        second = third;
        third = oldest;
      }
    }
    return sum;
  }

  /** x + alpha p and r - alpha q of a row, and r r. */
  function advanceRow(first: usize, alpha: f64): f64 {
    const factor = f64x2.splat(alpha);
    let total = f64x2.splat(0);
    const end = first + 8 * (n & ~1);
    let xPtr = x + first, rPtr = r + first, pPtr = p + first, qPtr = q + first;
    for (const endPtr = x + end; xPtr < endPtr; xPtr += 16, rPtr += 16, pPtr += 16, qPtr += 16) {
      v128.store(xPtr, f64x2.add(v128.load(xPtr), f64x2.mul(factor, v128.load(pPtr))));
      const left = f64x2.sub(v128.load(rPtr), f64x2.mul(factor, v128.load(qPtr)));
      v128.store(rPtr, left);
      total = f64x2.add(total, f64x2.mul(left, left));
    }
    let sum = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
    if (n & 1) {
      store<f64>(xPtr, load<f64>(xPtr) + alpha * load<f64>(pPtr));
      const left = load<f64>(rPtr) - alpha * load<f64>(qPtr);
      store<f64>(rPtr, left);
      sum += left * left;
    }
    return sum;
  }

  function advance(alpha: f64): f64 {
    let sum = 0.0;
    for (let i = 0; i < planes; i++) {
      for (let j = 0; j < n; j++) sum += advanceRow(at(i, j), alpha);
    }
    return sum;
  }

  /** r + beta p of a row. */
  function turnRow(first: usize, beta: f64): void {
    const factor = f64x2.splat(beta);
    let pPtr = p + first, rPtr = r + first;
    for (const end = pPtr + 8 * (n & ~1); pPtr < end; pPtr += 16, rPtr += 16) {
      v128.store(pPtr, f64x2.add(v128.load(rPtr), f64x2.mul(factor, v128.load(pPtr))));
    }
    if (n & 1) store<f64>(pPtr, load<f64>(rPtr) + beta * load<f64>(pPtr));
  }

  function turn(beta: f64): void {
    for (let i = 0; i < planes; i++) {
      for (let j = 0; j < n; j++) turnRow(at(i, j), beta);
    }
  }

  export function restart(): void {
    let sum = 0.0;
    for (let i = 0; i < planes; i++) {
      for (let j = 0; j < n; j++) {
        const first = at(i, j);
        memory.fill(x + first, 0, 8 * n);
        memory.copy(r + first, b + first, 8 * n);
        memory.copy(p + first, b + first, 8 * n);
        for (let k = 0; k < n; k++) {
          const value = load<f64>(b + first + 8 * k);
          sum += value * value;
        }
      }
    }
    rho = allreduce<f64>(sum, SUM);
  }

  /** The square of the residual after so many iterations more. */
  export function iterate(count: i32): f64 {
    for (let iteration = 0; iteration < count; iteration++) {
      exchange();
      const alpha = rho / allreduce<f64>(apply(), SUM);
      const next = allreduce<f64>(advance(alpha), SUM);
      turn(next / rho);
      rho = next;
    }
    return rho;
  }`;

interface Compiled {
  place(ptr: number, byteLength: number, cells: number, planes: number): void;
  restart(): void;
  iterate(count: number): number;
}

let compiled: Promise<Compiled> | undefined;

/** Iterations of a repeat, for some 10 ms: a rough time, for measured ones would differ from job to job. */
const stepsOf = (timed: Case) => Math.max(5, Math.min(50, Math.round(10e6 / (2e3 + 3 * cellsOf(timed)))));

/** Iterations from zero whose residual is compared: more of them would leave small cubes nothing but roundings. */
const checked = 10;

/** What the right side is in a cell, a number of 1024ths. */
const rightSide = (i: number, j: number, k: number) => ((i * 7919 + j * 104729 + k * 1299709) % 1024) / 1024;

async function measure(comm: Comm, timed: Case): Promise<Measured> {
  const n = timed.shape[0]!;
  const first = blockStart(n, comm.size, comm.rank);
  const planes = blockStart(n, comm.size, comm.rank + 1) - first;
  const row = n + 2;
  const byteLength = 8 * row * row * (planes + 2) + 16;
  compiled ??= jit<Compiled>(source);
  const { place, restart, iterate } = await compiled;
  const ptr = memory.alloc(5 * byteLength + 3 * (8 * row + 32));
  const b = memory.f64(ptr + 4 * byteLength, row * row * (planes + 2));
  for (let i = 0; i < planes; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < n; k++) b[((i + 1) * row + j + 1) * row + k + 1] = rightSide(first + i, j, k);
    }
  }
  place(ptr, byteLength, n, planes);
  const count = stepsOf(timed);
  const seconds: number[] = [];
  // The first repeats do not count, in which the engine compiles.
  for (let repeat = -3; repeat < repeats; repeat++) {
    restart();
    comm.barrier();
    const begin = mpi.wtime();
    iterate(count);
    if (repeat >= 0) seconds.push((mpi.wtime() - begin) / count);
  }
  restart();
  const meanSquare = iterate(checked) / cellsOf(timed);
  memory.free(ptr);
  return { seconds, result: { meanSquare } };
}

/** Conjugate gradients in compiled code. */
export const gradients: Workload = {
  what: "hpcg",
  about: "iterations of conjugate gradients with a 27-point matrix that is not stored, in compiled code, f64",
  step: "iteration",
  noun: "solver",
  names: ["cg"],
  usualSizes: "32,64,128",
  example: "32,64",
  sides: 3,
  only: { expected: "cubes", has: (shape) => shape.length === 3 && isRegular(shape) },
  hasThreads: false,
  isApart: false,
  peers: ["c", "native"],
  source: "hpcg.c",
  remark: "three sweeps an iteration",
  cellBytes: () => 40,
  // As HPCG counts: a matrix of 27 entries a row, two products of vectors and three sums.
  flops: 2 * 27 + 2 * 2 + 3 * 2,
  // Read p and write q; read x, p, r, q and write x, r; read r, p and write p.
  moved: 8 * (2 + 6 + 3),
  movedOf: "the vectors, once in each of three sweeps",
  stepsOf,
  argsOf: (timed) => [timed.shape[0]!, stepsOf(timed)].map(String),
  checkBlocks: ({ shape }, ranks) => void chooseSplit([shape[0]!], ranks, 1),
  measure,
};
