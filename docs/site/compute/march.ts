/** The block of a rank of a solution of equations, which stands still between what it is asked for. */
import { callback, type Field, Grid, type Moment, mpi, Pde } from "wasm-mpi/browser";
import type { Problem } from "./command.js";
import { coloured } from "./picture.js";
import type { Done, Task } from "./task.js";

/** A solve that goes on when it is asked to, and waits in a tracker meanwhile. */
class Solve {
  readonly #solved: Promise<void>;
  /** The step at which it stands next. */
  #goal = 0;
  #moment: Moment | undefined;
  /** Lets it go on. */
  #go: (word?: "stop") => void = () => {};
  /** Tells who waits that it stands. */
  #stood: () => void = () => {};

  constructor(problem: Problem) {
    this.#solved = this.#run(problem);
  }

  async #run({ equations, initial, dt, stepper, size }: Problem): Promise<void> {
    const grid = new Grid(mpi.init(), { shape: [size, size], periodic: true });
    const stand = callback((moment) => (moment.step < this.#goal ? undefined : this.#stand(moment)), { steps: 1 });
    try {
      const { fields } = await new Pde(equations).solve({
        ...{ grid, initial, until: 1e9, stepper, track: [stand] },
        dt: dt === "auto" ? dt : Number(dt),
      });
      for (const field of Object.values(fields)) for (const part of partsOf(field)) part.free();
    } finally {
      grid.free();
    }
  }

  #stand(moment: Moment): Promise<"stop" | undefined> {
    this.#moment = moment;
    return new Promise((go) => {
      this.#go = go;
      this.#stood();
    });
  }

  /** Takes steps. **Collective.** @throws what is wrong with the problem */
  async advance(steps: number): Promise<Moment> {
    if (steps === 0 && this.#moment) return this.#moment;
    const stands = new Promise<void>((stood) => {
      this.#stood = stood;
    });
    this.#goal = (this.#moment?.step ?? 0) + steps;
    this.#go();
    await Promise.race([stands, this.#solved]);
    return this.#moment!;
  }

  /** Ends it, and frees what it has. **Collective.** */
  async end(): Promise<void> {
    this.#go("stop");
    // What was wrong has been told, and values that are not finite were seen.
    await this.#solved.catch(() => undefined);
  }
}

/** The arrays of an unknown: two where it is complex. */
function partsOf(field: Moment["fields"][string]): Field<"f64">[] {
  return ("re" in field ? [field.re, field.im] : [field]) as Field<"f64">[];
}

let solve: Solve | undefined;
/** The unknown that is seen. */
let first = "";

async function begin(problem: Problem): Promise<void> {
  await solve?.end();
  solve = new Solve(problem);
  [first = ""] = Object.keys(problem.equations);
}

/** **Collective.** @throws what is wrong with the problem, with a caret where it is in a text */
export async function march({ run, steps, digest }: Task<Problem>): Promise<Done> {
  if (run) await begin(run);
  const start = performance.now();
  const { time, step, fields } = await solve!.advance(steps);
  const seconds = (performance.now() - start) / 1e3;
  const [seen] = partsOf(fields[first]!) as [Field<"f64">];
  return { block: coloured(seen), digest: digest ? seen.digest() : undefined, seconds, step, time };
}
