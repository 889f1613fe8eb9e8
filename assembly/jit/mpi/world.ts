/** The job and its ranks. */
import { Comm, COMM_WORLD } from "./handles";
import { hostRank } from "./host";

// @ts-ignore: decorator
@external("mpi", "initialized")
declare function hostInitialized(): bool;
// @ts-ignore: decorator
@external("mpi", "size")
declare function hostSize(comm: Comm): i32;
// @ts-ignore: decorator
@external("mpi", "wtime")
declare function hostWtime(): f64;
// @ts-ignore: decorator
@external("mpi", "abort")
declare function hostAbort(code: i32): void;

/** True between `mpi.init()` and `mpi.finalize()`. */
export function initialized(): bool {
  return hostInitialized();
}

/** This rank's number, from 0 to size - 1. */
export function rank(comm: Comm = COMM_WORLD): i32 {
  return hostRank(comm);
}

/** Number of ranks. */
export function size(comm: Comm = COMM_WORLD): i32 {
  return hostSize(comm);
}

/** Seconds since some moment in the past. */
export function wtime(): f64 {
  return hostWtime();
}

/** Ends all processes of the job with this exit code. */
export function abort(code: i32 = 1): void {
  hostAbort(code);
}
