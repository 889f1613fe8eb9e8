import { copyAll } from "../grid/box.js";
import type { AnyField } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";
import type { Halo } from "../grid/halo.js";
import { type Cut, cutOf, exchangeAround } from "../grid/overlap.js";
import { Diffusion } from "./diffusion.js";
import { velocityFields } from "./flow.js";
import type { Kernels, Pass, Ratios } from "./kernels.js";
import { allPasses, modes, type Scheme } from "./options.js";
import { Pair } from "./pair.js";
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
  readonly ratios: Ratios | undefined;
}

/** An exchange of halos. */
interface Exchange {
  readonly halo: Halo;
  /** How the block is cut where its interior is computed while messages travel. */
  readonly cut: Cut | undefined;
}

/** Kernels that read what an exchange brings: each reads what the ones before it have made of the same cells. */
interface Phase {
  readonly exchange: Exchange;
  readonly kernels: readonly Pass[];
}

/** A pass of the schedule, for one state of the buffers. */
interface Stage {
  /** The buffer that holds the state afterwards. */
  readonly next: number;
  readonly phases: readonly Phase[];
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
  readonly #exchanges = new Map<number, Exchange>();
  /** Two passes behind one exchange, by the buffer that holds the state before and after them. */
  readonly #pairs = new Map<number, Pair>();
  readonly #ratioExchange: Exchange | undefined;
  readonly #fills: Fill[] = [];
  readonly #diffusion: Diffusion | undefined;
  /** The buffer that holds the state. */
  #now = 0;

  /** **Collective.** */
  constructor(scheme: Scheme, kernels: Kernels, courant: readonly AnyField[]) {
    const { fields, iterations, staged, merged, joined, nonoscillatory, mu } = scheme;
    const { grid, dtype } = fields[0]!;
    this.#grid = grid;
    this.#scheme = scheme;
    this.#kernels = kernels;
    this.#courant = courant;
    // Every staged corrective pass stores its velocity; one of one sweep only for a pass that follows.
    const sets = Math.min(Math.max(iterations - (staged && !merged ? 1 : 2), 0), 2);
    const limits = nonoscillatory && iterations > 1;
    const asksForStart = limits && iterations > (joined ? 2 : 1);
    this.#diffusion = mu && new Diffusion(kernels, courant, { ...scheme, mu, walls: scheme.conditions.courant });
    this.#scalars = fields.map((psi, index) => ({
      courant: this.#diffusion?.velocities[index] ?? courant,
      buffers: [psi, grid.field(0, { dtype }), ...(asksForStart ? [grid.field(0, { dtype })] : [])],
      velocities: Array.from({ length: sets }, () => velocityFields(grid, dtype)),
      ratios: limits && !merged ? [grid.field(0, { dtype }), grid.field(0, { dtype })] : undefined,
    }));
    const ratios = this.#scalars.flatMap((scalar) => scalar.ratios ?? []);
    if (ratios.length > 0) {
      const rims = ratios.map((field) => ({ field, walls: scheme.conditions.ratios }));
      this.#ratioExchange = this.#exchangeOf(rims, 1);
    }
  }

  /** Seconds that this rank has spent in exchanges. */
  get exchangeSeconds(): number {
    let seconds = (this.#ratioExchange?.halo.seconds ?? 0) + (this.#diffusion?.halo.seconds ?? 0);
    for (const { halo } of [...this.#exchanges.values(), ...this.#pairs.values()]) seconds += halo.seconds;
    return seconds;
  }

  /** Fills the halos of the users' fields, which must hold the state. **Collective.** */
  fill(): void {
    this.#exchangeOfPass(1).halo.exchange();
  }

  /** Takes one step. **Collective.** */
  step(dt: number): void {
    const start = this.#now;
    this.#diffusion?.setStep(dt);
    const { joined, paired, iterations } = this.#scheme;
    const isPair = paired && iterations > 1;
    if (isPair) this.#pair().run();
    for (let pass = isPair ? 3 : joined ? 2 : 1; pass <= iterations; pass++) {
      const { next, phases } = this.#stage(pass, start);
      for (const phase of phases) runPhase(phase);
      this.#now = next;
    }
  }

  /** Takes two steps of one pass. **Collective.** */
  stepTwice(): void {
    this.#pair().run();
  }

  /** Pass 1 and the one behind it. */
  #pair(): Pair {
    let pair = this.#pairs.get(this.#now);
    if (!pair) {
      const { iterations } = this.#scheme;
      const fields = this.#scalars.map((scalar) => ({
        psi: scalar.buffers[this.#now]!,
        between: scalar.buffers[1 - this.#now]!,
        courant: scalar.courant,
        second: iterations > 1 ? ("correctivePass" as const) : ("donorPass" as const),
        after: iterations > 2 ? this.#velocityOf(scalar, 2) : undefined,
      }));
      pair = new Pair(this.#kernels, fields);
      this.#pairs.set(this.#now, pair);
    }
    return pair;
  }

  #stage(pass: number, start: number): Stage {
    // The same few combinations of buffers occur in every step. Passes between the second and the last differ in the set
    // of velocities that they read alone, so that a step of many keeps no more than one of five.
    const kind = pass === this.#scheme.iterations ? 0 : pass < 3 ? pass : 3 + (pass % 2);
    const key = (3 * kind + start) * 3 + this.#now;
    let stage = this.#stages.get(key);
    if (!stage) {
      const next = this.#freeBuffer(start);
      stage = { next, phases: this.#phasesOf(pass, start, next) };
      this.#stages.set(key, stage);
    }
    return stage;
  }

  #phasesOf(pass: number, start: number, next: number): readonly Phase[] {
    const exchange = this.#exchangeOfPass(pass);
    const { staged, merged, joined } = this.#scheme;
    if (staged && !merged && pass > 1) return this.#correct(exchange, pass, start, next);
    const kernels =
      pass > 1 ? this.#correctFused(pass, start, next) : this.#sweep("donorPass", next, ({ courant }) => courant);
    if (!this.#diffusion || pass > (joined ? 2 : 1)) return [{ exchange, kernels }];
    const psi = this.#scalars.map(({ buffers }) => buffers[this.#now]!);
    return [
      { exchange, kernels: this.#diffusion.kernelsOf(psi) },
      { exchange: this.#diffusion, kernels },
    ];
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

  /** A corrective pass in one sweep, or passes 1 and 2. */
  #correctFused(pass: number, start: number, next: number): Pass[] {
    const { merged, joined, terms } = this.#scheme;
    return this.#scalars.map((scalar) => {
      const after = pass < this.#scheme.iterations ? this.#velocityOf(scalar, pass) : undefined;
      const [psi, out] = [scalar.buffers[this.#now]!, scalar.buffers[next]!];
      const before = this.#velocityOf(scalar, pass - 1);
      if (merged) {
        const limiting = { start: scalar.buffers[start]!, terms };
        const kernel = joined && pass === 2 ? "limitedStep" : "limitedPass";
        return this.#kernels.pass(kernel, { psi, out, before, after, ...limiting });
      }
      return this.#kernels.pass("correctivePass", { psi, out, before, after }, before === this.#courant);
    });
  }

  /** A corrective pass with options: velocity, limiter, update. */
  #correct(exchange: Exchange, pass: number, start: number, next: number): readonly Phase[] {
    const { mode, iterations, dpdc } = this.#scheme;
    const terms = this.#scheme.terms + (dpdc && pass === iterations ? allPasses : 0);
    const before: Pass[] = [];
    const after: Pass[] = [];
    for (const scalar of this.#scalars) {
      const { buffers, ratios } = scalar;
      const velocity = this.#velocityOf(scalar, pass);
      const [psi, out] = [buffers[this.#now]!, buffers[next]!];
      const last = this.#velocityOf(scalar, pass - 1);
      before.push(this.#kernels.pass("antidiffusiveVelocity", { psi, before: last, after: velocity, terms }));
      if (!ratios) continue;
      before.push(this.#kernels.pass("limiterRatios", { psi, start: buffers[start]!, before: velocity, ratios }));
      after.push(this.#kernels.pass("limitedUpdate", { psi, out, before: velocity, ratios }));
    }
    if (!this.#ratioExchange) {
      const kernel = mode === modes.gauge ? "fluxPass" : "donorPass";
      const updates = this.#sweep(kernel, next, (scalar) => this.#velocityOf(scalar, pass));
      return [{ exchange, kernels: [...before, ...updates] }];
    }
    return [
      { exchange, kernels: before },
      { exchange: this.#ratioExchange, kernels: after },
    ];
  }

  /** The velocity that a pass makes, before limiting; that of pass 1 is the flow. */
  #velocityOf({ velocities, courant }: Scalar, pass: number): readonly AnyField[] {
    return pass === 1 ? courant : velocities[pass % velocities.length]!;
  }

  /** The exchange of the halos that a pass reads: those of psi, and of the velocity that the pass before made. */
  #exchangeOfPass(pass: number): Exchange {
    // The buffer that holds psi and the set that holds the velocity: the same few combinations occur in every step.
    const key = this.#now + (pass >= 3 ? 3 + 3 * (pass % 2) : 0);
    let exchange = this.#exchanges.get(key);
    if (!exchange) {
      const { conditions, haloWidth } = this.#scheme;
      const scalars = this.#scalars.map(({ buffers }) => ({ field: buffers[this.#now]!, walls: conditions.psi }));
      const velocities = pass >= 3 ? this.#scalars.map((scalar) => this.#velocityOf(scalar, pass - 1)) : [];
      const faces = velocities.flatMap((components) =>
        components.map((field, component) => ({ field, walls: conditions.courant, component })),
      );
      exchange = this.#exchangeOf([...scalars, ...faces], haloWidth);
      this.#exchanges.set(key, exchange);
    }
    return exchange;
  }

  /** The exchange of some fields, which also sets their halos beyond walls, where there are any. */
  #exchangeOf(rims: readonly Rim[], width: number): Exchange {
    const fields = rims.map(({ field }) => field);
    if (this.#grid.periodic.every(Boolean)) {
      const halo = this.#grid.halo(fields, { width });
      return { halo, cut: this.#scheme.overlap ? cutOf(halo, width) : undefined };
    }
    const fill = new Fill(this.#grid, rims, width);
    this.#fills.push(fill);
    const halo = this.#grid.halo(fields, { width, fill: fill.run });
    return { halo, cut: this.#scheme.overlap ? cutOf(halo, width, fill.isApart) : undefined };
  }

  /** Releases everything but the users' fields, and the kernels. **Local.** */
  free(): void {
    for (const { halo } of [...this.#exchanges.values(), ...this.#pairs.values()]) halo.free();
    for (const part of [this.#ratioExchange?.halo, this.#diffusion, ...this.#fills]) part?.free();
    for (const { buffers, velocities, ratios = [] } of this.#scalars) {
      for (const field of [...buffers.slice(1), ...velocities.flat(), ...ratios]) field.free();
    }
  }
}

/** Exchanges halos and runs the kernels that read them, on the interior meanwhile where the block is cut. **Collective.** */
function runPhase({ exchange: { halo, cut }, kernels }: Phase): void {
  if (!cut) {
    halo.exchange();
    for (const kernel of kernels) kernel.runAll();
    return;
  }
  exchangeAround([halo], cut, (box) => {
    for (const kernel of kernels) kernel.runIn(box);
  });
}
