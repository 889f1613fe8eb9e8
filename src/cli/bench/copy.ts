/** The bandwidth of copies in WebAssembly memory: what steps that move little more than fields are measured by. */
import { readFileSync } from "node:fs";
import { assemble, Body, type Signature } from "../../expression/assemble.js";
import type { Comm } from "../../mpi/comm/comm.js";
import { mpi } from "../../mpi/index.js";
import { core } from "../../wasm/core.js";
import { memory } from "../../wasm/memory.js";

/** Bytes of the last cache: as Linux says, else those of a large one. */
function cacheByteLength(): number {
  try {
    const text = readFileSync("/sys/devices/system/cpu/cpu0/cache/index3/size", "utf8");
    return Number.parseInt(text, 10) * 1024;
  } catch {
    return 2 ** 25;
  }
}

const signature: Signature = { params: ["i32", "i32", "i32"], results: [] };
const [to, from, byteLength] = [0, 1, 2];
/** Bytes of a turn of the loop. */
const [vectors, width] = [4, 16];

/** Two ways to copy: the instruction, and a loop over vectors. */
function copies(): Record<"instruction" | "loop", (to: number, from: number, byteLength: number) => void> {
  const instruction = new Body(3).get(to).get(from).get(byteLength).op("memory.copy", 0, 0);
  const loop = new Body(3);
  const end = loop.local("i32");
  loop.get(to).get(byteLength).op("i32.add").set(end).open("loop");
  for (let i = 0; i < vectors; i++) {
    loop
      .get(to)
      .get(from)
      .access("v128.load", i * width, 1)
      .access("v128.store", i * width, 1);
  }
  for (const pointer of [to, from]) {
    loop
      .get(pointer)
      .constant("i32", vectors * width)
      .op("i32.add")
      .set(pointer);
  }
  loop.get(to).get(end).op("i32.lt").op("br_if", 0).op("end");
  const definitions = Object.entries({ instruction, loop }).map(([name, body]) => ({ name, body, signature }));
  const module = new WebAssembly.Module(assemble([], definitions));
  const { exports } = new WebAssembly.Instance(module, { env: { memory: core().memory } });
  return exports as ReturnType<typeof copies>;
}

/** Bytes of the arrays of all ranks together at most: two of them have to be in memory. */
const most = 2 ** 29;

/**
 * Bytes a second that all ranks read and write together, each in arrays of its own, at best; all arrays are at least four
 * times as large as the last cache, or 512 MiB. **Collective.**
 */
export function copyBandwidth(comm: Comm): { readonly bandwidth: number; readonly bytes: number } {
  const all = Math.min(most, 4 * cacheByteLength());
  const share = Math.floor(all / comm.size / 64) * 64;
  const ptr = memory.alloc(2 * share);
  memory.u8(ptr, 2 * share).fill(1);
  let best = Number.POSITIVE_INFINITY;
  for (const copy of Object.values(copies())) {
    for (let repeat = -2; repeat < 8; repeat++) {
      comm.barrier();
      const begin = mpi.wtime();
      copy(ptr, ptr + share, share);
      comm.barrier();
      if (repeat >= 0) best = Math.min(best, mpi.wtime() - begin);
    }
  }
  memory.free(ptr);
  return { bandwidth: (2 * share * comm.size) / best, bytes: share * comm.size };
}
