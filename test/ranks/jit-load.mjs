/** Links the module of the file in argument 1, made ahead of time, and uses it. */
import assert from "node:assert/strict";
import { loadModule, mpi } from "wasm-mpi";

const comm = mpi.init();
const modules = [loadModule(process.argv[2]), loadModule(process.argv[2])];
for (const module of modules) assert.equal(module.total(comm.rank), (comm.size * (comm.size - 1)) / 2 + 10 * comm.size);
for (const module of modules) module.free();
