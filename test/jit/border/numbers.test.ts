/** Numbers at the border between JavaScript and compiled functions: each goes over it as its type, or is refused. */
import { describe, expect, it } from "vitest";
import { Grid, heap, jit, mpi } from "../../../src/index.js";
import { refusal } from "../../harness/message.js";
import { type AnyKernel, eachMode } from "../../harness/modes.js";

const made = (source: string): Promise<AnyKernel> => jit<AnyKernel>(source);

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
});
