/** Modes of the discrete operators decay exactly as the stepper's polynomial says. */
import { describe, expect, it } from "vitest";
import { type Field, Grid, Pde, type StepperName } from "../../src/index.js";
import { solo } from "../harness/run.js";

const polynomials: Readonly<Partial<Record<StepperName, (z: number) => number>>> = {
  euler: (z) => 1 + z,
  rk4: (z) => 1 + z + z ** 2 / 2 + z ** 3 / 6 + z ** 4 / 24,
  ssprk3: (z) => 1 + z + z ** 2 / 2 + z ** 3 / 6,
};

const grids = [
  { shape: [16], bounds: [[0, 2]] },
  { shape: [16, 9], bounds: [[0, 2], [-1, 1]] }, // biome-ignore format: a table
  { shape: [8, 6, 5], bounds: [[0, 2], [0, 3], [0, 1]] }, // biome-ignore format: a table
] as const;

const steps = 20;
const diffusivity = 0.3;

describe.each(Object.keys(polynomials) as StepperName[])("%s", (stepper) => {
  it.each([true, false])("lets an eigenmode decay as its polynomial says, periodic: %s", async (periodic) => {
    for (const { shape, bounds } of grids) {
      const grid = new Grid(solo(), { shape, bounds: bounds as never, periodic });
      const waves = shape.map((_, axis) => axis + 1);
      // On walls without flux half as many half waves fit.
      const text = waves
        .map((wave, axis) => {
          const [low, high] = bounds[axis]!;
          return `cos(${periodic ? 2 : 1}*pi*${wave}*(${"xyz"[axis]} - (${low}))/${high - low})`;
        })
        .join(" * ");
      const eigenvalue = waves.reduce((sum, wave, axis) => {
        const angle = ((periodic ? 2 : 1) * Math.PI * wave) / shape[axis]!;
        return sum + (diffusivity * (2 * Math.cos(angle) - 2)) / grid.spacing[axis]! ** 2;
      }, 0);
      const dt = 0.4 / grid.spacing.reduce((sum, dx) => sum + (2 * diffusivity) / dx ** 2, 0);
      const eq = new Pde({ c: "D * laplace(c)" }, { constants: { D: diffusivity } });
      const solve = (until: number) => eq.solve({ grid, initial: { c: text }, until, dt, stepper });
      const [before, after] = await Promise.all([solve(0), solve(steps * dt)]);
      const factor = polynomials[stepper]!(dt * eigenvalue) ** steps;
      const [first, last] = [before, after].map(({ fields }) => (fields.c as Field).interior());
      const error = Math.max(...last!.map((value, i) => Math.abs(value - factor * first![i]!)));
      expect(error).toBeLessThanOrEqual(1e-13);
    }
  });
});

describe("the sum over all cells", () => {
  it.each(["laplace(c)", "laplace(c^3 - c - laplace(c))", "div((1 + c^2) * grad(c))"])(
    "is kept by %s",
    async (text) => {
      const grid = new Grid(solo(), { shape: [12, 10], periodic: [true, false] });
      const eq = new Pde({ c: text });
      const solve = async (until: number) => {
        const { fields } = await eq.solve({ grid, initial: { c: "0.3 + sin(x) * cos(2*y)" }, until, dt: 0.01 });
        return (fields.c as Field).sum();
      };
      expect(Math.abs((await solve(0.2)) - (await solve(0)))).toBeLessThan(1e-12);
    },
  );
});

describe("implicit steps beside a flow", () => {
  it("solve for the diffusion alone, and take the flow at the old time", async () => {
    const [n, wave, dt, v] = [16, 3, 0.7, 0.4];
    const grid = new Grid(solo(), { shape: [n], periodic: true });
    const angle = (2 * Math.PI * wave) / n;
    const growth = dt * (2 * Math.cos(angle) - 2);
    const eq = new Pde({ c: "laplace(c) - v * d_dx(c)" }, { constants: { v } });
    for (const [stepper, half] of [
      ["implicit", 0],
      ["crank-nicolson", 0.5],
    ] as const) {
      const initial = { c: (x: number) => Math.cos(angle * x) };
      const { fields } = await eq.solve({ grid, initial, until: dt, dt, stepper });
      const error = fields.c.interior().map((value, i) => {
        const x = i + 0.5;
        const explicit = (1 + half * growth) * Math.cos(angle * x) + dt * v * Math.sin(angle) * Math.sin(angle * x);
        return Math.abs(value - explicit / (1 - (1 - half) * growth));
      });
      expect(Math.max(...error)).toBeLessThan(1e-13);
    }
  });

  // Where cells have the size 1, a difference is a sum of which one part, the cell's own value, would be symmetric alone.
  it.each([1, 0.5])(
    "take it at the old time as a whole, with differences to one side too, of cells of %f",
    async (dx) => {
      const n = 16;
      const grid = new Grid(solo(), { shape: [n], bounds: [[0, n * dx]], periodic: true });
      const angle = (2 * Math.PI * 3) / n;
      const dt = 0.3;
      const initial = { c: (x: number) => Math.cos((angle * x) / dx) };
      const eq = new Pde({ c: "laplace(c) - d_dx_backward(c)" });
      const { fields } = await eq.solve({ grid, initial, until: dt, dt, stepper: "implicit" });
      const error = fields.c.interior().map((value, i) => {
        const [here, below] = [angle * (i + 0.5), angle * (i - 0.5)].map(Math.cos) as [number, number];
        const explicit = here - (dt * (here - below)) / dx;
        return Math.abs(value - explicit / (1 - (dt * (2 * Math.cos(angle) - 2)) / (dx * dx)));
      });
      expect(Math.max(...error)).toBeLessThan(1e-13);
      const flow = new Pde({ c: "-d_dx_backward(c)" });
      await expect(flow.solve({ grid, initial, until: dt, dt, stepper: "implicit" })).rejects.toThrow(
        'Pde.solve: "stepper" expected a part that is linear and symmetric for implicit, got none. Use an explicit stepper.',
      );
    },
  );
});
