/** The last corrective pass with `dpdc`, which sums the series; passes that go through the block at once. */
import { describe, expect, it } from "vitest";
import { maxDifference, rms, run } from "../harness/run.js";
import { mapCells } from "../oracle/mpdata.js";

const tau = 2 * Math.PI;
const { sin, sqrt } = Math;

describe("dpdc", () => {
  /** One field of 1 axis, periodic, written plainly: FCT and, in the last pass, the sum of the series. */
  function plain(start: Float64Array, c: number, iterations: number, steps: number): Float64Array {
    const n = start.length;
    const eps = 1e-15;
    let psi = start;
    const at = (values: Float64Array, i: number) => values[(i + n) % n]!;
    for (let step = 0; step < steps; step++) {
      const first = psi;
      let velocity = new Float64Array(n).fill(c);
      let limited = velocity;
      for (let pass = 1; pass <= iterations; pass++) {
        const now = psi;
        const flux = (v: Float64Array, i: number) =>
          Math.max(at(v, i), 0) * at(now, i - 1) + Math.min(at(v, i), 0) * at(now, i);
        if (pass > 1) {
          const before = velocity;
          velocity = now.map((_, i) => {
            const half = (at(now, i) - at(now, i - 1)) / (at(now, i) + at(now, i - 1) + eps);
            const r = Math.abs(before[i]!) * (1 - Math.abs(before[i]!)) * half;
            if (pass < iterations) return r;
            const a = Math.min(Math.abs(half), 1 - 2 ** -20);
            const v1 = 1 / (1 - a);
            return r * (r * ((-half * v1) / (1 - a * a)) + v1);
          });
          const next = velocity;
          const bounds = [-1, 0, 1];
          const up = now.map((value, i) => {
            const most = Math.max(...bounds.flatMap((d) => [at(now, i + d), at(first, i + d)]));
            return (most - value) / (Math.max(flux(next, i), 0) - Math.min(flux(next, i + 1), 0) + eps);
          });
          const down = now.map((value, i) => {
            const least = Math.min(...bounds.flatMap((d) => [at(now, i + d), at(first, i + d)]));
            return (value - least) / (Math.max(flux(next, i + 1), 0) - Math.min(flux(next, i), 0) + eps);
          });
          limited = next.map(
            (v, i) =>
              Math.max(v, 0) * Math.min(1, at(down, i - 1), up[i]!) +
              Math.min(v, 0) * Math.min(1, at(up, i - 1), down[i]!),
          );
        }
        psi = now.map((value, i) => value - (flux(limited, i + 1) - flux(limited, i)));
      }
    }
    return psi;
  }

  it.each([2, 3])("is the plain formula, with %i passes", (iterations) => {
    const n = 40;
    const start = mapCells([n], ([i]) => (i! > 8 && i! < 20 ? 4 : 1) + 0.1 * sin(i!));
    const got = run({ shape: [n], periodic: true }, start, 30, {
      courant: [0.35],
      iterations,
      nonoscillatory: true,
      dpdc: true,
    });
    expect(maxDifference(got, plain(start, 0.35, iterations, 30))).toBeLessThan(1e-13);
  });

  it("is closer to the exact solution than as many passes without it", () => {
    const n = 64;
    const wave = (x: number) => 2 + sin((tau * x) / n);
    const error = (dpdc: boolean) => {
      const got = run({ shape: [n], periodic: true }, wave, 2 * n, { courant: [0.5], nonoscillatory: true, dpdc });
      return rms(
        got,
        mapCells([n], ([i]) => wave(i! + 0.5)),
      );
    };
    expect(error(true)).toBeLessThan(0.75 * error(false));
    expect(sqrt(error(true))).toBeGreaterThan(0);
  });
});

describe("passes with the limiter in one sweep", () => {
  // Halos of 1 layer leave no room for that: all steps of a pass go through the block one by one.
  it.each<[string, Parameters<typeof run>[3]]>([
    ["values of one sign", { courant: [0.2, -0.3] }],
    ["the gauge", { courant: [0.2, -0.3], infiniteGauge: true }],
    ["values of either sign", { courant: [0.2, -0.3], variableSign: true }],
  ])("keep the signs of zeros, with %s", (_, options) => {
    const start = mapCells([31, 29], ([i, j]) => [-0, 0, -0, 1, 0][(i! * i! + 3 * j! * j! + i! * j!) % 5]!);
    for (const periodic of [true, false]) {
      const [narrow, wide] = [1, 3].map((halo) =>
        run({ shape: [31, 29], periodic, halo }, start, 3, { ...options, nonoscillatory: true }),
      );
      const isNegative = (value: number) => Object.is(value, -0);
      expect(wide).toEqual(narrow);
      expect([...wide!].map(isNegative)).toEqual([...narrow!].map(isNegative));
    }
  });
});
