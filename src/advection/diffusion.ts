import { copyOf, layersOf } from "../grid/box.js";
import type { AnyField } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import type { Halo } from "../grid/halo.js";
import { type Cut, cutOf } from "../grid/overlap.js";
import { sides } from "../grid/side.js";
import { velocityFields } from "./flow.js";
import type { Kernels, Pass } from "./kernels.js";
import type { Scheme } from "./options.js";
import type { Walls } from "./walls/condition.js";
import { Fill } from "./walls/fill.js";

/** The flow of each field with its diffusion in it. */
export class Diffusion {
  /** One set of components for each field. */
  readonly velocities: readonly (readonly AnyField[])[];
  /** The exchange of their halos, and how the block is cut where its interior is computed while messages travel. */
  readonly halo: Halo;
  readonly cut: Cut | undefined;
  readonly #grid: Grid;
  readonly #kernels: Kernels;
  readonly #mu: readonly number[];
  /** One kernel for each field and buffer that held it. */
  readonly #passes = new Map<AnyField, Pass>();
  readonly #courant: readonly AnyField[];
  readonly #fill: Fill;
  /** Diffusivities times the time step over the squared size of a cell, along the axes. */
  #shares: readonly number[] = [];

  /** **Collective.** @param mu diffusivities along the axes, in length squared per time */
  constructor(
    kernels: Kernels,
    courant: readonly AnyField[],
    {
      fields,
      mu,
      haloWidth: width,
      overlap,
      walls,
    }: Pick<Scheme, "fields" | "haloWidth" | "overlap"> & { readonly mu: readonly number[]; readonly walls: Walls },
  ) {
    const { grid, dtype } = courant[0]!;
    this.#grid = grid;
    this.#kernels = kernels;
    this.#mu = mu;
    this.#courant = courant;
    this.velocities = fields.map(() => velocityFields(grid, dtype));
    const rims = this.velocities.flatMap((components) =>
      components.map((field, component) => ({ field, walls, component, keepsOpen: true })),
    );
    this.#fill = new Fill(grid, rims, width);
    const copies = grid.shape.map((_, axis) => this.#wallCopies(axis));
    const fill = (axis: number) => {
      for (const copy of copies[axis]!) copy();
      this.#fill.run(axis);
    };
    this.halo = grid.halo(this.velocities.flat(), { width, fill });
    this.cut = overlap ? cutOf(this.halo, width, this.#fill.isApart) : undefined;
  }

  /** Sets the time of the steps to come. **Local.** */
  setStep(dt: number): void {
    this.#shares = this.#mu.map((value, axis) => (value * dt) / this.#grid.spacing[axis]! ** 2);
    for (const pass of this.#passes.values()) pass.setDiffusivity(this.#shares);
  }

  /** The kernels that compute the velocities from the fields at the start of a step, halos set. **Local.** */
  kernelsOf(fields: readonly AnyField[]): readonly Pass[] {
    return fields.map((psi, index) => this.#passOf(psi, this.velocities[index]!));
  }

  #passOf(psi: AnyField, velocity: readonly AnyField[]): Pass {
    let pass = this.#passes.get(psi);
    if (!pass) {
      pass = this.#kernels.pass("diffusiveVelocity", { psi, before: this.#courant, after: velocity });
      pass.setDiffusivity(this.#shares);
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
          copies.push(copyOf(layers(velocity[component]!), layers(from), from));
        }
      }
    }
    return copies;
  }

  /** **Local.** */
  free(): void {
    this.halo.free();
    this.#fill.free();
    for (const field of this.velocities.flat()) field.free();
  }
}
