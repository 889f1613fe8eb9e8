import { UsageError } from "../errors.js";
import { axisName } from "../grid/decompose.js";
import type { Field, FieldValue } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import type { Halo } from "../grid/halo.js";
import { core } from "../wasm/kernels.js";
import { fillScalar, fillVelocity } from "./boundary.js";
import { setCourant, velocityFields } from "./flow.js";
import { checkOptions, haloNeeded, type MpdataOptions, type Scheme } from "./options.js";
import { Pass } from "./pass.js";

/** One advected field: its second buffer, and the antidiffusive velocities that later passes read. */
interface Scalar {
  readonly psi: Field;
  readonly spare: Field;
  readonly velocities: readonly (readonly Field[])[];
}

/**
 * MPDATA, the multidimensional positive definite advection transport algorithm: solves `d(G psi)/dt + div(G u psi) = 0`
 * on 1 to 3 axes. The bits of the result do not depend on the number of ranks or the split.
 *
 * ```js
 * const solver = new Mpdata({ psi, courant: [0.3, 0.2], iterations: 3 });
 * solver.advance(100);
 * ```
 * @see Smolarkiewicz 1984; Smolarkiewicz and Margolin 1998
 */
export class Mpdata {
  readonly grid: Grid;
  readonly iterations: number;
  /** Steps taken so far. */
  steps = 0;
  /** Seconds spent in `advance` so far, on this rank, and those of them in halo exchanges. */
  readonly seconds = { total: 0, exchange: 0 };
  readonly #scheme: Scheme;
  readonly #courant: readonly Field[];
  readonly #g: Field | undefined;
  readonly #scalars: readonly Scalar[];
  readonly #pass: Pass;
  readonly #halos = new Map<number, Halo>();

  /**
   * Checks the input on all ranks. **Collective.**
   * @throws UsageError for wrong options, a Courant number above the limit, psi or G that the scheme cannot advect
   */
  constructor(options: MpdataOptions) {
    this.#scheme = checkOptions(options);
    const { fields, iterations, epsilon } = this.#scheme;
    this.iterations = iterations;
    const { grid } = fields[0]!;
    this.grid = grid;
    this.#courant = velocityFields(grid);
    this.#g = options.g === undefined ? undefined : grid.field();
    this.#pass = new Pass(fields[0]!, epsilon, this.#g, this.#uniform(options));
    const kept = Math.min(Math.max(iterations - 2, 0), 2);
    this.#scalars = fields.map((psi) => ({
      psi,
      spare: grid.field(),
      velocities: Array.from({ length: kept }, () => velocityFields(grid)),
    }));
    try {
      setCourant(this.#courant, options.courant);
      if (this.#g) this.#setG(this.#g, options.g!);
      this.#checkCourant();
      for (const [index, field] of fields.entries()) this.#checkPsi(field, index);
    } catch (error) {
      this.free();
      throw error;
    }
  }

  /**
   * Takes steps; psi is updated in place. **Collective.**
   * @returns seconds a step on this rank
   */
  advance(steps = 1): number {
    if (!Number.isInteger(steps) || steps < 0) {
      throw new UsageError(
        `Mpdata.advance: "steps" expected a whole number from 0, got ${steps}. Give the steps to take.`,
      );
    }
    const begin = performance.now();
    // Each pass writes into the other buffer, so that the state may end in the spare one.
    let now = this.#scalars.map(({ psi }) => psi);
    let next = this.#scalars.map(({ spare }) => spare);
    for (let step = 0; step < steps; step++) {
      for (let pass = 1; pass <= this.iterations; pass++) {
        this.#exchange(now, pass);
        for (const [index, scalar] of this.#scalars.entries()) this.#runPass(scalar, pass, now[index]!, next[index]!);
        [now, next] = [next, now];
      }
    }
    for (const [index, { psi }] of this.#scalars.entries()) if (now[index] !== psi) copyInterior(psi, now[index]!);
    this.steps += steps;
    const seconds = (performance.now() - begin) / 1e3;
    this.seconds.total += seconds;
    return steps === 0 ? 0 : seconds / steps;
  }

  #runPass(scalar: Scalar, pass: number, from: Field, to: Field): void {
    const velocity = this.#velocityBefore(scalar, pass);
    if (pass === 1) this.#pass.run("donorPass", from, to, velocity, true);
    else this.#pass.run("correctivePass", from, to, velocity, pass === 2, this.#velocityAfter(scalar, pass));
  }

  /**
   * The Courant numbers where numbers are all that was given and no wall changes them: the kernels then do without
   * arrays. The bits are the same.
   */
  #uniform({ courant, g }: MpdataOptions): readonly number[] | undefined {
    const plain = g === undefined && this.grid.periodic.every(Boolean);
    return plain && courant.every((value) => typeof value === "number") ? courant : undefined;
  }

  /** What a pass starts from: the Courant field in passes 1 and 2, then the velocity of the pass before. */
  #velocityBefore(scalar: Scalar, pass: number): readonly Field[] {
    return pass <= 2 ? this.#courant : this.#velocityAfter(scalar, pass - 1)!;
  }

  /** Where a pass leaves its velocity, when a later one reads it. */
  #velocityAfter(scalar: Scalar, pass: number): readonly Field[] | undefined {
    return pass >= 2 && pass < this.iterations ? scalar.velocities[pass % scalar.velocities.length] : undefined;
  }

  /** Fills the halos that a pass reads: those of psi, and of the velocity if the pass before made it. */
  #exchange(now: readonly Field[], pass: number): void {
    // Which buffers hold psi, and of the velocities which set: the same few combinations in every step.
    const key = (now[0] === this.#scalars[0]!.psi ? 0 : 1) + (pass >= 3 ? 2 + 2 * (pass % 2) : 0);
    let halo = this.#halos.get(key);
    if (!halo) {
      const velocities = pass >= 3 ? this.#scalars.map((scalar) => this.#velocityBefore(scalar, pass)) : [];
      const fill = (axis: number) => {
        for (const field of now) fillScalar(field, axis);
        for (const components of velocities) {
          for (const [component, field] of components.entries()) fillVelocity(field, component, axis);
        }
      };
      const walls = this.grid.periodic.every(Boolean) ? {} : { fill };
      halo = this.grid.halo([...now, ...velocities.flat()], { width: haloNeeded, ...walls });
      this.#halos.set(key, halo);
    }
    const before = halo.seconds;
    halo.exchange();
    this.seconds.exchange += halo.seconds - before;
  }

  #setG(g: Field, value: FieldValue): void {
    g.set(value);
    const [least, greatest] = [g.min(), g.max()];
    if (!(least > 0 && greatest < Number.POSITIVE_INFINITY)) {
      throw new UsageError(
        `Mpdata: "g" expected positive finite values, got ${least} to ${greatest}. Check the G factor.`,
      );
    }
    const halo = this.grid.halo([g], { fill: (axis) => fillScalar(g, axis) });
    halo.exchange();
    halo.free();
  }

  /** The greatest Courant number, the outflow of a cell as a share of its content in a step. **Collective.** */
  courantNumber(): number {
    const own = this.#pass.courantNumber(this.#courant);
    return this.grid.comm.allreduce(Number.isNaN(own) ? Number.POSITIVE_INFINITY : own, { op: "max" });
  }

  #checkCourant(): void {
    const { maxCourant } = this.#scheme;
    const greatest = this.courantNumber();
    if (greatest <= maxCourant + 1e-9) return;
    const { grid } = this;
    // The first cell, in C order, whose outflow is the greatest: the same words on every rank.
    const own = this.#greatestOutflow(greatest);
    const all = grid.comm.allgather(Float64Array.from(own), new Float64Array(own.length * grid.comm.size));
    const places = Array.from({ length: grid.comm.size }, (_, rank) => [...all.subarray(5 * rank, 5 * rank + 5)]);
    const [, axis, ...cell] = places.filter((place) => place[0] === 1).sort(compareLists)[0]!;
    const got = greatest === Number.POSITIVE_INFINITY ? "a value that is not finite" : greatest.toPrecision(6);
    throw new UsageError(
      `Mpdata: "courant" expected an outflow of at most ${maxCourant} a step from each cell, got ${got} at [${cell.slice(0, grid.shape.length).join(", ")}], most of it along ${axisName(axis!)}. Take a smaller time step.`,
    );
  }

  /** `[found, axis that contributes most, i, j, k]` of the first cell of this block with this outflow. */
  #greatestOutflow(greatest: number): number[] {
    const { grid } = this;
    const total = grid.blockShape.reduce((product, n) => product * n, 1);
    for (let number = 0; number < total; number++) {
      let rest = number;
      const cell = grid.blockShape.map(() => 0);
      for (let axis = cell.length - 1; axis >= 0; axis--) {
        cell[axis] = rest % grid.blockShape[axis]!;
        rest = Math.floor(rest / grid.blockShape[axis]!);
      }
      const parts = this.#courant.map((field, axis) => {
        const low = field.index(...cell);
        return Math.max(field.data[low + field.strides[axis]!]!, 0) - Math.min(field.data[low]!, 0);
      });
      let outflow = parts.reduce((sum, part) => sum + part, 0);
      if (this.#g) outflow /= this.#g.data[this.#g.index(...cell)]!;
      if (outflow === greatest || !Number.isFinite(outflow)) {
        const axis = parts.findIndex((part) => !Number.isFinite(part) || part === Math.max(...parts));
        const global = cell.map((index, other) => grid.start[other]! + index);
        return [1, axis, ...global, 0, 0].slice(0, 5);
      }
    }
    return [0, 0, 0, 0, 0];
  }

  #checkPsi(field: Field, index: number): void {
    const [least, greatest] = [field.min(), field.max()];
    const name = this.#scheme.fields.length > 1 ? `psi[${index}]` : "psi";
    if (!Number.isFinite(least) || !Number.isFinite(greatest)) {
      throw new UsageError(
        `Mpdata: "${name}" expected finite values, got NaN or infinity. Check the initial condition.`,
      );
    }
    if (least < 0 && this.iterations > 1) {
      throw new UsageError(
        `Mpdata: "${name}" expected values of at least 0 with ${this.iterations} passes, got a minimum of ${least}. Add a constant to psi or use iterations: 1.`,
      );
    }
  }

  /** Releases everything but psi. The solver must not be used afterwards. **Local.** */
  free(): void {
    for (const halo of this.#halos.values()) halo.free();
    this.#halos.clear();
    this.#pass.free();
    const velocities = this.#scalars.flatMap((scalar) => scalar.velocities.flat());
    const spares = this.#scalars.map((scalar) => scalar.spare);
    for (const field of [...this.#courant, ...spares, ...velocities, ...(this.#g ? [this.#g] : [])]) field.free();
  }

  toString(): string {
    const g = this.#g ? ", G factor" : "";
    return `MPDATA, ${this.iterations} passes${g}, on ${this.grid}`;
  }
}

function compareLists(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => index >= 2 && value !== b[index]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

function copyInterior(to: Field, from: Field): void {
  const [toPtr, stride0, stride1, n0, n1, n2] = to.box();
  core().copyBox(toPtr, stride0, stride1, from.originPtr, stride0, stride1, n0, n1, 8 * n2);
}
