/** Programs whose sweeps become one pass: which do, and that their results keep their bits. */
import { describe, expect, it } from "vitest";
import { fuse, type Surroundings } from "../../src/expression/fuse.js";
import { listing } from "../../src/expression/listing.js";
import type { Program } from "../../src/expression/program.js";
import { programOf } from "../../src/expression/stages.js";
import { Meaning } from "../../src/expression/text/meaning.js";
import { realOf } from "../../src/expression/text/scalar.js";
import { laterName, twice } from "../../src/expression/twice.js";
import { randomOf } from "../oracle/mpdata.js";
import { type Sides, World } from "./world.js";

const world = new World({ shape: [7, 5], periodic: [true, true] });
const around: Surroundings = { axes: 2, layers: 4, beyond: () => ["other end", "other end"] };
const mirrored: Surroundings = { ...around, beyond: () => ["mirror", "mirror"] };

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
    expect(lines(fuse(programOfTexts(next), around))).toEqual([
      "halo of c, 2 layers, by laplace",
      "in one pass",
      "sweep",
      "temporary1 = c * c * c - c - (c[-1, 0] + c[1, 0] + (c[0, -1] + c[0, 1]) - c * 4)",
      "sweep",
      "next = c + dt * (temporary1[-1, 0] + temporary1[1, 0] + (temporary1[0, -1] + temporary1[0, 1]) - temporary1 * 4)",
    ]);
  });

  it("with a halo of fields that were read in the cell alone", () => {
    const program = fuse(programOfTexts({ next: "laplace(k*c)" }), around);
    expect(lines(program).slice(0, 3)).toEqual([
      "halo of k, 1 layer, by laplace",
      "halo of c, 1 layer, by laplace",
      "in one pass",
    ]);
    expect(program.arrays.map(({ name, radius }) => [name, radius])).toContainEqual(["k", 1]);
  });

  it("as many as there are, and as layers of halo allow", () => {
    const program = programOfTexts({ next: "laplace(laplace(laplace(c)))" });
    const passes = (layers: number) => lines(fuse(program, { ...around, layers }));
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
      const inPasses = fuse(program, around);
      if (inPasses.steps.some(({ kind }) => kind === "fused")) fused++;
      expect(resultsOf(inPasses)).toEqual(resultsOf(program));
    }
    expect(fused).toBeGreaterThan(4);
  });

  it.each([next.next, "laplace(k*laplace(c))", "laplace(min(c, k)*exp(c)) + d_dx(k)", "laplace9(laplace9(c))"])(
    "beside walls that mirror, where the operators do, with the same bits: %s",
    (text) => {
      const program = programOfTexts({ next: text });
      const mirror: Sides = { x: { derivative: 0 }, y: { derivative: 0 } };
      const inPasses = fuse(program, mirrored);
      expect(inPasses.steps.some(({ kind }) => kind === "fused")).toBe(true);
      expect(resultsOf(inPasses, mirror)).toEqual(resultsOf(program, mirror));
    },
  );

  it("beside walls along one axis, where what comes first goes along the other", () => {
    const walls: Surroundings = { ...around, beyond: () => ["other end", "mirror"] };
    const mirror: Sides = { y: { derivative: 0 } };
    const program = programOfTexts({ next: "laplace(d_dx(c))" });
    const inPasses = fuse(program, walls);
    expect(inPasses.steps.some(({ kind }) => kind === "fused")).toBe(true);
    expect(resultsOf(inPasses, mirror)).toEqual(resultsOf(program, mirror));
    const across = programOfTexts({ next: "laplace(d_dy(c))" });
    expect(fuse(across, walls)).toEqual(across);
  });
});

describe("two steps in one pass", () => {
  const numberOf = ({ arrays }: Program, name: string) => arrays.findIndex((array) => array.name === name);

  /** The program of two steps of a text: c becomes next, or what it is itself, and dt is another number in the second one. */
  function pairOf(text: string, target: "next" | "c"): Program | undefined {
    const program = programOfTexts({ [target]: text });
    return twice(program, new Map([[numberOf(program, "c"), numberOf(program, target)]]), ["dt"]);
  }

  it("with a halo that serves both", () => {
    expect(lines(fuse(pairOf("c + dt*k*laplace(c)", "next")!, around)).slice(0, 3)).toEqual([
      "halo of c, 2 layers, by laplace",
      "halo of k, 1 layer, by laplace",
      "in one pass",
    ]);
  });

  it.each(["c + dt*(laplace(c) + k)", "c + dt*k*c*laplace(c)", "c + dt*d_dx(k)*c"])(
    "give the bits of steps one by one: %s",
    (text) => {
      const fields = () => {
        const random = randomOf(9);
        return { c: world.array(() => random() - 0.5), k: world.array(() => random()) };
      };
      const single = programOfTexts({ next: text });
      let { c, k } = fields();
      for (const dt of [0.1, 0.02]) c = world.run(single, { c, k }, { dt }, () => ({})).results.next!;
      for (const target of ["next", "c"] as const) {
        const program = fuse(pairOf(text, target)!, around);
        expect(program.steps.map(({ kind }) => kind).filter((kind) => kind !== "halo")).toEqual(["fused"]);
        const { results } = world.run(program, fields(), { dt: 0.1, [laterName("dt")]: 0.02 }, () => ({}));
        expect(world.inside(results[target]!)).toEqual(world.inside(c));
      }
    },
  );

  it("are not there for what needs numbers of the whole grid", () => {
    expect(pairOf("c + dt*average(c)", "next")).toBeUndefined();
  });
});

describe("sweeps stay apart", () => {
  const apart = (program: Program, surroundings: Partial<Surroundings> = {}) =>
    expect(fuse(program, { ...around, ...surroundings })).toEqual(program);

  it("where a condition between them says what the halo is", () => {
    apart(programOfTexts({ next: "laplace(laplace(c))" }), { beyond: () => ["other end", "else"] });
  });

  it("where a condition says what the halo of the first one's fields is", () => {
    const beyond: Surroundings["beyond"] = ({ condition }) => [
      "other end",
      condition === "d_dx" ? "else" : "other end",
    ];
    apart(programOfTexts({ next: "laplace(d_dx(c))" }), { beyond });
    apart(programOfTexts({ next: "laplace(laplace(c)) + d_dx(c)" }), { beyond });
    expect(fuse(programOfTexts({ next: "laplace(laplace(c)) + d_dx(k)" }), { ...around, beyond }).steps).toHaveLength(
      3,
    );
  });

  it.each(["laplace(d_dx(c))", "laplace(x*c)", "laplace(c - y*c)", "laplace(d_dx_forward(c))"])(
    "beside walls that mirror, where what comes first does not: %s",
    (text) => apart(programOfTexts({ next: text }), mirrored),
  );

  it("where the halo is too narrow", () => {
    apart(programOfTexts({ next: "laplace(laplace(c))" }), { layers: 1 });
  });

  it("along one axis", () => {
    apart(programOfTexts({ next: "laplace(laplace(c))" }, 1), { axes: 1 });
  });

  it("where a number of all cells is needed between them", () => {
    apart(programOfTexts({ next: "k*laplace(c)*integral(k*laplace(c))" }));
  });
});
