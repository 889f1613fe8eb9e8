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

/** A kernel with its buffers, whose argument blocks in the WebAssembly memory are written once. */
export class Pass {
  /** Cells along the outermost axis that has more than one: ranges are cut along it. */
  readonly length: number;
  readonly #run: Core[Kernel];
  /** An argument block for each thread. */
  readonly #ptrs: readonly number[];
  /** The arguments of each thread, and the kernel for all of them, where there is more than one. */
  readonly #parts: readonly (readonly number[])[];
  readonly #shared: Shared | undefined;

  /**
   * @internal Use {@link Kernels.pass}.
   * @param cuts the first cells of the range of each thread, and the end of the last one
   */
  constructor(kernel: Kernel, ptrs: readonly number[], cuts: readonly number[]) {
    this.length = cuts.at(-1)!;
    this.#run = core()[kernel];
    this.#ptrs = ptrs;
    this.#parts = ptrs.map((ptr, thread) => [ptr, cuts[thread]!, cuts[thread + 1]!]);
    if (ptrs.length > 1) this.#shared = sharedKernel(kernel);
  }

  /** Runs the kernel on all cells, by all threads. **Local.** */
  runAll(): void {
    if (this.#shared) team().run(this.#shared, this.#parts);
    else this.run();
  }

  /**
   * Runs the kernel on the cells `first` to `end - 1` along the outermost axis that has more than one, by this thread. The
   * bits of the results do not depend on how a block is cut into ranges, nor on their order. **Local.**
   */
  run(first = 0, end = this.length): void {
    this.#run(this.#ptrs[0]!, first, end);
  }

  /** Sets the diffusivities along the axes, times the time step over the squared size of a cell. */
  setDiffusivity(mu: readonly number[]): void {
    for (const ptr of this.#ptrs) memory.f64(ptr, byteLength / 8).set(normalize(mu, 0), mu0At);
  }
}

/** The MPDATA kernels on the buffers of one solver: makes their argument blocks, and frees them. */
export class Kernels {
  readonly #like: AnyField;
  readonly #epsilon: number;
  readonly #mode: number;
  readonly #g: AnyField | undefined;
  /** The first cells along the outermost axis that has more than one of the range of each thread, and the end of the last. */
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
    const [, , , n0, n1, n2] = like.box();
    this.#cuts = cutRows([n0, n1].find((n) => n > 1) ?? n2, n0 * n1 * n2, like.grid.threads);
    // Threads write there all the time: not on cache lines of each other.
    const apart = this.#cuts.length > 2 ? 64 : 0;
    this.#fluxPtrs = this.#cuts.slice(1).map(() => memory.alloc(like.elementLength * (n2 + 4) * (n1 + 2) + apart));
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
   */
  pass(kernel: Kernel, buffers: Buffers, isCourant = false): Pass {
    const ptrs = this.#fluxPtrs.map((fluxPtr) => this.#blockOf(buffers, fluxPtr));
    if (isCourant) {
      this.#courantPtrs.push(...ptrs);
      for (const ptr of ptrs) this.#writeUniform(ptr);
    }
    return new Pass(kernel, ptrs, this.#cuts);
  }

  #blockOf({ psi, out, before, after = [], start, ratios, terms = 0 }: Buffers, fluxPtr: number): number {
    const [, stride0, stride1, n0, n1, n2] = this.#like.box();
    const ptr = memory.alloc(byteLength);
    this.#blockPtrs.push(ptr);
    const members = memory.i32(ptr, byteLength / 4);
    members.set([n0, n1, n2], n0At);
    members.set([stride0, stride1], stride0At);
    members[dimensionsAt] = this.#like.grid.shape.length;
    members[singleAt] = Number(this.#like.dtype === "f32");
    members[modeAt] = this.#mode;
    members[termsAt] = terms;
    members[psiAt] = psi?.originPtr ?? 0;
    members[outAt] = out?.originPtr ?? 0;
    members.set(pointers(before), c0At);
    members.set(pointers(after), v0At);
    members[gAt] = this.#g?.originPtr ?? 0;
    members[fluxAt] = fluxPtr;
    members[startAt] = start?.originPtr ?? 0;
    members[upAt] = ratios?.[0].originPtr ?? 0;
    members[downAt] = ratios?.[1].originPtr ?? 0;
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

/** Addresses of the components in the kernels' order of axes, 0 for missing ones. */
function pointers(components: readonly AnyField[]): readonly number[] {
  return normalize(
    components.map((field) => field.originPtr),
    0,
  );
}
