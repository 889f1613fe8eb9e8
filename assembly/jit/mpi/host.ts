/** What the calls have in common of what JavaScript provides: a place for numbers on their way, and the end of a call. */
import { Comm } from "./handles";

// @ts-ignore: decorator
@external("mpi", "scratch")
export declare const scratch: usize;
// @ts-ignore: decorator
@external("mpi", "rank")
export declare function hostRank(comm: Comm): i32;

/** Ends the call of the compiled function: a call of MPI, by its number below, has less room than it needs. */
// @ts-ignore: decorator
@external("env", "noRoom")
export declare function noRoom(call: i32, needed: i32, room: i32): void;
// @ts-ignore: decorator
@inline export const inAllreduce = 0;
// @ts-ignore: decorator
@inline export const inReduce = 1;
// @ts-ignore: decorator
@inline export const inWaitall = 2;
// @ts-ignore: decorator
@inline export const inTestall = 3;
// @ts-ignore: decorator
@inline export const inScan = 4;
