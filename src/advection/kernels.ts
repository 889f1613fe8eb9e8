import { normalize } from "../grid/box.js";
import type { Field } from "../grid/field.js";
import { core } from "../wasm/core.js";
import { memory } from "../wasm/memory.js";

// The layout of `Pass` in assembly/mpdata/sweep.ts: places of its i32 members, then four f64.
const n0At = 0;
const stride0At = 3;
const psiAt = 5;
const outAt = 6;
const beforeAt = 7;
const afterAt = 10;
const gAt = 13;
const fluxAt = 14;
const uniformAt = 15;
const singleAt = 16;
const epsilonAt = 9; // in f64, as is the next
const uniform0At = 10;
const byteLength = 104;

/** How far the limiter lets psi rise and fall, as ratios to what the fluxes would bring. */
export type Ratios = readonly [up: Field, down: Field];

/** The argument block of the MPDATA kernels, in WebAssembly memory. */
export class Pass {
  readonly #ptr: number;
  readonly #members: Int32Array;
  readonly #fluxPtr: number;
  readonly #axes: number;
  #uniform = false;

  /** @param like a field with the layout of all that will be passed */
  constructor(like: Field, epsilon: number, g: Field | undefined) {
    const [, stride0, stride1, n0, n1, n2] = like.box();
    this.#axes = like.grid.shape.length;
    this.#fluxPtr = memory.alloc(like.elementLength * (n2 + 4) * (n1 + 1));
    this.#ptr = memory.alloc(byteLength);
    this.#members = memory.i32(this.#ptr, byteLength / 4);
    this.#members.set([n0, n1, n2], n0At);
    this.#members.set([stride0, stride1], stride0At);
    this.#members[gAt] = g?.originPtr ?? 0;
    this.#members[fluxAt] = this.#fluxPtr;
    this.#members[singleAt] = Number(like.dtype === "f32");
    memory.f64(this.#ptr, byteLength / 8)[epsilonAt] = epsilon;
  }

  /** Tells the Courant numbers where they are the same on all faces, halos included, and G is 1. */
  setUniform(uniform: readonly number[] | undefined): void {
    memory.f64(this.#ptr, byteLength / 8).set(normalize(uniform ?? [], 0), uniform0At);
    this.#uniform = uniform !== undefined;
  }

  /**
   * Runs a pass from one field into another.
   * @param before the velocity it starts from, one field an axis
   * @param isCourant whether that is the Courant field
   * @param after where to keep the antidiffusive velocity, if a later pass needs it
   */
  run(
    kernel: "donorPass" | "correctivePass" | "fluxPass",
    from: Field,
    to: Field,
    before: readonly Field[],
    isCourant: boolean,
    after?: readonly Field[],
  ): void {
    this.#members[outAt] = to.originPtr;
    this.#members[uniformAt] = Number(isCourant && this.#uniform);
    this.#set(from, before, after);
    core()[kernel](this.#ptr, this.#axes);
  }

  /** Computes the antidiffusive velocity `after` from psi and the velocity of the pass before. */
  velocity(psi: Field, before: readonly Field[], after: readonly Field[], terms: number, mode: number): void {
    this.#set(psi, before, after);
    core().antidiffusiveVelocity(this.#ptr, this.#axes, terms, mode);
  }

  /** Computes the limiter's ratios from psi at the step's start (`first`) and now, and the velocity. */
  ratios(psi: Field, first: Field, velocity: readonly Field[], [up, down]: Ratios, mode: number): void {
    this.#set(psi, velocity);
    core().limiterRatios(this.#ptr, first.originPtr, up.originPtr, down.originPtr, this.#axes, mode);
  }

  /** Limits a velocity by the ratios. */
  limit(psi: Field, velocity: readonly Field[], limited: readonly Field[], [up, down]: Ratios, mode: number): void {
    this.#set(psi, velocity, limited);
    core().limitVelocity(this.#ptr, up.originPtr, down.originPtr, this.#axes, mode);
  }

  /** Adds diffusion to a flow: `velocity` is `courant` and what carries psi down its gradient; see the kernel. */
  diffuse(
    psi: Field,
    courant: readonly Field[],
    velocity: readonly Field[],
    mu: readonly number[],
    mode: number,
  ): void {
    this.#set(psi, courant, velocity);
    core().diffusiveVelocity(this.#ptr, this.#axes, ...normalize(mu, 0), mode);
  }

  /** The greatest divergence of a cell of this block, without its sign, NaN if one is NaN. **Local.** */
  divergence(courant: readonly Field[]): number {
    this.#set(undefined, courant);
    return core().greatestDivergence(this.#ptr, this.#axes);
  }

  /** The greatest outflow of a cell of this block, NaN if one is NaN. **Local.** */
  courantNumber(courant: readonly Field[]): number {
    this.#set(undefined, courant);
    return core().courantNumber(this.#ptr, this.#axes);
  }

  #set(psi: Field | undefined, before: readonly Field[], after?: readonly Field[]): void {
    this.#members[psiAt] = psi?.originPtr ?? 0;
    this.#members.set(pointers(before), beforeAt);
    this.#members.set(after ? pointers(after) : none, afterAt);
  }

  free(): void {
    memory.free(this.#ptr);
    memory.free(this.#fluxPtr);
  }
}

const none = [0, 0, 0] as const;
const known = new WeakMap<readonly Field[], readonly number[]>();

/** Addresses of the components in the kernels' order of axes, 0 for missing ones. */
function pointers(components: readonly Field[]): readonly number[] {
  let found = known.get(components);
  if (!found) {
    found = normalize(
      components.map((field) => field.originPtr),
      0,
    );
    known.set(components, found);
  }
  return found;
}
