import { normalize } from "../grid/box.js";
import type { AnyField } from "../grid/field.js";
import { type Core, core, type Sweep } from "../wasm/core.js";
import { memory } from "../wasm/memory.js";

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

/** A kernel with its buffers, whose argument block in the WebAssembly memory is written once. */
export class Pass {
  /** Cells along the outermost axis that has more than one: ranges are cut along it. */
  readonly length: number;
  readonly #run: Core[Kernel];
  readonly #ptr: number;

  /** @internal Use {@link Kernels.pass}. */
  constructor(kernel: Kernel, ptr: number, length: number) {
    this.length = length;
    this.#run = core()[kernel];
    this.#ptr = ptr;
  }

  /**
   * Runs the kernel on the cells `first` to `end - 1` along the outermost axis that has more than one. The bits of the
   * results do not depend on how a block is cut into ranges, nor on their order. **Local.**
   */
  run(first = 0, end = this.length): void {
    this.#run(this.#ptr, first, end);
  }

  /** Sets the diffusivities along the axes, times the time step over the squared size of a cell. */
  setDiffusivity(mu: readonly number[]): void {
    memory.f64(this.#ptr, byteLength / 8).set(normalize(mu, 0), mu0At);
  }
}

/** The MPDATA kernels on the buffers of one solver: makes their argument blocks, and frees them. */
export class Kernels {
  readonly #like: AnyField;
  readonly #epsilon: number;
  readonly #mode: number;
  readonly #g: AnyField | undefined;
  /** Cells along the outermost axis that has more than one. */
  readonly #length: number;
  readonly #fluxPtr: number;
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
    this.#length = [n0, n1].find((n) => n > 1) ?? n2;
    this.#fluxPtr = memory.alloc(like.elementLength * (n2 + 4) * (n1 + 2));
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
   * A kernel with its buffers. The argument block is released with all others by {@link free}.
   * @param isCourant whether `before` is the Courant field, for which {@link setUniform} may tell numbers
   */
  pass(kernel: Kernel, buffers: Buffers, isCourant = false): Pass {
    const ptr = this.#blockOf(buffers);
    if (isCourant) {
      this.#courantPtrs.push(ptr);
      this.#writeUniform(ptr);
    }
    return new Pass(kernel, ptr, this.#length);
  }

  #blockOf({ psi, out, before, after = [], start, ratios, terms = 0 }: Buffers): number {
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
    members[fluxAt] = this.#fluxPtr;
    members[startAt] = start?.originPtr ?? 0;
    members[upAt] = ratios?.[0].originPtr ?? 0;
    members[downAt] = ratios?.[1].originPtr ?? 0;
    memory.f64(ptr, byteLength / 8)[epsilonAt] = this.#epsilon;
    return ptr;
  }

  /** The greatest divergence of a cell of this block, without its sign, NaN if one is NaN. **Local.** */
  divergence(courant: readonly AnyField[]): number {
    return core().greatestDivergence(this.#flowPtr(courant), 0, this.#length);
  }

  /** The greatest outflow of a cell of this block, NaN if one is NaN. **Local.** */
  courantNumber(courant: readonly AnyField[]): number {
    return core().courantNumber(this.#flowPtr(courant), 0, this.#length);
  }

  #flowPtr(courant: readonly AnyField[]): number {
    let ptr = this.#flows.get(courant);
    if (ptr === undefined) {
      ptr = this.#blockOf({ before: courant });
      this.#flows.set(courant, ptr);
    }
    return ptr;
  }

  /** Releases the argument blocks and the room for fluxes. No pass must run afterwards. **Local.** */
  free(): void {
    for (const ptr of [...this.#blockPtrs, this.#fluxPtr]) memory.free(ptr);
  }
}

/** Addresses of the components in the kernels' order of axes, 0 for missing ones. */
function pointers(components: readonly AnyField[]): readonly number[] {
  return normalize(
    components.map((field) => field.originPtr),
    0,
  );
}
