/** Loops that go on in functions of their own: each way in and out of them, beside plain mode, which does as the source says. */
import { beforeAll, describe, expect, it } from "vitest";
import { jit } from "../../src/index.js";
import { both, type Kernel, outcome } from "../harness/modes.js";

/** Every function takes one number, how many turns there are or about so. */
const source = `
  export function upTo(n: i32): f64 { let s = 0.1; for (let i = 0; i < n; i++) s += s * 1e-3 + i; return s; }
  export function through(n: i32): f64 { let s = 0.1; for (let i = 1; i <= n; i += 1) s = s * 0.999 + i; return s; }
  export function until(n: i32): i64 { let s: i64 = 1; for (let i = 0; i != n; i++) { s = s * 31 + i; if (s & 1) s ^= n; } return s; }
  export function unsigned(n: u32): f32 { let s: f32 = 0; for (let i: u32 = 0; i < n; i += 3) s += <f32>i * 0.5; return s; }
  export function wide(n: i32): f64 { let s = 0.0; for (let i: i64 = 0; i < n; i++) s += 1.0 / <f64>(i + 1); return s; }
  export function atTheEnd(n: i32): i32 {
    let s = 0;
    for (let i = i32.MAX_VALUE - n; i < i32.MAX_VALUE; i++) s += i & 7;
    for (let i = i32.MAX_VALUE - 600; i >= 0 && i < i32.MAX_VALUE; i += n > 600 ? 599 : 600) s += i & 7;
    return s;
  }
  export function backwards(n: i32): i32 { let s = 0; while (n > 0) { s = s * 7 + n; n -= 1; } return s; }
  export function returns(n: i32): f64 {
    let s = 0.5;
    for (let i = 0; i < 100000; i++) { s += i; if (i > n) return s * 2; if (s < 0) break; }
    return -1;
  }
  export function endless(n: i32): i32 {
    let i = 0, s = 0;
    while (true) { if (i++ == n) return s; if (i % 3 == 0) continue; s += i; }
  }
  export function firstPair(n: i32): i32 {
    for (let i = 1; i < 3000; i++) {
      for (let j = 1; j <= i; j++) { if (i * j > n && (i + j) % 7 == 0) return i * 10000 + j; if (j > 50) break; }
    }
    return -1;
  }
  export function nest(n: i32): f64 {
    let s = 0.0, last = 0;
    for (let t = 0; t < 50; t++) {
      for (let i = 0; i < 40; i++) {
        if ((i + t) % 5 == 1) continue;
        for (let j = 0; j < n % 97; j++) { s = s * 0.9999 + i * j; last = j; }
      }
      s -= last;
    }
    return s;
  }
  let depth = 0;
  export function recursive(n: i32): i32 {
    let s = n;
    for (let i = 0; i < n; i++) {
      s = s * 5 + i;
      if (i % 1000 == 999 && depth < 3) { depth++; s += recursive(n - 1); depth--; }
    }
    return s;
  }
  export function choice(n: i32): i32 {
    let s = 0;
    for (let i = 0; i < n; i++) {
      switch (i % 4) { case 0: s += 1; break; case 1: s *= 3; case 2: s -= i; break; default: s ^= i; }
    }
    return s;
  }
  export function trap(n: i32): i32 { let s = 1; for (let i = 0; i < 5000; i++) s += 1000 / (n - i); return s; }
  export function none(n: i32): void { for (let i = 0; i < n; i++) depth = i & 0; }
`;

describe("a loop of many turns", () => {
  let [compiled, plain] = [{}, {}] as [Kernel, Kernel];
  beforeAll(async () => {
    [compiled, plain] = await both(source);
  }, 60_000);
  const names = Array.from(source.matchAll(/export function (\w+)/g), ([, name]) => name!);

  it.each(names)("gives what the source says: %s", (name) => {
    for (const n of [0, 1, 2, 31, 32, 33, 68, 511, 512, 513, 1087, 1088, 1089, 1090, 4999, 20_000])
      expect(
        outcome(() => compiled[name]!(n)),
        `${name}(${n})`,
      ).toBe(outcome(() => plain[name]!(n)));
  });

  it("is told of by the name of its function where it traps", async () => {
    const { trap } = await jit<{ trap(n: number): number }>(source, { debug: true, optimize: 3 });
    expect(() => trap(3000)).toThrow(
      'trap: expected the function to return, got the trap "divide by zero" in kernel/trap. Mend that function.',
    );
  });
});
