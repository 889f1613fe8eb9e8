import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { unshared } from "../../src/browser/unshared.js";
import { root } from "./context.js";

const magic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const text = (value: string) => [value.length, ...Buffer.from(value)];
const section = (id: number, ...bytes: number[]) => [id, bytes.length, ...bytes];

describe("a module for a memory that is not shared", () => {
  it.each(["heap", "kernels", "functions"])("is %s with one bit less at most", (name) => {
    const bytes = readFileSync(join(root, "dist", `${name}.wasm`));
    const before = Uint8Array.from(bytes);
    const changed = unshared(bytes);
    expect(Uint8Array.from(bytes)).toEqual(before);
    const places = [...changed.keys()].filter((i) => changed[i] !== before[i]);
    expect(places.map((i) => [before[i], changed[i]])).toEqual(name === "functions" ? [] : [[3, 1]]);
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(changed));
    expect(imports.some(({ kind }) => kind === "memory")).toBe(name !== "functions");
    if (name !== "heap") return;
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2 });
    const env = { memory, abort: () => {} };
    const { alloc } = new WebAssembly.Instance(new WebAssembly.Module(changed), { env }).exports;
    expect((alloc as (byteLength: number) => number)(64)).toBeGreaterThan(0);
    // As it is, the module refuses that memory.
    expect(() => new WebAssembly.Instance(new WebAssembly.Module(bytes), { env })).toThrow("mismatch in shared state");
  });

  it("is found behind imports of every kind, and in a section that is not the first", () => {
    const imports = [
      ...[...text("a"), ...text("f"), 0, 0],
      ...[...text("a"), ...text("g"), 3, 0x7f, 0],
      ...[...text("a"), ...text("t"), 1, 0x70, 1, 0, 10],
      ...[...text("a"), ...text("u"), 1, 0x70, 0, 0],
      // Numbers of more than one byte: 128 and 65536 pages.
      ...[...text("env"), ...text("memory"), 2, 3, 0x80, 1, 0x80, 0x80, 4],
    ];
    const bytes = Uint8Array.from([
      ...magic,
      ...section(0, ...text("note"), 2, 3, 3),
      ...section(1, 1, 0x60, 0, 0),
      ...section(2, 5, ...imports),
    ]);
    const changed = unshared(bytes);
    const places = [...changed.keys()].filter((i) => changed[i] !== bytes[i]);
    expect(places).toEqual([bytes.length - 6]);
    new WebAssembly.Module(changed);
  });

  it("is as it was where it imports none, or one that is not shared", () => {
    const bytes = Uint8Array.from([...magic, ...section(2, 1, ...text("env"), ...text("memory"), 2, 1, 1, 2)]);
    expect(unshared(bytes)).toEqual(bytes);
    expect(unshared(Uint8Array.from(magic))).toEqual(Uint8Array.from(magic));
  });
});
