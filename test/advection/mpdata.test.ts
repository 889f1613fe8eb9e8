import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { FlowValue } from "../../src/advection/flow.js";
import { Mpdata } from "../../src/advection/mpdata.js";
import type { MpdataOptions } from "../../src/advection/options.js";
import type { Condition } from "../../src/advection/walls/condition.js";
import { UsageError } from "../../src/errors.js";
import type { FieldValue, Float } from "../../src/grid/field.js";
import { Grid } from "../../src/grid/grid.js";
import { core } from "../../src/wasm/core.js";
import { isFull } from "../harness/effort.js";
import { maxDifference, rms, run, type Switches, solo } from "../harness/run.js";
import { bitsOf, facesOf, mapCells, product, randomOf } from "../oracle/mpdata.js";

const tau = 2 * Math.PI;
const passes = [1, 2, 3, 4];

const read = (name: string) => JSON.parse(readFileSync(new URL(`../reference/${name}`, import.meta.url), "utf8"));

describe("the reference fields", () => {
  interface Case {
    readonly grid: number[];
    readonly options: Switches<Float>;
    readonly advector: "const" | "var";
    readonly gFactor: boolean;
    readonly signedPsi: boolean;
    readonly bc?: "open";
    readonly steps: number;
    readonly result: number[];
  }
  const all: Case[] = read("mpdata-fields.json").cases;

  it("are there", () => {
    expect(all.length).toBe(197);
  });

  it.each(all)("$grid, $options, $advector flow, G factor $gFactor, signed $signedPsi, bc $bc", (reference) => {
    const { grid: shape, options, advector, gFactor, signedPsi, bc, steps, result } = reference;
    const positions = (position: number[]) => position.slice(0, shape.length).map((s, axis) => s / shape[axis]!);
    const psi = (...position: number[]) =>
      (signedPsi ? -0.3 : 0.5) +
      product(positions(position).map((s, axis) => (1 + Math.sin(tau * s + 0.3 * (axis + 1))) / 2));
    const courant = shape.map((_, axis) => (...position: number[]) => {
      const phase = positions(position).reduce((sum, s) => sum + tau * s, 0);
      return [0.25, -0.2, 0.15][axis]! * (advector === "var" ? 1 + 0.4 * Math.sin(phase) : 1);
    });
    const g = (...position: number[]) => 1 + 0.2 * positions(position).reduce((sum, s) => sum + Math.cos(tau * s), 0);
    const got = run({ shape, periodic: bc !== "open" }, psi, steps, {
      courant,
      ...options,
      ...(gFactor ? { g } : {}),
      maxCourant: 10,
    });
    expect(got.length).toBe(result.length);
    expect(maxDifference(got, result)).toBeLessThan(1e-12);
  });
});

describe("the published tables", () => {
  const tables = read("mpdata-tables.json");

  type Small = {
    courant: number[];
    in: number[][];
    out: number[][];
    iterations: number;
    steps: number;
    dimensionallySplit?: boolean;
  };
  const small: Small[] = tables["small-2d"].rows;
  it.each(small)("3 x 3 cells, Courant $courant, $iterations passes, $steps steps", (row) => {
    const place = (cells: number[][], cell: readonly number[]) =>
      cells.find(([i, j]) => i === cell[0] && j === cell[1])?.[2] ?? 0;
    const shape = [3, 3];
    const psi = mapCells(shape, (cell) => place(row.in, cell));
    const { courant, iterations, steps, dimensionallySplit = false } = row;
    const got = run({ shape, periodic: true }, psi, steps, { courant, iterations, dimensionallySplit });
    const expected = mapCells(shape, (cell) => place(row.out, cell));
    expect(maxDifference(got, expected)).toBeLessThanOrEqual(0.5e-4 * (1 + 1e-9)); // 4 decimals
  });
});

describe("the measured order", () => {
  /** log2 of the ratio of the errors on n and 2n cells an axis, of a smooth wave in a uniform flow. */
  function orderOf(axes: number, n: number, iterations: number, options: Switches<Float> = {}): number {
    const speed = axes === 3 ? [1, 1, -1] : [1, 2].slice(0, axes);
    const error = (cells: number) => {
      const shape = new Array<number>(axes).fill(cells);
      const dt = 0.2 / cells;
      const wave = (...position: number[]) =>
        2 + product(speed.map((_, axis) => Math.sin(tau * position[axis]! + axis)));
      const courant = speed.map((one) => one * dt * cells);
      const steps = Math.round((axes === 3 ? 0.25 : 1) / dt);
      const bounds = shape.map(() => [0, 1] as const);
      const got = run({ shape, bounds, periodic: true }, wave, steps, { courant, iterations, ...options });
      const time = steps * dt;
      const exact = mapCells(shape, (cell) =>
        wave(...cell.map((index, axis) => (index + 0.5) / cells - speed[axis]! * time)),
      );
      return rms(got, exact);
    };
    return Math.log2(error(n) / error(2 * n));
  }

  it("of two passes in 2D rounds to the published 2", () => {
    expect(Math.round(orderOf(2, 32, 2))).toBe(2);
  });

  it.each([
    { axes: 1, n: 256 },
    { axes: 2, n: 64 },
    { axes: 3, n: 24 },
  ])("of the donor cell is 1 and of two passes 2 with $axes axes", ({ axes, n }) => {
    // A wave that decays at rate k has error 1 - exp(-k): it falls short of the order by about k / 2, k halving with n.
    expect(Math.abs(orderOf(axes, n, 1) - 1)).toBeLessThan(0.25);
    expect(Math.abs(orderOf(axes, n, 2) - 2)).toBeLessThan(0.25);
  });

  it.each([
    { axes: 1, n: 64 },
    { axes: 2, n: 32 },
    { axes: 3, n: 16 },
  ])("of three passes with third-order terms is 3 with $axes axes", ({ axes, n }) => {
    expect(Math.abs(orderOf(axes, n, 3, { thirdOrderTerms: true }) - 3)).toBeLessThan(0.25);
  });

  it("of two passes is 2 in a flow through a varying G factor", () => {
    // G psi_t + (C psi)_x = 0 with a constant C carries psi along the integral of G.
    const along = (x: number) => x + (0.5 * Math.sin(tau * x)) / tau;
    const error = (n: number) => {
      const grid = { shape: [n], bounds: [[0, 1]], periodic: true } as const;
      const wave = (x: number, time = 0) => 2 + Math.sin(tau * (along(x) - time));
      const g = (x: number) => 1 + 0.5 * Math.cos(tau * x);
      const got = run(grid, (x) => wave(x), 2 * n, { courant: [0.25], g });
      return rms(
        got,
        mapCells([n], ([i]) => wave((i! + 0.5) / n, 0.5)),
      );
    };
    expect(Math.abs(Math.log2(error(128) / error(256)) - 2)).toBeLessThan(0.25);
  });
});

describe("a solver", () => {
  const grid = { shape: [9, 8], periodic: [true, false] };
  const wave = (x: number, y: number) => 2 + Math.sin(x) * Math.cos(y);
  const courant = [0.3, (x: number, y: number) => 0.2 * Math.sin(x + y)];

  it.each(passes)("with %i passes takes steps one by one or together, to the same bits", (iterations) => {
    const together = run(grid, wave, 6, { courant, iterations });
    const field = new Grid(solo(), grid).field(wave);
    const solver = new Mpdata({ psi: field, courant, iterations });
    for (const steps of [1, 0, 2, 3]) expect(solver.advance(steps)).toBeGreaterThanOrEqual(0);
    expect(bitsOf(field.interior())).toEqual(bitsOf(together));
    expect(solver.steps).toBe(6);
    expect(solver.seconds.total).toBeGreaterThanOrEqual(solver.seconds.exchange);
    expect(solver.advance(0)).toBe(0);
    solver.advance();
    expect(solver.steps).toBe(7);
    solver.free();
    field.free();
  });

  it("advects several fields as it does each alone", () => {
    const all: FieldValue[] = [wave, (x) => x, (_x, y) => Number(y > 4)];
    for (const iterations of passes) {
      const shared = new Grid(solo(), grid);
      const fields = all.map((value) => shared.field(value));
      const solver = new Mpdata({ psi: fields, courant, iterations });
      solver.advance(5);
      const alone = all.map((value) => run(grid, value, 5, { courant, iterations }));
      expect(fields.map((field) => bitsOf(field.interior()))).toEqual(alone.map(bitsOf));
      for (const owner of [solver, ...fields]) owner.free();
    }
  });

  it.each([[[6]], [[5, 6]], [[3, 5, 4]]])(
    "takes the same bits from numbers, functions and arrays on %s cells",
    (shape) => {
      const initial = (x: number, y: number, z: number) => 2 + Math.sin(x + 2 * y + 3 * z);
      const random = randomOf(shape.length);
      for (const periodic of [true, false]) {
        for (const iterations of [...passes, ...passes, ...passes]) {
          const values = shape.map(() => (0.6 * (random() - 0.5)) / 0.9);
          const g = 1 + random();
          const faces = values.map((value, axis) => new Float64Array(product(facesOf(shape, axis))).fill(value));
          const flows = [values, values.map((value) => () => value), faces];
          for (const factors of [[undefined], [g, () => g, new Float64Array(product(shape)).fill(g)]]) {
            const all = flows.flatMap((courant) =>
              factors.map((factor) => {
                const options = { courant, iterations, ...(factor === undefined ? {} : { g: factor }) };
                return bitsOf(run({ shape, periodic }, initial, 3, options));
              }),
            );
            for (const bits of all.slice(1)) expect(bits).toEqual(all[0]);
          }
        }
      }
    },
  );

  it("has the same bits for any width of the halo", () => {
    const courant = [(x: number, y: number) => 0.2 * Math.sin(x + y), (x: number) => 0.3 * Math.cos(x), 0.1];
    for (const shape of [[7], [7, 6], [5, 4, 6]]) {
      for (const periodic of [true, false]) {
        for (const iterations of passes) {
          const flow = courant.slice(0, shape.length);
          const options = { courant: flow, iterations, maxCourant: 10 };
          const widths = [1, 2, 3, 4].map((halo) => bitsOf(run({ shape, periodic, halo }, wave, 4, options)));
          for (const bits of widths) expect(bits).toEqual(widths[0]);
        }
      }
    }
  });

  it("has the same bits with a halo for which the limiter is in one sweep, beside walls as well", () => {
    const random = randomOf(29);
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
    const schemes = [{}, { infiniteGauge: true }, { variableSign: true }];
    const terms = [
      {},
      { thirdOrderTerms: true },
      { divergentFlow: true },
      { thirdOrderTerms: true, divergentFlow: true },
    ];
    const others = [{}, { g: (x: number, y: number) => 1.1 + 0.1 * Math.sin(x * y) }, { mu: [0.02, 0.03], dt: 1 }];
    const conditions: Condition[] = ["open", { constant: 1.5 }, "extrapolated", "rigid"];
    for (let k = 0; k < (isFull ? 3000 : 150); k++) {
      const shape = [4 + Math.floor(6 * random()), pick([4, 5, 6, 9, 35])];
      const periodic = shape.map(() => random() < 0.5);
      const scheme = pick(schemes);
      const more = pick(others);
      const isSigned = "variableSign" in scheme && !("mu" in more);
      const sides = ["x", "y"].flatMap((name, axis) => (periodic[axis] ? [] : [`${name}-`, `${name}+`]));
      const kinds = isSigned ? conditions.filter((condition) => condition !== "extrapolated") : conditions;
      const boundary = Object.fromEntries(sides.map((side) => [side, pick(kinds)]));
      const isShut = (axis: number, place: number) =>
        boundary[`${"xy"[axis]}${place === 0 ? "-" : "+"}`] === "rigid" && (place === 0 || place === shape[axis]);
      const courant = [
        (x: number, y: number) => (isShut(0, x) ? 0 : 0.2 * Math.sin(x + y)),
        (x: number, y: number) => (isShut(1, y) ? 0 : 0.3 * Math.cos(x)),
      ];
      const sharp = (x: number, y: number) => ((3 * x + 5 * y) % 7 < 2 ? 1 + 0.1 * x : isSigned ? -0.5 : 0);
      const options = { iterations: pick([2, 3, 4]), nonoscillatory: true, ...scheme, ...pick(terms), ...more };
      const narrow = "thirdOrderTerms" in options || "divergentFlow" in options ? 2 : 1;
      const [expected, ...found] = [narrow, narrow + 1, narrow + 2].map((halo) =>
        bitsOf(run({ shape, periodic, halo }, sharp, 4, { courant, boundary, maxCourant: 10, ...options })),
      );
      for (const bits of found) expect(bits, JSON.stringify({ shape, periodic, boundary, options })).toEqual(expected);
    }
  });

  it("evaluates the flow at the faces: wall faces included, centres along other axes", () => {
    const seen: number[][] = [[], []];
    const at = (axis: number) => (x: number, y: number) => {
      seen[axis]!.push(100 * x + y);
      return 0;
    };
    run({ shape: [2, 3], periodic: [true, false] }, 1, 0, { courant: [at(0), at(1)] });
    const expected = [
      [0, 1].flatMap((x) => [0.5, 1.5, 2.5].map((y) => 100 * x + y)),
      [0.5, 1.5].flatMap((x) => [0, 1, 2, 3].map((y) => 100 * x + y)),
    ];
    expect(seen).toEqual(expected);
  });

  it("says what its greatest Courant number is", () => {
    const field = new Grid(solo(), { shape: [4, 4], periodic: true }).field(1);
    const solver = new Mpdata({ psi: field, courant: [-0.25, 0.5], g: 0.8 });
    expect(solver.courantNumber()).toBe(0.75 / 0.8);
    expect(String(solver)).toBe(`MPDATA, 2 passes, G factor, on ${field.grid}`);
  });

  it("gives back all memory when it is freed, and when it could not be made", () => {
    const parent = new Grid(solo(), { shape: [16, 16, 16], periodic: [true, true, false] });
    const psi = [parent.field(1), parent.field(2)];
    type Wrong = Partial<Pick<MpdataOptions, "psi" | "g">> & { readonly courant?: readonly FlowValue[] };
    const once = (options: Wrong) => {
      const solver = new Mpdata({ psi, courant: [0.2, 0.1, 0.3], iterations: 4, g: 1.5, ...options });
      solver.advance(1);
      solver.free();
    };
    const wrong: Wrong[] = [
      { courant: [0.2, 0.1, 2] },
      { courant: [0.2, 0.1, [1, 2]] },
      { g: -1 },
      { g: [1, 2] },
      { psi: [psi[0]!, parent.field(-1)] },
    ];
    const wrongFields = () => expect(() => parent.field([1, 2, 3])).toThrow(UsageError);
    once({});
    const before = core().memory.buffer.byteLength;
    for (let round = 0; round < 200; round++) {
      once({});
      const options = wrong[round % wrong.length]!;
      expect(() => once(options)).toThrow(UsageError);
      wrongFields();
    }
    expect(core().memory.buffer.byteLength).toBe(before);
  });
});
