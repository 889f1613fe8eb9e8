import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { functions } from "../../src/wasm/functions.js";
import { root } from "../harness/process.js";
import { randomOf } from "../oracle/mpdata.js";

/** Arguments and results, computed with 50 digits by mpmath: a result is the sum of two numbers. */
const table = JSON.parse(readFileSync(join(root, "test", "reference", "functions.json"), "utf8")) as Record<
  string,
  [args: number[], high: number, low: number][]
>;

/** The largest errors in units of the last place, over 4500 to 9000 arguments a function; here rounded up. */
const bounds: Readonly<Record<string, number>> = {
  asinf: 1.5,
  atan2: 1.5,
  atan2f: 1.5,
  sinh: 2,
  sinhf: 1.5,
  tanh: 2,
  tanhf: 2,
};

/** The distance of two neighbouring numbers at a value. */
function lastPlace(value: number, single: boolean): number {
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  return 2 ** (exponent - (single ? 23 : 52));
}

describe("functions of expressions", () => {
  it.each(Object.keys(table))("%s is as near as it says", (name) => {
    const call = functions()[name]!;
    const errors = table[name]!.map(([args, high, low]) => {
      return Math.abs(call(...args) - high - low) / lastPlace(high, name !== "erf" && name.endsWith("f"));
    });
    expect(Math.max(...errors)).toBeLessThan(bounds[name] ?? 1);
  });

  it("are those of the table and no others", () => {
    expect(Object.keys(functions()).toSorted()).toEqual(Object.keys(table).toSorted());
  });

  it("give the same bits on every engine", () => {
    const random = randomOf(3);
    const results: number[] = [];
    for (const [name, rows] of Object.entries(table))
      for (let i = 0; i < 2000; i++) {
        const args = rows[0]![0].map(() => 2 ** Math.floor(40 * random() - 20) * (2 * random() - 1));
        const result = functions()[name]!(...args);
        if (!Number.isNaN(result)) results.push(result); // The bits of NaN are not fixed.
      }
    const digest = createHash("sha256").update(Float64Array.from(results)).digest("hex");
    expect(digest).toBe("7d559a975d90f3879da4931514542df30ba96c8abb8ebf40a78f61fd46e3cdf0");
  });

  it("have the limits that the standard of C names", () => {
    const { atan2, cbrt, cos, cosh, erf, erff, exp, hypot, log, pow, sin, sinh, tan, tanh } = functions() as Record<
      string,
      (...args: number[]) => number
    >;
    const infinity = Number.POSITIVE_INFINITY;
    for (const odd of [sin, tan, sinh, tanh, erf, erff, cbrt]) {
      expect(odd!(-0)).toBe(-0);
      expect(odd!(0)).toBe(0);
      expect(odd!(Number.NaN)).toBeNaN();
      expect(odd!(-0.7)).toBe(-odd!(0.7));
    }
    for (const bounded of [sin, cos, tan]) expect(bounded!(infinity)).toBeNaN();
    expect([tanh, erf, erff].map((call) => call!(-infinity))).toEqual([-1, -1, -1]);
    expect([erf!(5.999999), erf!(6), erf!(1e300)]).toEqual([1, 1, 1]);
    expect(erf!(1e-310) / 1e-310).toBeCloseTo(2 / Math.sqrt(Math.PI), 12);
    expect([exp!(-infinity), exp!(infinity), exp!(0), log!(0), log!(1)]).toEqual([0, infinity, 1, -infinity, 0]);
    expect(log!(-1)).toBeNaN();
    expect([pow!(2, 10), pow!(-2, 3), pow!(0, 0), pow!(-8, 2), pow!(4, 0.5)]).toEqual([1024, -8, 1, 64, 2]);
    expect([cosh!(0), hypot!(3, 4), hypot!(infinity, Number.NaN)]).toEqual([1, 5, infinity]);
    expect([atan2!(0, -1), atan2!(-0, -1), atan2!(1, 0)]).toEqual([Math.PI, -Math.PI, Math.PI / 2]);
  });

  it("take the rest with the sign of the divisor", () => {
    for (const mod of [functions().mod!, functions().modf!]) {
      expect([mod(5, 3), mod(-5, 3), mod(5, -3), mod(-5, -3)]).toEqual([2, 1, -1, -2]);
      expect([mod(6, 3), mod(6, -3), mod(-0.5, 0.25)]).toEqual([0, -0, 0]);
      expect(mod(1, 0)).toBeNaN();
      expect([mod(1, Number.POSITIVE_INFINITY), mod(-1, Number.POSITIVE_INFINITY)]).toEqual([
        1,
        Number.POSITIVE_INFINITY,
      ]);
    }
  });
});
