/**
 * Derived datatypes, views, packing, pairs and operations in JavaScript, on any number of ranks from 1 to 4, against
 * values worked out by hand. Every rank prints "ok".
 */
import assert from "node:assert/strict";
import { mpi, UsageError } from "wasm-mpi/mpi";
import { checkGroups } from "./mpi-types-groups.mjs";
import { checkLayouts } from "./mpi-types-layouts.mjs";
import { checkOperations } from "./mpi-types-operations.mjs";
import { checkViews } from "./mpi-types-views.mjs";

const { raw } = mpi.init().world;
checkLayouts();
await checkViews();
await checkOperations();
await checkGroups();
// The datatypes of rows of views, which are kept until the end.
let freed = 0;
const { MPI_Type_free } = raw;
raw.MPI_Type_free = (ptr) => {
  freed++;
  return MPI_Type_free(ptr);
};
mpi.finalize();
assert.ok(freed > 0);
assert.throws(() => mpi.datatype.contiguous(1, "int8"), UsageError);
console.log("ok");
