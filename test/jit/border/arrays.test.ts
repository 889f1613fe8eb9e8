/** The border between JavaScript and compiled functions: every type goes over it as itself, or is refused. */
import { describe, expect, it } from "vitest";
import { Grid, heap, jit, mpi, UsageError } from "../../../src/index.js";
import { memory } from "../../../src/wasm/memory.js";
import { isQuick } from "../../harness/effort.js";
import { eachMode } from "../../harness/modes.js";

// biome-ignore lint/suspicious/noExplicitAny: functions of all types.
type Kernel = Record<string, any> & { free(): void };

const made = (source: string, options = {}): Promise<Kernel> => jit<Kernel>(source, options);

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error("expected a refusal, got none");
}

eachMode(() => {
  describe("numbers at the border", () => {
    it("come out with the values of their types", async () => {
      const kernel = await made(`
        export function a(): u32 { return u32.MAX_VALUE; }
        export function b(): u64 { return u64.MAX_VALUE; }
        export function c(x: i32): bool { return x > 0; }
        export const D: u32 = 4000000000;
        export function e(): usize { return 0x90000000; }
        export function f(x: i32): u8 { return <u8>x; }
        export function g(x: i32): i16 { return <i16>x; }
        export const T: bool = true;
        export const U: u64 = u64.MAX_VALUE;
        export function h(x: i32): u16 { return <u16>(x + 1); }
        export enum Side { low = -1, high = 1 }
        export default function nine(): isize { return -9; }`);
      const { a, b, c, e, f, g, h } = kernel;
      expect([a(), b(), c(1), c(0), e()]).toEqual([2 ** 32 - 1, 2n ** 64n - 1n, true, false, 0x90000000]);
      expect([kernel.D, kernel.T, kernel.U]).toEqual([4000000000, true, 2n ** 64n - 1n]);
      expect([f(511), g(40000), h(65535)]).toEqual([255, -25536, 0]);
      expect([kernel["Side.low"], kernel["Side.high"], kernel.default()]).toEqual([-1, 1, -9]);
      kernel.free();
    });

    it("refuse arrays and fields that are freed, also those that were passed before", async () => {
      const kernel = await made(`
        import { Array1 } from "field"; import { View } from "mpi";
        export function a(x: Float64Array): f64 { return x[0]; }
        export function b(x: usize): f64 { return load<f64>(x); }
        export function c(x: StaticArray<f64>): f64 { return x[0]; }
        export function d(x: Array<f64>): f64 { return x[0]; }
        export function e(x: Array1<f64>): f64 { return x.get(0); }
        export function f(x: View<f64>): f64 { return x[0]; }`);
      const array = heap.array("f64", 2).fill(5);
      const field = new Grid(mpi.init({ library: "solo" }), { shape: [4] }).field(6);
      const ways: [string, unknown, number][] = [..."abcdef"].map((name) => [name, array, 5]);
      ways.push(["e", field, 6]);
      for (const [name, value, got] of ways) expect(kernel[name](value), name).toBe(got);
      heap.free(array);
      field.free();
      const end = '"x" expected an array or field in use, got a freed one. Free it when nothing needs it.';
      for (const [name, value] of ways) expect(refusal(() => kernel[name](value))).toBe(`${name}: ${end}`);
      kernel.free();
    });

    const types = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "f32", "f64", "bool", "usize", "isize"];
    const echo = types.map((t) => `export function of_${t}(x: ${t}): ${t} { return x; }`).join("\n");

    it("go in where they are exact, as numbers, bigints or truths", async () => {
      const kernel = await made(echo);
      const edges: Record<string, readonly unknown[]> = {
        i8: [-128, 127, -0],
        u8: [0, 255],
        i16: [-32768, 32767],
        u16: [65535],
        i32: [-(2 ** 31), 2 ** 31 - 1],
        u32: [2 ** 32 - 1],
        i64: [-(2n ** 63n), 2n ** 63n - 1n],
        u64: [2n ** 64n - 1n],
        f32: [0.5, Number.NaN, -Infinity],
        f64: [0.1, Number.NaN, 1e300, -0],
        bool: [true, false],
        usize: [2 ** 32 - 1],
        isize: [-5],
      };
      for (const [type, values] of Object.entries(edges)) {
        for (const value of values)
          expect(kernel[`of_${type}`](value), type).toEqual(Object.is(value, -0) && type !== "f64" ? 0 : value);
      }
      expect([kernel.of_i64(2 ** 53 - 1), kernel.of_u64(7), kernel.of_i32(5n), kernel.of_f64(2n ** 60n)]).toEqual([
        2n ** 53n - 1n,
        7n,
        5,
        2 ** 60,
      ]);
      expect([kernel.of_i32(true), kernel.of_f64(false), kernel.of_bool(1), kernel.of_f32(0.1)]).toEqual([
        1,
        0,
        true,
        Math.fround(0.1),
      ]);
      kernel.free();
    });

    it("are rounded in variables as their types have them", async () => {
      const kernel = await made(`
        export let x: f32 = 1; export let u: u64 = 1;
        export function twice(): f64 { return 2 * x; }
        export function half(): u64 { return u / 2; }`);
      kernel.x = 0.1;
      kernel.u = 2n ** 64n - 2n;
      expect([kernel.x, kernel.twice()]).toEqual([Math.fround(0.1), 2 * Math.fround(0.1)]);
      expect([kernel.u, kernel.half()]).toEqual([2n ** 64n - 2n, 2n ** 63n - 1n]);
      kernel.free();
    });

    it("are refused where they are not, with function and parameter", async () => {
      const kernel = await made(`${echo}
        export function step(u: usize, n: i32): void {}
        export let level: u8 = 3;
        export const fixed: i32 = 4;`);
      const table: [unknown, string][] = [
        [3.7, "got 3.7. Round it, or declare the parameter as f64 or i64."],
        [Number.NaN, "got NaN. Round it, or declare the parameter as f64 or i64."],
        [2 ** 40, "got 1099511627776. Round it, or declare the parameter as f64 or i64."],
        ["3", 'got "3". Pass a number.'],
        [null, "got null. Pass a number."],
        [Symbol.iterator, "got Symbol(Symbol.iterator). Pass a number."],
        [mpi.init({ library: "solo" }), 'got Comm. Declare the parameter as Comm of "mpi".'],
      ];
      for (const [value, end] of table) {
        const start = 'step: "n" expected a whole number from -2147483648 to 2147483647 (i32), ';
        expect(refusal(() => kernel.step(0, value))).toBe(start + end);
      }
      for (const [type, values] of Object.entries({
        i8: [128, -129, 0.5],
        u8: [-1, 256],
        u16: [65536],
        u32: [-1, 2 ** 32, Infinity],
        i64: [2 ** 53, 0.5, 2n ** 63n, "1"],
        u64: [-1, -1n, 2n ** 64n],
        f64: [2n ** 53n + 1n, "1", undefined, {}],
        f32: [[]],
        bool: [2, "true"],
        usize: [-1, 2 ** 32, 1.5, "p"],
      })) {
        for (const value of values) refusal(() => kernel[`of_${type}`](value));
      }
      expect(refusal(() => kernel.of_i64(2 ** 53))).toBe(
        'of_i64: "x" expected a whole number from -9223372036854775808 to 9223372036854775807 (i64), a bigint beyond 2^53, got 9007199254740992. Pass a bigint.',
      );
      expect(refusal(() => kernel.of_f64(2n ** 53n + 1n))).toBe(
        'of_f64: "x" expected a number (f64), got 9007199254740993n. Pass a number, or declare the parameter as i64.',
      );
      expect(refusal(() => kernel.of_bool(2))).toBe(
        'of_bool: "x" expected true or false (bool), got 2. Pass a comparison.',
      );
      expect(refusal(() => kernel.step("x", 1))).toBe(
        'step: "u" expected an array in the WebAssembly memory, a field or an address (usize), got "x". Pass one of them.',
      );
      expect(refusal(() => kernel.step(new Float64Array(1), 1))).toBe(
        'step: "u" expected an array in the WebAssembly memory (usize), got Float64Array elsewhere. Make it with heap.array(), or declare the parameter as an array.',
      );
      kernel.level = 200;
      expect(kernel.level).toBe(200);
      expect(() => {
        kernel.level = 256;
      }).toThrow("level: expected a whole number from 0 to 255 (u8), got 256.");
      expect(() => {
        kernel.fixed = 5;
      }).toThrow("fixed: expected a variable (export let), got a constant. Declare it with let.");
      const set = (name: string) => () => Object.assign(kernel, { [name]: 1 });
      expect(set("levle")).toThrow(
        "levle: expected a variable that the source exports (export let), got none. Did you mean level?",
      );
      const kept = "got none. Keep what is not of the module elsewhere.";
      expect(set("misspelt")).toThrow(`misspelt: expected a variable that the source exports (export let), ${kept}`);
      kernel.free();
      expect(() => kernel.level).toThrow("level: expected a module in use, got a freed one. Call free() last.");
    });

    it("may be left out where the source has a default", async () => {
      const kernel = await made(`
        export function scale(x: f64, factor: f64 = 2.0): f64 { return x * factor; }
        export function sum(a: i64 = 1, b: i64 = a + 1, c: i32 = 7): i64 { return a + b + c; }
        export function name(s: string = "none"): string { return s + "!"; }
        export function addEight(a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64 = 7, h: f64 = 8): f64 { return a + b + c + d + e + f + g + h; }`);
      const { scale, sum, name, addEight } = kernel;
      expect([scale(1), scale(1, 5), scale(1, undefined), scale(3)]).toEqual([2, 5, 2, 6]);
      expect([sum(), sum(5), sum(5n, 5), sum(0, 0, 0)]).toEqual([10n, 18n, 17n, 0n]);
      expect([name(), name("x"), addEight(1, 1, 1, 1, 1, 1), addEight(1, 1, 1, 1, 1, 1, 1, 1)]).toEqual([
        "none!",
        "x!",
        21,
        8,
      ]);
      expect(refusal(() => scale())).toBe(
        "scale: expected 1 to 2 arguments, got 0. Give each parameter without a default a value.",
      );
      expect(refusal(() => scale(1, 2, 3))).toBe(
        "scale: expected 1 to 2 arguments, got 3. Give each parameter without a default a value.",
      );
      expect(refusal(() => scale(1, "2"))).toBe('scale: "factor" expected a number (f64), got "2". Pass a number.');
      kernel.free();
    });

    it("are counted", async () => {
      const lists = ["", "a: f64", "a: f64, b: f64", "a: f64, b: f64, c: f64", "a: f64, b: f64, c: f64, d: f64"];
      lists.push(`${lists[4]}, e: f64`, `${lists[4]}, e: f64, f: f64`, `${lists[4]}, e: f64, f: f64, g: f64`);
      const kernel = await made(
        lists
          .map((list, n) => {
            const terms = list.split(", ").map((each) => each[0] ?? "0");
            return `export function f${n}(${list}): f64 { return ${terms.join(" + ")}; }`;
          })
          .join("\n"),
      );
      for (let n = 0; n < lists.length; n++) {
        const ones = new Array<number>(n).fill(1);
        expect(kernel[`f${n}`](...ones)).toBe(n);
        const text = `f${n}: expected ${n} ${n === 1 ? "argument" : "arguments"}, got`;
        if (n > 0)
          expect(() => kernel[`f${n}`](...ones.slice(1))).toThrow(`${text} ${n - 1}. Give each parameter a value.`);
        expect(() => kernel[`f${n}`](...ones, 1)).toThrow(`${text} ${n + 1}. Give each parameter a value.`);
      }
      kernel.free();
      expect(() => kernel.f2(1, 1)).toThrow("f2: expected a module in use, got a freed one. Call free() last.");
    });
  });

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
      expect(refusal(() => kernel.f([1, 2]))).toBe('f: "a" expected a Float64Array, got [1, 2]. Pass an array of f64.');
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
      const kernel: Kernel = await made(
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

  describe("texts and objects at the border", () => {
    it("go both ways", async () => {
      const kernel = await made(`
        export function hello(name: string): string { return "hello " + name; }
        export function length(s: string): i32 { return s.length; }
        export function maybe(s: string | null): string | null { return s == null ? null : s + s; }
        export let label: string = "none";
        export function twice(): string { return label + label; }
        let names: string[] = [];
        export function add(s: string): i32 { names.push(s); return names.length; }
        export function joined(): string { return names.join(","); }
        export function collect(): void { __collect(); }`);
      expect([kernel.hello("Zoë 🌍"), kernel.length("🌍"), kernel.hello("")]).toEqual(["hello Zoë 🌍", 2, "hello "]);
      expect([kernel.maybe(null), kernel.maybe("a")]).toEqual([null, "aa"]);
      kernel.label = "ab";
      expect([kernel.label, kernel.twice()]).toEqual(["ab", "abab"]);
      for (let i = 0; i < 20; i++) kernel.add(`n${i % 3}`);
      kernel.collect();
      expect(kernel.joined()).toBe(Array.from({ length: 20 }, (_, i) => `n${i % 3}`).join());
      expect(refusal(() => kernel.hello(3))).toBe('hello: "name" expected a text (string), got 3. Pass a text.');
      expect(refusal(() => kernel.hello(null))).toBe('hello: "name" expected a text (string), got null. Pass a text.');
      kernel.free();
    });

    it("are held by their address, and no other is taken for one", async () => {
      const kernel = await made(`
        import { Array1 } from "field";
        class Shape { area(): f64 { return 0; } }
        class Square extends Shape { constructor(private side: f64) { super(); } area(): f64 { return this.side * this.side; } }
        @unmanaged class Pair { a: f64; b: f64; }
        export function square(side: f64): Square { return new Square(side); }
        export function none(): Square | null { return null; }
        export function area(shape: Shape): f64 { return shape.area(); }
        export function side(square: Square): f64 { return square.area(); }
        export function sum(pair: Pair): f64 { return pair.a + pair.b; }
        export function view(p: usize, n: i32): Array1<f64> { return new Array1<f64>(p, n); }
        export function last(a: Array1<f64>): f64 { return a.get(a.nx - 1); }
        export function collect(): void { __collect(); }`);
      const square = kernel.square(3);
      kernel.collect();
      for (let i = 0; i < 100; i++) kernel.square(i);
      expect([kernel.area(square), kernel.side(square), kernel.none()]).toEqual([9, 9, null]);
      for (const value of [0, 64, square + 4, "x", {}, null]) refusal(() => kernel.area(value));
      expect(refusal(() => kernel.area(64))).toBe(
        'area: "shape" expected an object of the class Shape, as a function of the module returned it, got 64. Pass what a function of the module returned.',
      );
      const pair = heap.array("f64", 2);
      pair.set([3, 4]);
      expect([kernel.sum(pair), kernel.sum(pair.byteOffset), kernel.last(kernel.view(pair, 2))]).toEqual([7, 7, 4]);
      heap.free(pair);
      kernel.free();
    });
  });
});
