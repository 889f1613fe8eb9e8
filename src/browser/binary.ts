/**
 * The modules of `assembly/` as the build writes them into the bundle, deflated, and the one memory, as a page may have it. A
 * browser's own way to inflate them (`DecompressionStream`) has no answer at once, which the first grid needs.
 */

import functions from "wasm:functions";
import heap from "wasm:heap";
import kernels from "wasm:kernels";
import { inflateSync } from "fflate";
import { wrong } from "../argument.js";
import { unshared } from "./unshared.js";

const modules: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = { functions, heap, kernels };

/** Pages of the memory: 1 GiB at most, and less where a browser has no room for that. */
const pages = { most: 16384, least: 1024 };

/** Whether the page may share memory, for which its server has to isolate it from other origins. */
const isIsolated = (globalThis as { readonly crossOriginIsolated?: boolean }).crossOriginIsolated === true;

export function moduleOf(name: string): WebAssembly.Module {
  return compiled(inflateSync(modules[name]!));
}

export function compiled(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Module {
  return new WebAssembly.Module(isIsolated ? bytes : unshared(bytes));
}

/**
 * A memory that is not shared takes all arrays with it when it grows: it never does, but has its length from the start. The
 * system gives it the pages that are written to.
 */
export function newMemory(): WebAssembly.Memory {
  if (isIsolated) return new WebAssembly.Memory({ initial: 1, maximum: pages.most, shared: true });
  for (let count = pages.most; ; count /= 2) {
    try {
      return new WebAssembly.Memory({ initial: count, maximum: count });
    } catch (cause) {
      if (count > pages.least) continue;
      const todo = "Close other pages.";
      throw wrong("memory", "a browser with room for 64 MiB", `"${(cause as Error).message}"`, todo, cause);
    }
  }
}
