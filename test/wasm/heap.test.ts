import { readFileSync } from "node:fs";
import { join } from "node:path";
import binaryen from "assemblyscript/binaryen";
import { describe, expect, it } from "vitest";
import { root } from "../harness/process.js";

const moduleOf = (file: string) => new WebAssembly.Module(readFileSync(join(root, "dist", file)));

interface Heap {
  alloc(byteLength: number): number;
  free(ptr: number): void;
}

/** An instance of the heap on a memory. */
function instanceOn(memory: WebAssembly.Memory, file: string): Heap {
  const abort = () => {
    throw new Error("an assertion failed");
  };
  return new WebAssembly.Instance(moduleOf(file), { env: { memory, abort } }).exports as unknown as Heap;
}

const freshMemory = () => new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });

describe.each(["heap.wasm", "heap.debug.wasm"])("%s", (file) => {
  it("refuses a second instance on a memory, and the first one goes on", () => {
    const memory = freshMemory();
    const heap = instanceOn(memory, file);
    const blocks = new Set([heap.alloc(1000), heap.alloc(1000)]);
    for (const ptr of blocks) new Uint8Array(memory.buffer, ptr, 1000).fill(ptr % 251);
    // A second heap would begin where the first one did, and give its blocks away again.
    expect(() => instanceOn(memory, file).alloc(1000)).toThrow(WebAssembly.RuntimeError);
    const further = heap.alloc(1000);
    expect(blocks.has(further)).toBe(false);
    new Uint8Array(memory.buffer, further, 1000).fill(0);
    for (const ptr of blocks) {
      expect(new Uint8Array(memory.buffer, ptr, 1000).every((byte) => byte === ptr % 251)).toBe(true);
      heap.free(ptr);
    }
    expect(blocks.has(heap.alloc(1000))).toBe(true);
  });

  it("serves several memories, each by an instance", () => {
    const heaps = [freshMemory(), freshMemory()].map((memory) => instanceOn(memory, file));
    expect(heaps[0]!.alloc(64)).toBe(heaps[1]!.alloc(64));
  });
});

describe("kernels.wasm", () => {
  /** The sections of a module: number and bytes. */
  function sectionsOf(file: string): Map<number, Uint8Array> {
    const bytes = readFileSync(join(root, "dist", file));
    const sections = new Map<number, Uint8Array>();
    let at = 8;
    const unsigned = () => {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++]!;
        value += (byte & 127) * 2 ** shift;
        if (byte < 128) return value;
      }
    };
    while (at < bytes.length) {
      const number = bytes[at++]!;
      const length = unsigned();
      sections.set(number, bytes.subarray(at, at + length));
      at += length;
    }
    return sections;
  }
  const [globals, start, elements, data] = [6, 8, 9, 11];

  it("keeps nothing between calls, so that any number of instances may share a memory", () => {
    const sections = sectionsOf("kernels.wasm");
    for (const number of [start, elements, data]) expect(sections.has(number), `section ${number}`).toBe(false);
    expect(WebAssembly.Module.imports(moduleOf("kernels.wasm"))).toEqual([
      { module: "env", name: "memory", kind: "memory" },
    ]);
    // What the reader of sections finds where there is something to find.
    expect([...sectionsOf("heap.wasm").keys()]).toEqual(expect.arrayContaining([globals, start, data]));
  });

  it("has constants of floating point in variables that nothing sets, and none of them in a loop", () => {
    const module = binaryen.readBinary(readFileSync(join(root, "dist", "kernels.wasm")));
    const text = module.emitText();
    module.dispose();
    expect(text).not.toContain("global.set");
    const exported = WebAssembly.Module.exports(moduleOf("kernels.wasm")).filter(({ kind }) => kind === "global");
    expect(exported.length).toBe(text.match(/^ \(global \S+ \(mut (v128|f64|f32)\)/gm)!.length);
    expect(exported.length).toBeGreaterThan(10);
    // A loop ends with the line that is indented no more than its first one.
    const depths: number[] = [];
    let loops = 0;
    for (const line of text.split("\n")) {
      const indent = line.search(/\S/);
      while (depths.length > 0 && indent <= depths.at(-1)!) depths.pop();
      if (/^\s*\(loop /.test(line)) {
        depths.push(indent);
        loops++;
      }
      if (depths.length > 0 && /(v128|f64|f32)\.const (?!0\)|i32x4( 0x0{8}){4})/.test(line))
        expect.fail(`a constant in a loop: ${line}`);
    }
    expect(loops).toBeGreaterThan(100);
  });

  it("has neither data nor a start in the debug build", () => {
    const sections = sectionsOf("kernels.debug.wasm");
    for (const number of [start, data]) expect(sections.has(number), `section ${number}`).toBe(false);
  });
});
