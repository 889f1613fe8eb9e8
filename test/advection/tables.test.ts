/** The published tables of the C++ reference implementation, every row. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cases } from "../../src/advection/cases/case.js";
import { Mpdata } from "../../src/advection/mpdata.js";
import type { Field } from "../../src/grid/field.js";
import { Grid } from "../../src/grid/grid.js";
import { mpi } from "../../src/mpi/index.js";
import { isQuick } from "../harness/effort.js";
import type { Settings, Switches } from "../harness/run.js";

interface Row {
  readonly options: Switches;
}
interface Tables {
  readonly "options-1d": { rows: (Row & Record<"field0" | "field1", [min: number, max: number]>)[] };
  readonly "convergence-1d": {
    options: Record<string, Switches>;
    rows: { dx: number; courant: number; error: Record<string, string> }[];
  };
  readonly "rotating-cone-2d": { rows: (Row & Record<"min" | "max" | "rms", number>)[] };
  readonly "orders-2d": { rows: (Row & { order: number })[] };
}
const tables = JSON.parse(readFileSync(new URL("../reference/mpdata-tables.json", import.meta.url), "utf8")) as Tables;
const comm = mpi.init();
const title = ({ options }: Row) => JSON.stringify(options);

/** Runs a solver and returns the final field; everything is released. */
function run(grid: Grid, psi: Field<"f64">, options: Settings, steps: number): Float64Array {
  const solver = new Mpdata({ psi, ...options });
  solver.advance(steps);
  const result = psi.gather()!;
  solver.free();
  psi.free();
  grid.free();
  return result;
}

const rms = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += (a[index]! - b[index]!) ** 2;
  return Math.sqrt(sum / a.length);
};

describe("1D options table", () => {
  it.each(tables["options-1d"].rows)("gives the printed extremes with $options", (row) => {
    for (const [name, [high, low]] of [
      ["field0", [4, 2]],
      ["field1", [1, -1]],
    ] as const) {
      const grid = new Grid(comm, { shape: [600], periodic: true });
      const psi = grid.field((x) => (x - 0.5 > 75 && x - 0.5 < 125 ? high : low));
      const result = run(grid, psi, { courant: [-0.75], iterations: 2, ...row.options }, 1200);
      expect(Math.abs(Math.min(...result) - row[name][0]), `${title(row)} min`).toBeLessThan(1e-5);
      expect(Math.abs(Math.max(...result) - row[name][1]), `${title(row)} max`).toBeLessThan(1e-5);
    }
  });
});

describe("1D convergence table", () => {
  const { options, rows } = tables["convergence-1d"];
  const spacings = [...new Set(rows.map((row) => row.dx))];
  for (const dx of isQuick ? [Math.max(...spacings)] : spacings) {
    const ofSpacing = rows.filter((row) => row.dx === dx);
    it(`gives the printed errors at dx = ${dx}`, () => {
      for (const row of ofSpacing) {
        const nx = Math.floor(440 / dx + 0.5);
        const steps = Math.floor(1 / (row.courant * dx) + 0.5);
        const exact = (shift: number) =>
          Float64Array.from({ length: nx }, (_, index) => cellMean(index * dx - shift, dx));
        for (const [name, printed] of Object.entries(row.error)) {
          const grid = new Grid(comm, { shape: [nx], bounds: [[-dx / 2, (nx - 0.5) * dx]] });
          const psi = grid.field(exact(0));
          const result = run(grid, psi, { courant: [row.courant], ...options[name]! }, steps);
          const time = steps * row.courant * dx;
          const error = rms(result, exact(time)) / time;
          const tolerance = 1e-4 * Number(printed);
          const what = `${name}, C = ${row.courant}: ${error.toExponential(4)} against ${printed}`;
          expect(Math.abs(error - Number(printed)) <= tolerance || error.toExponential(4) === tidy(printed), what).toBe(
            true,
          );
        }
      }
    });
  }
});

/** `2.8913e-03` as JavaScript writes it. */
const tidy = (printed: string) => Number(printed).toExponential(4);

/** The mean over a cell of a Gaussian of unit area and width 1.5 around 220. */
function cellMean(x: number, dx: number): number {
  const scale = Math.SQRT2 * 1.5;
  return (erf((x + dx / 2 - 220) / scale) - erf((x - dx / 2 - 220) / scale)) / (2 * dx);
}

/** The error function: its series where that converges fast, else the continued fraction of its complement. */
function erf(x: number): number {
  const size = Math.abs(x);
  if (size < 2.5) {
    let term = size;
    let sum = size;
    for (let n = 1; Math.abs(term) > 1e-18 * sum; n++) {
      term *= -(size * size) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = size;
  for (let n = 60; n > 0; n--) fraction = size + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-size * size) / (fraction * Math.sqrt(Math.PI)));
}

describe("rotating cone table", () => {
  it.each(tables["rotating-cone-2d"].rows.slice(0, isQuick ? 1 : undefined))(
    "gives the printed statistics with $options",
    (row) => {
      const { shape, bounds, psi: initial, courant, steps, dt } = cases.cone!.setup({});
      const grid = new Grid(comm, { shape, bounds });
      const psi = grid.field(initial);
      const before = psi.gather()!;
      const result = run(grid, psi, { courant, ...row.options }, steps);
      expect(Math.abs(Math.min(...result) - row.min)).toBeLessThan(1e-7);
      expect(Math.abs(Math.max(...result) - row.max)).toBeLessThan(1e-7);
      expect(Math.abs(rms(result, before) / (steps * dt) - row.rms)).toBeLessThan(1e-7);
    },
  );
});

describe("2D orders table", () => {
  it.each(tables["orders-2d"].rows)("gives order $order with $options", (row) => {
    const errors = [32, 64].map((n) => {
      const grid = new Grid(comm, {
        shape: [n, n],
        bounds: [
          [0, 1],
          [0, 1],
        ],
        periodic: true,
      });
      const psi = grid.field((x, y) => 2 + Math.sin(2 * Math.PI * x) * Math.sin(2 * Math.PI * y));
      const before = psi.gather()!;
      return rms(run(grid, psi, { courant: [0.2, 0.4], ...row.options }, 5 * n), before);
    });
    expect(Math.floor(Math.log2(errors[0]! / errors[1]!) + 0.5)).toBe(row.order);
  });
});
