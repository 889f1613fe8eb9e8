/**
 * What a call of MPI inside compiled code takes beyond the same call of the library from JavaScript, on one rank with itself:
 * nanoseconds a call, minima of rounds in which both take turns; and what a call of C takes by koffi and by machine code, by the
 * number of arguments. In a clone, under a launcher:
 *
 *   mpiexec -n 1 node bench/calls.mjs [rounds]      default 60
 */
import { sources } from "./sources.mjs";

// The library's functions are no part of the package's interface.
const { addressOf, currentWorld, heap, jit, mpi, trampoline } =
  await sources(`export { heap, jit, mpi } from "./src/index.js";
  export { currentWorld } from "./src/mpi/library/world.js";
  export { addressOf } from "./src/mpi/library/native.js";
  export { trampoline } from "./src/mpi/library/trampoline.js";`);

const rounds = Number(process.argv[2] ?? 60);
if (!(Number.isInteger(rounds) && rounds > 0)) {
  console.error(`calls: expected a number of rounds from 1, got ${process.argv[2]}. Write 60, for example.`);
  process.exit(1);
}
mpi.init();
const inside = await jit(`
  import { COMM_SELF, SUM, Status, allreduce, barrier, irecv, isend, recv, send, sendrecv, wait } from "mpi";
  const a = new StaticArray<f64>(4), b = new StaticArray<f64>(4), status = new Status();
  export function barriers(n: i32): void { for (let i = 0; i < n; i++) barrier(COMM_SELF); }
  export function allreduces(n: i32): f64 {
    let s = 0.0;
    for (let i = 0; i < n; i++) s = allreduce<f64>(s, SUM, COMM_SELF);
    return s;
  }
  export function sendrecvs(n: i32): void { for (let i = 0; i < n; i++) sendrecv(a, 0, b, 0, 0, 0, null, COMM_SELF); }
  export function sends(n: i32): void {
    for (let i = 0; i < n; i++) { const r = irecv(b, 0, 0, COMM_SELF); send(a, 0, 0, COMM_SELF); wait(r); }
  }
  export function recvs(n: i32): void {
    for (let i = 0; i < n; i++) { const r = isend(a, 0, 0, COMM_SELF); recv(b, 0, 0, null, COMM_SELF); wait(r); }
  }
  export function statuses(n: i32): void {
    for (let i = 0; i < n; i++) { const r = isend(a, 0, 0, COMM_SELF); recv(b, 0, 0, status, COMM_SELF); wait(r); }
  }
`);

const world = currentWorld();
const { raw, statusPtr } = world;
const { MPI_COMM_SELF: self, MPI_DOUBLE: type, MPI_SUM: sum } = world.constants;
const [a, b, request] = [addressOf(heap.array("f64", 4)), addressOf(heap.array("f64", 4)), world.scratch.address];
const received = () => {
  raw.MPI_Isend(a, 4, type, 0, 0, self, request);
  raw.MPI_Recv(b, 4, type, 0, 0, self, statusPtr);
  raw.MPI_Wait(request, statusPtr);
};
const repeated = (call) => (n) => {
  for (let i = 0; i < n; i++) call();
};
/** By the name in both: the same calls of the library, and how many. */
const direct = {
  barriers: [1, repeated(() => raw.MPI_Barrier(self))],
  allreduces: [1, repeated(() => raw.MPI_Allreduce(a, b, 1, type, sum, self))],
  sendrecvs: [1, repeated(() => raw.MPI_Sendrecv(a, 4, type, 0, 0, b, 4, type, 0, 0, self, statusPtr))],
  sends: [
    3,
    repeated(() => {
      raw.MPI_Irecv(b, 4, type, 0, 0, self, request);
      raw.MPI_Send(a, 4, type, 0, 0, self);
      raw.MPI_Wait(request, statusPtr);
    }),
  ],
  recvs: [3, repeated(received)],
  statuses: [3, repeated(received)],
};

const n = 5000;
const minima = Object.fromEntries(Object.keys(direct).map((name) => [name, [Infinity, Infinity]]));
for (let round = 0; round < rounds; round++) {
  for (const [name, [, run]] of Object.entries(direct)) {
    for (const [k, measured] of [run, inside[name]].entries()) {
      const begin = performance.now();
      measured(n);
      minima[name][k] = Math.min(minima[name][k], ((performance.now() - begin) / n) * 1e6);
    }
  }
}
console.log(`${mpi.versionInfo().version}: ns a call     direct  inside   more`);
for (const [name, [calls]] of Object.entries(direct)) {
  const [outer, inner] = minima[name].map((ns) => ns / calls);
  console.log(`  ${name.padEnd(26)} ${[outer, inner, inner - outer].map((ns) => ns.toFixed(1).padStart(7)).join(" ")}`);
}
inside.free();

// abs() looks at the first argument only. Each call has a function and a loop of its own, as V8 compiles those of the package.
const { default: koffi } = await import("koffi");
const c = koffi.load(null);
const places = Array.from({ length: 12 }, (_, place) => addressOf(heap.array("f64", 4)) + 8 * place);
const address = Number(c.symbol("abs"));
console.log("ns a call of abs()    koffi: 32 bits  addresses   trampoline");
for (const count of [1, 3, 6, 12]) {
  const text = Array.from({ length: count }, (_, place) => `values[${place}]`).join(", ");
  const numbers = [...places.keys(), undefined];
  const addresses = [...places, undefined];
  const row = [
    ["int32_t", numbers],
    ["int64_t", addresses],
    [undefined, addresses],
  ].map(([type, values]) => {
    const abs = type ? c.func("abs", "int", new Array(count).fill(type)) : trampoline(address, count);
    if (!abs) return "-".padStart(9);
    const run = new Function("abs", "values", "n", `for (let i = 0; i < n; i++) abs(${text}); // ${type}`);
    let least = Infinity;
    for (let round = 0; round < 60; round++) {
      const begin = performance.now();
      run(abs, values, n);
      least = Math.min(least, ((performance.now() - begin) / n) * 1e6);
    }
    return least.toFixed(1).padStart(9);
  });
  console.log(`  ${`${count} arguments`.padEnd(26)} ${row.join("  ")}`);
}
