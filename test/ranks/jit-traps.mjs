/** Traps in compiled code after MPI was started: libraries have signal handlers of their own. */
import assert from "node:assert/strict";
import { jit, KernelError, mpi } from "wasm-mpi";

const comm = mpi.init();
const kernel = await jit(`
  export function divide(a: i32, b: i32): i32 { return a / b; }
  export function deep(n: i32): i32 { return n == -1 ? 0 : deep(n + 1) * 3 + n; }
  export function stop(): void { unreachable(); }
  export function far(): f64 { return load<f64>(0xfffffff0); }
`);
for (let round = 0; round < 20; round++) {
  for (const [name, ...values] of [["divide", 1, 0], ["deep", 0], ["stop"], ["far"]]) {
    assert.throws(
      () => kernel[name](...values),
      (error) => error instanceof KernelError && error.kernel === name,
    );
    assert.equal(comm.allreduce(1), comm.size);
  }
}
kernel.free();
