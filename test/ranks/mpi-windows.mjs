/**
 * One-sided calls on any number of ranks from 1 to 4, against values worked out by hand. Every rank prints "ok"; rank 0
 * prints first, as a JSON object, what wrong calls throw.
 */
import assert from "node:assert/strict";
import { mpi, Window } from "wasm-mpi/mpi";
import { accumulates, counters, countsExactly, fetchesWhatWasThere } from "./mpi-windows-accumulates.mjs";
import { handsOutRequests, locksOutOthers, startsAndPosts } from "./mpi-windows-epochs.mjs";
import { attachesMemory, endsOnce, keepsMemoryAlive, sharesMemory } from "./mpi-windows-memory.mjs";
import {
  leavesOutNobody,
  movesEveryType,
  movesFromAndToEveryMemory,
  movesLayouts,
  movesStridedElements,
} from "./mpi-windows-moves.mjs";
import { tellsWhatIsWrong } from "./mpi-windows-wrong.mjs";
import { comm, next, previous, rank, size } from "./mpi-world.mjs";
import { texts } from "./mpi-wrong.mjs";

describesItself();
movesEveryType();
movesFromAndToEveryMemory();
movesStridedElements();
movesLayouts();
accumulates();
fetchesWhatWasThere();
await handsOutRequests();
for (const counter of counters()) countsExactly(counter);
locksOutOthers();
startsAndPosts();
sharesMemory();
attachesMemory();
leavesOutNobody();
await keepsMemoryAlive();
tellsWhatIsWrong();
endsOnce();
if (rank === 0) console.log(JSON.stringify(texts));
comm.barrier();
mpi.finalize();
console.log("ok");

function describesItself() {
  const array = new Float64Array(3 + rank);
  const window = comm.createWindow(array, { info: { accumulate_ordering: "none", same_disp_unit: "true" } });
  assert.ok(window instanceof Window);
  assert.equal(String(window), `window, rank ${rank} of ${size}`);
  assert.deepEqual([window.rank, window.size, window.flavor], [rank, size, "create"]);
  assert.equal(window.array, array);
  assert.deepEqual([window.byteLength, window.unit], [8 * (3 + rank), 8]);
  assert.ok(Number.isSafeInteger(window.base) && window.base > 0);
  assert.ok(["unified", "separate"].includes(window.model));
  window.name = "über";
  assert.equal(window.name, "über");
  assert.equal(window.freed, false);
  window.free();
  assert.equal(window.freed, true);

  const bytes = comm.createWindow(new Int32Array(4), { unit: 1 });
  assert.equal(bytes.unit, 1);
  bytes.fence();
  bytes.put(Int32Array.of(7 + rank), { target: next, at: 8 });
  bytes.fence();
  assert.deepEqual([...bytes.array], [0, 0, 7 + previous, 0]);
  bytes.free();

  const complex = comm.allocateWindow("complex128", 2);
  assert.deepEqual([complex.flavor, complex.byteLength, complex.unit, complex.array.length], ["allocate", 32, 16, 4]);
  assert.ok(complex.array instanceof Float64Array);
  complex.free();
}
