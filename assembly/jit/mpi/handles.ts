/** Handles and constants, those of the standard ABI of MPI 5. */

/** A communicator: `COMM_WORLD`, or a `Comm` that JavaScript passes to an exported function. */
export type Comm = i32;
/** A message under way, for which `wait` waits. */
export type Request = i32;
/** How a reduction combines. */
export type Op = i32;

export const COMM_NULL: Comm = 0x100;
export const COMM_WORLD: Comm = 0x101;
export const COMM_SELF: Comm = 0x102;
export const REQUEST_NULL: Request = 0x180;

export const ANY_SOURCE: i32 = -1;
export const ANY_TAG: i32 = -2;
export const PROC_NULL: i32 = -3;
export const UNDEFINED: i32 = -32766;
/** What `testany` returns when none of the requests is complete. */
export const NONE: i32 = -1;

export const SUM: Op = 0x21;
export const MIN: Op = 0x22;
export const MAX: Op = 0x23;
export const PROD: Op = 0x24;
export const BAND: Op = 0x28;
export const BOR: Op = 0x29;
export const BXOR: Op = 0x2a;
export const LAND: Op = 0x30;
export const LOR: Op = 0x31;
export const LXOR: Op = 0x32;
export const MINLOC: Op = 0x38;
export const MAXLOC: Op = 0x39;
