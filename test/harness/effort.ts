/** How much the tests are to do: `npm run test:quick`, `npm test` or `npm run test:full`. */

/** `npm run test:full`: every number of ranks, and many more random inputs. */
export const isFull = process.env.WASM_MPI_TEST_FULL === "1";

/** False in `npm run test:quick`, and for files that start no ranks: then no MPI library and no launcher is found. */
export const startsRanks = process.env.WASM_MPI_TEST_RANKS !== "0";
