/** The implicit part of right sides. */
import { describe, expect, it } from "vitest";
import { listing } from "../../src/expression/listing.js";
import { programOf } from "../../src/expression/stages.js";
import { implicitPart, noImplicitPart } from "../../src/expression/text/implicit.js";
import { Meaning } from "../../src/expression/text/meaning.js";
import type { Scope } from "../../src/expression/text/space.js";

const scope: Scope = {
  where: "Pde",
  axes: [{ name: "x", spacing: 1 }],
  use: "equation",
  fields: { c: "real", u: "real", k: "real" },
  constants: ["D"],
  conditionOf: () => "walls",
};

const lap = (name: string) => `${name}[-1] + ${name}[1] - ${name} * 2`;

function partOf(text: string, changes: Partial<Scope> = {}): string | undefined {
  const meaning = new Meaning({ ...scope, ...changes });
  const node = implicitPart(meaning, "c", text, ["c", "u"]);
  if (node === undefined) return undefined;
  return listing(programOf(meaning.graph, { axes: 1, cells: [{ name: "L", node }] }))
    .split(/\n\s*/)
    .filter((line) => line.includes("="))
    .join("; ");
}

describe("the implicit part", () => {
  it.each([
    ["laplace(c)", `L = ${lap("c")}`],
    ["D*laplace(c) - c^3 + 2*c", "_1 = c * 2; L = _1 + D * (c[-1] + c[1] - _1)"],
    ["laplace(c^3 - c - laplace(c))", `temporary1 = -c - (${lap("c")}); L = ${lap("temporary1")}`],
    ["sin(k)*c + laplace(u)", "L = sin(k) * c"],
    ["k*laplace(c) + 3*c", "L = 3 * c"],
    ["div(k*grad(c))/2", "L = ((k + k[1]) * (c[1] - c) - (k[-1] + k) * (c - c[-1])) * 0.5 * 0.5"],
    ["-(c - laplace(c))*D", `L = -D * c + D * (${lap("c")})`],
  ])("of %s", (text, expected) => {
    expect(partOf(text)).toBe(expected);
  });

  it.each([
    "c^3",
    "u*c",
    "laplace(u)",
    "d_dx(c)",
    "k*laplace(c)",
    "1/c",
    "laplace(k*c)",
    "div(u*grad(c))",
    "c*c",
    "integral(c)*c",
    "sin(c)",
  ])("of %s there is none", (text) => {
    expect(partOf(text)).toBeUndefined();
  });

  it("goes through named parts, and stops where conditions differ", () => {
    const parts = { mu: "c^3 - c - laplace(c)" };
    expect(partOf("laplace(mu)", { parts })).toBe(partOf("laplace(c^3 - c - laplace(c))"));
    const conditionOf = (owner: string) => owner;
    expect(partOf("laplace(mu)", { parts, conditionOf })).toBe(
      "temporary1 = -c; L = temporary1[-1] + temporary1[1] - temporary1 * 2",
    );
  });

  it("is asked for where there is none", () => {
    const meaning = new Meaning(scope);
    expect(noImplicitPart(meaning, "c", "c^3", "implicit").message).toBe(
      'Pde: "c" expected a part that is linear in c and symmetric, for the stepper implicit, got none. Use laplace or div(k * grad(...)), or an explicit stepper.\n  c^3\n  ^',
    );
  });
});
