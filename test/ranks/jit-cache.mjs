/**
 * Who loads the compiler: nobody with argument `warm`, only rank 0 with `first`; `alone` prints whether it does, `time`
 * how long jit took.
 */
import assert from "node:assert/strict";
import { CompileError, jit, mpi, UsageError } from "wasm-mpi";

const mode = process.argv[2];
const comm = mode === "alone" || mode === "warm" || mode === "time" ? undefined : mpi.init();
// The compiler runs on a thread of its own.
let threads = 0;
process.on("worker", () => {
  threads++;
  if (mode === "warm" || (mode === "first" && comm.rank > 0)) throw new Error("the compiler is loaded");
});
const source = (value) => `
  const table: StaticArray<f64> = [${value}, 1];
  export function f(a: f64): f64 { return table[0] + table[1] * a; }
  export function isMore(values: Float64Array, than: u64 = 3): bool { return values[0] > <f64>than; }`;

const begin = performance.now();
const kernel = await jit(source(40));
const ms = performance.now() - begin;
assert.equal(kernel.f(2), 42);
// The types travel with the module.
assert.deepEqual([kernel.isMore(Float64Array.of(5)), kernel.isMore(Float64Array.of(5), 6)], [true, false]);
assert.throws(() => kernel.isMore([5]), /isMore: "values" expected a Float64Array, got \[5\]/);
if (mode === "time") console.log(ms.toFixed(1));
if (mode === "alone" && threads > 0) console.log("compiled");

if (comm) {
  const { rank, size } = comm;
  // In the order of the calls, whatever is found on disk.
  const values = mode === "first" ? [41, 40] : [41, 40, 42, 43]; // Of the former each is compiled, none is found.
  const several = await Promise.all(values.map((value) => jit(source(value))));
  assert.deepEqual(
    several.map((module) => module.f(0)),
    values,
  );
  // Wrong on rank 0, so wrong on all, with the same text.
  const wrong = await jit("export function f(): i32 { return x; }").catch((error) => error);
  assert.ok(wrong instanceof CompileError, String(wrong));
  assert.deepEqual([wrong.file, wrong.line, wrong.column], ["kernel.ts", 1, 35]);
  assert.match(wrong.message, /^jit: expected source that compiles, got an error\. Mend this line\.\n/);
  // Another source than rank 0.
  const outcome = await jit(source(rank === 0 ? 44 : 45)).catch((error) => error);
  if (rank === 0) assert.equal(outcome.f(0), 44);
  else {
    assert.ok(outcome instanceof UsageError, String(outcome));
    assert.equal(
      outcome.message,
      `jit: expected the source and options of rank 0, got others on rank ${rank}. Call it with the same on all ranks, or with { local: true }.`,
    );
  }
  // One rank alone.
  if (mode !== "first" && rank === size - 1) assert.equal((await jit(source(46), { local: true })).f(0), 46);
  assert.equal(comm.allreduce(1), size);
}
