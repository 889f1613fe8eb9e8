/**
 * 40 000 nonblocking messages between the ranks, 100 000 in the full tests: senders, receivers, tags and sizes at random from one seed, so that
 * every rank knows all of them. Messages of one sender with one tag come in order. Every rank prints "ok".
 */
import assert from "node:assert/strict";
import { mpi } from "wasm-mpi/mpi";

const comm = mpi.init();
const messages = process.env.WASM_MPI_TEST_FULL === "1" ? 100_000 : 40_000;
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
const nothing = { from: mpi.ANY_SOURCE, tag: mpi.ANY_TAG, length: 0 };
let received = 0;

/** Ways to complete a list of requests; each tells the status of each request once. */
const ways = [
  (requests, check) => {
    for (const [index, request] of requests.entries()) check(index, request.wait());
  },
  (requests, check) => {
    for (const [index, request] of requests.entries()) {
      let status = request.test();
      while (!status) status = request.test();
      check(index, status);
    }
  },
  (requests) => mpi.waitAll(requests),
  (requests) => {
    while (!mpi.testAll(requests)) comm.world.waiting.yieldCore();
  },
  (requests, check) => each(requests, check, () => [mpi.waitAny(requests)]),
  (requests, check) => each(requests, check, () => [mpi.testAny(requests) ?? []].flat()),
  (requests, check) => each(requests, check, () => mpi.waitSome(requests)),
  (requests, check) => each(requests, check, () => mpi.testSome(requests)),
  async (requests, check) => {
    for (const [index, status] of (await Promise.all(requests)).entries()) check(index, status);
  },
];

/** Completes every request once. */
function each(requests, check, complete) {
  const seen = new Set();
  while (seen.size < requests.length) {
    const completed = complete();
    if (completed.length === 0) comm.world.waiting.yieldCore();
    for (const { index, status } of completed) {
      assert.ok(!seen.has(index));
      seen.add(index);
      check(index, status);
    }
  }
}

for (let first = 0; first < messages; first += batch) {
  const list = Array.from({ length: batch }, (_, index) => ({
    number: first + index,
    from: random(comm.size),
    to: random(comm.size),
    tag: random(8),
    // Mostly small, sometimes beyond what libraries send at once, sometimes nothing.
    length: [0, 100, 100, 2000, 100, 4000, 300, 40, 10, 300, 100, 60, 100, 1000, 20, 90_000][random(16)],
  })).map((message) => ({ ...message, length: random(message.length + 1) }));
  let end = 0;
  const inboxes = [];
  const sent = [];
  for (const message of list.filter(({ to }) => to === comm.rank)) {
    // Every other one in WebAssembly memory, at any offset; room to spare.
    const room = message.length + 3;
    const shared = message.number % 2 === 0 && end + room < memory.buffer.byteLength;
    const array = shared ? new Uint8Array(memory.buffer, end, room) : new Uint8Array(room);
    if (shared) end += room;
    inboxes.push({ ...message, array, request: comm.irecv(array, { from: message.from, tag: message.tag }) });
  }
  for (const { number, from, to, tag, length } of list) {
    if (from === comm.rank) sent.push(comm.isend(contents(number, length), { to, tag }));
  }
  // Completed from the end, in a way of its own in each batch.
  const requests = [...inboxes.map(({ request }) => request).reverse(), ...sent];
  const expected = [...inboxes].reverse();
  const check = (index, status) => {
    const { from, tag, length } = expected[index] ?? nothing;
    assert.deepEqual(status, { source: from, tag, count: length });
  };
  await ways[(first / batch) % ways.length](requests, check);
  assert.ok(requests.every(({ active }) => !active));
  received += inboxes.length;
  for (const { number, length, array } of inboxes) {
    assert.ok(Buffer.compare(array.subarray(0, length), contents(number, length)) === 0, `message ${number}`);
  }
}

assert.equal(comm.allreduce(received), messages);
console.log("ok");
