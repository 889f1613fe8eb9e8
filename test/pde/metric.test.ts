/** Equations on grids whose cells differ in size or volume. */
import { describe, expect, it } from "vitest";
import { evaluate, type Field, Grid, type GridOptions, Mpdata, Pde, solvePoisson } from "../../src/index.js";
import { solo } from "../harness/run.js";

const comm = solo();
const gridOf = (options: GridOptions) => new Grid(comm, options);
const disk = (n = 12) => gridOf({ shape: [n], bounds: [[0, 2]], coordinates: "polar" });
const stretched = (n: number, options: object = {}) =>
  gridOf({ shape: [n], faces: { x: (s) => s + 0.1 * Math.sin(2 * Math.PI * s) }, ...options });
const numberOf = async (text: string, grid: Grid, fields = {}) => {
  return ((await evaluate(text, { grid, fields })) as Field).interior()[0]!;
};

describe("a stretched axis", () => {
  it("gives the Laplacian of fluxes between centres", async () => {
    const faces = [0, 1, 3, 4, 8];
    const grid = gridOf({ shape: [4], faces: { x: faces } });
    const c = grid.field([1, 4, 2, 7]);
    const laplace = (await evaluate("laplace(c)", { grid, fields: { c }, boundary: { value: 3 } })) as Field;
    const [f0, f1, f2, f3, f4] = [(1 - (2 * 3 - 1)) / 1, 3 / 1.5, -2 / 1.5, 5 / 2.5, (2 * 3 - 7 - 7) / 4];
    const expected = [(f1 - f0) / 1, (f2 - f1) / 2, (f3 - f2) / 1, (f4 - f3) / 4];
    for (const [i, value] of laplace.interior().entries()) expect(value).toBeCloseTo(expected[i]!, 12);
    const slope = (await evaluate("d_dx(c)", { grid, fields: { c } })) as Field;
    const central = [(4 - 1) / 2.5, (2 - 1) / 3, (7 - 4) / 4, (7 - 2) / 6.5];
    for (const [i, value] of slope.interior().entries()) expect(value).toBeCloseTo(central[i]!, 12);
  });

  it.each([
    ["walls", {}, "sin(pi*x)", "-pi^2*sin(pi*x)", { "x-": { value: 0 }, "x+": { derivative: "-pi" } }],
    ["periodic ends", { periodic: true }, "sin(2*pi*x)", "-4*pi^2*sin(2*pi*x)", {}],
  ])("has errors of the second order between %s", async (_, options, solution, text, boundary) => {
    const errorOf = async (n: number) => {
      const grid = stretched(n, options);
      const rhs = (await evaluate(text, { grid })) as Field;
      const mean = await numberOf("average(f)", grid, { f: rhs });
      const given = "periodic" in options ? grid.field(rhs.interior().map((value) => value - mean)) : rhs;
      const u = await solvePoisson(given, { boundary: boundary as never });
      const exact = (await evaluate(solution, { grid })) as Field;
      const offset = "periodic" in options ? await numberOf("average(u)", grid, { u: exact }) : 0;
      return Math.max(...u.interior().map((value, i) => Math.abs(value + offset - exact.interior()[i]!)));
    };
    const [coarse, fine] = [await errorOf(32), await errorOf(64)];
    expect(Math.log2(coarse / fine)).toBeGreaterThan(1.9);
    expect(fine).toBeLessThan(0.01);
  });

  it("is the same in the one sweep of a step as by itself", async () => {
    const faces = { x: (s: number) => s + 0.1 * Math.sin(2 * Math.PI * s), y: (s: number) => 2 * s + s * s };
    const grid = gridOf({ shape: [11, 13], faces, periodic: true });
    const text = "laplace(c^3 - c - 0.01 * laplace(c)) + d_dx(c * d_dy(c))";
    const c = (await evaluate("cos(2*pi*x) * sin(2*pi*y/3)", { grid })) as Field;
    const rate = ((await evaluate(text, { grid, fields: { c } })) as Field).interior();
    const { fields } = await new Pde({ c: text }).solve({
      grid,
      initial: { c },
      until: 1e-6,
      dt: 1e-6,
      stability: "ignore",
    });
    const after = c.interior().map((value, i) => value + 1e-6 * rate[i]!);
    expect([...(fields.c as Field).interior()]).toEqual([...after]);
  });

  it("has sources at points in the cells of their faces, per volume", async () => {
    const grid = gridOf({ shape: [3], faces: { x: [0, 1, 3, 6] } });
    const points = [
      { field: "c", at: [1], source: 3 },
      { field: "c", at: [6], source: 6 },
    ];
    const { fields } = await new Pde({ c: "0" }, { points }).solve({ grid, initial: { c: 0 }, until: 1, dt: 0.5 });
    expect([...(fields.c as Field).interior()]).toEqual([0, 1.5, 2]);
    const at = () => new Pde({ c: "0" }, { points: [{ field: "c", at: [7], source: 1 }] });
    await expect(at().solve({ grid, initial: { c: 0 }, until: 1, dt: 1 })).rejects.toThrow(
      'Pde: "points[0].at" expected coordinates from 0 to 6 along x, got 7. Move the point.',
    );
  });

  it("lets a flow go a share of the narrowest cell", async () => {
    const grid = gridOf({ shape: [4], faces: { x: [0, 1, 1.5, 2.5, 4] } });
    const eq = new Pde({ u: "0", c: "0" });
    const dt = { cfl: 0.5, velocity: ["u"] };
    const { steps } = await eq.solve({ grid, initial: { u: 2, c: 0 }, until: 1, dt });
    expect(steps).toBe(8); // 0.5 * 0.5 / 2 of time each.
  });

  it("bounds steps by the narrowest cells", async () => {
    const grid = gridOf({ shape: [4], faces: { x: [0, 2, 2.5, 3, 5] }, periodic: true });
    const eq = new Pde({ c: "laplace(c)" });
    const run = (dt: number | "auto") => eq.solve({ grid, initial: { c: "cos(x)" }, until: 0.25, dt });
    // 1 / (1 / (h d+) + 1 / (h d-)) with h = 0.5, d = 0.5 and 1.25.
    const limit = 1 / (1 / (0.5 * 0.5) + 1 / (0.5 * 1.25));
    await expect(run(1.01 * limit)).rejects.toThrow(/expected at most 0\.17857.* along x/);
    expect((await run(0.125)).steps).toBe(2);
    expect((await run("auto")).steps).toBe(Math.ceil(0.25 / (0.8 * limit)));
  });
});

describe("a radius", () => {
  it("counts volumes in integrals, averages and noise", async () => {
    const grid = gridOf({
      shape: [8, 4],
      bounds: [
        [0, 2],
        [0, 3],
      ],
      coordinates: "cylindrical",
    });
    expect(await numberOf("integral(1)", grid)).toBeCloseTo(12 * Math.PI, 12);
    expect(await numberOf("average(r^2 + 0*z)", grid)).toBeCloseTo(2 - 0.25 ** 2 / 4, 12);
    const sphere = gridOf({ shape: [9], bounds: [[1, 2]], coordinates: "spherical" });
    expect(await numberOf("integral(1)", sphere)).toBeCloseTo((4 / 3) * Math.PI * (8 - 1), 12);
    const eq = new Pde({ c: "0" }, { noise: { c: 1 } });
    const [one, four] = await Promise.all(
      [1, 4].map(async (dt) => (await eq.solve({ grid, initial: { c: 0 }, until: dt, dt, stepper: "euler" })).fields.c),
    );
    const [a, b] = [(one as Field).interior(), (four as Field).interior()];
    for (const [i, value] of a.entries()) expect(b[i]! / value).toBeCloseTo(2, 12);
    const volume = (i: number) => 2 * Math.PI * ((i + 0.5) * 0.25 * 0.25) * 0.75;
    const box = gridOf({
      shape: [8, 4],
      bounds: [
        [0, 8],
        [0, 4],
      ],
    });
    const plain = (await eq.solve({ grid: box, initial: { c: 0 }, until: 1, dt: 1 })).fields.c as Field;
    for (const [i, value] of plain.interior().entries()) {
      expect(a[i]! * Math.sqrt(volume(Math.floor(i / 4)))).toBeCloseTo(value, 12);
    }
  });

  it("keeps masses to rounding", async () => {
    const grid = gridOf({ shape: [16, 10], coordinates: "cylindrical", faces: { z: (s) => 4 * s + s ** 2 } });
    const eq = new Pde(
      { c: "laplace(c^3 - c - laplace(c)) + div((1 + c^2) * grad(c)) - 0.1 * divergence(vector(c, 0*c))" },
      {
        boundary: { "c:divergence": { value: 0 } },
      },
    );
    const before = (await evaluate("0.5 + 0.4*cos(r)*sin(3*z)", { grid })) as Field;
    const { fields } = await eq.solve({ grid, initial: { c: before }, until: 0.02, dt: 0.0002, stepper: "rk4" });
    const [first, last] = [
      await numberOf("integral(c)", grid, { c: before }),
      await numberOf("integral(c)", grid, fields),
    ];
    expect(Math.abs(last - first)).toBeLessThan(1e-13 * first);
  });

  it("decays as Bessel's function does, by every stepper of diffusion", async () => {
    const k = 2.404825557695773 / 2;
    const bessel = (x: number) => {
      let [sum, term] = [1, 1];
      for (let m = 1; m < 30; m++) sum += term *= -((x / (2 * m)) ** 2);
      return sum;
    };
    const errorOf = async (n: number, stepper: string) => {
      const grid = disk(n);
      const eq = new Pde({ c: "laplace(c)" }, { boundary: { value: 0 } });
      const dt = stepper === "crank-nicolson" || stepper === "rkl2" ? 0.02 : 1e-3;
      const initial = { c: grid.field((r) => bessel(k * r)) };
      const { fields } = await eq.solve({ grid, initial, until: 0.2, dt, stepper: stepper as never });
      const values = (fields.c as Field).interior();
      const exact = initial.c.interior().map((value) => value * Math.exp(-k * k * 0.2));
      return Math.max(...values.map((value, i) => Math.abs(value - exact[i]!)));
    };
    for (const stepper of ["rk4", "rkl2", "crank-nicolson"]) {
      const [coarse, fine] = [await errorOf(16, stepper), await errorOf(32, stepper)];
      expect(Math.log2(coarse / fine)).toBeGreaterThan(1.8);
    }
  });

  it("needs no condition at the centre, and takes none for fluxes", async () => {
    const grid = disk();
    const c = grid.field((r) => Math.cos(r));
    const at = (text: string, boundary: object) => evaluate(text, { grid, fields: { c }, boundary: boundary as never });
    const cells = async (text: string, boundary: object) => [...((await at(text, boundary)) as Field).interior()];
    const plain = await cells("d_dr(c)", {});
    // One condition for all sides, and the axis, do not mean the centre.
    for (const boundary of [{ value: 7 }, { "*": { value: 7 } }, { r: { value: 7 } }]) {
      const [first, ...rest] = await cells("d_dr(c)", boundary);
      expect(first).toBe(plain[0]);
      expect(rest.at(-1)).not.toBe(plain.at(-1));
    }
    expect((await cells("d_dr(c)", { "r-": { value: 7 } }))[0]).not.toBe(plain[0]);
    expect(await cells("laplace(c)", { "r-": { derivative: 0 } })).toEqual(await cells("laplace(c)", {}));
    await expect(at("laplace(c)", { "r-": { value: 7 } })).rejects.toThrow(
      'evaluate: "boundary" expected no condition at r-, the centre, for laplace, got a value. Leave it out: no flux goes through a face without area.',
    );
    await expect(at("div(c * grad(c)) + laplace(c)", { "*": { "r-": { derivative: "t" } } })).rejects.toThrow(
      "expected no condition at r-, the centre, for div, laplace, got a derivative.",
    );
    await expect(at("laplace(c)", { "x-": { value: 7 } })).rejects.toThrow(
      'evaluate: "boundary" expected sides among *, r, r-, r+, got "x-". Name a side.',
    );
  });

  it("reads texts with r where they are told at once", () => {
    expect(String(new Pde({ c: "laplace(c) - r * d_dr(c)" }))).toContain("dc/dt = laplace(c) - r * d_dr(c)");
    expect(String(new Pde({ c: "laplace(c) + d_dr(d_dz(c))" }))).toContain("halo of");
    expect(() => new Pde({ c: "laplace(c) + foo * r" })).toThrow('expected a name that is known, got "foo"');
    expect(() => new Pde({ c: "r * c + foo" }, { constants: { r: 1 } })).toThrow(
      'expected a name that is known, got "foo"',
    );
  });
});

describe("what needs equal cells", () => {
  const grid = gridOf({ shape: [8, 6], coordinates: "cylindrical" });
  const c = grid.field((r, z) => r * z);
  const at = (text: string, options = {}) => evaluate(text, { grid, fields: { c }, ...options });
  it.each([
    ["laplace9(c)", {}, "uniform axes for 9 points, got axis r. Use order 2 and laplace."],
    ["d2_drdz(c)", {}, "uniform axes for d2_drdz, got axis r. Use order 2 and laplace."],
    ["laplace(c)", { order: 4 }, "uniform axes for order 4, got axis r. Use order 2 and laplace."],
    ["d_dr(c, order = 4)", {}, "uniform axes for order 4, got axis r. Use order 2 and laplace."],
  ])("is refused: %s %j", async (text, options, message) => {
    await expect(at(text, options)).rejects.toThrow(message);
  });

  it("is refused by Mpdata", () => {
    expect(() => new Mpdata({ psi: c, courant: [0.1, 0.1] })).toThrow(
      'Mpdata: "psi" expected a grid of equal cells, got cells that differ in volume along r. Make a box, and give volumes and areas as "g".',
    );
    const psi = gridOf({ shape: [8, 6], faces: { y: (s) => s ** 2 } }).field(1);
    expect(() => new Mpdata({ psi, courant: [0.1, 0.1] })).toThrow("got cells that differ in size along y.");
  });

  it("is refused of masks with a value between cells of different size", async () => {
    const eq = new Pde({ c: "laplace(c)" }, { mask: { open: "x > 0.3", faces: { value: 1 } } });
    await expect(eq.solve({ grid: stretched(8), initial: { c: 0 }, until: 1, dt: 0.001 })).rejects.toThrow(
      'Pde: "mask.faces" expected "frozen" or { derivative: 0 } where cells differ in size along x, got a value. Use one of them.',
    );
  });
});

describe("masks", () => {
  it("count the volumes of open cells", async () => {
    const grid = disk(8);
    const eq = new Pde({ c: "average(c)" }, { mask: { open: "r < 1", faces: { derivative: 0 } } });
    const { fields } = await eq.solve({ grid, initial: { c: "r^2" }, until: 1, dt: 1 });
    const radii = [0.125, 0.375, 0.625, 0.875];
    const mean = radii.reduce((sum, r) => sum + r ** 3, 0) / radii.reduce((sum, r) => sum + r, 0);
    const values = (fields.c as Field).interior();
    expect(values[0]).toBeCloseTo(0.125 ** 2 + mean, 12);
  });
});

describe("kernels", () => {
  it("know walls, coordinates and volumes", async () => {
    const grid = gridOf({ shape: [4], faces: { x: [0, 1, 3, 4, 8] } });
    const [u, next] = [grid.field([1, 4, 2, 7]), grid.field()];
    const slopes = await grid.kernel("next = u[1] - u[-1] + x", {
      boundary: { "x-": { derivative: 1 }, "x+": { value: 2 } },
    });
    slopes.run({ u, next });
    expect([...next.interior()]).toEqual([4 - 2 + 0.5, 2 - 1 + 2, 7 - 4 + 3.5, -3 - 2 + 6]);
    const laplace = await grid.kernel("next = laplace(u)");
    laplace.run({ u, next });
    expect([...next.interior()]).toEqual([
      ...((await evaluate("laplace(u)", { grid, fields: { u } })) as Field).interior(),
    ]);
  });
});
