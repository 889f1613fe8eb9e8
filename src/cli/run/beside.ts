/** Whether frames are written beside a run, on the command line. */
import type { Grid } from "../../grid/grid.js";
import type { Backend } from "../../io/store.js";
import { isOnOneHost } from "../../io/store.js";
import { coresOfRank } from "../../mpi/library/cores.js";
import { choice } from "../options/kind.js";
import type { Row } from "../options/row.js";

const values = ["on", "off", "auto"] as const;

/** When frames are written beside the run. */
export type Beside = (typeof values)[number];

/** Smaller blocks of a frame, in bytes, are written about as soon as they are copied and handed over. */
const leastBytes = 2 ** 18;

export const outputBeside = {
  key: "outputBeside",
  flag: "--output-beside <when>",
  kind: choice(values),
  about: "write frames by another thread while the run goes on: on, off or auto (default: off)",
  example: "on",
  details:
    "through `posix`, with the same bits; auto is on where the ranks leave a core free and blocks are large enough",
} as const satisfies Row;

/** The option of an output. **Collective.** @param byteLength of a frame */
export function besideOf(asked: Beside, grid: Grid, backend: Backend | undefined, byteLength: number): boolean {
  if (asked !== "auto") return asked === "on";
  if (backend !== undefined && backend !== "posix") return false;
  const { comm, threads } = grid;
  const { count, bound } = coresOfRank();
  const busy = bound === undefined ? comm.size * threads : threads;
  const isWorth = busy < count && byteLength / comm.size >= leastBytes && isOnOneHost(comm);
  // Ranks may have different cores.
  return comm.allreduce(Number(isWorth), { op: "min" }) === 1;
}
