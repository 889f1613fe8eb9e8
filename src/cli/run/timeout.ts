/** How long a rank may wait: the option, and the variable that it stands for. */
import { whole } from "../options/kind.js";
import type { Row } from "../options/row.js";

/** The option of commands that make runs of several ranks. */
export const timeout = {
  key: "timeout",
  flag: "--timeout <seconds>",
  kind: whole(1, 1e6),
  about: "end the job when a rank waits longer than that in one call of MPI, and tell for what",
  example: "60",
  details: "each rank tells its call; exit code 124; `WASM_MPI_TIMEOUT` where it is not given",
} as const satisfies Row;

/** Has this process, and ranks that it starts, wait no longer than the option says, on the command line or in a file of options. */
export function limitWaiting({ timeout: seconds }: { readonly timeout?: number }): void {
  if (seconds !== undefined) process.env.WASM_MPI_TIMEOUT = String(seconds);
}
