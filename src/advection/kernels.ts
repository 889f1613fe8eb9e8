import { normalize } from "../grid/box.js";
import type { AnyField } from "../grid/field.js";
import { runParts } from "../grid/threads.js";
import { type Core, core, type Sweep } from "../wasm/core.js";
import { memory } from "../wasm/memory.js";
import { cutRows, type Shared, sharedKernel, team } from "../wasm/team.js";

// The layout of `Pass` in assembly/mpdata/pass.ts: places of its i32 members, then of its f64 members.
const n0At = 0;
const stride0At = 3;
const dimensionsAt = 5;
const singleAt = 6;
const uniformAt = 7;
const modeAt = 8;
const termsAt = 9;
const psiAt = 10;
const outAt = 11;
const c0At = 12;
const v0At = 15;
const gAt = 18;
const fluxAt = 19;
const startAt = 20;
const upAt = 21;
const downAt = 22;
const wallsAt = 23;
// Places in f64.
const epsilonAt = 12;
const uniform0At = 13;
const mu0At = 16;
const byteLength = 152;

/** How far the limiter lets psi rise and fall, as ratios to what the fluxes would bring; one value a cell. */
export type Ratios = readonly [up: AnyField, down: AnyField];

/** A kernel of `assembly/mpdata/` that works on a range of a block. */
type Kernel = { [Name in keyof Core]: [Sweep, Core[Name]] extends [Core[Name], Sweep] ? Name : never }[keyof Core];

/** What a kernel reads and writes; what a kernel does not use is left out. */
interface Buffers {
  /** psi that is read. */
  readonly psi?: AnyField;
  /** psi that is written. */
  readonly out?: AnyField;
  /** The velocity that is read, one field an axis. */
  readonly before: readonly AnyField[];
  /** The velocity that is written. A corrective pass keeps the antidiffusive velocity there, if a later pass needs it. */
  readonly after?: readonly AnyField[] | undefined;
  /** psi at the start of the step, for the limiter. */
  readonly start?: AnyField;
  /** What the limiter computes in one kernel and reads in the next. */
  readonly ratios?: Ratios;
  /** Terms of the antidiffusive velocity, as bits; see assembly/mpdata/velocity.ts. */
  readonly terms?: number;
}

/** The cells that a kernel works on: all of a block, or a box of them. */
interface Portion {
  /** Cells along the outermost axis that has more than one: ranges are cut along it. */
  readonly length: number;
  /** An argument block for each thread. */
  readonly ptrs: readonly number[];
  /** The arguments of each thread. */
  readonly parts: readonly (readonly number[])[];
}

/** A kernel with its buffers, whose argument blocks in the WebAssembly memory are written once. */
export class Pass {
  readonly #run: Core[Kernel];
  /** The kernel for all threads, where there is more than one. */
  readonly #shared: Shared | undefined;
  readonly #whole: Portion;
  /** Boxes are told apart by their identity: a solver has the same few each time. */
  readonly #portions = new Map<readonly number[], Portion>();
  readonly #portionOf: (box: readonly number[]) => Portion;
  #mu: readonly number[] | undefined;

  /**
   * @internal Use {@link Kernels.pass}.
   * @param portionOf makes the argument blocks for a box
   */
  constructor(kernel: Kernel, whole: Portion, portionOf: (box: readonly number[]) => Portion) {
    this.#run = core()[kernel];
    this.#whole = whole;
    this.#portionOf = portionOf;
    if (whole.ptrs.length > 1) this.#shared = sharedKernel(kernel);
  }

  /** Cells along the outermost axis that has more than one. */
  get length(): number {
    return this.#whole.length;
  }

  /** Runs the kernel on all cells, by all threads. **Local.** */
  runAll(): void {
    if (this.#shared) this.#runOn(this.#whole);
    else this.run();
  }

  /**
   * Runs the kernel on a box of cells, the begin and the end along each axis, by all threads. Faces are those of the cells,
   * the upper ones included. The box is kept by its identity, and must not change. **Local.**
   */
  runIn(box: readonly number[]): void {
    let portion = this.#portions.get(box);
    if (!portion) {
      portion = this.#portionOf(box);
      this.#portions.set(box, portion);
      if (this.#mu) writeDiffusivity(portion, this.#mu);
    }
    this.#runOn(portion);
  }

  #runOn({ parts }: Portion): void {
    if (parts.length > 1) team().run(this.#shared!, parts);
    else (this.#run as (...values: readonly number[]) => void)(...parts[0]!);
  }

  /**
   * Runs the kernel on the cells `first` to `end - 1` along the outermost axis that has more than one, by this thread. The
   * bits of the results do not depend on how a block is cut into ranges, nor on their order. **Local.**
   */
  run(first = 0, end = this.length): void {
    this.#run(this.#whole.ptrs[0]!, first, end);
  }

  /** Sets the diffusivities along the axes, times the time step over the squared size of a cell. */
  setDiffusivity(mu: readonly number[]): void {
    this.#mu = mu;
    for (const portion of [this.#whole, ...this.#portions.values()]) writeDiffusivity(portion, mu);
  }
}

function writeDiffusivity({ ptrs }: Portion, mu: readonly number[]): void {
  for (const ptr of ptrs) memory.f64(ptr, byteLength / 8).set(normalize(mu, 0), mu0At);
}

/** The MPDATA kernels on the buffers of one solver: makes their argument blocks, and frees them. */
export class Kernels {
  readonly #like: AnyField;
  readonly #epsilon: number;
  readonly #mode: number;
  readonly #g: AnyField | undefined;
  /** The ranges of the threads, see {@link cutsOf}. */
  readonly #cuts: readonly number[];
  /** Room for fluxes, for each thread. */
  readonly #fluxPtrs: readonly number[];
  readonly #blockPtrs: number[] = [];
  /** The argument blocks of kernels that read the Courant field, for which numbers may stand. */
  readonly #courantPtrs: number[] = [];
  /** The argument blocks of kernels that only look at a flow, by its components. */
  readonly #flows = new Map<readonly AnyField[], number>();
  #uniform: readonly number[] | undefined;

  /** @param like a field with the layout of all that will be passed */
  constructor(like: AnyField, { epsilon, mode }: { epsilon: number; mode: number }, g: AnyField | undefined) {
    this.#like = like;
    this.#epsilon = epsilon;
    this.#mode = mode;
    this.#g = g;
    const counts = this.#countsOf();
    const [, n1, n2] = counts;
    // On up to two axes the first of two steps computes a layer around the block as well.
    const room = like.grid.shape.length === 3 ? (n1 + 3) * (n2 + 4) : 21 * (n2 + 34);
    this.#cuts = cutsOf(counts, like.grid.threads);
    // Threads write there all the time: not on cache lines of each other.
    const apart = this.#cuts.length > 2 ? 64 : 0;
    this.#fluxPtrs = this.#cuts.slice(1).map(() => memory.alloc(like.elementLength * room + apart));
  }

  /** Tells the Courant numbers where they are the same on all faces, halos included, and G is 1. */
  setUniform(uniform: readonly number[] | undefined): void {
    this.#uniform = uniform;
    for (const ptr of this.#courantPtrs) this.#writeUniform(ptr);
  }

  #writeUniform(ptr: number): void {
    memory.i32(ptr, byteLength / 4)[uniformAt] = Number(this.#uniform !== undefined);
    memory.f64(ptr, byteLength / 8).set(normalize(this.#uniform ?? [], 0), uniform0At);
  }

  /**
   * A kernel with its buffers. The argument blocks are released with all others by {@link free}.
   * @param isCourant whether `before` is the Courant field, for which {@link setUniform} may tell numbers
   * @param all the cells that it computes, which may be of the halo. Default: those of the block
   */
  pass(kernel: Kernel, buffers: Buffers, isCourant = false, all?: readonly number[]): Pass {
    const portionOf = (box = all) => this.#portionOf(buffers, isCourant, box);
    return new Pass(kernel, portionOf(), portionOf);
  }

  /** The argument blocks for a box of cells, by default for all of them. */
  #portionOf(buffers: Buffers, isCourant: boolean, box?: readonly number[]): Portion {
    const counts = this.#countsOf(box);
    const cuts = box ? cutsOf(counts, this.#fluxPtrs.length) : this.#cuts;
    const ptrs = cuts.slice(1).map((_, thread) => this.#blockOf(buffers, this.#fluxPtrs[thread]!, box));
    if (isCourant) {
      this.#courantPtrs.push(...ptrs);
      for (const ptr of ptrs) this.#writeUniform(ptr);
    }
    return { length: cuts.at(-1)!, ptrs, parts: ptrs.map((ptr, thread) => [ptr, cuts[thread]!, cuts[thread + 1]!]) };
  }

  /** Cells along the three axes of the layout. */
  #countsOf(box?: readonly number[]): [number, number, number] {
    const { blockShape } = this.#like.grid;
    const counts = box ? blockShape.map((_, axis) => box[2 * axis + 1]! - box[2 * axis]!) : blockShape;
    return normalize(counts, 1);
  }

  /** How far from the first cell of the block that of a box is, in bytes. */
  #offsetOf(box: readonly number[]): number {
    const { elementLength, strides } = this.#like;
    return strides.reduce((sum, stride, axis) => sum + elementLength * stride * box[2 * axis]!, 0);
  }

  /** The walls that a box touches, as bits, axis by axis the low and the high one. */
  #wallsOf(box?: readonly number[]): number {
    const { grid } = this.#like;
    return grid.blockShape.reduce((bits, n, axis) => {
      const low = grid.atWall(axis, "low") && !(box && box[2 * axis]! > 0);
      const high = grid.atWall(axis, "high") && !(box && box[2 * axis + 1]! < n);
      return bits + (Number(low) + 2 * Number(high)) * 4 ** axis;
    }, 0);
  }

  #blockOf(
    { psi, out, before, after = [], start, ratios, terms = 0 }: Buffers,
    fluxPtr: number,
    box?: readonly number[],
  ): number {
    const [, stride0, stride1] = this.#like.box();
    const offset = box ? this.#offsetOf(box) : 0;
    const at = (field: AnyField | undefined) => (field ? field.originPtr + offset : 0);
    const ptr = memory.alloc(byteLength);
    this.#blockPtrs.push(ptr);
    const members = memory.i32(ptr, byteLength / 4);
    members.set(this.#countsOf(box), n0At);
    members.set([stride0, stride1], stride0At);
    members[dimensionsAt] = this.#like.grid.shape.length;
    members[singleAt] = Number(this.#like.dtype === "f32");
    members[modeAt] = this.#mode;
    members[termsAt] = terms;
    members[psiAt] = at(psi);
    members[outAt] = at(out);
    // Components in the kernels' order of axes, 0 for missing ones.
    members.set(normalize(before.map(at), 0), c0At);
    members.set(normalize(after.map(at), 0), v0At);
    members[gAt] = at(this.#g);
    members[fluxAt] = fluxPtr;
    members[startAt] = at(start);
    members[upAt] = at(ratios?.[0]);
    members[downAt] = at(ratios?.[1]);
    members[wallsAt] = this.#wallsOf(box);
    memory.f64(ptr, byteLength / 8)[epsilonAt] = this.#epsilon;
    return ptr;
  }

  /** The greatest divergence of a cell of this block, without its sign, NaN if one is NaN. **Local.** */
  divergence(courant: readonly AnyField[]): number {
    return this.#greatest("greatestDivergence", courant);
  }

  /** The greatest outflow of a cell of this block, NaN if one is NaN. **Local.** */
  courantNumber(courant: readonly AnyField[]): number {
    return this.#greatest("courantNumber", courant);
  }

  #greatest(kernel: "greatestDivergence" | "courantNumber", courant: readonly AnyField[]): number {
    const ptr = this.#flowPtr(courant);
    const parts = this.#cuts.slice(1).map((end, thread) => [ptr, this.#cuts[thread]!, end]);
    return Math.max(...(runParts(kernel, parts) as number[]));
  }

  #flowPtr(courant: readonly AnyField[]): number {
    let ptr = this.#flows.get(courant);
    if (ptr === undefined) {
      ptr = this.#blockOf({ before: courant }, this.#fluxPtrs[0]!);
      this.#flows.set(courant, ptr);
    }
    return ptr;
  }

  /** Releases the argument blocks and the room for fluxes. No pass must run afterwards. **Local.** */
  free(): void {
    for (const ptr of [...this.#blockPtrs, ...this.#fluxPtrs]) memory.free(ptr);
  }
}

/** Where the ranges of threads begin along the outermost axis that has more than one cell, and the end of the last. */
function cutsOf([n0, n1, n2]: readonly [number, number, number], threads: number): readonly number[] {
  return cutRows([n0, n1].find((n) => n > 1) ?? n2, n0 * n1 * n2, threads);
}
