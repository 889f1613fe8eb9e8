/**
 * Every collective call, each in its blocking, nonblocking and persistent form, on 1 to 4 ranks.
 *
 *   mpi-collectives.mjs [mixed]
 *
 * `mixed` is explained in mpi-calls.mjs. Every rank prints "ok".
 */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";
import { movesArrays } from "./mpi-collectives-arrays.mjs";
import { comm } from "./mpi-collectives-forms.mjs";
import { exchangesManyTypes, keepsWhatDroppedRequestsNeed, movesRowsOfViews } from "./mpi-collectives-views.mjs";
import {
  combinesEveryType,
  combinesInEveryForm,
  combinesInJavaScript,
  combinesViews,
  keepsWhatDroppedReductionsNeed,
} from "./mpi-reductions.mjs";

if (process.argv[2] === "mixed") assert.equal(comm.world.waiting.crowded, true);
movesArrays();
movesRowsOfViews();
exchangesManyTypes();
await keepsWhatDroppedRequestsNeed();
combinesEveryType();
combinesInEveryForm();
combinesViews();
combinesInJavaScript();
await keepsWhatDroppedReductionsNeed();
comm.barrier();
mpi.finalize();
console.log("ok");
