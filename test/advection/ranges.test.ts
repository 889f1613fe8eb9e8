import { afterEach, describe, expect, it } from "vitest";
import { Kernels, Pass } from "../../src/advection/kernels.js";
import { Mpdata } from "../../src/advection/mpdata.js";
import { allPasses, modes } from "../../src/advection/options.js";
import { shellOf } from "../../src/grid/code.js";
import type { Field, Float } from "../../src/grid/field.js";
import { Grid } from "../../src/grid/grid.js";
import { isQuick } from "../harness/effort.js";
import { solo } from "../harness/run.js";
import { randomOf } from "../oracle/mpdata.js";

type Variant = [
  kernel: Parameters<Kernels["pass"]>[0],
  options: { mode?: keyof typeof modes; hasG?: boolean; isUniform?: boolean; isLast?: boolean; terms?: number },
];

/** Each kernel in every form that it is compiled in; `isLast`: a corrective pass that keeps no velocity. */
const variants: Variant[] = [
  ["donorPass", {}],
  ["donorPass", { hasG: true }],
  ["donorPass", { isUniform: true }],
  ...[false, true].flatMap((isLast): Variant[] => [
    ["correctivePass", { isLast }],
    ["correctivePass", { isLast, hasG: true }],
    ["correctivePass", { isLast, isUniform: true }],
  ]),
  ...[false, true].flatMap((hasG): Variant[] => [
    ["fluxPass", { hasG }],
    ["antidiffusiveVelocity", { hasG, mode: "plain" }],
    ["antidiffusiveVelocity", { hasG, mode: "gauge" }],
    ["antidiffusiveVelocity", { hasG, mode: "variable" }],
    ...[false, true].flatMap((isLast): Variant[] => [
      ["limitedPass", { hasG, isLast, mode: "plain" }],
      ["limitedPass", { hasG, isLast, mode: "gauge" }],
      ["limitedPass", { hasG, isLast, mode: "variable" }],
      ["limitedStep", { hasG, isLast, mode: "plain" }],
      ["limitedStep", { hasG, isLast, mode: "gauge" }],
    ]),
    ["limiterRatios", { hasG, mode: "plain" }],
    ["limiterRatios", { hasG, mode: "gauge" }],
    ["limitedUpdate", { hasG, mode: "plain" }],
    ["limitedUpdate", { hasG, mode: "gauge" }],
    ["limitedUpdate", { hasG, mode: "variable" }],
    ["diffusiveVelocity", { hasG, mode: "plain" }],
    ["diffusiveVelocity", { hasG, mode: "variable" }],
  ]),
  ["antidiffusiveVelocity", { terms: 1 }],
  ["antidiffusiveVelocity", { terms: allPasses }],
];
const dtypes = isQuick ? (["f64"] as const) : (["f64", "f32"] as const);
const guard = -12345;

/** Shapes of 1 to 3 axes with every rest of vectors. */
const shapes = [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((n) => [[n], [3, n], [1, n], [2, 3, n], [1, 3, n], [1, 1, n]]);

/** Whether a kernel may write an element: the cells of a range, or their lower faces and the faces n of the axis. */
function isInside(cell: readonly number[], shape: readonly number[], [first, end]: [number, number], faces?: number) {
  const cut = Math.max(
    shape.findIndex((n) => n > 1),
    shape.every((n) => n === 1) ? shape.length - 1 : 0,
  );
  return cell.every((index, axis) => {
    const [low, high] = axis === cut ? [first, end] : [0, shape[axis]!];
    return index >= low && index < (axis === faces && high === shape[axis] ? high + 1 : high);
  });
}

/** The elements of a field, halo included, that are not the guard, against what may be written. */
function expectOnly(field: Field<Float>, range: [number, number], faces: number | undefined, what: string): void {
  const { blockShape: shape, haloWidth: h } = field.grid;
  for (const [place, value] of field.data.entries()) {
    const cell = shape.map((n, axis) => (Math.floor(place / field.strides[axis]!) % (n + 2 * h)) - h);
    const inside = isInside(cell, shape, range, faces);
    if (inside !== (value !== guard)) expect.fail(`${what}: [${cell}] is ${inside ? "not " : ""}written`);
  }
}

describe.each(dtypes)("stores of the kernels, %s", (dtype) => {
  it.each(variants)("%s %j writes the cells and faces of its range, and nothing else", (kernel, options) => {
    const { mode = "plain", hasG, isUniform, isLast, terms } = options;
    const random = randomOf(7);
    for (const shape of shapes) {
      for (const halo of [1, 2, 3]) {
        if (Math.min(...shape) < halo || (terms === allPasses && shape.length > 1)) continue;
        const isLimited = kernel === "limitedPass" || kernel === "limitedStep";
        if (isLimited && (shape.length !== 2 || halo < (kernel === "limitedStep" ? 3 : 2))) continue;
        const grid = new Grid(solo(), { shape, halo, periodic: true });
        const fieldOf = () => {
          const field = grid.field(0, { dtype });
          for (const place of field.data.keys()) field.data[place] = 0.1 + 0.2 * random();
          return field;
        };
        const psi = fieldOf();
        const start = fieldOf();
        const out = grid.field(0, { dtype });
        const before = shape.map(fieldOf);
        const after = shape.map(() => grid.field(0, { dtype }));
        const ratios = [fieldOf(), fieldOf()] as const;
        const g = hasG ? fieldOf() : undefined;
        const all = new Kernels(psi, { epsilon: 1e-15, mode: modes[mode] }, g);
        if (isUniform) all.setUniform(shape.map(() => 0.2));
        const usual = isLimited ? (halo > 2 && kernel === "limitedPass" ? 6 : 0) : halo > 1 ? 6 : 0;
        const buffers = { psi, out, before, start, ratios, terms: terms ?? usual };
        const pass = all.pass(kernel, { ...buffers, after: isLast ? undefined : after }, true);
        pass.setDiffusivity(shape.map(() => 0.1));
        for (let first = 0; first < pass.length; first++) {
          for (let end = first + 1; end <= pass.length; end++) {
            const written = kernel === "limiterRatios" ? ratios : [];
            for (const field of [out, ...after, ...written]) field.data.fill(guard);
            pass.run(first, end);
            const what = `shape ${shape}, halo ${halo}, range ${first} to ${end}`;
            const range: [number, number] = [first, end];
            if (kernel === "limiterRatios") for (const ratio of ratios) expectOnly(ratio, range, undefined, what);
            if (/Pass|limited/.test(kernel)) expectOnly(out, range, undefined, what);
            if (isLimited || /correctivePass|Velocity/.test(kernel)) {
              const faces = isLast ? ([0, 0] as [number, number]) : range;
              for (const [axis, field] of after.entries()) expectOnly(field, faces, axis, what);
            }
          }
        }
        all.free();
        for (const field of [psi, start, out, ...before, ...after, ...ratios]) field.free();
        g?.free();
      }
    }
  });
});

describe.each(dtypes)("solvers whose kernels run in ranges, %s", (dtype) => {
  const { run: whole, runAll: all } = Pass.prototype;
  afterEach(() => {
    Pass.prototype.run = whole;
    Pass.prototype.runAll = all;
  });
  /** A box of at least a cell somewhere in a block, and those around it, in any order. */
  function boxesOf(shape: readonly number[], random: () => number): readonly (readonly number[])[] {
    const inner = shape.flatMap((n) => {
      const first = Math.floor(random() * n);
      return [first, first + 1 + Math.floor(random() * (n - first))];
    });
    const boxes = [inner, ...shellOf(shape, inner)];
    return boxes
      .map((box) => ({ box, place: random() }))
      .sort((a, b) => a.place - b.place)
      .map(({ box }) => box);
  }
  const optionSets = {
    plain: { iterations: 3 },
    limited: { iterations: 3, nonoscillatory: true, thirdOrderTerms: true, divergentFlow: true },
    gauge: { iterations: 2, infiniteGauge: true, nonoscillatory: true },
    signed: { iterations: 3, variableSign: true, nonoscillatory: true },
    diffusive: { iterations: 2, dt: 1 },
  };
  it.each(Object.entries(optionSets))("and in boxes, give the bits of whole sweeps: %s", (name, options) => {
    // The rows of the last one are so long that a whole sweep goes strip by strip.
    const strips = name === "plain" ? [[2, 19, 700]] : [];
    for (const shape of [[23], [13, 11], [1, 17], [9, 7, 5], [1, 9, 6], ...strips]) {
      for (const hasG of [false, true]) {
        const digests = [1, 2, 3, 4, 7, "boxes", "other boxes"].map((parts, seed) => {
          const boxes = boxesOf(shape, randomOf(10 * shape[0]! + seed));
          Pass.prototype.runAll =
            typeof parts === "number"
              ? all
              : function (this: Pass) {
                  for (const box of boxes) this.runIn(box);
                };
          if (typeof parts === "number")
            Pass.prototype.run = function () {
              const cuts = Array.from({ length: parts }, (_, part) => part).reverse();
              const at = (part: number) => Math.floor((this.length * part) / parts);
              for (const part of [...cuts.slice(1), cuts[0]!]) whole.call(this, at(part), at(part + 1));
            };
          const grid = new Grid(solo(), { shape, halo: Math.min(2, ...shape), periodic: true });
          const psi = grid.field((x, y, z) => 1 + ((7 * x + 3 * y + 5 * z) % 4), { dtype });
          if (Math.min(...shape) < 2 && "nonoscillatory" in options) return "too narrow";
          const courant = shape.map((_, axis) => () => 0.2 - 0.1 * axis);
          const g = hasG ? { g: () => 1.25 } : {};
          const mu = "dt" in options ? { mu: shape.map(() => 1e-3) } : {};
          const solver = new Mpdata({ psi, courant, ...options, ...g, ...mu } as never);
          solver.advance(5);
          const digest = psi.digest();
          solver.free();
          psi.free();
          return digest;
        });
        expect(new Set(digests).size, JSON.stringify({ shape, hasG, digests })).toBe(1);
      }
    }
  });
});

describe.each(dtypes)("solvers on several threads, %s", (dtype) => {
  const walls = { "x-": { constant: 1.5 }, "x+": "extrapolated", "y-": "rigid", "y+": { extrapolated: 0.2 } };
  const optionSets = {
    plain: { iterations: 3 },
    limited: { iterations: 3, nonoscillatory: true, thirdOrderTerms: true, divergentFlow: true },
    gauge: { iterations: 2, infiniteGauge: true, nonoscillatory: true },
    signed: { iterations: 3, variableSign: true, nonoscillatory: true, thirdOrderTerms: true },
    split: { iterations: 2, dimensionallySplit: true },
    diffusive: { iterations: 2, dt: 1 },
    series: { iterations: 2, dpdc: true, nonoscillatory: true },
  };
  const cases = Object.entries(optionSets).flatMap(([name, options]) =>
    [[2700], [53, 52], [1, 67, 41], [23, 13, 11], [1, 1, 2700]].map((shape) => ({ name, options, shape })),
  );
  it.each(cases)("give the bits of a single one: $name, $shape cells", ({ options, shape }) => {
    if ("dpdc" in options && shape.length > 1) return;
    if (Math.min(...shape) < 2 && ("nonoscillatory" in options || "thirdOrderTerms" in options)) return;
    for (const variant of ["periodic", "walls", "G"]) {
      if (variant === "walls" && (shape.length !== 2 || "variableSign" in options)) continue;
      if (variant === "G" && "dpdc" in options) continue;
      const digests = [1, 2, 3, 5].map((threads) => {
        const halo = Math.min(2, ...shape);
        const grid = new Grid(solo(), { shape, halo, periodic: variant !== "walls", threads });
        const initial = (x: number, y = 0, z = 0) => 1 + ((7 * x + 3 * y + 5 * z) % 4);
        const fields = [grid.field(initial, { dtype }), grid.field((x) => initial(x + 1), { dtype })];
        const courant = shape.map((n, axis) => (...position: number[]) => {
          const s = position[axis]! / n;
          return (0.2 - 0.1 * axis) * (variant === "walls" ? 4 * s * (1 - s) : 1);
        });
        const more = {
          ...(variant === "walls" ? { boundary: walls } : {}),
          ...(variant === "G" ? { g: (x: number) => 1.25 + 0.1 * Math.sin(x) } : {}),
          ...("dt" in options ? { mu: shape.map(() => 1e-3) } : {}),
        };
        const solver = new Mpdata({ psi: fields, courant, maxCourant: 2, ...options, ...more } as never);
        solver.advance(3);
        const found = fields.map((field) => field.digest()).join();
        solver.free();
        for (const field of fields) field.free();
        return found;
      });
      expect(new Set(digests).size, JSON.stringify({ shape, variant, digests })).toBe(1);
    }
  });
});
