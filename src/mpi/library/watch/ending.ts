/** How a job ends that has waited too long: for the thread that ends it, and the command that has started it. */

/** The exit code, that of `timeout`. */
export const exitCode = 124;

/** What is said last. @param seconds that a rank may wait */
export function endingOf(seconds: number): string {
  return `ended after ${seconds} s without progress (WASM_MPI_TIMEOUT), exit code ${exitCode}`;
}

/** Finds it in standard error, where launchers may write something before it. */
export const ending = /wasm-mpi: ended after \S+ s without progress \(WASM_MPI_TIMEOUT\), exit code \d+\n/;
