/** Handles and constants, those of the standard ABI of MPI 5. */

/** A communicator: `COMM_WORLD`, or a `Comm` that JavaScript passes to an exported function. */
export type Comm = i32;
/** A message under way, for which `wait` waits. */
export type Request = i32;
/** How a reduction combines. */
export type Op = i32;

/** No communicator. */
export const COMM_NULL: Comm = 0x100;
/** All ranks of the job: what calls take where none is named. */
export const COMM_WORLD: Comm = 0x101;
/** This rank alone. */
export const COMM_SELF: Comm = 0x102;
/** No request, or one that is over. */
export const REQUEST_NULL: Request = 0x180;

/** Receives from any rank. */
export const ANY_SOURCE: i32 = -1;
/** Receives a message with any tag. */
export const ANY_TAG: i32 = -2;
/** The rank that does not exist: messages to and from it complete at once and carry nothing. */
export const PROC_NULL: i32 = -3;
/** A number that there is none of: of elements where a message ends within one, of an index where all requests were over. */
export const UNDEFINED: i32 = -32766;
/** What `testany` returns when none of the requests is complete. */
export const NONE: i32 = -1;

/** Sums. */
export const SUM: Op = 0x21;
/** The least. */
export const MIN: Op = 0x22;
/** The greatest. */
export const MAX: Op = 0x23;
/** Products. */
export const PROD: Op = 0x24;
/** Bits that all have, of integers. */
export const BAND: Op = 0x28;
/** Bits that any has, of integers. */
export const BOR: Op = 0x29;
/** Bits that an odd number has, of integers. */
export const BXOR: Op = 0x2a;
/** 1 where all are not 0, of integers. */
export const LAND: Op = 0x30;
/** 1 where any is not 0, of integers. */
export const LOR: Op = 0x31;
/** 1 where an odd number is not 0, of integers. */
export const LXOR: Op = 0x32;
/** The least value with its index, of `Located`. */
export const MINLOC: Op = 0x38;
/** The greatest value with its index, of `Located`. */
export const MAXLOC: Op = 0x39;
