/** Calls of solvers, kernels and pictures with what they do not take. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Mpdata } from "../../src/advection/mpdata.js";
import { UsageError, WasmMpiError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import { loadModule } from "../../src/jit/build.js";
import { jit } from "../../src/jit/jit.js";
import { plot } from "../../src/plot/index.js";
import { heap } from "../../src/wasm/heap.js";
import { temporaryFolder } from "../harness/command.js";
import { solo } from "../harness/run.js";

// biome-ignore lint/suspicious/noExplicitAny: what programs without types pass
type Anything = any;
type Call = (a: Anything, b: Anything, c: Anything) => unknown;

const picture = join(temporaryFolder(), "q.png");
const grid = new Grid(solo(), { shape: [6, 5] });
const field = () => grid.field(1);
const usual = () => ({ psi: field(), courant: [0.1, 0.1], dt: 0.5 });
const solver = new Mpdata(usual());
const panel = { title: "q", values: [1, 2], shape: [2] };
/** A call for each of some names. */
const each = (what: string, names: string, call: (name: string) => Call): Record<string, Call> =>
  Object.fromEntries(names.split(" ").map((name) => [`${what} ${name}`, call(name)]));

const calls: Record<string, Call> = {
  Mpdata: (a) => new Mpdata(a),
  ...each(
    "Mpdata",
    "psi courant velocity dt g boundary iterations infiniteGauge nonoscillatory thirdOrderTerms divergentFlow variableSign mu dpdc before after source maxCourant",
    (name) => (a) => new Mpdata({ ...usual(), [name]: a } as Anything),
  ),
  advance: (a) => a === 1e9 || solver.advance(a),
  advanceTo: (a) => a === 1e9 || solver.advanceTo(a),
  resume: (a) => solver.resume(a),
  setCourant: (a, b) => (solver as Anything).setCourant(a, b),
  setVelocity: (a, b) => (solver as Anything).setVelocity(a, b),
  courantNumber: (a) => (solver as Anything).courantNumber(a),
  divergence: (a) => (solver as Anything).divergence(a),
  jit: (a, b) => jit(a, b),
  "jit options": (a) => jit("export function f(): i32 { return 1; }", a),
  loadModule: (a, b) => loadModule(a, b),
  array: (a, b) => heap.array(a, b),
  free: (a) => heap.free(a),
  plot: (a, b, c) => plot(a, b, c),
  panels: (a) => plot(picture, a),
  panel: (a) => plot(picture, [a]),
  "options of plot": (a) => plot(picture, [panel], a),
  ...each("panel", "title values shape blocks", (name) => (a) => plot(picture, [{ ...panel, [name]: a }])),
  ...each("plot", "title label coordinates width", (name) => (a) => plot(picture, [panel], { [name]: a })),
  gather: (a) => field().gather(a),
};

/** What programs pass by mistake. */
const values = (): unknown[] => [
  ...[undefined, null, Number.NaN, -1, 1.5, 1e9, 0, 5n, true, "", "a", "psi", Symbol("s")],
  ...[{}, [], [Number.NaN], [3], ["a"], { shape: "a" }, { psi: 1 }, new Map(), new Date(), new Proxy({}, {})],
  ...[() => {}, () => "x", [() => 1, () => 1], new Float64Array(3), new Float64Array(12)],
];

const loop: Anything = {};
loop.self = loop;

/** Whole texts. */
const texts: readonly (readonly [string, () => unknown, string])[] = [
  [
    "step",
    () => new Mpdata({ ...usual(), dt: 5n as Anything }),
    'Mpdata: "dt" expected a positive number, got 5. Give the time of a step.',
  ],
  [
    "switch",
    () => new Mpdata({ ...usual(), nonoscillatory: loop }),
    'Mpdata: "nonoscillatory" expected true or false, got Object. Leave it out for false.',
  ],
  [
    "time",
    () => solver.advanceTo(Symbol("s") as Anything),
    'Mpdata.advanceTo: "time" expected a number from 0, the time of the fields, got Symbol(s). Give the time to reach.',
  ],
  [
    "state",
    () => solver.resume(undefined as Anything),
    'Mpdata.resume: "state" expected an object with keys among steps, time, dt, velocity, got undefined. Write { steps: ... }.',
  ],
  [
    "velocity",
    () => solver.resume({ steps: 1, velocity: { time: 0 } as Anything }),
    'Mpdata.resume: "velocity.fields" expected 2 fields of the grid, one an axis, got others. Make them with grid.field().',
  ],
  [
    "path",
    () => plot(Symbol("a.png") as Anything, [panel]),
    'plot: "path" expected a name ending in .png or .svg, got Symbol(a.png). Give the file the ending of its format.',
  ],
  [
    "panels",
    () => plot(picture, panel as Anything),
    'plot: "panels" expected a list of panels, got Object. Pass { title, values, shape } for each field.',
  ],
  [
    "panel",
    () => plot(picture, [panel, null] as Anything),
    'plot: "panels" expected panels, got null. Pass { title, values, shape } for each field.',
  ],
  [
    "shape",
    () => plot(picture, [{ ...panel, shape: "ab" as Anything }]),
    'plot: "panels[0].shape" expected a list of cells, got "ab". Give the number of cells of each axis.',
  ],
  [
    "values",
    () => plot(picture, [{ ...panel, values: null as Anything }]),
    'plot: "panels[0].values" expected a list of numbers, got null. Pass one value per cell, without halo.',
  ],
  [
    "coordinates",
    () => plot(picture, [panel], { coordinates: {} as Anything }),
    'plot: "coordinates" expected 1 arrays (shape [2]), got Object. Pass the cell centres of each axis.',
  ],
];

describe("nonsense", () => {
  it.each(texts)("is told: %s", async (_, call, text) => {
    await expect((async () => call())()).rejects.toThrow(new UsageError(text));
  });

  it.each(Object.entries(calls))("is an error with words: %s", async (_, call) => {
    const raw: unknown[] = [];
    for (const a of values()) {
      for (const b of call.length >= 2 ? [undefined, 0, "a", {}, [3]] : [undefined]) {
        for (const c of call.length >= 3 ? [undefined, 0, "a", {}] : [undefined]) {
          try {
            await call(a, b, c);
          } catch (error) {
            if (!(error instanceof WasmMpiError))
              raw.push([String(error), typeof a === "object" ? a : String(a), b, c]);
          }
        }
      }
    }
    expect(raw).toEqual([]);
  });
});
