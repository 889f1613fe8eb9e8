/** The block of a rank of the cone that MPDATA carries. */
import { type Field, Grid, Mpdata, mpi } from "wasm-mpi/browser";
import { type Run, setupOf } from "./command.js";
import { coloured } from "./picture.js";
import type { Done, Task } from "./task.js";

/** The values of the first and the last colour. */
const range = [1, 5] as const;

let grid: Grid | undefined;
let psi: Field<"f64"> | Field<"f32"> | undefined;
let solver: Mpdata | undefined;

function begin(run: Run): void {
  solver?.free();
  psi?.free();
  grid?.free();
  grid = psi = solver = undefined;
  const { iterations, nonoscillatory, thirdOrder: thirdOrderTerms, infiniteGauge, dtype } = run;
  const { options, cone, courant } = setupOf(run);
  grid = new Grid(mpi.init(), options);
  psi = grid.field(cone, { dtype }) as Field<"f64">;
  solver = new Mpdata({ psi, courant, iterations, nonoscillatory, infiniteGauge, thirdOrderTerms });
}

/** **Collective.** @throws what the scheme refuses */
export function carry({ run, steps, digest }: Task<Run>): Done {
  if (run) begin(run);
  const start = performance.now();
  if (steps > 0) solver!.advance(steps);
  const seconds = (performance.now() - start) / 1e3;
  const { steps: step, time } = solver!;
  return { block: coloured(psi!, range), digest: digest ? psi!.digest() : undefined, seconds, step, time };
}
