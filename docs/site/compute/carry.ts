/** The block of a rank of the cone that MPDATA carries: the only one in the page itself, one of several in a worker. */
import { type Field, Grid, Mpdata, mpi } from "wasm-mpi/browser";
import { type Run, setupOf } from "./command.js";
import { type Colours, coloured } from "./picture.js";

/** What a rank is asked to do; all ranks are asked the same. */
export interface Task {
  /** The run to begin, where it is another one. */
  readonly run?: Run;
  readonly steps: number;
  /** Whether the digest is wanted, for which the whole field is read. */
  readonly digest: boolean;
}

/** What it has done. */
export interface Done {
  readonly block: Colours;
  readonly digest: string | undefined;
  /** Of the steps. */
  readonly seconds: number;
}

/** The values of the first and the last colour. */
const range = [1, 5] as const;

let psi: Field<"f64"> | Field<"f32"> | undefined;
let solver: Mpdata | undefined;

function begin(run: Run): void {
  solver?.free();
  psi?.free();
  psi = solver = undefined;
  const { iterations, nonoscillatory, thirdOrder: thirdOrderTerms, infiniteGauge, dtype } = run;
  const { options, cone, courant } = setupOf(run);
  psi = new Grid(mpi.init(), options).field(cone, { dtype }) as Field<"f64">;
  solver = new Mpdata({ psi, courant, iterations, nonoscillatory, infiniteGauge, thirdOrderTerms });
}

/** **Collective.** @throws what the scheme refuses */
export function carry({ run, steps, digest }: Task): Done {
  if (run) begin(run);
  const start = performance.now();
  if (steps > 0) solver!.advance(steps);
  const seconds = (performance.now() - start) / 1e3;
  return { block: coloured(psi!, range), digest: digest ? psi!.digest() : undefined, seconds };
}
