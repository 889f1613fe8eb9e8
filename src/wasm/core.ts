import { wrongKernel } from "../argument.js";
import { env } from "../host.js";
import { moduleOf, newMemory } from "./binary.js";

/** Address, stride in bytes, or count: an `i32` on the other side. */
type Int = number;
/** A block of cells: address of the first one, strides of the first two axes in bytes, counts. See assembly/field.ts. */
type Box = [ptr: Int, stride0: Int, stride1: Int, n0: Int, n1: Int, n2: Int];

/** A kernel on the cells `first` to `end - 1` along the outermost axis that has more than one. See assembly/mpdata/pass.ts. */
export type Sweep = (passPtr: Int, first: Int, end: Int) => void;

/** The one memory, and what the module of its heap exports; see assembly/heap.ts. */
export interface Allocator {
  readonly memory: WebAssembly.Memory;
  alloc(byteLength: Int): Int;
  clear(ptr: Int, byteLength: Int): void;
  free(ptr: Int): void;
}

/** The heap and the kernels by name. Each function is described where it is written, in `assembly/`. */
export interface Core extends Allocator {
  copyBox(
    ...values: [
      ...to: [ptr: Int, stride0: Int, stride1: Int],
      ...from: [ptr: Int, stride0: Int, stride1: Int],
      ...box: [n0: Int, n1: Int, byteLength: Int],
    ]
  ): void;
  fillBox(...values: [...box: Box, value: number, type: Int]): void;
  linearWall(
    ...values: [
      ...box: Box,
      ...layers: [near: Int, far: Int],
      ...coefficients: [aPtr: Int, aStep: Int, bPtr: Int, bStep: Int, cPtr: Int, cStep: Int],
      form: Int,
      type: Int,
    ]
  ): void;
  extrapolate(...values: [...box: Box, inward: Int, layers: Int, threshold: number, type: Int]): void;
  addScaled(...values: [...box: Box, fromPtr: Int, factor: number, type: Int]): void;
  minimum(...values: [...box: Box, type: Int]): number;
  maximum(...values: [...box: Box, type: Int]): number;
  digest(...values: [...box: Box, start0: Int, start1: Int, start2: Int, total1: Int, total2: Int, type: Int]): bigint;
  addFigures(...values: [sumPtr: Int, ...box: Box, type: Int]): void;
  packFigures(...values: [toPtr: Int, sumPtr: Int, ...box: Box, type: Int]): void;
  carrySum(sumPtr: Int): void;
  donorPass: Sweep;
  correctivePass: Sweep;
  fluxPass: Sweep;
  limitedPass: Sweep;
  limitedStep: Sweep;
  antidiffusiveVelocity: Sweep;
  limiterRatios: Sweep;
  limitedUpdate: Sweep;
  diffusiveVelocity: Sweep;
  courantNumber(passPtr: Int, first: Int, end: Int): number;
  greatestDivergence(passPtr: Int, first: Int, end: Int): number;
}

let madeAllocator: Allocator | undefined;
let madeCore: Core | undefined;
let compiledKernels: WebAssembly.Module | undefined;

/** The one memory with its heap, made when first needed; for those who need no kernels, which take longer to load. */
export function allocator(): Allocator {
  if (!madeAllocator) {
    const memory = newMemory();
    madeAllocator = { memory, ...exportsOf(builtOf("heap"), memory) } as Allocator;
  }
  return madeAllocator;
}

/** The heap and the kernels on the one memory, loaded when first needed. */
export function core(): Core {
  if (!madeCore) madeCore = { ...allocator(), ...exportsOf(kernelsModule(), allocator().memory) } as Core;
  return madeCore;
}

/** The module of the kernels, compiled when first needed: a thread makes an instance of its own. */
export function kernelsModule(): WebAssembly.Module {
  compiledKernels ??= builtOf("kernels");
  return compiledKernels;
}

/** The functions of a module, linked to a memory. A trap in one of them becomes a {@link KernelError} that names it. */
function exportsOf(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Record<string, (...values: unknown[]) => unknown> {
  const abort = (_message: number, _file: number, line: number, column: number) => {
    throw new Error(`assertion failed at line ${line}, column ${column}`);
  };
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } });
  const functions = Object.entries(exports).filter(([, value]) => typeof value === "function");
  return Object.fromEntries(
    functions.map(([name, value]) => [name, guard(name, value as (...values: unknown[]) => unknown)]),
  );
}

/** A module of `assembly/`. `WASM_MPI_DEBUG=1` takes the debug builds, with assertions and names. */
function builtOf(name: string): WebAssembly.Module {
  return moduleOf(env.WASM_MPI_DEBUG === "1" ? `${name}.debug` : name);
}

function guard(name: string, kernel: (...values: unknown[]) => unknown) {
  return (...values: unknown[]): unknown => {
    try {
      return kernel(...values);
    } catch (cause) {
      const got = `the trap "${(cause as Error).message}"`;
      const todo = "This is a defect unless an address was wrong; WASM_MPI_DEBUG=1 tells more.";
      throw wrongKernel(name, "the kernel to return", got, todo, cause);
    }
  };
}
