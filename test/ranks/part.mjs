/** The ranks that a program works on: all of the job, or where `all.mjs` runs the program, a part of them. */
import { mpi } from "wasm-mpi";

let current;

/** The communicator of the program, to be called once at its start. */
export const part = () => current ?? mpi.init();

/** Gives the programs that are imported from now on a part of the ranks. */
export function setPart(comm) {
  current = comm;
}
