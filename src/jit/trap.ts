/** Traps in compiled code as errors with the name of the function that was called. */
import { wrongKernel } from "../argument.js";
import type { KernelError } from "../errors.js";
import { allocator } from "../wasm/core.js";
import { largestBlock } from "../wasm/memory.js";

/** What `abort` in compiled code throws, so that the call from JavaScript ends. */
export class Aborted extends Error {}

/** What the allocation of memory in compiled code throws. */
export class MemoryFull extends Error {
  readonly byteLength: number;

  constructor(byteLength: number, cause: unknown) {
    super("out of memory", { cause });
    this.byteLength = byteLength;
  }
}

/** A trap of a function as a {@link KernelError}; errors that imports throw as they are. */
export function told(name: string, error: unknown): unknown {
  if (error instanceof MemoryFull) return outOfMemory(name, error);
  return isTrap(error) ? trapped(name, error) : error;
}

function isTrap(error: unknown): error is Error {
  if (error instanceof Aborted || error instanceof WebAssembly.RuntimeError) return true;
  return error instanceof RangeError && error.message.startsWith("Maximum call stack");
}

/** The compiled functions in a stack trace, by the names of a debug build; in plain mode with their lines. */
function pathOf(error: Error): string {
  const frames = Array.from(String(error.stack).matchAll(/^ +at (\S+) \((.*)\)$/gm), ([, name, place]) => {
    const line = /[^/\\]+\.ts:\d+:\d+$/.exec(place!)?.[0];
    return { name: name!, text: line ? `${name} (${line})` : name! };
  });
  const inner = frames.filter(({ name }) => name.includes("/") && !/^(~lib|wasm-mpi-runtime)\//.test(name));
  const texts = inner.slice(0, 3).map(({ text }) => text);
  return texts.length > 0 ? ` in ${texts.join(", called by ")}` : "";
}

function trapped(name: string, error: Error): KernelError {
  const what = error instanceof RangeError ? "stack overflow" : error.message;
  const path = pathOf(error);
  const action = path ? "Mend that function." : "Compile it with { debug: true } to see where.";
  const kind = error instanceof Aborted ? "abort" : "trap";
  return wrongKernel(name, "the function to return", `the ${kind} "${what}"${path}`, action, error);
}

function outOfMemory(name: string, error: MemoryFull): KernelError {
  const { byteLength } = error;
  const path = pathOf(error);
  if (byteLength > largestBlock) {
    return wrongKernel(name, "room for more than 1 GiB", `blocks of at most 1 GiB${path}`, "Use several.", error);
  }
  const used = Math.round(allocator().memory.buffer.byteLength / 2 ** 20);
  const got = `out of memory, with ${used} MiB in use${path}`;
  const todo = "Call __collect() in the source where objects are no longer needed, use them again, or use more ranks.";
  return wrongKernel(name, `room for ${byteLength} bytes`, got, todo, error);
}
