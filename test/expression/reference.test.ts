/** Expressions and equations of a reference implementation: what they mean here, by the oracle on one block. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Program } from "../../src/expression/program.js";
import { programOf, type Target } from "../../src/expression/stages.js";
import { Meaning } from "../../src/expression/text/meaning.js";
import { imaginaryOf, isVector, realOf } from "../../src/expression/text/scalar.js";
import { root } from "../harness/process.js";
import { evaluateText } from "./evaluate.js";
import { type Condition, type GridData, ownConditions, type Sides, World } from "./world.js";

type Numbers = readonly unknown[];
type Data = Numbers | { readonly re: Numbers; readonly im: Numbers };

interface Operator {
  readonly name: string;
  readonly grid: GridData;
  readonly field?: string | readonly string[];
  readonly field_values?: Data;
  readonly bc?: Sides | "periodic" | "antiperiodic";
  readonly operator: string;
  readonly t?: number;
  readonly options: { readonly corner_weight?: number; readonly central?: boolean };
  readonly result: Data | number;
}

interface Run {
  readonly name: string;
  readonly equations: Readonly<Record<string, string>>;
  readonly define?: Readonly<Record<string, string>>;
  readonly boundary: Readonly<Record<string, Condition | Sides>>;
  readonly constants?: Readonly<Record<string, number | { readonly values: Numbers }>>;
  readonly limit?: Readonly<Record<string, string>>;
  readonly grid: GridData;
  readonly initial: Readonly<Record<string, string>>;
  readonly initial_values?: Data | readonly Data[];
  readonly dt: number;
  readonly steps: number;
  readonly stepper: string;
  readonly final: Data | readonly Data[];
}

const read = (name: string) => JSON.parse(readFileSync(join(root, "test/reference", name), "utf8"));
const files = [read("pde.json"), read("pde2.json")];
const operators: readonly Operator[] = files.flatMap((file) => file.operators);
const runs: readonly Run[] = files.flatMap((file) => file.runs);

/** The numbers of nested lists, in order. */
const flat = (data: unknown): number[] => (data as unknown[]).flat(9) as number[];
const partsOf = (data: Data): { readonly re: number[]; readonly im?: number[] } =>
  Array.isArray(data)
    ? { re: flat(data) }
    : { re: flat((data as { re: Numbers }).re), im: flat((data as { im: Numbers }).im) };

function expectClose(got: readonly number[], expected: readonly number[]): void {
  expect(got).toHaveLength(expected.length);
  const wrong = expected.filter((value, i) => !(Math.abs(got[i]! - value) <= 1e-12 + 1e-10 * Math.abs(value)));
  expect(wrong).toEqual([]);
}

/** The conditions of an operator in an equation: the more specific key wins, side by side. */
function conditionsOf(boundary: Run["boundary"], name: string): Sides {
  const own = ownConditions(name);
  if (own) return own;
  const isSide = (key: string) => /^[xyzr][-+]?$/.test(key);
  const sides = Object.fromEntries(Object.entries(boundary).filter(([key]) => isSide(key))) as Sides;
  const owner = name.split(":")[0]!;
  const at = (key: string) => (boundary[key] as Sides | undefined) ?? {};
  return { ...sides, ...at("*"), ...at(owner), ...at(name) };
}

/** The data of an operator's field, by the names of its arrays. */
function fieldsOf({ field, field_values }: Operator, world: World): Record<string, Float64Array> {
  const texts = typeof field === "string" ? [field] : (field ?? []);
  const arrays: [string, Float64Array][] = [];
  for (const [axis, text] of texts.entries()) {
    const name = texts.length > 1 || typeof field !== "string" ? `f${axis}` : "c";
    const values = Array.isArray(field) && field_values ? ((field_values as Numbers)[axis] as Data) : field_values;
    if (values && !Array.isArray(values)) {
      const { re, im } = partsOf(values);
      arrays.push([`${name}_re`, world.array((_, place) => re[place]!)]);
      arrays.push([`${name}_im`, world.array((_, place) => im![place]!)]);
    } else if (values) arrays.push([name, world.array((_, place) => partsOf(values).re[place]!)]);
    else arrays.push([name, world.array((index) => evaluateText(text, world.coordinates(index)).re)]);
  }
  return Object.fromEntries(arrays);
}

/** The text of an operator's case in the language. */
function textOf({ operator, options, field, grid }: Operator): string {
  if (operator.includes("(")) return operator;
  const argument = typeof field === "string" ? "c" : `vector(${grid.shape.map((_, axis) => `f${axis}`).join(", ")})`;
  if (options.corner_weight !== undefined) return `laplace(${argument}, corner_weight = ${options.corner_weight})`;
  return options.central === false ? `${operator}(${argument}, central = false)` : `${operator}(${argument})`;
}

describe("the operators of the reference", () => {
  it.each(operators.filter(({ operator }) => operator !== "cell_volumes").map((o) => [o.name, o] as const))(
    "%s",
    (_, o) => {
      const world = new World(o.grid);
      const fields = fieldsOf(o, world);
      const isComplex = "c_re" in fields;
      const meaning = new Meaning({
        where: "Pde",
        axes: world.axes,
        use: "equation",
        fields: isComplex ? { c: "complex" } : Object.fromEntries(Object.keys(fields).map((name) => [name, "real"])),
        constants: [],
        complex: isComplex,
      });
      const value = meaning.read("q", textOf(o));
      const components = isVector(value) ? value.components : [value];
      const isNumber = typeof o.result === "number";
      const targets = components.flatMap((component, axis): Target[] => [
        { name: `q${axis}`, node: realOf(meaning.graph, component) },
        ...(isComplex ? [{ name: `q${axis}_im`, node: imaginaryOf(meaning.graph, component) }] : []),
      ]);
      const program = programOf(meaning.graph, {
        axes: world.axes.length,
        cells: isNumber ? [] : targets,
        numbers: isNumber ? targets : [],
      });
      const bc = o.bc ?? {};
      const sides: Sides = typeof bc === "string" ? Object.fromEntries(world.axes.map(({ name }) => [name, bc])) : bc;
      const { results, numbers } = world.run(program, fields, { t: o.t ?? 0 }, () => sides);
      if (isNumber) {
        expectClose([numbers.q0!], [o.result as number]);
        return;
      }
      const expected = o.result as Data;
      const lists =
        isVector(value) && Array.isArray(expected) ? (expected as Data[]).slice(0, components.length) : [expected];
      for (const [axis] of components.entries()) {
        const data = isVector(value) && !Array.isArray(expected) ? componentOf(expected, axis) : lists[axis]!;
        const { re, im } = partsOf(data);
        expectClose(world.inside(results[`q${axis}`]!), re);
        if (im) expectClose(world.inside(results[`q${axis}_im`]!), im);
      }
    },
  );

  it("volumes of cells", () => {
    for (const o of operators.filter(({ operator }) => operator === "cell_volumes")) {
      const world = new World(o.grid);
      expectClose(
        world.cells().map((index) => world.volume(index)),
        flat(o.result),
      );
    }
  });
});

/** A component of complex data of a vector. */
function componentOf(data: Data, axis: number): Data {
  const { re, im } = data as { re: Numbers[]; im: Numbers[] };
  return { re: re[axis]!, im: im[axis]! };
}

interface Compiled {
  readonly program: Program;
  readonly targets: readonly Target[];
}

/** What a run needs at each step: the rates, and the limits. */
class Solver {
  readonly #run: Run;
  readonly world: World;
  readonly names: readonly string[];
  readonly isComplex: boolean;
  readonly #constants: Record<string, Float64Array>;
  readonly #numbers: Record<string, number>;
  readonly #compiled = new Map<unknown, Compiled>();

  readonly #fold: boolean;

  /** @param fold - with folded linear terms */
  constructor(run: Run, fold = false) {
    this.#fold = fold;
    this.#run = run;
    this.world = new World(run.grid);
    const texts = [...Object.values(run.equations), ...Object.values(run.initial)];
    this.isComplex = texts.some((text) => /\bi\b/.test(text));
    this.names = Object.keys(run.equations).flatMap((name) => (this.isComplex ? [`${name}_re`, `${name}_im`] : [name]));
    const constants = Object.entries(run.constants ?? {});
    this.#constants = Object.fromEntries(
      constants.flatMap(([name, value]) => {
        if (typeof value === "number") return [];
        const numbers = flat(value.values);
        return [[name, this.world.array((_, place) => numbers[place]!)]];
      }),
    );
    this.#numbers = Object.fromEntries(constants.filter(([, value]) => typeof value === "number")) as Record<
      string,
      number
    >;
  }

  /** The values of texts of the fields, one for each array. */
  values(
    texts: Readonly<Record<string, string>>,
    state: Record<string, Float64Array>,
    t: number,
  ): Record<string, Float64Array> {
    const { boundary } = this.#run;
    const { program, targets } = this.#compiled.get(texts) ?? this.#compile(texts);
    const arrays = { ...state, ...this.#constants };
    const { results } = this.world.run(program, arrays, { t, ...this.#numbers }, (name) =>
      conditionsOf(boundary, name),
    );
    return Object.fromEntries(targets.map(({ name }) => [name.slice(4), results[name]!]));
  }

  #compile(texts: Readonly<Record<string, string>>): Compiled {
    const { equations, define = {} } = this.#run;
    const fields = Object.keys(equations).map((name) => [name, this.isComplex ? "complex" : "real"] as const);
    const meaning = new Meaning({
      where: "Pde",
      axes: this.world.axes,
      use: "equation",
      fields: Object.fromEntries([...fields, ...Object.keys(this.#constants).map((name) => [name, "real"] as const)]),
      constants: Object.keys(this.#numbers),
      parts: define,
      complex: this.isComplex,
    });
    const targets = Object.entries(texts).flatMap(([name, text]): Target[] => {
      const value = meaning.readScalar(name, text);
      const re = { name: `new ${name}${this.isComplex ? "_re" : ""}`, node: realOf(meaning.graph, value) };
      return this.isComplex ? [re, { name: `new ${name}_im`, node: imaginaryOf(meaning.graph, value) }] : [re];
    });
    const fixed = Object.keys(this.#run.constants ?? {});
    const fold = this.#fold;
    const compiled = {
      program: programOf(meaning.graph, { axes: this.world.axes.length, cells: targets, fixed, fold }),
      targets,
    };
    this.#compiled.set(texts, compiled);
    return compiled;
  }

  rates(state: Record<string, Float64Array>, t: number): Record<string, Float64Array> {
    return this.values(this.#run.equations, state, t);
  }

  limited(state: Record<string, Float64Array>, t: number): Record<string, Float64Array> {
    return this.#run.limit ? { ...state, ...this.values(this.#run.limit, state, t) } : state;
  }

  /** A state and multiples of rates. */
  sum(state: Record<string, Float64Array>, ...terms: readonly (readonly [number, Record<string, Float64Array>])[]) {
    return Object.fromEntries(
      Object.entries(state).map(([name, values]) => [
        name,
        values.map((value, i) => terms.reduce((sum, [factor, rates]) => sum + factor * rates[name]![i]!, value)),
      ]),
    );
  }

  initial(): Record<string, Float64Array> {
    const { initial, equations, initial_values } = this.#run;
    const names = Object.keys(equations);
    const given = initial_values && (names.length === 1 ? [initial_values as Data] : (initial_values as Data[]));
    return Object.fromEntries(
      names.flatMap((name, place) => {
        const parts = given ? partsOf(given[place]!) : undefined;
        const value = (part: "re" | "im") =>
          this.world.array((index, cell) => {
            if (parts) return parts[part]?.[cell] ?? 0;
            return evaluateText(initial[name]!, this.world.coordinates(index))[part];
          });
        return this.isComplex
          ? [
              [`${name}_re`, value("re")],
              [`${name}_im`, value("im")],
            ]
          : [[name, value("re")]];
      }),
    );
  }

  solve(): Record<string, Float64Array> {
    const { dt, steps, stepper } = this.#run;
    let state = this.initial();
    let before = this.rates(this.sum(state, [-dt, this.rates(state, 0)]), -dt);
    for (let step = 0; step < steps; step++) {
      const t = step * dt;
      const k1 = this.rates(state, t);
      if (stepper === "rk4") {
        const k2 = this.rates(this.sum(state, [dt / 2, k1]), t + dt / 2);
        const k3 = this.rates(this.sum(state, [dt / 2, k2]), t + dt / 2);
        const k4 = this.rates(this.sum(state, [dt, k3]), t + dt);
        state = this.sum(state, [dt / 6, k1], [dt / 3, k2], [dt / 3, k3], [dt / 6, k4]);
      } else if (stepper === "adams-bashforth") {
        state = this.sum(state, [1.5 * dt, k1], [-0.5 * dt, before]);
        before = k1;
      } else state = this.sum(state, [dt, k1]);
      state = this.limited(state, t + dt);
    }
    return state;
  }
}

describe("the equations of the reference", () => {
  const explicit = runs.filter(({ stepper }) => ["euler", "rk4", "adams-bashforth"].includes(stepper));
  it.each(explicit.map((run) => [run.name, run] as const))("%s", (_, run) => {
    // Folded linear terms are rounded otherwise, and no worse.
    for (const fold of [false, true]) expectFinal(run, new Solver(run, fold));
  });
});

function expectFinal(run: Run, solver: Solver): void {
  const state = solver.solve();
  const names = Object.keys(run.equations);
  const finals = names.length === 1 ? [run.final as Data] : (run.final as readonly Data[]);
  for (const [place, name] of names.entries()) {
    const { re, im } = partsOf(finals[place]!);
    expectClose(solver.world.inside(state[im ? `${name}_re` : name]!), re);
    if (im) expectClose(solver.world.inside(state[`${name}_im`]!), im);
  }
}
