/** Kernels of a user's own, as text. */
import { describe, expect, it } from "vitest";
import { listing } from "../../src/expression/listing.js";
import type { Dtype } from "../../src/expression/program.js";
import { kernelProgram, readKernel } from "../../src/expression/text/kernel.js";
import type { Axis } from "../../src/expression/text/space.js";

const plane: readonly Axis[] = [
  { name: "x", spacing: 0.5 },
  { name: "y", spacing: 0.5 },
];

function programOf(text: string, fields: readonly string[], dtype: Dtype = "f64") {
  return kernelProgram(readKernel("grid.kernel", text), plane, fields, dtype);
}

function messageOf(text: string, fields: readonly string[], dtype?: Dtype): string {
  try {
    return `no error: ${listing(programOf(text, fields, dtype))}`;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a kernel as text", () => {
  it.each([
    [
      "next = u + k * (u[1, 0] + u[-1, 0] - 2*u)",
      ["u", "next"],
      "halo of u, 1 layer, by u; sweep; next = u + k * (u[1, 0] + u[-1, 0] - 2 * u)",
    ],
    ["u = 2*u; v = u + t", ["u", "v"], "sweep; _1 = 2 * u; u = _1; v = _1 + t"],
    [
      "a = u[2, 0]; b = a*a\n v = b - a",
      ["u", "v"],
      "halo of u, 2 layers, by u; sweep; v = u[2, 0] * u[2, 0] - u[2, 0]",
    ],
    ["v = u[0, 0] * x", ["u", "v"], "sweep; v = u * x"],
    ["v = u[1 - 2, 2^0]", ["u", "v"], "halo of u, 1 layer, by u; sweep; v = u[-1, 1]"],
    ["v = d_dx(u)", ["u", "v"], "halo of u, 1 layer, by u; sweep; v = u[1, 0] - u[-1, 0]"],
    ["v = 1; v = v + u", ["u", "v"], "sweep; v = 1 + u"],
  ])("%j", (text, fields, expected) => {
    expect(listing(programOf(text, fields)).replace(/\n\s*/g, "; ")).toBe(expected);
  });

  it("is one sweep, also with fluxes whose coefficient is a field", () => {
    const program = programOf("v = u + dt * div(k * grad(u)) + k[1, 0]", ["u", "v", "k"]);
    expect(program.steps.filter(({ kind }) => kind === "sweep")).toHaveLength(1);
    expect(program.parameters).toEqual([{ name: "dt" }]);
    expect(program.arrays.map(({ name, kind, radius }) => [name, kind, radius])).toEqual([
      ["u", "field", 1],
      ["k", "field", 1],
      ["v", "result", 0],
    ]);
  });

  it("names fields and numbers before it is known which is which", () => {
    const { assigned, names } = readKernel("grid.kernel", "a = sin(k*u[1, 0])\nnext = laplace(v, order = 4) * a + x");
    expect(assigned).toEqual(["a", "next"]);
    expect(names).toEqual(["a", "k", "u", "next", "v", "x"]);
  });

  it("is refused with one line that says what is wrong", () => {
    expect(messageOf("v = u[k\n, 0]", ["u", "v"])).toBe(
      "grid.kernel: expected 2 whole numbers as offset, got [k, 0]. Write one number an axis, as in u[1, 0].\n  1 | v = u[k\n           ^",
    );
    expect(messageOf("v = u[1 -\n k, 0]", ["u", "v"]).split("\n")[0]).toBe(
      "grid.kernel: expected 2 whole numbers as offset, got [1 - k, 0]. Write one number an axis, as in u[1, 0].",
    );
  });

  it.each<[string, string[], Dtype, number, string]>([
    [
      "u = u[1, 0]",
      ["u"],
      "f64",
      4,
      'expected u, which is assigned, at the cell itself alone, got "u[1, 0]". Assign to another field, or in a kernel that runs before: results would depend on the order of cells.',
    ],
    [
      "u = laplace(u)",
      ["u"],
      "f64",
      12,
      'expected u, which is assigned, at the cell itself alone, got "u". Assign to another field, or in a kernel that runs before: results would depend on the order of cells.',
    ],
    [
      "v = laplace(u^2)",
      ["u", "v"],
      "f64",
      12,
      'expected a field as operand of laplace in a kernel, got "u^2". Store it in a field by a kernel before, or use Pde.',
    ],
    [
      "v = u(1, -2)",
      ["u", "v"],
      "f64",
      4,
      'expected a function that is known, got "u". Write u[1, -2] for a cell beside.',
    ],
    ["v = w(1)", ["u", "v"], "f64", 4, 'expected a function that is known, got "w". Write w[1] for a cell beside.'],
    ["v = mean(u)", ["u", "v"], "f64", 4, 'expected a function that is known, got "mean". Did you mean average?'],
    [
      "nxt = u",
      ["u", "next"],
      "f64",
      0,
      'expected a field, or a value that is read later, got "nxt". Did you mean next?',
    ],
    [
      "w = u",
      ["u"],
      "f64",
      0,
      'expected a field, or a value that is read later, got "w". Pass a field of this name to run.',
    ],
    [
      "v = u[1]",
      ["u", "v"],
      "f64",
      5,
      "expected 2 whole numbers as offset, got [1]. Write one number an axis, as in u[1, 0].",
    ],
    [
      "v = u[k, 0]",
      ["u", "v"],
      "f64",
      5,
      "expected 2 whole numbers as offset, got [k, 0]. Write one number an axis, as in u[1, 0].",
    ],
    [
      "v = u[0.5, 0]",
      ["u", "v"],
      "f64",
      5,
      "expected 2 whole numbers as offset, got [0.5, 0]. Write one number an axis, as in u[1, 0].",
    ],
    ["v = k[1, 0]", ["v"], "f64", 4, 'expected a field before [, got "k". Pass a field of this name.'],
    ["x = u", ["u"], "f64", 0, 'expected a field or a name that is free, got "x". Assign to another name.'],
    ["exp = u", ["u"], "f64", 0, 'expected a field or a name that is free, got "exp". Assign to another name.'],
    ["v = 2*exp", ["v"], "f64", 6, 'expected exp(...), got "exp". Write its arguments.'],
    ["v = z", ["v"], "f64", 4, 'expected a coordinate of the grid (x, y), got "z". Use one of them.'],
    [
      "v = integral(u)",
      ["u", "v"],
      "f64",
      4,
      'expected no number of the whole grid in a kernel, got "integral". Compute it before, and pass it.',
    ],
    ["v = noise()", ["v"], "f64", 4, 'expected no noise in a text of one cell, got "noise". Use it in an equation.'],
    [
      "v = gradient(u)",
      ["u", "v"],
      "f64",
      4,
      'expected a number in each cell, got the vector "gradient(u)". Use v[0], v.x or dot(v, w).',
    ],
    ["v = u/2", ["u", "v"], "i32", 5, 'expected no quotients of whole numbers, got "/". Use fields of f64.'],
  ])("%s is refused", (text, fields, dtype, place, message) => {
    expect(messageOf(text, fields, dtype)).toBe(`grid.kernel: ${message}\n  ${text}\n  ${" ".repeat(place)}^`);
  });
});
