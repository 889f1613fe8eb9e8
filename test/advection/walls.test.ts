import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cases } from "../../src/advection/cases/case.js";
import { Mpdata } from "../../src/advection/mpdata.js";
import type { MpdataOptions } from "../../src/advection/options.js";
import { type Boundaries, type Condition, checkBoundaries, type Walls } from "../../src/advection/walls/condition.js";
import { Fill } from "../../src/advection/walls/fill.js";
import { Grid } from "../../src/grid/grid.js";
import { core } from "../../src/wasm/core.js";
import { isFull } from "../harness/effort.js";
import { greatest, maxDifference, run, solo } from "../harness/run.js";
import { advect, bitsOf, facesOf, mapCells, type Options, placeOf, product, randomOf } from "../oracle/mpdata.js";
import type { End } from "../oracle/walls.js";

/** Half the distance from 1 to the next f64. */
const u = 2 ** -53;

// More than two passes of the gauge are worth comparing, not recommending.
beforeAll(() => void vi.spyOn(process, "emitWarning").mockImplementation(() => {}));
afterAll(() => void vi.restoreAllMocks());

/** The padded data after the halo was set, on a grid of one axis. */
function filled(
  values: readonly number[],
  boundary: Condition,
  width: number,
  what: keyof ReturnType<typeof checkBoundaries>,
) {
  const grid = new Grid(solo(), { shape: [what === "courant" ? values.length - 1 : values.length], halo: width });
  const field = grid.field(0);
  const pad = new Array<number>(width).fill(Number.NaN);
  field.data.set([...pad, ...values, ...pad].slice(0, field.data.length));
  const boundaries: Boundaries =
    what === "courant" ? { courantBoundary: { x: boundary as never } } : { boundary: { x: boundary } };
  const walls: Walls = checkBoundaries(boundaries, grid, width)[what];
  new Fill(grid, [{ field, walls, ...(what === "courant" ? { component: 0 } : {}) }], width).run(0);
  return [...field.data];
}

describe("beyond a wall, psi", () => {
  it.each<[Condition, number[], number[], number[]]>([
    ["open", [8, 4, 2, 1], [8, 8], [1, 1]],
    [{ constant: 7 }, [8, 4, 2, 1], [7, 7], [7, 7]],
    [{ constant: -0.5 }, [8, 4, 2, 1], [-0.5, -0.5], [-0.5, -0.5]],
    ["rigid", [8, 4, 2, 1], [4, 8], [1, 2]],
    // Ratios 2 and 1/2 of neighbouring differences: a geometric series goes on.
    ["extrapolated", [8, 4, 2, 1], [32, 16], [0.5, 0.25]],
    // 1 - 2 (3 - 1) and 0 - 2 (1 - 0) are negative; 4 - 1/2 (3 - 4) and 4.5 - 1/2 (4 - 4.5) are not.
    ["extrapolated", [1, 3, 4], [0, 0], [4.5, 4.75]],
    ["extrapolated", [5, 3, 3, 4, 4], [5, 5], [4, 4]],
    [{ extrapolated: 2 }, [8, 4, 2, 1], [8, 8], [1, 1]],
    [{ extrapolated: 1.5 }, [8, 4, 2, 1], [32, 16], [0.5, 0.25]],
  ])("is as %j says, at both ends and for both widths of the halo", (condition, psi, low, high) => {
    expect(filled(psi, condition, 2, "psi")).toEqual([...low, ...psi, ...high]);
    expect(filled(psi, condition, 1, "psi")).toEqual([low[1], ...psi, high[0]]);
  });
});

describe("beyond a wall, the flow", () => {
  it.each<[string, number[], number[]]>([
    ["open", [1, 1, 1, 2, 3, 4, 5, 5], [1, 1, 2, 3, 4, 5]],
    ["constant", [1, 1, 1, 2, 3, 4, 5, 5], [1, 1, 2, 3, 4, 5]],
    ["rigid", [-3, -2, 0, 2, 3, 4, 0, -4], [-2, 0, 2, 3, 4, 0]],
  ])("is as %s says, on and beyond the wall, for both widths of the halo", (condition, wide, narrow) => {
    const faces = [1, 2, 3, 4, 5];
    expect(filled(faces, condition as Condition, 2, "courant")).toEqual(wide);
    expect(filled(faces, condition as Condition, 1, "courant")).toEqual(narrow);
  });
});

describe("beyond a pole", () => {
  /** Longitude 4, latitude 3, width 2: cells named by two digits, longitude and latitude. */
  it.each([
    { shape: [4, 3], axis: 1 },
    { shape: [3, 4], axis: 0 },
  ])("lies what is half-way round on $shape cells", ({ shape, axis }) => {
    const longitude = 1 - axis;
    const grid = new Grid(solo(), { shape, periodic: shape.map((_, one) => one === longitude) });
    const walls = checkBoundaries({ boundary: { ["xy"[axis]!]: "polar" } }, grid, 2);
    const value = (along: number, up: number) => 10 * (along + 1) + up + 1;
    const fields = [0, 1, 2].map(() => grid.field());
    const cell = (along: number, up: number) => (axis === 1 ? [along, up] : [up, along]);
    for (const field of fields) {
      for (let i = 0; i < 4; i++) for (let j = 0; j < 4; j++) field.data[field.index(...cell(i, j))] = value(i, j);
    }
    const [psi, along, across] = fields as [(typeof fields)[0], (typeof fields)[0], (typeof fields)[0]];
    const fill = new Fill(
      grid,
      [
        { field: psi, walls: walls.psi },
        { field: along, walls: walls.courant, component: longitude },
        { field: across, walls: walls.courant, component: axis },
      ],
      2,
    );
    const halo = grid.halo(fields, { fill: fill.run });
    halo.exchange();
    const at = (field: typeof psi, i: number, j: number) => field.data[field.index(...cell(i, j))];
    for (let i = -2; i < 6; i++) {
      const opposite = (i + 4 + 2) % 4;
      for (const field of [psi, along]) {
        expect([-1, -2, 3, 4].map((j) => at(field, i, j))).toEqual([0, 1, 2, 1].map((j) => value(opposite, j)));
      }
      expect([-2, -1, 0, 3, 4].map((j) => at(across, i, j))).toEqual([
        -value(opposite, 2),
        -value(opposite, 1),
        0,
        0,
        -value(opposite, 2),
      ]);
    }
    for (const owner of [halo, fill, ...fields]) owner.free();
  });
});

describe("one step of the donor cell", () => {
  const step = (courant: number, boundary: Boundaries["boundary"] & object) => [
    ...run({ shape: [3] }, [2, 4, 8], 1, { courant: [courant], iterations: 1, boundary }),
  ];

  it("takes in the constant beyond a wall", () => {
    expect(step(0.5, { "x-": { constant: 6 } })).toEqual([4, 3, 6]);
    expect(step(-0.5, { "x+": { constant: 6 } })).toEqual([3, 6, 7]);
  });

  it("takes in the extrapolated profile", () => {
    // 2 - 1/2 (4 - 2) = 1 below, 8 - 2 (4 - 8) = 16 above.
    expect(step(0.5, { x: "extrapolated" })).toEqual([1.5, 3, 6]);
    expect(step(-0.5, { x: "extrapolated" })).toEqual([3, 6, 12]);
  });

  it("lets nothing through a rigid wall", () => {
    const courant = [0, 0.5, 0.5, 0];
    expect([
      ...run({ shape: [3] }, [2, 4, 8], 1, { courant: [courant], iterations: 1, boundary: { x: "rigid" } }),
    ]).toEqual([1, 3, 10]);
  });

  it("takes the flow on a wall as it is given, or free of divergence where courantBoundary says so", () => {
    const options = { courant: [[0.5, 0.25, 0.25, 0.125]], iterations: 1, boundary: { x: { constant: 4 } } } as const;
    expect([...run({ shape: [3] }, [4, 4, 4], 1, options)]).toEqual([5, 4, 4.5]);
    const open = { ...options, courantBoundary: { x: "open" } } as const;
    expect([...run({ shape: [3] }, [4, 4, 4], 1, open)]).toEqual([4, 4, 4]);
    const half = { ...options, courantBoundary: { "x+": "open" } } as const;
    expect([...run({ shape: [3] }, [4, 4, 4], 1, half)]).toEqual([5, 4, 4]);
  });
});

describe("one condition alone", () => {
  it("is that of every side that is not periodic, for psi, G and the flow", () => {
    const grid = new Grid(solo(), { shape: [4, 5, 6], periodic: [true, false, false] });
    const wallsOf = (boundaries: object) => checkBoundaries(boundaries, grid, 2);
    for (const [option, condition] of [
      ["boundary", "rigid"],
      ["boundary", { constant: 3 }],
      ["boundary", { extrapolated: 0.5 }],
      ["boundary", "polar"],
      ["gBoundary", { constant: 2 }],
      ["gBoundary", { polar: "x" }],
      ["courantBoundary", "constant"],
      ["courantBoundary", { polar: "x" }],
    ] as const) {
      const named = wallsOf({ [option]: { x: "periodic", y: condition, "z-": condition, "z+": condition } });
      expect(wallsOf({ [option]: condition })).toEqual(named);
      expect(wallsOf({ [option]: { "*": condition } })).toEqual(named);
    }
    const psi = wallsOf({ boundary: { "*": "rigid", z: { constant: 1 }, "z+": "open" } }).psi.slice(1);
    expect(psi).toEqual([
      { low: { kind: "rigid" }, high: { kind: "rigid" } },
      { low: { kind: "constant", value: 1 }, high: { kind: "open" } },
    ]);
  });
});

/** Random conditions on the axes that do not wrap, as the options and the oracle take them. */
function randomWalls(shape: readonly number[], periodic: readonly boolean[], halo: number, random: () => number) {
  const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)]!;
  const longitudes = shape.flatMap((n, axis) => (periodic[axis] && n % 2 === 0 ? [axis] : []));
  const written = (end: End): Condition | "constant" => {
    if (end.kind === "constant") return { constant: end.value };
    if (end.kind === "extrapolated") return end.threshold === 1e-10 ? "extrapolated" : { extrapolated: end.threshold };
    if (end.kind === "polar") return { polar: "xyz"[end.longitude]! };
    return end.kind === "given" ? "constant" : end.kind;
  };
  const choose = (axis: number, kinds: readonly End[]): End => {
    if (periodic[axis]) return { kind: "periodic" };
    return pick([
      ...kinds,
      ...(shape[axis]! >= halo ? [{ kind: "rigid" } as const] : []),
      ...(shape[axis]! >= halo ? longitudes.map((longitude) => ({ kind: "polar", longitude }) as const) : []),
    ]);
  };
  const scalars: End[] = [{ kind: "open" }, { kind: "constant", value: 1 + random() }];
  const all = <T>(make: (axis: number, side: number) => T) => shape.map((_, axis) => [make(axis, 0), make(axis, 1)]);
  const psi = all((axis) =>
    choose(axis, shape[axis]! >= 3 ? [...scalars, { kind: "extrapolated", threshold: pick([0.2, 0.5]) }] : scalars),
  );
  const [gToo, courantToo] = [random() < 0.3, random() < 0.3];
  const follow = (end: End, isFlow: boolean): End => {
    if (end.kind === "periodic" || end.kind === "polar") return end;
    if (!isFlow) return { kind: "open" };
    return end.kind === "constant" || end.kind === "extrapolated" ? { kind: "given" } : end;
  };
  const g = all((axis, side) => (gToo ? choose(axis, scalars) : follow(psi[axis]![side]!, false)));
  const courant = all((axis, side) =>
    courantToo ? choose(axis, [{ kind: "open" }, { kind: "given" }]) : follow(psi[axis]![side]!, true),
  );
  const options = (ends: readonly (readonly End[])[]) =>
    Object.fromEntries(
      ends.flatMap((pair, axis) => pair.map((end, side) => [`${"xyz"[axis]}${"-+"[side]}`, written(end)])),
    );
  return {
    ends: { psi, g, courant },
    boundary: options(psi),
    ...(gToo ? { gBoundary: options(g) } : {}),
    ...(courantToo ? { courantBoundary: options(courant) } : {}),
  };
}

const schemes: readonly Options[] = [
  {},
  { nonoscillatory: true },
  { infiniteGauge: true },
  { infiniteGauge: true, nonoscillatory: true },
  { variableSign: true, nonoscillatory: true },
  { dimensionallySplit: true },
  { thirdOrderTerms: true },
  { divergentFlow: true },
  { thirdOrderTerms: true, divergentFlow: true, nonoscillatory: true },
  { thirdOrderTerms: true, infiniteGauge: true, divergentFlow: true },
  { thirdOrderTerms: true, divergentFlow: true, variableSign: true, nonoscillatory: true },
];

describe("the kernels with walls", () => {
  const rounds = isFull ? 5000 : 110;
  it(`agree with the plain formulae on ${rounds} random set-ups and options`, () => {
    const met = new Map<string, number>();
    for (let seed = 1; seed <= rounds; seed++) {
      const random = randomOf(seed);
      const pick = <T>(all: readonly T[]) => all[Math.floor(random() * all.length)]!;
      const iterations = pick([1, 2, 2, 3, 3]);
      const scheme = iterations === 1 ? {} : schemes[seed % schemes.length]!;
      const halo = scheme.thirdOrderTerms || scheme.divergentFlow ? 2 : pick([1, 2]);
      const shape = Array.from({ length: 1 + (seed % 3) }, () => pick([2, 3, 4, 5, 6]));
      const periodic = shape.map((n) => n >= halo && random() < 0.4);
      const { ends, ...boundaries } = randomWalls(shape, periodic, halo, random);
      const g = mapCells(shape, () => 1 + 0.3 * random());
      const limit = 0.12 / shape.length;
      const courant = shape.map((_, axis) => {
        const all = mapCells(facesOf(shape, axis), () => limit * (2 * random() - 1));
        return mapCells(facesOf(shape, axis), (face, place) => {
          const side = face[axis] === 0 ? 0 : face[axis] === shape[axis] ? 1 : undefined;
          const kind = side === undefined ? undefined : ends.courant[axis]![side]!.kind;
          if (kind === "periodic") return all[placeOf(facesOf(shape, axis), face.with(axis, 0))]!;
          return kind === "rigid" ? 0 : all[place]!;
        });
      });
      const psi = mapCells(shape, () => 1 + random());
      const epsilon = 1e-15;
      const problem = { shape, periodic, psi, courant, g, iterations, epsilon, options: scheme, walls: ends };
      for (const pair of [...ends.psi, ...ends.courant]) {
        for (const { kind } of pair) met.set(kind, (met.get(kind) ?? 0) + 1);
      }
      const steps = 2;
      const got = run({ shape, periodic, halo }, psi, steps, {
        courant,
        g,
        iterations,
        epsilon,
        maxCourant: 10,
        ...scheme,
        ...(boundaries as Boundaries),
      });
      const expected = advect(problem, steps);
      // A pass rounds each of some 100 operations an axis. Extrapolation divides differences of at most 1 by those of at
      // least 0.2, twice; a limiter's ratio may divide by a flux of the size of a rounding, but then multiplies by it.
      const tolerance =
        5 ** (2 * steps * iterations) * 100 * shape.length * u * Math.max(greatest(psi), greatest(expected));
      const what = JSON.stringify({ seed, shape, periodic, iterations, scheme, ...boundaries });
      expect(maxDifference(got, expected), what).toBeLessThanOrEqual(Math.min(tolerance, 1e-9));
    }
    expect([...met.keys()].sort()).toEqual(["constant", "extrapolated", "given", "open", "periodic", "polar", "rigid"]);
  });
});

/** psi, G and a flow that is 0 on the ends of an axis, and what the same is with the other side of the walls attached. */
function attached(
  shape: readonly number[],
  axis: number,
  random: () => number,
  across: (cell: readonly number[]) => number[],
) {
  const n = shape[axis]!;
  const doubled = shape.with(axis, 2 * n);
  /** The cell this side of the wall for one of the doubled grid. */
  const inside = (cell: readonly number[]) =>
    cell[axis]! < n ? cell : across(cell).with(axis, 2 * n - 1 - cell[axis]!);
  const both = (values: Float64Array) => mapCells(doubled, (cell) => values[placeOf(shape, inside(cell))]!);
  const psi = mapCells(shape, () => (random() < 0.2 ? 0 : random()));
  const g = mapCells(shape, () => 0.8 + 0.4 * random());
  const limit = 0.7 / (2 * shape.length);
  const flows = shape.map((_, one) => {
    const faces = facesOf(shape, one);
    const all = mapCells(faces, () => limit * (2 * random() - 1));
    // 0 on the walls; the same on both ends of periodic axes.
    return mapCells(faces, (face, place) => {
      if (one === axis) return face[axis] === 0 || face[axis] === n ? 0 : all[place]!;
      return all[placeOf(faces, face.with(one, face[one]! % shape[one]!))]!;
    });
  });
  const wholeFlows = flows.map((values, one) => {
    const faces = facesOf(shape, one);
    return mapCells(facesOf(doubled, one), (face) => {
      if (one !== axis) {
        const cell = inside(face.map((index, other) => (other === one ? index % shape[one]! : index)));
        return values[placeOf(faces, cell)]!;
      }
      const isInside = face[axis]! <= n;
      const at = isInside ? face : across(face).with(axis, 2 * n - face[axis]!);
      return (isInside ? 1 : -1) * values[placeOf(faces, at)]!;
    });
  });
  return { doubled, psi, g, flows, whole: { psi: both(psi), g: both(g), flows: wholeFlows } };
}

describe("the other side of a wall", () => {
  const grids = [
    { kind: "rigid", shape: [7], axis: 0 },
    { kind: "rigid", shape: [5, 6], axis: 0 },
    { kind: "rigid", shape: [5, 6], axis: 1 },
    { kind: "rigid", shape: [4, 3, 5], axis: 1 },
    { kind: "polar", shape: [6, 5], axis: 1 },
    { kind: "polar", shape: [5, 8], axis: 0 },
    { kind: "polar", shape: [6, 4, 3], axis: 1 },
    { kind: "polar", shape: [3, 4, 6], axis: 1 },
    { kind: "polar", shape: [3, 5, 4], axis: 0 },
  ] as const;
  it.each(grids)(
    "attached to the grid gives the same bits: $kind, $shape cells, axis $axis",
    ({ kind, shape, axis }) => {
      const longitude = shape.findIndex((n, one) => one !== axis && n % 2 === 0);
      const half = (shape as readonly number[])[longitude]! / 2;
      const across = (cell: readonly number[]) =>
        kind === "rigid" ? [...cell] : cell.with(longitude, (cell[longitude]! + half) % (2 * half));
      for (const [index, scheme] of [
        { iterations: 1 },
        ...schemes.map((scheme) => ({ iterations: 3, ...scheme })),
      ].entries()) {
        const { doubled, psi, g, flows, whole } = attached(shape, axis, randomOf(index), across);
        const condition = kind === "rigid" ? kind : { polar: "xyz"[longitude]! };
        const boundary = { ["xyz"[axis]!]: condition };
        const periodic = shape.map((_, one) => one !== axis);
        const got = run({ shape, periodic }, psi, 3, { courant: flows, g, boundary, maxCourant: 2, ...scheme });
        const options = { courant: whole.flows, g: whole.g, maxCourant: 2, ...scheme };
        const expected = run({ shape: doubled, periodic: true }, whole.psi, 3, options);
        const part = mapCells(shape, (cell) => expected[placeOf(doubled, cell)]!);
        expect(bitsOf(got), JSON.stringify(scheme)).toEqual(bitsOf(part));
      }
    },
  );
});

describe("between walls that let nothing through", () => {
  it("the sum of G psi stays, to round-off", () => {
    for (let seed = 1; seed <= 44; seed++) {
      const random = randomOf(seed);
      const shape = [6, 5, 4].slice(0, 1 + (seed % 3));
      const poles = shape.length > 1 && seed % 2 === 0;
      const { psi, g, flows } = attached(shape, poles ? 1 : 0, random, (cell) => [...cell]);
      // The other axes are periodic, or rigid and then with no flow through their ends.
      const closed = shape.map((_, axis) => (poles ? axis === 1 : axis === 0 || seed % 4 === 1));
      const courant = flows.map((faces, axis) =>
        mapCells(facesOf(shape, axis), (face, place) =>
          closed[axis] && face[axis]! % shape[axis]! === 0 ? 0 : faces[place]!,
        ),
      );
      const periodic = closed.map((isClosed) => !isClosed);
      const boundary = Object.fromEntries(
        closed.flatMap((isClosed, axis) => (isClosed ? [["xyz"[axis]!, poles ? { polar: "x" } : "rigid"]] : [])),
      );
      const grid = new Grid(solo(), { shape, periodic });
      const [field, mass] = [grid.field(psi), grid.field()];
      const content = () => {
        mass.set(field.interior().map((value, place) => value * g[place]!));
        return mass.sum();
      };
      const before = content();
      const scheme = schemes[seed % schemes.length]!;
      const [iterations, steps] = [2, 10];
      const solver = new Mpdata({ psi: field, courant, g, iterations, boundary, ...scheme } as MpdataOptions);
      solver.advance(steps);
      // As on periodic grids: 2 (axes + 1) + 1 roundings a pass of at most the whole content, two more for the products;
      // options without a bound may let |psi| grow meanwhile.
      const size = Math.max(
        before,
        field.interior().reduce((sum, value, place) => sum + Math.abs(value) * g[place]!, 0),
      );
      const tolerance = (steps * iterations * (2 * (shape.length + 1) + 1) + 2) * u * 2 * size;
      expect(Math.abs(content() - before), JSON.stringify({ seed, shape, scheme })).toBeLessThanOrEqual(tolerance);
      for (const owner of [solver, field, mass]) owner.free();
    }
  });

  it("every bit is mirrored when a rigid box is", () => {
    for (const shape of [[7], [6, 5], [4, 5, 3]]) {
      for (const [index, scheme] of schemes.entries()) {
        const random = randomOf(100 + index);
        const psi = mapCells(shape, () => random());
        const courant = shape.map((n, axis) =>
          mapCells(facesOf(shape, axis), (face) =>
            face[axis]! % n === 0 ? 0 : (0.5 * (random() - 0.5)) / shape.length,
          ),
        );
        const boundary = Object.fromEntries(shape.map((_, axis) => ["xyz"[axis]!, "rigid" as const]));
        const options = { boundary, iterations: 3, ...scheme };
        const first = run({ shape }, psi, 4, { courant, ...options });
        for (const mirror of shape.keys()) {
          const n = shape[mirror]!;
          const turn = (values: Float64Array, valuesShape: readonly number[]) =>
            mapCells(
              valuesShape,
              (cell) => values[placeOf(valuesShape, cell.with(mirror, valuesShape[mirror]! - 1 - cell[mirror]!))]!,
            );
          const mirrored = courant.map((faces, axis) => {
            const all = turn(faces, facesOf(shape, axis));
            return axis === mirror ? all.map((value) => -value) : all;
          });
          const second = run({ shape }, turn(psi, shape), 4, { courant: mirrored, ...options });
          expect(bitsOf(second), JSON.stringify({ shape, scheme, n })).toEqual(bitsOf(turn(first, shape)));
        }
      }
    }
  });

  it("a uniform psi stays uniform in a flow over the poles", () => {
    for (const shape of [
      [24, 11],
      [10, 16],
    ]) {
      const { bounds, periodic, boundary, courant, g, maxCourant } = cases.pole!.setup({ shape });
      for (const [index, scheme] of schemes.entries()) {
        const [psi, steps, iterations] = [3.7, 20, 1 + (index % 3 || 1)];
        const options = { courant, g: g!, boundary: boundary!, maxCourant: maxCourant!, iterations, ...scheme };
        const got = run({ shape, bounds, periodic }, psi, steps, options);
        // A pass rounds four fluxes of at most twice the content, their sums, quotient and difference; the flow itself is
        // rounded at each of four faces.
        const tolerance = steps * iterations * 2 * (4 * 2 + 3 + 2) * u * psi;
        expect(maxDifference(got, new Float64Array(product(shape)).fill(psi))).toBeLessThanOrEqual(tolerance);
      }
    }
  });
});

describe("a solver with walls", () => {
  it("gives back all memory when it is freed, and when it could not be made", () => {
    const grid = new Grid(solo(), { shape: [16, 16, 8], periodic: [true, false, false] });
    const psi = grid.field(1);
    const boundary = { y: "polar", "z-": "extrapolated", "z+": { constant: 1 } } as const;
    const once = (speed: number) => {
      const options = { psi, courant: [0.1, speed, 0.1], boundary, iterations: 3, nonoscillatory: true, g: 2 };
      const solver = new Mpdata(options);
      solver.advance(1);
      solver.free();
    };
    once(0.1);
    const before = core().memory.buffer.byteLength;
    for (let round = 0; round < 300; round++) {
      once(0.1);
      expect(() => once(9)).toThrow();
      const courant = [0, 0, 1];
      expect(() => new Mpdata({ psi, courant, boundary: { z: "rigid" } })).toThrow();
    }
    expect(core().memory.buffer.byteLength).toBe(before);
  });
});
