/**
 * Calls every public function of MPI with nonsense, on one rank, each so many times:
 *
 *   mpi-nonsense.mjs CALLS [SEED]
 *
 * Prints the calls that end in an error of JavaScript itself, or take too long, a line each, and then "ok". What a call
 * does with nonsense is to be an error of this package, or a result.
 */
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mpi, UsageError } from "wasm-mpi/mpi";

const [calls, seed] = [Number(process.argv[2] ?? 10), Number(process.argv[3] ?? 1)];
let state = seed;
/** A number from 0 to below `n`, the same ones in each run. */
function next(n) {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return (state >>> 8) % n;
}

const comm = mpi.init();
/** Ends, and what waits for what nobody sends. */
const excluded = new Set(
  "constructor init finalize abort free close run then recv probe mprobe recvObject wait waitAll waitAny waitSome end dispose".split(
    " ",
  ),
);
const path = join(tmpdir(), `wasm-mpi-nonsense-${process.pid}`);
const makers = {
  mpi: () => mpi,
  datatype: () => mpi.datatype,
  comm: () => mpi.self,
  request: () => mpi.self.irecv(new Float64Array(1), { from: mpi.PROC_NULL }),
  prepared: () => mpi.self.sendInit(new Float64Array(1), { to: mpi.PROC_NULL }),
  window: () => mpi.self.createWindow(new Float64Array(4)),
  dynamic: () => mpi.self.createDynamicWindow(),
  group: () => mpi.self.group(),
  info: () => mpi.createInfo({ a: "b" }),
  file: () => mpi.self.openFile(path, { read: true, write: true, create: true }),
  graph: () => mpi.self.distGraphCreateAdjacent({ sources: [0], destinations: [0] }),
  memory: () => mpi.self.on(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }), "f64"),
  layout: () => mpi.datatype.contiguous(2, "f64"),
  cart: () => mpi.self.cartCreate({ dims: [1], periods: [true] }),
};
/** The public names are those of the reference. */
const reference = readFileSync(new URL("../../docs/reference/api.md", import.meta.url), "utf8");
const known = new Set([...reference.matchAll(/`(\w+)`/g)].map(([, name]) => name));

/** The public functions of an object and of its classes. */
function methodsOf(object) {
  const names = new Set();
  for (let of = object; of && of !== Object.prototype; of = Object.getPrototypeOf(of)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(of))) {
      // The reference has the names of neighbourhood calls once, in place of those of each way.
      const isKnown = known.has(name) || /^i?neighbor/.test(name);
      if (typeof value === "function" && isKnown && !excluded.has(name)) names.add(name);
    }
  }
  return [...names].sort();
}

const odd = [
  () => undefined,
  () => null,
  () => -1,
  () => 0.5,
  () => Number.NaN,
  () => 2 ** 40,
  () => 3n,
  () => true,
  () => "a",
  () => "",
  () => [],
  () => [1],
  () => [null],
  () => ({}),
  () => ({ to: 0 }),
  () => ({ root: "a" }),
  () => ({ counts: 1 }),
  () => ({ op: null }),
  () => ({ target: 0, at: {} }),
  () => new Float64Array(2),
  () => new Int32Array(1),
  () => new DataView(new ArrayBuffer(4)),
  () => new Map(),
  () => () => 1,
  () => Symbol("a"),
  () => comm,
  () => mpi.IN_PLACE,
  () => mpi.pairs("f64", 1),
  () => mpi.datatype,
  () => new Proxy([], {}),
];
const objects = Object.entries(makers).map(([name, make]) => {
  const object = make();
  return { name, object, methods: methodsOf(object) };
});
const failures = new Map();
let refused = 0;
const all = objects.flatMap(({ methods, ...rest }) => methods.map((method) => ({ ...rest, method })));
/** What was made is freed again where it can be: libraries have a number of communicators, files and windows. */
function release(result) {
  try {
    for (const name of ["free", "close"]) if (typeof result?.[name] === "function" && !kept.has(result)) result[name]();
  } catch {
    // It is under way, or cannot be freed.
  }
}
const kept = new Set([mpi, comm, mpi.self, ...objects.map(({ object }) => object)]);
for (let call = 0; call < calls * all.length; call++) {
  const { name, object, method } = all[call % all.length];
  const values = Array.from({ length: next(4) }, () => odd[next(odd.length)]());
  // A message to this rank itself waits for its receive, on MPICH however short it is.
  if (/^send(Object)?$/.test(method) && (name === "memory" || values.some((value) => value?.to === 0))) continue;
  // A library writes as many bytes as it is told, until the disk is full.
  if (method === "preallocate" && values[0] === 2 ** 40) continue;
  const begin = performance.now();
  try {
    const result = object[method](...values);
    if (result instanceof Promise) result.catch(() => {});
    release(result);
  } catch (error) {
    refused++;
    const isTold = error instanceof UsageError || ["MpiError", "LibraryError", "FileError"].includes(error?.name);
    if (!isTold) {
      const shown = values.map((value) =>
        typeof value === "object" ? (value?.constructor?.name ?? "null") : String(value),
      );
      const place = /\((?:.*\/)?([^/]+:\d+:\d+)\)/.exec(error?.stack ?? "")?.[1];
      const key = `${name}.${method}: ${error?.name}: ${error?.message}`;
      if (!failures.has(key)) failures.set(key, `(${shown.join(", ")}) at ${place}`);
    }
  }
  if (performance.now() - begin > 2000) failures.set(`${name}.${method} takes too long`, "");
}
for (const [key, where] of failures) console.log(`${key} ${where}`);
console.log(`${failures.size} of ${calls} calls of ${all.length} functions, ${refused} refused`);
if (failures.size === 0) console.log("ok");
rmSync(path, { force: true });
// What was made is not freed, and libraries may wait for it.
mpi.abort(0);
