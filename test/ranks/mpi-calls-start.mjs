/** The start of the job of mpi-calls.mjs, before any of its parts, and what they take from it. */
import assert from "node:assert/strict";
import { mpi, UsageError } from "wasm-mpi/mpi";

export const [, , abi, waiting] = process.argv;
const launchedAs = process.env.OMPI_COMM_WORLD_RANK ?? process.env.PMI_RANK;
if (waiting === "mixed") process.env.OMPI_COMM_WORLD_LOCAL_SIZE = launchedAs === "0" ? "100000" : "0";

assert.equal(mpi.initialized, false);
assert.throws(() => mpi.versionInfo(), UsageError);
export const comm = mpi.init({ threadLevel: "SERIALIZED" });
assert.equal(mpi.initialized, true);
assert.equal(mpi.init(), comm);
export const { rank, size } = comm;
export const [next, previous] = [(rank + 1) % size, (rank + size - 1) % size];
/** One of the values for 1, 2, 3, 4 ranks. */
export const bySize = (...values) => values[size - 1];
