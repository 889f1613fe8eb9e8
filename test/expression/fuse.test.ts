/** Programs whose sweeps become one pass: which do, and that their results keep their bits. */
import { describe, expect, it } from "vitest";
import { fuse, type Surroundings } from "../../src/expression/fuse.js";
import { obstacleTo } from "../../src/expression/fusion.js";
import { listing } from "../../src/expression/listing.js";
import type { Fusion, Program } from "../../src/expression/program.js";
import { repeat } from "../../src/expression/repeat.js";
import { programOf } from "../../src/expression/stages.js";
import { Meaning } from "../../src/expression/text/meaning.js";
import { realOf } from "../../src/expression/text/scalar.js";
import { randomOf } from "../oracle/mpdata.js";
import { type Sides, World } from "./world.js";

const world = new World({ shape: [7, 5], periodic: [true, true] });
const everywhere: Surroundings = { axes: 2, layers: 4, isContinued: () => true };

/** The program of equations; a name with a stroke behind it is a result, others are stored into their fields. */
function programOfTexts(texts: Readonly<Record<string, string>>, axes = 2): Program {
  const meaning = new Meaning({
    where: "Pde",
    axes: ["x", "y", "z"].slice(0, axes).map((name) => ({ name, spacing: 1 })),
    use: "equation",
    fields: { c: "real", k: "real" },
    constants: ["dt"],
    complex: false,
    conditionOf: (_owner, operator) => operator,
  });
  const cells = Object.entries(texts).map(([name, text]) => ({
    name,
    node: realOf(meaning.graph, meaning.readScalar("c", text)),
  }));
  return programOf(meaning.graph, { axes, cells });
}

const lines = (program: Program) => listing(program).split(/\n\s*/);

/** The results of a program on random fields. */
function resultsOf(program: Program, conditions: Sides = {}) {
  const random = randomOf(4);
  const fields = { c: world.array(() => random() - 0.5), k: world.array(() => random()) };
  const { results } = world.run(program, fields, { dt: 0.1 }, () => conditions);
  const stored = program.arrays.filter(({ kind }) => kind === "result" || kind === "field");
  return stored.map(({ name }) => [name, world.inside(results[name]!)]);
}

describe("sweeps become one pass", () => {
  const next = { next: "c + dt*laplace(c^3 - c - laplace(c))" };

  it("with a wider halo of what the first one reads", () => {
    expect(lines(fuse(programOfTexts(next), everywhere))).toEqual([
      "halo of c, 2 layers, by laplace",
      "in one pass",
      "sweep",
      "temporary1 = c * c * c - c - (c[-1, 0] + c[1, 0] + (c[0, -1] + c[0, 1]) - c * 4)",
      "sweep",
      "next = c + dt * (temporary1[-1, 0] + temporary1[1, 0] + (temporary1[0, -1] + temporary1[0, 1]) - temporary1 * 4)",
    ]);
  });

  it("with a halo of fields that were read in the cell alone", () => {
    const program = fuse(programOfTexts({ next: "laplace(k*c)" }), everywhere);
    expect(lines(program).slice(0, 3)).toEqual([
      "halo of k, 1 layer, by laplace",
      "halo of c, 1 layer, by laplace",
      "in one pass",
    ]);
    expect(program.arrays.map(({ name, radius }) => [name, radius])).toContainEqual(["k", 1]);
  });

  it("as many as there are, and as layers of halo allow", () => {
    const program = programOfTexts({ next: "laplace(laplace(laplace(c)))" });
    const passes = (layers: number) => lines(fuse(program, { ...everywhere, layers }));
    expect(passes(3).filter((line) => /sweep|pass|halo/.test(line))).toEqual([
      "halo of c, 3 layers, by laplace",
      ...["in one pass", "sweep", "sweep", "sweep"],
    ]);
    expect(passes(2).filter((line) => /sweep|pass|halo/.test(line))).toEqual([
      "halo of c, 2 layers, by laplace",
      ...["in one pass", "sweep", "sweep"],
      "halo of temporary2, 1 layer, by laplace",
      "sweep",
    ]);
  });

  it("and give the same bits", () => {
    const all: Record<string, string>[] = [
      next,
      { c: next.next },
      { next: "laplace(laplace(laplace(c))) + k" },
      { next: "laplace(k*laplace(c)) + d_dx(k*c)", c: "c + laplace(k^2*c)" },
      { next: "laplace(exp(c)*k) + exp(c)" },
      { next: "d_dx(d_dy(c)) + d_dx(c*average(c))" },
    ];
    let fused = 0;
    for (const texts of all) {
      const program = programOfTexts(texts);
      const inPasses = fuse(program, everywhere);
      if (inPasses.steps.some(({ kind }) => kind === "fused")) fused++;
      expect(resultsOf(inPasses)).toEqual(resultsOf(program));
    }
    expect(fused).toBeGreaterThan(4);
  });

  it("beside walls that mirror, where the operators do", () => {
    const program = programOfTexts(next);
    const mirror: Sides = { x: { derivative: 0 }, y: { derivative: 0 } };
    expect(resultsOf(fuse(program, everywhere), mirror)).toEqual(resultsOf(program, mirror));
  });
});

describe("several steps in one pass", () => {
  /** A program of some steps of one text: c becomes next, and the number dt is another one at each time. */
  function repeated(text: string, times: number, target: "next" | "c"): Program {
    const { steps, arrays, parameters } = fuse(programOfTexts({ [target]: text }), everywhere);
    const cells = steps.flatMap((step) => (step.kind === "sweep" ? [step.cell] : []));
    const fused = steps.find((step) => step.kind === "fused");
    const once = fused ? fused.fusion : { cells, rolled: [] };
    const number = (name: string) => arrays.findIndex((array) => array.name === name);
    const dt = parameters.findIndex(({ name }) => name === "dt");
    const fusion = repeat({
      once,
      becomes: new Map([[number("c"), number(target)]]),
      times,
      rolledAs: (array, time) => arrays.length * (time + 1) + array,
      parameterAs: (index, time) => (index === dt ? parameters.length + time : index),
    });
    const copies = Array.from({ length: times }, (_, time) =>
      arrays.map((array) => ({ ...array, name: `${array.name} ${time}`, kind: "temporary" as const })),
    );
    const halos = ["c", "k"].flatMap((name) => {
      const array = number(name);
      return array < 0 ? [] : [{ kind: "halo" as const, array, condition: "", radius: 4 }];
    });
    return {
      arrays: [...arrays, ...copies.flat()],
      parameters: [...parameters, ...Array.from({ length: times }, (_, time) => ({ name: `dt${time}` }))],
      setup: [],
      steps: [...halos, { kind: "fused", fusion }],
    };
  }

  it.each([
    ["c + dt*(laplace(c) + k)", 4],
    ["c + dt*laplace(c^3 - c - laplace(c))", 2],
  ])("give the bits of steps one by one: %s", (text, times) => {
    const fields = () => {
      const random = randomOf(9);
      return { c: world.array(() => random() - 0.5), k: world.array(() => random()) };
    };
    const numbers = [0.1, 0.02, 0.3, 0.04];
    const single = programOfTexts({ next: text });
    let { c, k } = fields();
    for (const dt of numbers.slice(0, times)) c = world.run(single, { c, k }, { dt }, () => ({})).results.next!;
    const parameters = Object.fromEntries(numbers.map((dt, time) => [`dt${time}`, dt]));
    for (const target of ["next", "c"] as const) {
      const program = repeated(text, times, target);
      expect(obstacleTo((program.steps.at(-1) as { fusion: Fusion }).fusion, 2)).toBeUndefined();
      const { results } = world.run(program, fields(), parameters, () => ({}));
      expect(world.inside(results[target]!)).toEqual(world.inside(c));
    }
  });
});

describe("sweeps stay apart", () => {
  const apart = (program: Program, surroundings: Partial<Surroundings> = {}) =>
    expect(fuse(program, { ...everywhere, ...surroundings })).toEqual(program);

  it("where a condition between them says what the halo is", () => {
    apart(programOfTexts({ next: "laplace(laplace(c))" }), { isContinued: () => false });
  });

  it("where the halo is too narrow", () => {
    apart(programOfTexts({ next: "laplace(laplace(c))" }), { layers: 1 });
  });

  it("along three axes", () => {
    apart(programOfTexts({ next: "laplace(laplace(c))" }, 3), { axes: 3 });
  });

  it("where a number of all cells is needed between them", () => {
    apart(programOfTexts({ next: "k*laplace(c)*integral(k*laplace(c))" }));
  });
});
