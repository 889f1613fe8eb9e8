/** Errors of MPI inside compiled code: the JavaScript error, and the next call works. */
import assert from "node:assert/strict";
import { heap, jit, MpiError, mpi, UsageError } from "wasm-mpi";

const early = await jit(`
  import { initialized, rank } from "mpi";
  export function begun(): bool { return initialized(); }
  export function own(): i32 { return rank(); }
`);
// In a job of `all.mjs` it has begun already.
if (!mpi.initialized) {
  assert.equal(early.begun(), false);
  assert.throws(() => early.own(), { message: "mpi: expected a job that has begun, got none. Call mpi.init() first." });
}

const comm = mpi.init();
const { rank, size } = comm;
assert.deepEqual([early.begun(), early.own()], [true, rank]);

const kernel = await jit(`
  import { Comm, COMM_WORLD, Op, Request, REQUEST_NULL, SUM, Status, View, allgather, allreduce, alltoall, irecv, isend, rank, recv, reduce, send, size, testall, wait, waitall } from "mpi";
  export function truncate(p: usize): void {
    const request = isend(new View<f64>(p, 4), rank(), 1);
    recv(new View<f64>(p + 64, 2), rank(), 1);
    wait(request);
  }
  export function late(p: usize): void {
    const requests: StaticArray<Request> = [isend(new View<f64>(p, 4), rank(), 2), irecv(new View<f64>(p + 64, 2), rank(), 2)];
    waitall(requests);
  }
  export function to(p: usize, rank: i32): void { send(new View<f64>(p, 1), rank); }
  export function tagged(p: usize, tag: i32): void { send(new View<f64>(p, 1), rank(), tag); }
  export function through(p: usize, comm: Comm): void { send(new View<f64>(p, 1), 0, 0, comm); }
  export function negative(p: usize): void { send(new View<f64>(p, -1), rank()); }
  export function combine(p: usize, op: Op): void { allreduce(new View<f64>(p, 1), op); }
  export function beyond(p: usize, n: i32): void { allreduce(new View<f64>(p, n), SUM); }
  export function never(request: Request): void { wait(request); }
  export function small(p: usize): void { allgather(new View<f64>(p, 2), new View<f64>(p, 2 * size() - 1)); }
  export function dealt(p: usize, sent: i32, room: i32): void { alltoall(new View<f64>(p, sent), new View<f64>(p + 512, room)); }
  export function overlap(p: usize): void { send(new View<f64>(p, 3, 1, 2), rank()); }
  export function tight(p: usize, root: i32): void {
    if (root < 0) allreduce(new View<f64>(p, 8), new View<f64>(p + 64, 5), SUM);
    else reduce(new View<f64>(p, 8), new View<f64>(p + 64, 6), SUM, root);
  }
  export function few(): void {
    const requests: StaticArray<Request> = [REQUEST_NULL, REQUEST_NULL, REQUEST_NULL];
    waitall(requests, new StaticArray<Status>(2));
  }
  export function fewer(): bool { return testall([REQUEST_NULL, REQUEST_NULL], new StaticArray<Status>(1)); }
  export function fine(a: f64): f64 { return allreduce<f64>(a, SUM); }
`);
const data = heap.array("f64", 64);

function fails(call, errorClass, action, alternatives = []) {
  assert.throws(action, (error) => {
    assert.ok(error instanceof MpiError, error.stack);
    assert.ok([errorClass, ...alternatives].includes(error.errorClass), error.message);
    assert.equal(error.rank, rank);
    assert.equal(error.call, call, error.message);
    assert.match(error.message, new RegExp(`^${error.call} on rank ${rank} of ${size}: MPI_ERR_`));
    return true;
  });
  assert.equal(kernel.fine(1), size);
}

for (let round = 0; round < 3; round++) {
  fails("MPI_Recv", "MPI_ERR_TRUNCATE", () => kernel.truncate(data));
  fails("MPI_Wait", "MPI_ERR_TRUNCATE", () => kernel.late(data));
  fails("MPI_Send", "MPI_ERR_RANK", () => kernel.to(data, size));
  fails("MPI_Send", "MPI_ERR_RANK", () => kernel.to(data, -1));
  fails("MPI_Send", "MPI_ERR_TAG", () => kernel.tagged(data, -1));
  fails("MPI_Send", "MPI_ERR_TAG", () => kernel.tagged(data, -2));
  fails("MPI_Send", "MPI_ERR_COMM", () => kernel.through(data, 0x100));
  fails("MPI_Send", "MPI_ERR_COMM", () => kernel.through(data, 4711));
  fails("MPI_Send", "MPI_ERR_COUNT", () => kernel.negative(data));
}

function told(message, action) {
  assert.throws(action, (error) => {
    assert.ok(error instanceof UsageError, error.stack);
    assert.equal(error.message, message);
    return true;
  });
}
told('MPI_Allreduce: "op" expected one of sum, prod, max, min for float64, got "band". Name one of them.', () =>
  kernel.combine(data, 0x28),
);
told('MPI_Allreduce: expected a predefined operation and type, got operation 0x7. Use SUM, MAX ... of "mpi".', () =>
  kernel.combine(data, 7),
);
told(
  "mpi: expected a request of isend or irecv, or REQUEST_NULL, got 0x0. Begin each request before waiting for it.",
  () => kernel.never(0),
);
told(
  `allgather: expected room for ${2 * size} elements (2 from each of ${size} ranks), got ${2 * size - 1}. Allocate it to fit.`,
  () => kernel.small(data),
);
told(
  `alltoall: expected room for ${2 * size} elements (2 from each of ${size} ranks), got ${2 * size - 1}. Allocate it to fit.`,
  () => kernel.dealt(data, 2 * size, 2 * size - 1),
);
if (size > 1) {
  told(`alltoall: expected a multiple of ${size} elements to send, got ${size + 1}. Give each rank as many.`, () =>
    kernel.dealt(data, size + 1, 2 * size),
  );
}
told("allreduce: expected room for 8 elements, got 5. Make what receives 8 long.", () => kernel.tight(data, -1));
told("waitall: expected room for 3 statuses, got 2. Make what receives 3 long.", () => kernel.few());
told("testall: expected room for 2 statuses, got 1. Make what receives 2 long.", () => kernel.fewer());
if (size === 1)
  told("reduce: expected room for 8 elements, got 6. Make what receives 8 long.", () => kernel.tight(data, 0));
told(
  "View: expected blocks that do not overlap, got 3 of 2 with stride 1. Choose a stride of at least the block.",
  () => kernel.overlap(data),
);
assert.throws(() => kernel.beyond(data, 2 ** 30), {
  name: "UsageError",
  message: /^mpi: expected data within the memory of/,
});
assert.throws(() => kernel.beyond(2 ** 32 - 16, 4), {
  name: "UsageError",
  message: /^mpi: expected data within the memory of/,
});
assert.equal(kernel.fine(1), size);

// Declarations by hand reach the same calls, and no memory but the one.
const byHand = await jit(`
  import { COMM_SELF, Request, View, allgather, allreduce, alltoall, gather, irecv, scatter, send, sendrecv, wait, SUM } from "mpi";
  @external("mpi", "strided") declare function strided(count: i32, block: i32, stride: i32, step: i32, type: i32): i32;
  @external("mpi", "send") declare function sendOf(ptr: usize, count: i32, type: i32, to: i32, tag: i32, comm: i32): void;
  @external("mpi", "irecv") declare function irecvOf(ptr: usize, count: i32, type: i32, from: i32, tag: i32, comm: i32): i32;
  @external("mpi", "wait") declare function waitFor(request: i32, status: usize): void;
  @external("mpi", "waitall") declare function waitForAll(requests: usize, count: i32, statuses: usize): void;
  export function layout(made: i32, stride: i32, type: i32): i32 { return strided(made, 1, stride, 1, type); }
  export function through(p: usize, count: i32, type: i32): void {
    const request = irecv(new View<u8>(64, 0), 0, 0, COMM_SELF);
    sendOf(p, count, type, 0, 0, COMM_SELF);
    wait(request);
  }
  export function only(p: usize, count: i32, type: i32): void { sendOf(p, count, type, 0, 0, COMM_SELF); }
  export function status(p: usize): void { waitFor(0x180, p); }
  export function all(p: usize, count: i32): void { waitForAll(p, count, 0); }
  export function same(p: usize): void { sendrecv(new View<f64>(p, 2), 0, new View<f64>(p + 8, 2), 0, 0, 0, null, COMM_SELF); }
  export function columns(p: usize): void {
    sendrecv(new View<f64>(p, 3, 4), 0, new View<f64>(p + 8, 3, 4), 0, 0, 0, null, COMM_SELF);
  }
  export function crossing(p: usize): void {
    sendrecv(new View<f64>(p, 3, 4), 0, new View<f64>(p + 32, 3, 4), 0, 0, 0, null, COMM_SELF);
  }
  export function sums(p: usize): void { allreduce(new View<f64>(p, 2), new View<f64>(p + 8, 2), SUM, COMM_SELF); }
  export function gathers(p: usize): void { gather(new View<f64>(p, 1), new View<f64>(p, 1), 0, COMM_SELF); }
  export function gathersAll(p: usize): void { allgather(new View<f64>(p, 2), new View<f64>(p + 8, 2), COMM_SELF); }
  export function deals(p: usize): void { alltoall(new View<f64>(p, 2), new View<f64>(p + 8, 2), COMM_SELF); }
  export function scatters(p: usize): void { scatter(new View<f64>(p, 1), new View<f64>(p, 1), 0, COMM_SELF); }
`);
const float64 = 0x214;
const { byteLength } = heap.array("f64", 1).buffer;
const end = byteLength - 8;
const within = (bytes, from) =>
  `mpi: expected data within the memory of ${byteLength} bytes, got ${bytes} bytes from ${from} on. Pass the array's own address and length.`;
// A layout made for one row says nothing about where the second begins, and the reverse.
for (const made of [1, 2, 100]) {
  const type = byHand.layout(made, 1000, float64);
  told(within(8008, end - 8), () => byHand.only(end - 8, 2, type));
  told(within(16008, end - 8000), () => byHand.only(end - 8000, 3, type));
  byHand.through(end, 0, type);
}
const none = byHand.layout(0, 1000, float64);
told(within(8008, end), () => byHand.only(end, 2, none));
for (const type of [5, -1, 2 ** 20]) {
  const got = `0x${(type >>> 0).toString(16)}`;
  told(`mpi: expected the handle of a datatype, got ${got}. Use the calls of "mpi".`, () => byHand.only(data, 1, type));
}
// A handle that is kept until the library's type is freed is none.
const kept = byHand.layout(2, 77, float64);
for (let i = 1; i < 300; i++) byHand.layout(2, 78 + 64 * i, float64);
told(`mpi: expected the handle of a datatype, got 0x${kept.toString(16)}. Use the calls of "mpi".`, () => {
  byHand.only(data, 1, kept);
});
const lists = (bytes, from) =>
  `mpi: expected requests and statuses within the memory of ${byteLength} bytes, got ${bytes} bytes from ${from} on. Pass the array's own address and length.`;
told(lists(32, end), () => byHand.status(end));
told(lists(4, byteLength), () => byHand.all(byteLength, 1));
const apart = (call, todo = "Pass other memory.") =>
  `${call}: "recv" expected memory apart from "send", got some that overlaps it. ${todo}`;
const replace = "Receive into other memory, or call sendrecvReplace.";
told(apart("MPI_Sendrecv", replace), () => byHand.same(data));
told(apart("MPI_Sendrecv", replace), () => byHand.crossing(data));
told(apart("MPI_Allreduce"), () => byHand.sums(data));
told(apart("MPI_Gather"), () => byHand.gathers(data));
told(apart("MPI_Allgather"), () => byHand.gathersAll(data));
told(apart("MPI_Scatter"), () => byHand.scatters(data));
told(apart("MPI_Alltoall"), () => byHand.deals(data));
data.set([1, 0, 0, 0, 2, 0, 0, 0, 3]);
byHand.columns(data);
assert.deepEqual([...data.subarray(0, 10)], [1, 1, 0, 0, 2, 2, 0, 0, 3, 3]);

// A module stays as long as a message may come into its memory.
const begins = await jit(`
  import { COMM_SELF, Request, irecv, send, wait } from "mpi";
  const into = new StaticArray<f64>(2);
  let request: Request = 0;
  export function begin(): void { request = irecv(into, 0, 9, COMM_SELF); }
  export function end(): f64 { send<f64>(5, 0, 9, COMM_SELF); wait(request); return into[0]; }
`);
const another = await jit("export function same(x: f64): f64 { return x; }");
begins.begin();
told(
  "free: expected requests of isend and irecv that are over, got 1 under way. Wait for them before, with wait or waitall.",
  () => begins.free(),
);
another.free();
assert.equal(begins.end(), 5);
begins.free();

await assert.rejects(jit('import { alltoall } from "mpi"; export function one(): void { alltoall(1.0, 2.0); }'), {
  name: "CompileError",
  message: /alltoall: expected arrays or views, as many elements for each rank/,
});

// Elements of two types do not meet in a collective call; what they are is known to the compiler, on one rank as on several:
// outside the full tests one call stands for all on several.
const mixed = [
  "allreduce(new View<f64>(p, 4), new View<f32>(p, 4), SUM)",
  "reduce(new View<f64>(p, 4), new StaticArray<f32>(4), SUM)",
  "gather(new View<f64>(p, 1), new View<i64>(p, 1))",
  "scatter<View<f64>, f32>(new View<f64>(p, 1), 0)",
  "allgather<f64, View<f32>>(1, new View<f32>(p, 1))",
  "alltoall(new View<f64>(p, 4), new View<f32>(p, 4))",
  "allreduce(new Located<f64>(1, 2), new View<f64>(p, 1), SUM)",
];
for (const call of size === 1 || process.env.WASM_MPI_TEST_FULL === "1" ? mixed : mixed.slice(0, 1)) {
  const source = `
    import { Located, SUM, View, allgather, allreduce, alltoall, gather, reduce, scatter } from "mpi";
    export function both(p: usize): void { ${call}; }`;
  await assert.rejects(jit(source), {
    name: "CompileError",
    message: /expected elements of one type on both sides/,
  });
}
const alike = await jit(`
  import { COMM_SELF, Located, MINLOC, IN_PLACE, SUM, View, allreduce } from "mpi";
  export function least(): f64 {
    const result = new Located<f64>(0, 0);
    allreduce(new Located<f64>(3, 1), result, MINLOC, COMM_SELF);
    return result.value;
  }
  export function inPlace(p: usize): void { allreduce(IN_PLACE, new View<f64>(p, 1), SUM, COMM_SELF); }
`);
assert.equal(alike.least(), 3);
alike.inPlace(data);
