/** Loops of compiled code: what is computed before them, and what is not. Plain mode does as the source says. */
import binaryen from "assemblyscript/binaryen";
import { describe, expect, it } from "vitest";
import { heap, jit } from "../../src/index.js";
import { compile } from "../../src/jit/compiler.js";
import { isQuick } from "../harness/effort.js";
import { both, type Kernel, outcome } from "../harness/modes.js";

/** The loops without loops in them in an exported function, as text. */
async function innerLoops(source: string, name: string, optimize: 1 | 3): Promise<string[]> {
  const module = binaryen.readBinary(await compile(new Map([["kernel.ts", source]]), { optimize, debug: false }));
  const { value } = binaryen.getExportInfo(module.getExport(name));
  const text = binaryen.emitText(binaryen.getFunctionInfo(module.getFunction(value)).body);
  module.dispose();
  const loops = Array.from(text.matchAll(/\(loop /g), ({ index }) => {
    // Up to the parenthesis that closes it.
    let [depth, end] = [1, index + 1];
    for (; depth > 0 && end < text.length; end++) depth += { "(": 1, ")": -1 }[text[end]!] ?? 0;
    return text.slice(index + 1, end);
  });
  return loops.filter((loop) => !loop.includes("(loop "));
}

const count = (text: string, what: RegExp) => text.match(what)?.length ?? 0;

describe("a loop in compiled code", () => {
  const heat = `
    import { Array2, Array3 } from "field";
    export function heat(up: usize, vp: usize, nx: i32, ny: i32, c: f64): void {
      const u = new Array2<f64>(up, nx, ny, 1), v = new Array2<f64>(vp, nx, ny, 1);
      for (let i = 0; i < u.nx; i++) {
        for (let j = 0; j < u.ny; j++) {
          const around = u.get(i - 1, j) + u.get(i + 1, j) + u.get(i, j - 1) + u.get(i, j + 1);
          v.set(i, j, u.get(i, j) + (c * c) * (around - 4 * u.get(i, j)));
        }
      }
    }
    const view = new Array3<f32>(heap.alloc(4000), 6, 5, 4, 1);
    export function box(p: usize): f32 {
      view.moveTo(p);
      let s: f32 = 0;
      for (let i = 0; i < view.nx; i++)
        for (let j = 0; j < view.ny; j++)
          for (let k = 0; k < view.nz; k++) s += view.get(i, j, k) * view.get(i, j, k + 1);
      return s;
    }`;

  it.skipIf(isQuick)("has its condition at its end", async () => {
    const source = "export function sum(n: i32): f64 { let s = 0.0; for (let i = 0; i < n; i++) s += i; return s; }";
    const [loop] = await innerLoops(source, "sum", 3);
    expect(loop).toMatch(/br_if \$\w+\s+\(i32\.[lg]t_s/);
    expect(loop).not.toMatch(/\(if/);
  });

  it.skipIf(isQuick)("loads nothing of a view and multiplies no strides in its inner turns", async () => {
    const loops = [(await innerLoops(heat, "heat", 3))[0]!, (await innerLoops(heat, "box", 3))[0]!];
    expect(loops.map((loop) => count(loop, /i32\.load|i32\.mul|global\.get|call/g))).toEqual([0, 0]);
    expect(loops.map((loop) => count(loop, /f(64|32)\.load/g))).toEqual([5, 2]);
    expect(count(loops[0]!, /f64\.mul/g), "c * c is computed before").toBe(2);
    const [plain] = await innerLoops(heat, "heat", 1);
    expect(count(plain!, /i32\.load/g)).toBeGreaterThan(5);
  });

  it.skipIf(isQuick)("has no constants of vectors and of floating point in it, which are variables", async () => {
    const source = `
      export function polynomial(p: usize, n: i32): void {
        for (let i = 0; i < n; i++, p += 16) {
          const x = v128.load(p);
          const inner = f64x2.add(f64x2.mul(x, f64x2.splat(0.25)), f64x2(-1.5, 2.5));
          v128.store(p, f64x2.add(f64x2.mul(x, inner), f64x2.splat(0.25)));
          store<f64>(p, load<f64>(p) * 3 + 0.5);
        }
      }`;
    const [[kept], [plain]] = [await innerLoops(source, "polynomial", 3), await innerLoops(source, "polynomial", 1)];
    expect([kept!, plain!].map((loop) => count(loop, /(v128|f64)\.const/g))).toEqual([0, 5]);
    const { polynomial } = await jit<{ polynomial(p: number, n: number): void }>(source);
    const values = heap.array("f64", 6);
    values.set([0, 1, -0, 1e300, 0.1, -3]);
    const expected = Array.from(values, (x, i) =>
      i % 2 === 0 ? (x * (x * 0.25 - 1.5) + 0.25) * 3 + 0.5 : x * (x * 0.25 + 2.5) + 0.25,
    );
    polynomial(values.byteOffset, 3);
    expect([...values]).toEqual(expected);
    heap.free(values);
  });

  it("computes nothing before it that may trap", async () => {
    const [compiled, plain] = await both(`
      export function divide(n: i32, a: i32, b: i32): i32 { let s = 0; for (let i = 0; i < n; i++) s += a / b + a % b; return s; }
      export function wide(n: i32, a: i64, b: i64): i64 { let s: i64 = 0; for (let i = 0; i < n; i++) s += a / b - a % b; return s; }
      export function truncate(n: i32, x: f64): i32 { let s = 0; for (let i = 0; i < n; i++) s += <i32>x; return s; }
      export function guarded(n: i32, a: i32, b: i32): i32 {
        let s = 0;
        for (let i = 0; i < n; i++) if (b != 0) s += a / b; else s -= 1;
        return s;
      }
    `);
    for (const n of [0, 1, 3]) {
      for (const [name, ...values] of [
        ["divide", 7, 0],
        ["divide", -(2 ** 31), -1],
        ["divide", 7, 2],
        ["wide", 7n, 0n],
        ["wide", 7n, -3n],
        ["truncate", 1e10],
        ["truncate", Number.NaN],
        ["truncate", -2.5],
        ["guarded", 7, 0],
        ["guarded", 7, 3],
      ] as const) {
        expect(
          outcome(() => compiled[name]!(n, ...values)),
          `${name}(${n}, ${values})`,
        ).toBe(outcome(() => plain[name]!(n, ...values)));
      }
    }
  });

  it("sees what changes in it: views that move, globals, through calls, function values and imports too", async () => {
    const source = `
      import { Array1, Array2 } from "field";
      @external("host", "between") declare function between(i: i32): void;
      let scale = 1;
      let shared: Array1<f64> = new Array1<f64>(0, 4);
      function move(view: Array1<f64>, p: usize, i: i32): void { if (i > 2) move(view, p, i - 1); else view.moveTo(p + 8 * i); }
      function grow(i: i32): void { if (i > 3) grow(i - 1); else scale += i + 1; }
      export function direct(p: usize, n: i32): f64 {
        const view = new Array1<f64>(p, 4);
        let s = 0.0;
        for (let i = 0; i < n; i++) { s = s * 3 + view.get(0) + view.get(1); view.moveTo(p + 8 * i); }
        return s;
      }
      export function called(p: usize, n: i32): f64 {
        const view = new Array1<f64>(p, 4);
        let s = 0.0;
        for (let i = 0; i < n; i++) { s = s * 3 + view.get(0) * scale; move(view, p, i); grow(i); }
        return s + scale;
      }
      export function valued(p: usize, n: i32): f64 {
        const view = new Array1<f64>(p, 4);
        const moves: Array<(view: Array1<f64>, p: usize, i: i32) => void> = [move, (view, p, i) => { view.moveTo(p + 16); scale--; }];
        let s = 0.0;
        for (let i = 0; i < n; i++) { s = s * 3 + view.get(0) * scale; moves[i & 1](view, p, i); }
        return s;
      }
      export function replaced(p: usize, n: i32): f64 {
        let [view, s] = [0, 0];
        let current = new Array2<f64>(p, 2, 2), sum = 0.0;
        for (let i = 0; i < n; i++) {
          sum = sum * 3 + current.get(1, 0) + current.stride;
          const next = new Array2<f64>(p + 8 * i, 2, 1 + i);
          current.free();
          current = next;
        }
        return sum;
      }
      export function set(p: usize, by: i32): void { shared.moveTo(p); scale += by; }
      export function reentered(p: usize, n: i32): f64 {
        shared.moveTo(p);
        let s = 0.0;
        for (let i = 0; i < n; i++) { s = s * 3 + shared.get(0) * scale; between(i); }
        return s;
      }
      export function halves(p: usize, n: i32): f64 {
        const view = new Array1<f64>(p, n);
        let s = 0.0;
        for (let i = 0; i < n; i++) { for (let j = 0; j < 2; j++) s = s * 3 + view.get(j); if (i == 1) view.moveTo(p + 24); }
        return s;
      }
    `.replace("let [view, s] = [0, 0];", "");
    const values = heap.array("f64", 64);
    for (let i = 0; i < values.length; i++) values[i] = 1 + i + 1 / (i + 3);
    let inside: Kernel;
    const imports = { host: { between: (i: number) => inside.set!(values.byteOffset + 8 * i, i - 2) } };
    const results: string[][] = [];
    for (const kernel of await both(source, { imports })) {
      inside = kernel;
      const calls = ["direct", "called", "valued", "replaced", "reentered", "halves"].flatMap((name) =>
        [0, 1, 2, 7].map((n) => outcome(() => inside[name]!(values, n))),
      );
      results.push(calls);
    }
    expect(results[0]).toEqual(results[1]);
    expect(new Set(results[0]).size).toBeGreaterThan(15);
    heap.free(values);
  });

  it("may be as deep and as long as it likes", async () => {
    const terms = Array.from({ length: 40 }, (_, i) => `a * ${i}.5 + b / ${i + 1}.0`).join(" + ");
    const [compiled, plain] = await both(`
      export function deep(n: i32, a: f64, b: f64): f64 {
        let s = 0.0;
        for (let i = 0; i < n; i++)
          for (let j = i; j < n; j += 2)
            for (let k = 0; k < j; k++) { if (k == 3) continue; s += ${terms} + i * j; if (s > 1e9) break; }
        return s;
      }
      export function none(n: i32): i32 { let c = 0; for (; n > 0; n >>= 1) c++; while (true) { if (++c > 9) return c; } return 0; }
    `);
    for (const n of [0, 1, 6]) {
      expect(outcome(() => compiled.deep!(n, 0.1, 3))).toBe(outcome(() => plain.deep!(n, 0.1, 3)));
      expect(compiled.none!(n)).toBe(plain.none!(n));
    }
  });
});
