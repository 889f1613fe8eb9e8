/**
 * 10 000 nonblocking messages between the ranks: senders, receivers, tags and sizes at random from one seed, so that
 * every rank knows all of them. Messages of one sender with one tag come in order. Every rank prints "ok".
 */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";

const comm = mpi.init();
const messages = 10_000;
const batch = 500;

/** Whole numbers below `limit`, the same on every rank. */
const random = (() => {
  let state = 20_240_229;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
})();

const memory = new WebAssembly.Memory({ initial: 64, maximum: 1024, shared: true });
const pattern = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 251);
const contents = (number, length) => pattern.subarray((number * 31) % 251).subarray(0, length);
let received = 0;

for (let first = 0; first < messages; first += batch) {
  const list = Array.from({ length: batch }, (_, index) => ({
    number: first + index,
    from: random(comm.size),
    to: random(comm.size),
    tag: random(8),
    // Mostly small, sometimes beyond what libraries send at once, sometimes nothing.
    length: [0, random(100), random(100), random(2000), random(100), random(4000), random(300), random(90_000)][
      random(8)
    ],
  }));
  let end = 0;
  const inboxes = [];
  const requests = [];
  for (const message of list.filter(({ to }) => to === comm.rank)) {
    // Every other one in WebAssembly memory, at any offset; room to spare.
    const room = message.length + 3;
    const shared = message.number % 2 === 0 && end + room < memory.buffer.byteLength;
    const array = shared ? new Uint8Array(memory.buffer, end, room) : new Uint8Array(room);
    if (shared) end += room;
    inboxes.push({ ...message, array, request: comm.irecv(array, { from: message.from, tag: message.tag }) });
  }
  for (const { number, from, to, tag, length } of list) {
    if (from === comm.rank) requests.push(comm.isend(contents(number, length), { to, tag }));
  }
  // Completed from the end, by all three ways of waiting.
  for (const { request, from, tag, length, number, array } of inboxes.reverse()) {
    let status = number % 3 === 0 ? request.wait() : request.test();
    if (!status && number % 3 === 1) while (!status) status = request.test();
    if (!status) requests.push(request);
    else assert.deepEqual(status, { source: from, tag, count: length });
    received++;
    if (status) assert.ok(Buffer.compare(array.subarray(0, length), contents(number, length)) === 0);
  }
  mpi.waitAll(requests);
  for (const { number, length, array } of inboxes) {
    assert.ok(Buffer.compare(array.subarray(0, length), contents(number, length)) === 0, `message ${number}`);
  }
}

assert.equal(comm.allreduce(received), messages);
console.log("ok");
