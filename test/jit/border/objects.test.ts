/** Texts and objects at the border between JavaScript and compiled functions: each goes over it as its type, or is refused. */
import { describe, expect, it } from "vitest";
import { heap, jit } from "../../../src/index.js";
import { refusal } from "../../harness/message.js";
import { type AnyKernel, eachMode } from "../../harness/modes.js";

const made = (source: string): Promise<AnyKernel> => jit<AnyKernel>(source);

eachMode(() => {
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
