import { copyAll } from "../grid/box.js";
import type { AnyField } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import type { Halo } from "../grid/halo.js";
import { Diffusion } from "./diffusion.js";
import { velocityFields } from "./flow.js";
import type { Kernels, Pass, Ratios } from "./kernels.js";
import { allPasses, modes, type Scheme } from "./options.js";
import { Fill } from "./walls/fill.js";
import type { Rim } from "./walls/rim.js";

/** One advected field and what its passes need. */
interface Scalar {
  /** psi and the buffers that passes write in turn; the limiter needs a third one, to keep the step's start. */
  readonly buffers: readonly AnyField[];
  /** The flow of pass 1: the Courant field or, with diffusion, a flow of this scalar that contains the diffusion. */
  readonly courant: readonly AnyField[];
  /** Antidiffusive velocities, one set a pass in turn. */
  readonly velocities: readonly (readonly AnyField[])[];
  readonly limiter: { readonly ratios: Ratios; readonly limited: readonly AnyField[] } | undefined;
}

/** A pass of the schedule, for one state of the buffers. */
interface Stage {
  /** The buffer that holds the state afterwards. */
  readonly next: number;
  /** The halos that the pass reads: those of psi, and of the velocity that the pass before made. */
  readonly halo: Halo;
  /** Kernels that run before the ratios of the limiter are exchanged. */
  readonly before: readonly Pass[];
  /** Kernels that run after that exchange, or after the first one where there is no limiter. */
  readonly after: readonly Pass[];
}

/** The passes of a step, with the halo exchanges between them, for all fields at once. */
export class Passes {
  readonly #grid: Grid;
  readonly #scheme: Scheme;
  readonly #kernels: Kernels;
  readonly #courant: readonly AnyField[];
  readonly #scalars: readonly Scalar[];
  /** The stages and their halos, by the state of the buffers that each is for. */
  readonly #stages = new Map<number, Stage>();
  readonly #halos = new Map<number, Halo>();
  readonly #ratioHalo: Halo | undefined;
  readonly #fills: Fill[] = [];
  readonly #diffusion: Diffusion | undefined;
  /** The buffer that holds the state. */
  #now = 0;

  /** **Collective.** */
  constructor(scheme: Scheme, kernels: Kernels, courant: readonly AnyField[]) {
    const { fields, iterations, staged, nonoscillatory, mu, haloWidth: width } = scheme;
    const { grid, dtype } = fields[0]!;
    this.#grid = grid;
    this.#scheme = scheme;
    this.#kernels = kernels;
    this.#courant = courant;
    // Every staged corrective pass stores its velocity; a fused one only for a pass that follows.
    const sets = Math.min(Math.max(iterations - (staged ? 1 : 2), 0), 2);
    const limits = nonoscillatory && iterations > 1;
    this.#diffusion =
      mu && new Diffusion(kernels, courant, { count: fields.length, mu, width, walls: scheme.conditions.courant });
    this.#scalars = fields.map((psi, index) => ({
      courant: this.#diffusion?.velocities[index] ?? courant,
      buffers: [psi, grid.field(0, { dtype }), ...(limits ? [grid.field(0, { dtype })] : [])],
      velocities: Array.from({ length: sets }, () => velocityFields(grid, dtype)),
      limiter: limits
        ? { ratios: [grid.field(0, { dtype }), grid.field(0, { dtype })], limited: velocityFields(grid, dtype) }
        : undefined,
    }));
    const ratios = this.#scalars.flatMap(({ limiter }) => limiter?.ratios ?? []);
    if (ratios.length > 0) {
      const rims = ratios.map((field) => ({ field, walls: scheme.conditions.ratios }));
      this.#ratioHalo = this.#haloOf(rims, 1);
    }
  }

  /** Seconds that this rank has spent in exchanges. */
  get exchangeSeconds(): number {
    let seconds = (this.#ratioHalo?.seconds ?? 0) + (this.#diffusion?.exchangeSeconds ?? 0);
    for (const halo of this.#halos.values()) seconds += halo.seconds;
    return seconds;
  }

  /** Fills the halos of the users' fields, which must hold the state. **Collective.** */
  fill(): void {
    this.#haloOfPass(1).exchange();
  }

  /** Takes one step. **Collective.** */
  step(dt: number): void {
    const start = this.#now;
    for (let pass = 1; pass <= this.#scheme.iterations; pass++) {
      const { next, halo, before, after } = this.#stage(pass, start);
      halo.exchange();
      if (pass === 1) {
        this.#diffusion?.compute(
          this.#scalars.map(({ buffers }) => buffers[start]!),
          dt,
        );
      }
      for (const kernel of before) kernel.runAll();
      if (pass > 1) this.#ratioHalo?.exchange();
      for (const kernel of after) kernel.runAll();
      this.#now = next;
    }
  }

  #stage(pass: number, start: number): Stage {
    // The same few combinations of buffers occur in every step.
    const key = (3 * pass + start) * 3 + this.#now;
    let stage = this.#stages.get(key);
    if (!stage) {
      const next = this.#freeBuffer(start);
      stage = { next, halo: this.#haloOfPass(pass), ...this.#kernelsOf(pass, start, next) };
      this.#stages.set(key, stage);
    }
    return stage;
  }

  #kernelsOf(pass: number, start: number, next: number): Pick<Stage, "before" | "after"> {
    if (pass === 1) return { before: [], after: this.#sweep("donorPass", next, ({ courant }) => courant) };
    if (!this.#scheme.staged) return { before: [], after: this.#correctFused(pass, next) };
    return this.#correct(pass, start, next);
  }

  /** Copies the state to the user's field where it is in another buffer. **Local.** */
  settle(): void {
    if (this.#now === 0) return;
    for (const { buffers } of this.#scalars) {
      const [users, holder] = [buffers[0]!, buffers[this.#now]!];
      copyAll(users.box(), holder.box(), users.elementLength, this.#grid.threads);
    }
    this.#now = 0;
  }

  /** A buffer that neither holds the state nor, where the limiter will ask for it, the start of the step. */
  #freeBuffer(start: number): number {
    const { length } = this.#scalars[0]!.buffers;
    for (let buffer = 0; ; buffer++) if (buffer !== this.#now && (length === 2 || buffer !== start)) return buffer;
  }

  #sweep(kernel: "donorPass" | "fluxPass", next: number, velocityOf: (scalar: Scalar) => readonly AnyField[]): Pass[] {
    return this.#scalars.map((scalar) => {
      const before = velocityOf(scalar);
      const [psi, out] = [scalar.buffers[this.#now]!, scalar.buffers[next]!];
      return this.#kernels.pass(kernel, { psi, out, before }, before === this.#courant);
    });
  }

  /** A corrective pass of the basic scheme: velocity and update in one sweep. */
  #correctFused(pass: number, next: number): Pass[] {
    return this.#scalars.map((scalar) => {
      const after = pass < this.#scheme.iterations ? this.#velocityOf(scalar, pass) : undefined;
      const [psi, out] = [scalar.buffers[this.#now]!, scalar.buffers[next]!];
      const before = this.#velocityOf(scalar, pass - 1);
      return this.#kernels.pass("correctivePass", { psi, out, before, after }, before === this.#courant);
    });
  }

  /** A corrective pass with options: velocity, limiter, update. */
  #correct(pass: number, start: number, next: number): Pick<Stage, "before" | "after"> {
    const { mode, iterations, dpdc } = this.#scheme;
    const terms = this.#scheme.terms + (dpdc && pass === iterations ? allPasses : 0);
    const before: Pass[] = [];
    const after: Pass[] = [];
    for (const scalar of this.#scalars) {
      const { buffers, limiter } = scalar;
      const velocity = this.#velocityOf(scalar, pass);
      const psi = buffers[this.#now]!;
      const last = this.#velocityOf(scalar, pass - 1);
      before.push(this.#kernels.pass("antidiffusiveVelocity", { psi, before: last, after: velocity, terms }));
      if (!limiter) continue;
      const { ratios, limited } = limiter;
      before.push(this.#kernels.pass("limiterRatios", { psi, start: buffers[start]!, before: velocity, ratios }));
      after.push(this.#kernels.pass("limitVelocity", { psi, before: velocity, after: limited, ratios }));
    }
    const kernel = mode === modes.gauge ? "fluxPass" : "donorPass";
    after.push(...this.#sweep(kernel, next, (scalar) => scalar.limiter?.limited ?? this.#velocityOf(scalar, pass)));
    return { before, after };
  }

  /** The velocity that a pass makes, before limiting; that of pass 1 is the flow. */
  #velocityOf({ velocities, courant }: Scalar, pass: number): readonly AnyField[] {
    return pass === 1 ? courant : velocities[pass % velocities.length]!;
  }

  /** The exchange of the halos that a pass reads. */
  #haloOfPass(pass: number): Halo {
    // The buffer that holds psi and the set that holds the velocity: the same few combinations occur in every step.
    const key = this.#now + (pass >= 3 ? 3 + 3 * (pass % 2) : 0);
    let halo = this.#halos.get(key);
    if (!halo) {
      const { conditions, haloWidth } = this.#scheme;
      const scalars = this.#scalars.map(({ buffers }) => ({ field: buffers[this.#now]!, walls: conditions.psi }));
      const velocities = pass >= 3 ? this.#scalars.map((scalar) => this.#velocityOf(scalar, pass - 1)) : [];
      const faces = velocities.flatMap((components) =>
        components.map((field, component) => ({ field, walls: conditions.courant, component })),
      );
      halo = this.#haloOf([...scalars, ...faces], haloWidth);
      this.#halos.set(key, halo);
    }
    return halo;
  }

  /** The exchange of some fields, which also sets their halos beyond walls, where there are any. */
  #haloOf(rims: readonly Rim[], width: number): Halo {
    const fields = rims.map(({ field }) => field);
    if (this.#grid.periodic.every(Boolean)) return this.#grid.halo(fields, { width });
    const fill = new Fill(this.#grid, rims, width);
    this.#fills.push(fill);
    return this.#grid.halo(fields, { width, fill: fill.run });
  }

  /** Releases everything but the users' fields, and the kernels. **Local.** */
  free(): void {
    for (const part of [...this.#halos.values(), this.#ratioHalo, this.#diffusion, ...this.#fills]) part?.free();
    for (const { buffers, velocities, limiter } of this.#scalars) {
      const limited = limiter ? [...limiter.ratios, ...limiter.limited] : [];
      for (const field of [...buffers.slice(1), ...velocities.flat(), ...limited]) field.free();
    }
  }
}
