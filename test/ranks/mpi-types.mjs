/**
 * Derived datatypes, views, packing, pairs and operations in JavaScript, on any number of ranks from 1 to 4, against
 * values worked out by hand. Every rank prints "ok".
 */
import assert from "node:assert/strict";
import { mpi, UsageError } from "wasm-mpi/mpi";
import { checkLayouts } from "./mpi-types-layouts.mjs";
import { checkOperations } from "./mpi-types-operations.mjs";
import { checkViews } from "./mpi-types-views.mjs";

const { rowTypes } = mpi.init().world;
checkLayouts();
await checkViews();
await checkOperations();
assert.ok(rowTypes.size > 0);
mpi.finalize();
assert.equal(rowTypes.size, 0);
assert.throws(() => mpi.datatype.contiguous(1, "int8"), UsageError);
console.log("ok");
