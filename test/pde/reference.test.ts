/** Expressions and equations of a reference implementation, by the public calls. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type Coordinates,
  evaluate,
  type Field,
  Grid,
  Pde,
  type PdeField,
  solveLaplace,
  solvePoisson,
} from "../../src/index.js";
import { root } from "../harness/process.js";
import { solo } from "../harness/run.js";

type Numbers = readonly unknown[];
type Data = Numbers | { readonly re: Numbers; readonly im: Numbers };

interface GridData {
  readonly type?: string;
  readonly bounds?: [number, number][];
  readonly shape: number[];
  readonly periodic: boolean[];
}

const read = (name: string) => JSON.parse(readFileSync(join(root, "test/reference", name), "utf8"));
const files = [read("pde.json"), read("pde2.json")];
const operators = files.flatMap((file) => file.operators);
const runs = files.flatMap((file) => file.runs);

const comm = solo();
const gridOf = ({ type, bounds, shape, periodic }: GridData) => {
  const coordinates = type === "unit" ? "cartesian" : ((type ?? "cartesian") as Coordinates);
  return new Grid(comm, { shape, periodic, coordinates, ...(bounds ? { bounds } : {}) });
};
const flat = (data: unknown): number[] => (data as unknown[]).flat(9) as number[];

function expectClose(field: PdeField, data: Data): void {
  if (!Array.isArray(data)) {
    const { re, im } = data as { re: Numbers; im: Numbers };
    if (!("re" in field)) throw new Error("a real field");
    expectClose(field.re, re);
    expectClose(field.im, im);
    return;
  }
  if ("re" in field) {
    expectClose(field.re, data);
    return;
  }
  const expected = flat(data);
  const got = [...field.interior()];
  const wrong = expected.filter((value, i) => !(Math.abs(got[i]! - value) <= 1e-12 + 1e-10 * Math.abs(value)));
  expect(wrong).toEqual([]);
}

/** A field of data. */
function fieldOf(grid: Grid, data: Data): PdeField {
  if (Array.isArray(data)) return grid.field(flat(data));
  const { re, im } = data as { re: Numbers; im: Numbers };
  return { re: grid.field(flat(re)), im: grid.field(flat(im)) };
}

/** Conditions as the call takes them: lists along sides without nesting. */
function flattened(value: unknown): unknown {
  if (Array.isArray(value)) return flat(value);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, flattened(entry)]));
}

describe("the operators of the reference", () => {
  it.each(operators.filter(({ operator }) => operator !== "cell_volumes").map((o) => [o.name, o]))(
    "%s",
    async (_, o) => {
      const grid = gridOf(o.grid);
      const isVector = typeof o.field !== "string";
      const texts: string[] = isVector ? o.field : [o.field];
      const fields: Record<string, PdeField> = {};
      for (const [axis, text] of texts.entries()) {
        const values = isVector ? o.field_values?.[axis] : o.field_values;
        const name = isVector ? `f${axis}` : "c";
        fields[name] = values ? fieldOf(grid, values) : ((await evaluate(text, { grid })) as PdeField);
      }
      const argument = isVector ? `vector(${Object.keys(fields).join(", ")})` : "c";
      const { corner_weight, central } = o.options;
      let text = o.operator.includes("(") ? o.operator : `${o.operator}(${argument})`;
      if (corner_weight !== undefined) text = `laplace(${argument}, corner_weight = ${corner_weight})`;
      if (central === false) text = `${o.operator}(${argument}, central = false)`;
      const boundary = flattened(o.bc ?? {}) as never;
      const result = await evaluate(text, { grid, fields, boundary, t: o.t ?? 0 });
      if (typeof o.result === "number") {
        expectClose(
          result as Field,
          grid.shape.reduce<unknown>((list, n) => new Array(n).fill(list), o.result) as Numbers,
        );
        return;
      }
      if (!Array.isArray(result)) return expectClose(result, o.result);
      for (const [axis, component] of result.entries()) {
        const { re, im } = o.result;
        expectClose(component, re ? { re: re[axis], im: im[axis] } : o.result[axis]);
      }
    },
  );
});

describe("the equations of the reference", () => {
  const steppers = ["euler", "rk4", "adams-bashforth", "implicit", "crank-nicolson"];
  const cases = runs.filter(({ stepper }) => steppers.includes(stepper));
  it.each(cases.map((run) => [run.name, run]))("%s", async (_, run) => {
    const grid = gridOf(run.grid);
    const names = Object.keys(run.equations);
    const constants = Object.entries(run.constants ?? {}).map(([name, value]) => {
      return [name, typeof value === "number" ? value : fieldOf(grid, (value as { values: Numbers }).values)];
    });
    const eq = new Pde(run.equations, {
      boundary: flattened(run.boundary) as never,
      constants: Object.fromEntries(constants),
      ...(run.define ? { define: run.define } : {}),
      ...(run.limit ? { limit: run.limit } : {}),
      ...(Object.values(run.initial).some((text) => /\bi\b/.test(text as string)) ? { complex: names } : {}),
    });
    const given = run.initial_values && (names.length === 1 ? [run.initial_values] : run.initial_values);
    const initial = given ? Object.fromEntries(names.map((name, i) => [name, fieldOf(grid, given[i])])) : run.initial;
    const { fields, steps, stopped } = await eq.solve({
      grid,
      initial,
      until: run.dt * run.steps,
      dt: run.dt,
      stepper: run.stepper,
    });
    expect({ steps, stopped }).toEqual({ steps: run.steps, stopped: "until" });
    const finals = names.length === 1 ? [run.final] : run.final;
    for (const [place, name] of names.entries()) expectClose(fields[name]!, finals[place]);
  });
});

describe.each(["cg", "pseudo-transient"] as const)("the elliptic problems of the reference, by %s", (method) => {
  const cases = files.flatMap((file) => file.elliptic ?? []);
  it.each(cases.map((run) => [run.name, run]))("%s", async (_, { problem, grid: data, rhs_values, bc, result }) => {
    const grid = gridOf(data);
    const options = { boundary: flattened(bc) as never, tolerance: 1e-15, method };
    const solution =
      problem === "laplace"
        ? await solveLaplace(grid, options)
        : await solvePoisson(grid.field(flat(rhs_values)), options);
    expectClose(solution, result);
  });
});
