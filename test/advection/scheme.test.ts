import { describe, expect, it } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import { haloFor } from "../../src/advection/options.js";
import { bestSplit, thinnest } from "../../src/grid/decompose.js";
import type { Float } from "../../src/grid/field.js";
import { Grid } from "../../src/grid/grid.js";
import { Halo } from "../../src/grid/halo.js";
import { isFull } from "../harness/effort.js";
import { greatest, maxDifference, run, type Settings, solo } from "../harness/run.js";
import { advect, bitsOf, facesOf, mapCells, randomOf } from "../oracle/mpdata.js";

/** Half the distance from 1 to the next f64: what one rounding changes at most, relatively. */
const u = 2 ** -53;
const passes = [1, 2, 3, 4];

/** A random value on every face, in C order, the same on faces 0 and n. */
function periodicFaces(shape: readonly number[], axis: number, random: () => number): Float64Array {
  const all = mapCells(shape, random);
  return mapCells(facesOf(shape, axis), (face) => {
    const place = face.reduce((sum, index, other) => sum * shape[other]! + (index % shape[other]!), 0);
    return all[place]!;
  });
}

/** A random set-up: shape, flow with an outflow of 1 at most, G factor, psi with zeros. */
function randomProblem(seed: number, allPeriodic = false) {
  const random = randomOf(seed);
  const axes = 1 + (seed % 3);
  const pick = <T>(...all: T[]) => all[Math.floor(random() * all.length)]!;
  const shape = Array.from({ length: axes }, () => pick(1, 2, 3, 4, 5, 8));
  const periodic = shape.map(() => allPeriodic || random() < 0.6);
  const g = random() < 0.5 ? mapCells(shape, () => 1) : mapCells(shape, () => 0.6 + 0.8 * random());
  // Two faces an axis let out 2 * axes * limit at most, from a cell of content 0.6 at least.
  const limit = (0.6 / (2 * axes)) * pick(1, 0.5);
  const courant = shape.map((_, axis) => periodicFaces(shape, axis, () => limit * (2 * random() - 1)));
  const sparse = random() < 0.5;
  const psi = mapCells(shape, () => (sparse && random() < 0.5 ? 0 : random() * 10));
  const problem = { shape, periodic, psi, courant, g, iterations: pick(...passes), epsilon: pick(1e-15, 1e-6, 1e-150) };
  return { problem, halo: Math.min(pick(1, 2, 3), ...shape), random };
}

describe("the kernels", () => {
  const rounds = isFull ? 5000 : 100;
  it(`agree with the plain formulae on ${rounds} random set-ups of 1 to 3 axes`, () => {
    for (let seed = 1; seed <= rounds; seed++) {
      const { problem, halo } = randomProblem(seed);
      const { shape, periodic, psi, courant, g, iterations, epsilon } = problem;
      const steps = 4;
      const uniform = g.every((value) => value === 1);
      const options = { courant, iterations, epsilon, maxCourant: 10, ...(uniform ? {} : { g }) };
      const got = run({ shape, periodic, halo }, psi, steps, options);
      const expected = advect(problem, steps);
      // Each pass rounds each of its operations: 20 and 12 an axis, on numbers no greater than the largest psi. Open
      // walls have outflows of up to 3, so that a rounding may grow threefold a pass.
      const growth = periodic.every(Boolean) ? steps * iterations : 3 ** (steps * iterations);
      const tolerance = growth * (20 + 12 * shape.length) * u * Math.max(greatest(psi), greatest(expected));
      expect(maxDifference(got, expected), JSON.stringify({ seed, shape, periodic, iterations })).toBeLessThanOrEqual(
        tolerance,
      );
    }
  });
});

describe("the halo with which a scheme is fastest", () => {
  const fct = { nonoscillatory: true };
  const halo = (shape: readonly number[], ranks: number, split?: readonly number[]) =>
    haloFor(fct, shape, { ranks, split, periodic: [true, true] });

  it("is taken where the blocks that the grid is cut into are as thick", () => {
    expect([halo([1024, 1024], 1024), halo([16, 16], 8), halo([16, 16], 8, [8, 1]), halo([8, 8], 4)]).toEqual([
      3, 3, 1, 1,
    ]);
    expect([halo([2, 64], 2), halo([3, 64], 2), halo([1, 1], 4)]).toEqual([1, 3, 1]);
    expect(haloFor({}, [64, 64], { ranks: 1 })).toBe(1);
  });

  it("is two layers without options on up to two axes, if all are periodic", () => {
    const halo = (shape: readonly number[], periodic: readonly boolean[]) => haloFor({}, shape, { ranks: 2, periodic });
    expect([halo([64], [true]), halo([64, 64], [true, true]), halo([2, 64], [true, true])]).toEqual([2, 2, 2]);
    expect([halo([64, 1], [true, true]), halo([64, 64], [true, false])]).toEqual([1, 1]);
    expect(halo([64, 64, 64], [true, true, true])).toBe(1);
    expect(haloFor({ infiniteGauge: true }, [64, 64], { ranks: 2, periodic: [true, true] })).toBe(1);
  });

  it("cuts the grid as without it", () => {
    const random = randomOf(5);
    for (let count = 0; count < 300; count++) {
      const shape = [1 + Math.floor(40 * random()), 1 + Math.floor(40 * random())];
      const [ranks, periodic] = [1 + Math.floor(24 * random()), [random() < 0.5, random() < 0.5]];
      const split = bestSplit(shape, ranks, 1, periodic);
      const wide = haloFor(fct, shape, { ranks, periodic }) === 3;
      expect(wide).toBe(split !== undefined && shape.every((n, axis) => thinnest(n, split[axis]!) >= 3));
      if (wide) expect(bestSplit(shape, ranks, 3, periodic)).toEqual(split);
    }
  });
});

describe("two steps of one pass behind one exchange", () => {
  const wave = (x: number, y = 0) => 2 + Math.sin(1.1 * x + 0.3 * y);
  const speeds = [(x: number, y = 0) => 0.4 * Math.sin(x + 0.1 * y), (x: number, y = 0) => 0.4 * Math.cos(0.2 * x + y)];

  /** The bits of two fields after 7 steps, at once or one by one, and how many exchanges that took. */
  function stepped(shape: readonly number[], dtype: Float, atOnce: boolean, options: Settings<Float>, threads = 1) {
    const grid = new Grid(solo(), { shape, periodic: true, halo: 2, threads });
    const psi = [grid.field(wave, { dtype }), grid.field((x, y = 0) => wave(y, x), { dtype })];
    const solver = new Mpdata<Float>({ psi, iterations: 1, maxCourant: 2, ...options });
    const before = Halo.exchanges;
    if (atOnce) solver.advance(7);
    else for (let step = 0; step < 7; step++) solver.advance();
    const exchanges = Halo.exchanges - before;
    const result = [...psi.map((field) => field.digest()), solver.steps, solver.time];
    solver.free();
    return { result, exchanges };
  }

  // Rows of 4096 cells are taken four at a time or so, by turns; one row is not cut.
  it.each([[[5]], [[41]], [[2, 3]], [[19, 4096]], [[64, 7]]])("have the bits of single steps on %j cells", (shape) => {
    const flow = speeds.slice(0, shape.length);
    for (const dtype of ["f64", "f32"] as const) {
      for (const courant of [flow, flow.map((_, axis) => 0.3 - 0.5 * axis)]) {
        const options = { courant, ...(dtype === "f64" ? { g: (x: number) => 1.5 + 0.4 * Math.sin(x) } : {}) };
        const [pairs, single] = [true, false].map((atOnce) => stepped(shape, dtype, atOnce, options));
        expect(pairs!.result).toEqual(single!.result);
        expect([pairs!.exchanges, single!.exchanges]).toEqual([4, 7]);
      }
    }
  });

  it("have the same bits on several threads", () => {
    const [alone, shared] = [1, 3].map((threads) => stepped([61, 64], "f64", true, { courant: speeds }, threads));
    expect(shared!.result).toEqual(alone!.result);
    expect(shared!.exchanges).toBe(4);
  });

  it.each<[string, Settings<Float>, number]>([
    ["a hook after each step", { courant: speeds, after: () => {} }, 7],
    ["a hook before each step", { courant: speeds, before: () => {} }, 7],
    ["sources", { courant: speeds, source: { scheme: "euler", rhs: () => {} } }, 14],
    ["diffusion", { courant: speeds, dt: 1, mu: [0.1, 0] }, 14],
    ["a flow that changes", { courant: [(x, _y, _z, t) => 0.1 * Math.sin(x + t), 0.2] }, 7],
    ["overlap", { courant: speeds, overlap: true }, 7],
  ])("are not taken with %s", (_what, options, exchanges) => {
    const [pairs, single] = [true, false].map((atOnce) => stepped([12, 9], "f64", atOnce, options));
    expect(pairs!.result).toEqual(single!.result);
    expect(single!.exchanges - pairs!.exchanges).toBe(0);
    expect(pairs!.exchanges).toBeGreaterThanOrEqual(exchanges);
  });
});

describe("two passes of a step behind one exchange", () => {
  it.each([[[5]], [[41]], [[2, 3]], [[19, 4096]], [[64, 7]]])(
    "have the bits of those behind two on %j cells",
    (shape) => {
      const psi = mapCells(shape, (index) => 2 + Math.sin(index.reduce((sum, i, axis) => sum + i * (1.1 + axis), 0)));
      const speeds = shape.map(
        (_, axis) =>
          (x: number, y = 0) =>
            0.2 * Math.sin((1 + axis) * x + 0.3 * y),
      );
      for (const iterations of [2, 3, 4]) {
        for (const courant of [speeds, shape.map((_, axis) => 0.2 - 0.3 * axis)]) {
          const options = {
            courant,
            iterations,
            ...(iterations === 3 ? { g: (x: number) => 1.5 + 0.4 * Math.sin(x) } : {}),
          };
          const [together, apart] = [2, 1].map((halo) => {
            const from = Halo.exchanges;
            const values = run({ shape, periodic: true, halo }, psi, 3, options);
            return { bits: bitsOf(values), exchanges: Halo.exchanges - from };
          });
          expect(together!.bits).toEqual(apart!.bits);
          expect(apart!.exchanges - together!.exchanges).toBe(3);
        }
      }
    },
  );
});

describe("the kernels on f32", () => {
  const rounds = isFull ? 3000 : 75;
  it(`agree with the plain formulae on ${rounds} random set-ups of 1 to 3 axes, to the rounding of f32`, () => {
    const single = 2 ** -24;
    const rounded = (values: Float64Array) => Float64Array.from(values, Math.fround);
    for (let seed = 1; seed <= rounds; seed++) {
      const { problem, halo } = randomProblem(seed, true);
      const { shape, periodic } = problem;
      const [psi, g] = [rounded(problem.psi), rounded(problem.g)];
      const courant = problem.courant.map(rounded);
      const epsilon = Math.fround(Math.max(problem.epsilon, 1e-15));
      const iterations = Math.min(problem.iterations, 3);
      const steps = 3;
      const uniform = g.every((value) => value === 1);
      const options = { courant, iterations, epsilon, maxCourant: 10, ...(uniform ? {} : { g }) };
      const got = run({ shape, periodic, halo }, psi, steps, options, "f32");
      const expected = advect({ ...problem, psi, g, courant, epsilon, iterations }, steps);
      const tolerance =
        steps * iterations * (20 + 12 * shape.length) * single * Math.max(greatest(psi), greatest(expected));
      expect(maxDifference(got, expected), JSON.stringify({ seed, shape, iterations })).toBeLessThanOrEqual(tolerance);
    }
  });

  it("moves whole numbers by whole cells where the Courant number is 1, on rows of every length", () => {
    const random = randomOf(7);
    for (const n of [2, 3, 4, 5, 6, 7, 8, 9, 13]) {
      for (const shape of [[n], [3, n], [2, 3, n]]) {
        const psi = mapCells(shape, () => Math.floor(random() * 1000) * Number(random() < 0.7));
        const axis = shape.length - 1;
        for (const iterations of [1, 2, 3]) {
          const courant = shape.map((_, other) => Number(other === axis));
          const got = run({ shape, periodic: true }, psi, 3, { courant, iterations }, "f32");
          const expected = mapCells(shape, (cell) => {
            const from = cell.with(axis, (cell[axis]! - 3 + 3 * n) % n);
            return psi[from.reduce((sum, index, other) => sum * shape[other]! + index, 0)]!;
          });
          expect(bitsOf(got)).toEqual(bitsOf(expected));
        }
      }
    }
  });
});

describe("a Courant number of 1", () => {
  it.each([[[17]], [[7, 9]], [[5, 6, 7]]])("moves integers on %s cells by whole cells, exactly", (shape) => {
    const random = randomOf(shape.length);
    const psi = mapCells(shape, () => Math.floor(random() * 1000) * Number(random() < 0.7));
    for (const axis of shape.keys()) {
      for (const sign of [1, -1]) {
        for (const iterations of passes) {
          const courant = shape.map((_, other) => (other === axis ? sign : 0));
          const got = run({ shape, periodic: true }, psi, 3, { courant, iterations });
          const n = shape[axis]!;
          const expected = mapCells(shape, (cell) => {
            const from = cell.with(axis, (cell[axis]! - 3 * sign + 3 * n) % n);
            return psi[from.reduce((sum, index, other) => sum * shape[other]! + index, 0)]!;
          });
          expect(bitsOf(got)).toEqual(bitsOf(expected));
        }
      }
    }
  });
});

describe("what MPDATA keeps", () => {
  it("the sum of G psi, to round-off, on periodic grids", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { problem, halo } = randomProblem(seed, true);
      const { shape, psi, courant, g, iterations } = problem;
      const grid = new Grid(solo(), { shape, periodic: true, halo });
      const field = grid.field(psi);
      const mass = grid.field();
      const content = () => {
        mass.set(field.interior().map((value, place) => value * g[place]!));
        return mass.sum();
      };
      const steps = 10;
      const before = content();
      const solver = new Mpdata({ psi: field, courant, g, iterations });
      solver.advance(steps);
      // What leaves a cell enters another with the same bits. A pass rounds the sum of 2 axes fluxes and its quotient,
      // the fluxes being at most the content on either side, and the difference: at most 2 (axes + 1) + 1 roundings of
      // the whole content; the products above round it once more.
      const tolerance = (steps * iterations * (2 * (shape.length + 1) + 1) + 2) * u * before;
      expect(Math.abs(content() - before), JSON.stringify({ seed, shape, iterations })).toBeLessThanOrEqual(tolerance);
      for (const owner of [solver, field, mass]) owner.free();
    }
  });

  /** A flow without divergence, to the last bit: differences of a stream function with few bits. */
  function rotation(n: number, random: () => number): Float64Array[] {
    const stream = mapCells([n, n], () => Math.round(random() * 2 ** 16) * 2 ** -19);
    const at = (i: number, j: number) => stream[(i % n) * n + (j % n)]!;
    return [
      mapCells([n + 1, n], ([i, j]) => at(i!, j! + 1) - at(i!, j!)),
      mapCells([n, n + 1], ([i, j]) => at(i!, j!) - at(i! + 1, j!)),
    ];
  }

  it("a constant field, in a flow without divergence", () => {
    for (const iterations of passes) {
      const [psi, steps] = [3.7, 20];
      const got = run({ shape: [9, 9], periodic: true }, psi, steps, { courant: rotation(9, randomOf(1)), iterations });
      // A pass rounds four fluxes of psi times at most 1 altogether on either side, three sums and the difference.
      const tolerance = steps * iterations * (2 + 3 * 2 + 1) * u * psi;
      expect(maxDifference(got, new Float64Array(81).fill(psi))).toBeLessThanOrEqual(tolerance);
    }
  });

  it("the sign of psi, to the last bits", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = randomOf(seed);
      const n = 8;
      const psi = mapCells([n, n], () => (random() < 0.6 ? 0 : random()));
      const courant = seed % 2 ? rotation(n, random) : [random() * 0.5, random() * -0.5];
      for (const iterations of passes) {
        const got = run({ shape: [n, n], periodic: true }, psi, 20, { courant, iterations });
        expect(got.reduce((least, value) => Math.min(least, value))).toBeGreaterThanOrEqual(-20 * iterations * u);
      }
    }
  });

  /** A flow without divergence through the faces of 1 to 3 periodic axes. */
  function steady(shape: readonly number[], random: () => number): (Float64Array | number)[] {
    const [n] = shape as [number];
    if (shape.length === 1) return [1.8 * random() - 0.9];
    const [u, v] = rotation(n, random) as [Float64Array, Float64Array];
    if (shape.length === 2) return [u, v];
    // The same plane at every height, and a lift.
    const at = (plane: Float64Array, columns: number) => (face: readonly number[]) =>
      plane[face[0]! * columns + face[1]!]!;
    return [mapCells(facesOf(shape, 0), at(u, n)), mapCells(facesOf(shape, 1), at(v, n + 1)), 0.4 * random() - 0.2];
  }

  const limited = [
    { nonoscillatory: true },
    { nonoscillatory: true, infiniteGauge: true },
    { nonoscillatory: true, variableSign: true },
    { nonoscillatory: true, thirdOrderTerms: true },
    { nonoscillatory: true, thirdOrderTerms: true, divergentFlow: true },
  ];
  it("content, sign and, with the limiter, bounds of 200 random fields in flows without divergence", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = randomOf(1000 + seed);
      const n = 4 + Math.floor(4 * random());
      const shape = [[n], [n, n], [n, n, 3]][seed % 3]!;
      const psi = mapCells(shape, () => (random() < 0.4 ? 0 : 10 * random()));
      const g = mapCells(shape, () => (seed % 2 ? 1 : 1 + random()));
      const courant = steady(shape, random);
      const scheme = seed % 6 === 5 ? undefined : limited[seed % 5]!;
      const iterations = scheme?.infiniteGauge ? 2 : 2 + Math.floor(2 * random());
      const steps = 12;
      const got = run({ shape, periodic: true }, psi, steps, { courant, g, iterations, ...scheme });
      const what = JSON.stringify({ seed, shape, iterations, ...scheme });
      const most = greatest(psi);
      const tolerance = steps * iterations * (2 * (shape.length + 1) + 1) * u;
      const content = (values: Float64Array) => values.reduce((sum, value, place) => sum + value * g[place]!, 0);
      // The sums of this test round as well, once a cell.
      expect(Math.abs(content(got) - content(psi)), what).toBeLessThanOrEqual(
        (tolerance + 4 * psi.length * u) * content(psi),
      );
      const [low, high] = [got.reduce((a, b) => Math.min(a, b)), got.reduce((a, b) => Math.max(a, b))];
      expect(low, what).toBeGreaterThanOrEqual(-tolerance * most);
      if (!scheme) continue;
      expect(low, what).toBeGreaterThanOrEqual(psi.reduce((a, b) => Math.min(a, b)) - tolerance * most);
      expect(high, what).toBeLessThanOrEqual(most + tolerance * most);
    }
  });

  /** The same set-up with its cells in another order, `cellBefore` saying which cell comes to lie at a place. */
  const reordered = (
    values: Float64Array,
    shape: readonly number[],
    before: (cell: readonly number[]) => number[],
    from: readonly number[],
  ) => mapCells(shape, (cell) => values[before(cell).reduce((sum, index, axis) => sum * from[axis]! + index, 0)]!);

  it("symmetry under exchange of axes, to a few roundings", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { problem } = randomProblem(seed, true);
      const { shape, psi, courant, g, iterations } = problem;
      const order = [...shape.keys()].map((axis) => (axis + 1 + (seed % 2)) % shape.length);
      const turned = order.map((axis) => shape[axis]!);
      // Axis d of the turned set-up is axis order[d] of the first one.
      const back = (cell: readonly number[]) => shape.map((_, axis) => cell[order.indexOf(axis)]!);
      const steps = 4;
      const options = { iterations, maxCourant: 2 };
      const first = run({ shape, periodic: true, halo: 1 }, psi, steps, { courant, g, ...options });
      const second = run({ shape: turned, periodic: true, halo: 1 }, reordered(psi, turned, back, shape), steps, {
        courant: order.map((axis, d) => reordered(courant[axis]!, facesOf(turned, d), back, facesOf(shape, axis))),
        g: reordered(g, turned, back, shape),
        ...options,
      });
      const tolerance = steps * iterations * (20 + 12 * shape.length) * u * Math.max(greatest(psi), greatest(first));
      expect(maxDifference(second, reordered(first, turned, back, shape))).toBeLessThanOrEqual(tolerance);
    }
  });

  it("every bit when an axis is mirrored", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const { problem } = randomProblem(seed, true);
      const { shape, psi, courant, g, iterations } = problem;
      for (const mirror of shape.keys()) {
        const cellBefore = (cell: readonly number[]) => cell.with(mirror, shape[mirror]! - 1 - cell[mirror]!);
        const options = { iterations, maxCourant: 2 };
        const first = run({ shape, periodic: true, halo: 1 }, psi, 4, { courant, g, ...options });
        const mirrored = run({ shape, periodic: true, halo: 1 }, reordered(psi, shape, cellBefore, shape), 4, {
          courant: courant.map((faces, axis) => {
            if (axis !== mirror) return reordered(faces, facesOf(shape, axis), cellBefore, facesOf(shape, axis));
            const faceBefore = (face: readonly number[]) => face.with(mirror, shape[mirror]! - face[mirror]!);
            return reordered(faces, facesOf(shape, axis), faceBefore, facesOf(shape, axis)).map((value) => -value);
          }),
          g: reordered(g, shape, cellBefore, shape),
          ...options,
        });
        expect(bitsOf(mirrored)).toEqual(bitsOf(reordered(first, shape, cellBefore, shape)));
      }
    }
  });

  it("every bit but the exponent when psi and epsilon are scaled by a power of 2", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const { problem, halo } = randomProblem(seed);
      const { shape, periodic, psi, courant, iterations } = problem;
      const runScaled = (scale: number) =>
        run(
          { shape, periodic, halo },
          psi.map((value) => value * scale),
          4,
          {
            courant,
            iterations,
            epsilon: 1e-15 * scale,
            maxCourant: 10,
          },
        );
      const first = runScaled(1);
      for (const scale of [2 ** 100, 2 ** -100]) {
        expect(bitsOf(runScaled(scale))).toEqual(bitsOf(first.map((value) => value * scale)));
      }
    }
  });
});
