import { copyOf, layersOf } from "../grid/box.js";
import type { AnyField } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import type { Halo } from "../grid/halo.js";
import { sides } from "../grid/side.js";
import { velocityFields } from "./flow.js";
import type { Kernels, Pass } from "./kernels.js";
import type { Walls } from "./walls/condition.js";
import { Fill } from "./walls/fill.js";

/** The flow of each field with its diffusion in it. */
export class Diffusion {
  /** One set of components for each field. */
  readonly velocities: readonly (readonly AnyField[])[];
  readonly #grid: Grid;
  readonly #kernels: Kernels;
  readonly #mu: readonly number[];
  /** One kernel for each field and buffer that held it. */
  readonly #passes = new Map<AnyField, Pass>();
  readonly #courant: readonly AnyField[];
  readonly #halo: Halo;
  readonly #fill: Fill;

  /**
   * **Collective.**
   * @param count of fields
   * @param mu diffusivities along the axes, in length squared per time
   * @param width layers of the halo that the passes read
   */
  constructor(
    kernels: Kernels,
    courant: readonly AnyField[],
    { count, mu, width, walls }: { count: number; mu: readonly number[]; width: number; walls: Walls },
  ) {
    const { grid, dtype } = courant[0]!;
    this.#grid = grid;
    this.#kernels = kernels;
    this.#mu = mu;
    this.#courant = courant;
    this.velocities = Array.from({ length: count }, () => velocityFields(grid, dtype));
    const rims = this.velocities.flatMap((components) =>
      components.map((field, component) => ({ field, walls, component, keepsOpen: true })),
    );
    this.#fill = new Fill(grid, rims, width);
    const copies = grid.shape.map((_, axis) => this.#wallCopies(axis));
    const fill = (axis: number) => {
      for (const copy of copies[axis]!) copy();
      this.#fill.run(axis);
    };
    this.#halo = grid.halo(this.velocities.flat(), { width, fill });
  }

  /** Seconds that this rank has spent in exchanges. */
  get exchangeSeconds(): number {
    return this.#halo.seconds;
  }

  /** Computes the velocities of a step from the fields at its start, halos set. **Collective.** */
  compute(fields: readonly AnyField[], dt: number): void {
    const mu = this.#mu.map((value, axis) => (value * dt) / this.#grid.spacing[axis]! ** 2);
    for (const [index, psi] of fields.entries()) {
      const pass = this.#passOf(psi, this.velocities[index]!);
      pass.setDiffusivity(mu);
      pass.runAll();
    }
    this.#halo.exchange();
  }

  #passOf(psi: AnyField, velocity: readonly AnyField[]): Pass {
    let pass = this.#passes.get(psi);
    if (!pass) {
      pass = this.#kernels.pass("diffusiveVelocity", { psi, before: this.#courant, after: velocity });
      this.#passes.set(psi, pass);
    }
    return pass;
  }

  /** Copies of the Courant field's layers beyond walls, where no condition says otherwise: there is no diffusion there. */
  #wallCopies(axis: number): (() => void)[] {
    const { blockShape, haloWidth: h } = this.#grid;
    const n = blockShape[axis]!;
    const copies: (() => void)[] = [];
    for (const side of sides) {
      if (!this.#grid.atWall(axis, side)) continue;
      for (const [component, from] of this.#courant.entries()) {
        // The far wall itself is a face along its own axis.
        const first = side === "low" ? -h : component === axis ? n + 1 : n;
        const end = side === "low" ? 0 : n + h;
        if (end <= first) continue;
        const layers = (field: AnyField) => layersOf(field, axis, first, end - first);
        for (const velocity of this.velocities) {
          copies.push(copyOf(layers(velocity[component]!), layers(from), from.elementLength));
        }
      }
    }
    return copies;
  }

  /** **Local.** */
  free(): void {
    this.#halo.free();
    this.#fill.free();
    for (const field of this.velocities.flat()) field.free();
  }
}
