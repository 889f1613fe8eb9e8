/** `npm run test:full`: every number of ranks, and many more random inputs. */
export const isFull = process.env.WASM_MPI_TEST_FULL === "1";
