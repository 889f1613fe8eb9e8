/** Arrays and fields at the border between JavaScript and compiled functions: each goes over it as its type, or is refused. */
import { describe, expect, it } from "vitest";
import { Grid, heap, jit, mpi } from "../../../src/index.js";
import { memory } from "../../../src/wasm/memory.js";
import { isQuick } from "../../harness/effort.js";
import { refusal } from "../../harness/message.js";
import { type AnyKernel, eachMode } from "../../harness/modes.js";

const made = (source: string, options = {}): Promise<AnyKernel> => jit<AnyKernel>(source, options);

eachMode(() => {
  describe("arrays at the border", () => {
    const sums = (type: string, of: string) =>
      `export function ${of}(a: ${type}): f64 { let s = 0.0; for (let i = 0; i < a.length; i++) s += <f64>a[i]; return s; }`;

    it.skipIf(isQuick)("are what the source declares, of every type", async () => {
      const types = { i8: "Int8", u8: "Uint8", i16: "Int16", u16: "Uint16", i32: "Int32", u32: "Uint32" } as const;
      const all = { ...types, i64: "Int64", u64: "Uint64", f32: "Float32", f64: "Float64" } as const;
      const kernel = await made(
        `import { View } from "mpi"; import { Array1 } from "field";
        ${Object.entries(all)
          .map(
            ([t, name]) => `${sums(`${name}Array`, `${t}_typed`)} ${sums(`StaticArray<${t}>`, `${t}_static`)}
            ${sums(`Array<${t}>`, `${t}_array`)} ${sums(`View<${t}>`, `${t}_view`)}
            export function ${t}_set(a: ${name}Array, b: StaticArray<${t}>, c: ${t}[]): void { a[0] = 7; b[1] = 8; c[2] = 9; }
            export function ${t}_make(n: i32): ${name}Array { const a = new ${name}Array(n); a[n - 1] = 5; return a; }
            export function ${t}_makes(n: i32): StaticArray<${t}> { const a = new StaticArray<${t}>(n); a[n - 1] = 5; return a; }
            export function ${t}_makea(n: i32): ${t}[] { const a: ${t}[] = [0]; while (a.length < n) a.push(5 * <${t}>(a.length == n - 1)); return a; }
            export function ${t}_cells(a: Array1<${t}>): f64 { return <f64>a.get(a.nx - 1); }`,
          )
          .join("\n")}`,
      );
      for (const t of Object.keys(all) as (keyof typeof all)[]) {
        const value = (n: number) => (t.endsWith("64") && t !== "f64" ? BigInt(n) : n) as never;
        const here = heap.array(t, 4);
        for (let i = 0; i < 4; i++) here[i] = value(i + 1);
        const there = here.slice();
        for (const kind of ["typed", "static", "array"]) {
          const sum = kernel[`${t}_${kind}`];
          expect([sum(here), sum(there), sum(here.subarray(1, 3)), sum(there.subarray(1, 3))], t).toEqual([
            10, 10, 5, 5,
          ]);
          expect([sum(here.subarray(2, 2)), sum(there.subarray(2, 2))]).toEqual([0, 0]);
        }
        expect([
          kernel[`${t}_view`](here),
          kernel[`${t}_cells`](here),
          kernel[`${t}_cells`](here.subarray(0, 2)),
        ]).toEqual([10, 4, 2]);
        const arrays = [there.slice(), there.slice(), there.slice()];
        kernel[`${t}_set`](...arrays);
        const expected = [
          [7, 2, 3, 4],
          [1, 8, 3, 4],
          [1, 2, 9, 4],
        ];
        expect(arrays.map((array) => [...array].map(Number))).toEqual(expected);
        kernel[`${t}_set`](here, here, here);
        expect([...here].map(Number)).toEqual([7, 8, 9, 4]);
        kernel[`${t}_set`](there, there, there);
        expect([...there].map(Number)).toEqual([7, 8, 9, 4]);
        for (const name of ["make", "makes", "makea"]) {
          const result = kernel[`${t}_${name}`](3);
          expect([result.constructor, [...result].map(Number)]).toEqual([there.constructor, [0, 0, 5]]);
          expect(result.buffer).toBeInstanceOf(ArrayBuffer);
        }
        heap.free(here);
      }
      kernel.free();
    });

    it("of other elements are refused", async () => {
      const kernel = await made(`
        import { Array1, Array2 } from "field"; import { View } from "mpi";
        export function f(a: Float64Array): void {}
        export function g(b: StaticArray<i32>): void {}
        export function h(c: View<f64>): void {}
        export function i(d: Array2<f64>): void {}
        export function j(e: Array1<f32>): void {}
        export function k(f: Float64Array | null): bool { return f == null; }
        export function l(g: Uint8ClampedArray): u8 { g[0] = g[1]; return g[0]; }`);
      expect(refusal(() => kernel.f(new Float32Array(2)))).toBe(
        'f: "a" expected a Float64Array, got Float32Array. Pass an array of f64.',
      );
      expect(refusal(() => kernel.f([1, 2]))).toBe(
        'f: "a" expected a Float64Array, got [1, 2]. Pass Float64Array.from(...) of it.',
      );
      const gone = new Float64Array(2);
      structuredClone(gone, { transfer: [gone.buffer] });
      expect(refusal(() => kernel.f(gone))).toBe('f: "a" expected a Float64Array, got a detached one. Make it anew.');
      expect(refusal(() => kernel.f(null))).toBe('f: "a" expected a Float64Array, got null. Pass an array of f64.');
      expect(refusal(() => kernel.f(64))).toBe('f: "a" expected a Float64Array, got 64. Pass an array of f64.');
      expect(refusal(() => kernel.g(new Uint32Array(2)))).toBe(
        'g: "b" expected a Int32Array (StaticArray<i32>), got Uint32Array. Pass an array of i32.',
      );
      expect(refusal(() => kernel.h(new Float64Array(2)))).toBe(
        'h: "c" expected an array in the WebAssembly memory (View<f64>), got Float64Array elsewhere. Make it with heap.array().',
      );
      expect(refusal(() => kernel.h(1))).toBe('h: "c" expected a Float64Array (View<f64>), got 1. Pass one of f64.');
      const grid = new Grid(mpi.init({ library: "solo" }), { shape: [4, 6] });
      const line = new Grid(mpi.init({ library: "solo" }), { shape: [6] });
      expect(refusal(() => kernel.i(line.field(0)))).toBe(
        'i: "d" expected a field with 2 axes of f64 (Array2<f64>), got one with 1 axis of Float64Array. Pass one of f64.',
      );
      expect(refusal(() => kernel.i(heap.array("f64", 4)))).toBe(
        'i: "d" expected a field with 2 axes of f64 (Array2<f64>), got Float64Array. Pass one of f64.',
      );
      expect(refusal(() => kernel.i(grid.field(0, { dtype: "f32" })))).toBe(
        'i: "d" expected a field with 2 axes of f64 (Array2<f64>), got one with 2 axes of Float32Array. Pass one of f64.',
      );
      expect(refusal(() => kernel.j(line.field(0)))).toBe(
        'j: "e" expected a Float32Array or a field with 1 axis of f32 (Array1<f32>), got one with 1 axis of Float64Array. Pass one of f32.',
      );
      expect([kernel.k(null), kernel.k(new Float64Array(1))]).toEqual([true, false]);
      const clamped = Uint8ClampedArray.of(1, 2);
      expect([kernel.l(clamped), clamped[0], kernel.l(Uint8Array.of(3, 4))]).toEqual([2, 2, 4]);
      for (const each of [grid, line]) each.free();
      kernel.free();
    });

    it("are fields where the source declares cells", async () => {
      const kernel = await made(`
        import { Array1, Array2, Array3 } from "field";
        export function step(u: Array2<f64>, next: Array2<f64>): void {
          for (let i = 0; i < u.nx; i++) for (let j = 0; j < u.ny; j++) next.set(i, j, u.get(i, j) + 10 * <f64>u.halo);
        }
        export function one(u: Array1<i32>): i32 { return u.get(0) + 100 * u.nx + 1000 * u.halo; }
        export function corner(u: Array3<f32>): f32 { return u.get(u.nx - 1, u.ny - 1, u.nz - 1) + 100 * <f32>u.halo; }
        export function swap(u: Array2<f64>, v: Array2<f64>): void { const p = u.ptr; u.moveTo(v.ptr); v.moveTo(p); }
        export function drop(u: Array2<f64>): void { u.free(); }
        export function whole(u: Float64Array): f64 { return u[0] + u.length; }`);
      const comm = mpi.init({ library: "solo" });
      const grid = new Grid(comm, { shape: [3, 5], halo: 2 });
      const [u, v] = [grid.field((x, y) => 10 * x + y), grid.field(0)];
      for (let round = 0; round < 3; round++) {
        v.set(0);
        kernel.step(u, v);
        expect([...v.interior()]).toEqual([...u.interior()].map((value) => value + 20));
        kernel.swap(u, v); // What compiled code does to a view is gone in the next call.
        kernel.drop(u);
      }
      expect(kernel.whole(u)).toBe(u.data[0]! + u.data.length);
      const line = new Grid(comm, { shape: [7], halo: 1 });
      expect(kernel.one(line.field(5, { dtype: "i32" }))).toBe(1705);
      const box = new Grid(comm, { shape: [2, 3, 4], halo: 1 });
      expect(kernel.corner(box.field((x, y, z) => x + y + z, { dtype: "f32" }))).toBe(1.5 + 2.5 + 3.5 + 100);
      for (const each of [grid, line, box]) each.free();
      kernel.free();
    });

    it("are those that an object has as its data in each call", async () => {
      const kernel = await made(`
        import { Array1 } from "field"; import { View } from "mpi";
        export function at(a: usize): f64 { return load<f64>(a); }
        export function whole(a: Float64Array): f64 { return a[0]; }
        export function view(a: View<f64>): f64 { return a[0]; }
        export function cells(a: Array1<f64>): f64 { return a.get(0); }`);
      const arrays = [1, 2, 3].map((value) => heap.array("f64", 1).fill(value));
      const held = { data: arrays[0]! };
      for (const name of ["at", "whole", "view", "cells"]) {
        const seen = [0, 0, 1, 1, 0, 1, 2, 0].map((place) => {
          held.data = arrays[place]!;
          return kernel[name](held);
        });
        expect(seen, name).toEqual([1, 1, 2, 2, 1, 2, 3, 1]);
      }
      for (const array of arrays) heap.free(array);
      kernel.free();
    });

    it("of the heap may be kept by compiled code, copies of others are empty after the call", async () => {
      const kernel = await made(`
        let kept: Float64Array = new Float64Array(1);
        let list: f64[] = [];
        export function keep(a: Float64Array, b: f64[]): void { kept = a; list = b; }
        export function bump(): f64 { list[1] += 1; return kept[0] += 1; }
        export function lengths(): i32 { return kept.length + 10 * list.length; }
        export function collect(): void { __collect(); }
        export let series: Float64Array = new Float64Array(2);
        export function second(): f64 { return series[1]; }`);
      const [a, b] = [heap.array("f64", 3), heap.array("f64", 3)];
      kernel.keep(a, b);
      kernel.collect();
      expect([kernel.bump(), kernel.bump(), ...a, ...b]).toEqual([1, 2, 2, 0, 0, 0, 2, 0]);
      kernel.keep(new Float64Array(3), new Float64Array(3));
      expect(kernel.lengths()).toBe(0);
      expect(() => kernel.bump()).toThrow("Index out of range");
      kernel.collect();
      kernel.series = b;
      expect([kernel.second(), [...kernel.series]]).toEqual([2, [0, 2, 0]]);
      expect(() => {
        kernel.series = new Float64Array(2);
      }).toThrow(
        "series: expected an array of heap.array(), got Float64Array elsewhere. Make it with heap.array(), so that it lasts.",
      );
      for (const array of [a, b]) heap.free(array);
      kernel.free();
    });

    it("keep their length, and their elements apart", async () => {
      const kernel = await made(`
        export function grow(a: f64[]): void { a.push(1); }
        export function cut(a: i32[]): void { a.length = 1; }
        export function add(a: Float64Array, b: Float64Array): void { for (let i = 0; i < a.length; i++) b[i] += a[i]; }
        export function fail(a: Float64Array): void { a[0] = 5; unreachable(); }`);
      const here = heap.array("f64", 2);
      for (const array of [here, new Float64Array(2)]) {
        expect(refusal(() => kernel.grow(array))).toBe(
          'grow: "a" expected an array that keeps its 2 elements, got 3. Return another array.',
        );
      }
      expect(refusal(() => kernel.cut(new Int32Array(3)))).toContain("got 1. Return another array.");
      const whole = Float64Array.of(1, 2, 3, 4);
      expect(refusal(() => kernel.add(whole.subarray(0, 3), whole.subarray(1)))).toBe(
        'add: "b" expected an array of its own, got one that overlaps that of "a". Make both parts of one heap.array(), which is not copied.',
      );
      kernel.add(whole.subarray(0, 2), whole.subarray(2));
      expect([...whole]).toEqual([1, 2, 4, 6]);
      kernel.add(whole, whole);
      expect([...whole]).toEqual([2, 4, 8, 12]);
      expect(() => kernel.fail(whole)).toThrow("unreachable");
      expect(whole[0]).toBe(5);
      heap.free(here);
      kernel.free();
    });

    it("leave nothing behind", async () => {
      const source = `
        export function f(a: Float64Array, b: StaticArray<f64>, c: f64[], d: string): f64 { return a[0] + b[0] + c[0]; }`;
      const probe = memory.alloc(5000);
      memory.free(probe);
      const kernel = await made(source);
      const [here, there] = [heap.array("f64", 100).fill(1), new Float64Array(100).fill(2)];
      for (let i = 0; i < 1000; i++) {
        expect(kernel.f(here, here, here, "text")).toBe(3);
        expect(kernel.f(there, there.slice(), there.slice(), `text ${i % 10}`)).toBe(6);
        expect(() => kernel.f(there, there.slice(), "x", "")).toThrow('f: "c"');
      }
      heap.free(here);
      kernel.free();
      kernel.free();
      expect(memory.alloc(5000)).toBe(probe);
      memory.free(probe);
    });

    it("leave no copy of a strided view behind where a call of MPI throws", async () => {
      mpi.init({ library: "solo" });
      const kernel = await made(`
        import { View, allreduce, alltoall, gather, scatter, SUM } from "mpi";
        const all = new View<f64>(heap.alloc(16000), 1000, 2);
        const less = new View<f64>(heap.alloc(16000), 999, 2);
        export function gathers(): void { gather<View<f64>, View<f64>>(all, less); }
        export function scatters(): void { scatter<View<f64>, View<f64>>(less, all); }
        export function exchanges(): void { alltoall<View<f64>, View<f64>>(all, less); }
        export function reduces(): void { allreduce(all, SUM, 12345); }`);
      const probe = memory.alloc(5000);
      memory.free(probe);
      for (const name of ["gathers", "scatters", "exchanges", "reduces"]) {
        expect(() => kernel[name]()).toThrow(name === "reduces" ? "MPI_ERR_COMM" : "expected room for");
        const after = memory.alloc(5000);
        memory.free(after);
        expect(after, name).toBe(probe);
      }
      kernel.free();
    });

    it("go into functions of JavaScript and back, as calls within calls", async () => {
      const seen: unknown[] = [];
      const imports = {
        host: {
          see: (...values: unknown[]) =>
            seen.push(values.map((value) => (ArrayBuffer.isView(value) ? value.toString() : value))),
          fill: (array: Float64Array) => void array.fill(4),
          name: (id: number) => `name ${id}`,
          round: (x: number) => x,
          again: (n: number): number => (n === 0 ? 0 : kernel.sum(Float64Array.of(n), n - 1)),
        },
      };
      const kernel: AnyKernel = await made(
        `@external("host", "see") declare function see(a: u32, b: bool, c: string, d: i64, e: StaticArray<i32>): void;
         @external("host", "fill") declare function fill(a: Float64Array): void;
         @external("host", "name") declare function name(id: i32): string;
         @external("host", "round") declare function round(x: f64): i32;
         @external("host", "again") declare function again(n: i32): f64;
         export function f(): string { see(u32.MAX_VALUE, true, "é", -1, [1, 2]); const a = new Float64Array(2); fill(a); return name(<i32>a[1]); }
         export function g(x: f64): i32 { return round(x); }
         export function sum(a: Float64Array, n: i32): f64 { const rest = again(n); return a[0] + rest; }`,
        { imports },
      );
      expect(kernel.f()).toBe("name 4");
      expect(seen).toEqual([[2 ** 32 - 1, true, "é", -1n, "1,2"]]);
      expect(kernel.g(3)).toBe(3);
      expect(refusal(() => kernel.g(3.5))).toBe(
        'host.round: "result" expected a whole number from -2147483648 to 2147483647 (i32), got 3.5. Round it, or declare the parameter as f64 or i64.',
      );
      expect(kernel.sum(Float64Array.of(10), 4)).toBe(20);
      kernel.free();
    });
  });
});
