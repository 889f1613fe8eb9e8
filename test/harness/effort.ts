/** `npm run test:full`: every number of ranks, and many more random inputs. */
export const isFull = process.env.WASM_MPI_TEST_FULL === "1";

/**
 * `npm run test:quick`: without what compiles or writes most, and without what repeats: the tests of compiled code in plain
 * mode, further types, sizes and random inputs.
 */
export const isQuick = process.env.WASM_MPI_TEST_QUICK === "1";
