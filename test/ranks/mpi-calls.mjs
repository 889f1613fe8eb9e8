/**
 * Every call of the bindings, on any number of ranks from 1 to 4, against values worked out by hand.
 *
 *   mpi-calls.mjs ABI [mixed]
 *
 * `mixed` tells rank 0 that its node has more ranks than cores, and the others that theirs has not: then all ranks wait
 * as on a crowded node. Every rank prints "ok".
 */
import assert from "node:assert/strict";
import { MpiError, mpi, UsageError } from "wasm-mpi/mpi";
import { duplicates, makesGrids, splits, waitsAfterFreeing } from "./mpi-calls-comms.mjs";
import {
  keepsOrderOfOneTag,
  receivesFromAnyRank,
  receivesShorterMessages,
  sendsLargeMessagesBothWays,
  sendsNothing,
  sendsToItself,
  talksToNobody,
} from "./mpi-calls-messages.mjs";
import {
  keepsBuffersOfDroppedRequests,
  matchesByTagOutOfOrder,
  restartsPersistentRequests,
  tests,
  waitsForManyRequests,
} from "./mpi-calls-requests.mjs";
import { abi, comm, next, previous, rank, size, waiting } from "./mpi-calls-start.mjs";
import {
  elementTypes,
  gathers,
  memories,
  movesEveryType,
  reducesNumbers,
  reducesWithEveryOperation,
} from "./mpi-calls-types.mjs";

const { PROC_NULL } = mpi;

describesItself();
tellsErrors();
for (const type of elementTypes()) for (const memory of memories()) movesEveryType(type, memory);
reducesWithEveryOperation();
reducesNumbers();
gathers();
sendsToItself();
receivesShorterMessages();
receivesFromAnyRank();
keepsOrderOfOneTag();
matchesByTagOutOfOrder();
tests();
waitsForManyRequests();
restartsPersistentRequests();
await keepsBuffersOfDroppedRequests();
talksToNobody();
sendsNothing();
sendsLargeMessagesBothWays();
duplicates();
splits();
makesGrids();
for (const [operation, call] of waitsAfterFreeing()) assert.throws(call, UsageError, operation);
assert.throws(() => comm.free(), MpiError);
const before = mpi.wtime();
comm.barrier();
assert.ok(mpi.wtime() >= before);
endsOnce();
console.log("ok");

function describesItself() {
  assert.equal(String(comm), `communicator, rank ${rank} of ${size}`);
  const info = mpi.versionInfo();
  assert.equal(info.abi, abi);
  assert.match(info.library, abi === "standard" ? /^solo$/ : /mpi/);
  assert.match(info.version, { openmpi: /^Open MPI \d/, mpich: /MPI/, msmpi: /^Microsoft/, standard: /./ }[abi]);
  assert.match(info.standard, /^[3-5]\.\d$/);
  assert.match(info.threadLevel, /^(SERIALIZED|MULTIPLE)$/); // As asked for, or better.
  assert.ok(info.processor.length > 0);
  if (waiting) assert.equal(info.crowded, true);
}

function tellsErrors() {
  let code = 0;
  const sent = comm.isend(Float64Array.of(1, 2), { to: next, tag: 1 });
  try {
    comm.recv(new Float64Array(1), { from: previous, tag: 1 });
  } catch (error) {
    code = error.code;
  }
  sent.wait();
  assert.equal(mpi.errorClass(code), "MPI_ERR_TRUNCATE");
  assert.match(mpi.errorString(code), /truncated/i);
}

function endsOnce() {
  const request = comm.irecv(new Float64Array(1), { from: PROC_NULL });
  request.wait();
  mpi.finalize();
  assert.equal(mpi.initialized, false);
  mpi.finalize();
  assert.ok(mpi.wtime() > 0);
  const text = (call) => `${call}: expected a job that has not ended, got a call after mpi.finalize(). Finalize last.`;
  assert.throws(() => comm.barrier(), { name: "UsageError", message: text(barrierName()) });
  assert.throws(() => request.wait(), UsageError);
  assert.throws(() => comm.dup(), { name: "UsageError", message: text("MPI_Comm_dup") });
  assert.throws(() => mpi.init(), UsageError);
  assert.throws(() => mpi.versionInfo(), UsageError);
}

function barrierName() {
  return comm.world.waiting.crowded ? "MPI_Ibarrier" : "MPI_Barrier";
}
