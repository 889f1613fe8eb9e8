/** The program `wasm-mpi`. */
import { main } from "./main.js";

await main();
