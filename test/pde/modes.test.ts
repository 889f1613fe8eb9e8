/** Modes of the discrete operators decay exactly as the stepper's polynomial says. */
import { describe, expect, it, vi } from "vitest";
import { callback, type Field, Grid, Pde, type StepperName } from "../../src/index.js";
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

  it.each(["t * d_dx(c)", "(t > 0) * d_dx(c)", "v * d_dx_forward(c)", "(v + sin(t)) * x * d_dx(c)"])(
    "take %s at the old time, which is 0 at the start",
    async (flow) => {
      const grid = new Grid(solo(), { shape: [16], periodic: true });
      const options = { constants: { v: 0 } };
      const solve = (text: string) =>
        new Pde({ c: text }, options).solve({
          grid,
          initial: { c: "exp(-(x - 8)^2)" },
          until: 0.5,
          dt: 0.5,
          stepper: "implicit",
          stability: "ignore",
        });
      const [still, moved] = await Promise.all([solve("laplace(c)"), solve(`laplace(c) - ${flow}`)]);
      expect((moved.fields.c as Field).digest()).toBe((still.fields.c as Field).digest());
    },
  );

  it.each([1e9, 1e20])("find a part symmetric beside values at sides of %d", async (value) => {
    const grid = new Grid(solo(), { shape: [16] });
    const eq = new Pde({ c: "laplace(c)" }, { boundary: { "x-": { value }, "x+": { value: 2 * value } } });
    const { fields } = await eq.solve({ grid, initial: { c: 0 }, until: 4000, dt: 100, stepper: "implicit" });
    const error = fields.c.interior().map((c, i) => Math.abs(c / value - 1 - (i + 0.5) / 16));
    expect(Math.max(...error)).toBeLessThan(1e-11);
  });

  it("take a part whose symmetry is that of its constants", async () => {
    const grid = new Grid(solo(), { shape: [16], bounds: [[0, 1]] });
    const solve = (text: string, constants: Readonly<Record<string, number>> = {}) =>
      new Pde({ c: text }, { constants }).solve({
        ...{ grid, initial: { c: "x * (1 - x)" }, until: 0.1, dt: 0.01, stepper: "implicit" },
      });
    const named = await solve("D * (1 + g * x) * laplace(c) + D * g * d_dx(c)", { D: 1, g: 0.5 });
    const numbers = await solve("1 * (1 + 0.5 * x) * laplace(c) + 0.5 * d_dx(c)");
    expect((named.fields.c as Field).digest()).toBe((numbers.fields.c as Field).digest());
  });

  it("are refused where it begins in a field that was 0, for which conjugate gradients find nothing", async () => {
    const grid = new Grid(solo(), { shape: [32], bounds: [[0, 1]], periodic: true });
    const u = grid.field(0);
    const flow = callback(() => void u.set((x) => 20 * Math.sin(2 * Math.PI * x)), { steps: 1 });
    const eq = new Pde({ c: "0.01 * laplace(c) - u * d_dx(c)" }, { constants: { u } });
    const initial = { c: "exp(-100 * (x - 0.4)^2)" };
    await expect(eq.solve({ grid, initial, until: 0.5, dt: 0.1, stepper: "implicit", track: [flow] })).rejects.toThrow(
      /^Pde\.solve: expected a symmetric linear part, whose residual gets small, got one of \d+\.\d+\. Use an explicit stepper\.$/,
    );
  });

  describe("warn of a step that is too long for it, or refuse it", () => {
    const n = 16;
    const grid = new Grid(solo(), { shape: [n], periodic: true });
    const [D, v] = [0.02, 0.5];
    const eq = new Pde({ c: "D * laplace(c) - v * d_dx(c)" }, { constants: { D, v } });
    /** The longest step for which (1 + dt i w) / (1 + dt d), or with half of d at either time, is at most 1, over all waves. */
    const longest = (isMean: boolean) => {
      const each = Array.from({ length: 7 }, (_, m) => {
        const [decay, turn] = [2 * D * (1 - Math.cos(((m + 1) * Math.PI) / 8)), v * Math.sin(((m + 1) * Math.PI) / 8)];
        const excess = isMean ? turn ** 2 : turn ** 2 - decay ** 2;
        return (2 * decay) / excess;
      });
      return Math.min(...each);
    };
    it.each([
      ["implicit", false],
      ["crank-nicolson", true],
    ] as const)("%s", async (stepper, isMean) => {
      const most = longest(isMean);
      const solve = (dt: number, stability?: "refuse" | "ignore") =>
        eq.solve({ grid, initial: { c: "sin(x)" }, until: 200 * dt, dt, stepper, ...(stability && { stability }) });
      const text = `Pde.solve: "dt" expected at most ${Number(most.toPrecision(10))} for what is explicit in ${stepper} to be stable, for waves along x, got ${1.01 * most}. Use a shorter step, or stability: "ignore".`;
      const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
      try {
        await solve(1.01 * most);
        expect(warned.mock.calls).toEqual([[text]]);
      } finally {
        warned.mockRestore();
      }
      await expect(solve(1.01 * most, "refuse")).rejects.toThrow(text);
      const { fields } = await solve(0.99 * most);
      const squares = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value ** 2, 0);
      const before = Array.from({ length: n }, (_, i) => Math.sin(i + 0.5));
      expect(squares(fields.c.interior())).toBeLessThan(squares(before));
      expect((await solve(3 * most, "ignore")).fields.c.max()).toBeGreaterThan(10);
    });
  });

  it("warn of oscillations along an axis without diffusion, and leave what grows by itself alone", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    try {
      const grid = new Grid(solo(), { shape: [8, 8], periodic: true });
      const solve = (text: string, dt: number) =>
        new Pde({ c: text }).solve({ grid, initial: { c: "sin(pi*y/4)" }, until: dt, dt, stepper: "implicit" });
      await solve("laplace(c) - d_dx(c)", 0.5);
      await solve("laplace(c) + 0.5*c^3 + 1", 3);
      expect(warned).not.toHaveBeenCalled();
      await solve("d2_dx2(c) - d_dy(c)", 0.1);
      const growth = Math.log(Math.hypot(1, 0.1)) / 0.1;
      expect(warned.mock.calls).toEqual([
        [
          `Pde.solve: implicit lets oscillations grow, by up to ${growth.toPrecision(3)} per unit of time. Use rk4 to keep them.`,
        ],
      ]);
    } finally {
      warned.mockRestore();
    }
  });
});
