/** Derivatives in symbols, against differences of the values themselves. */
import { describe, expect, it } from "vitest";
import { derive, linearise } from "../../src/expression/derivative.js";
import { programOf } from "../../src/expression/stages.js";
import { Meaning } from "../../src/expression/text/meaning.js";
import { realOf } from "../../src/expression/text/scalar.js";
import type { Scope } from "../../src/expression/text/space.js";
import { World } from "./world.js";

const world = new World({
  shape: [7, 6],
  bounds: [
    [0, 3],
    [0, 2],
  ],
  periodic: [true, true],
});
const scope: Scope = {
  where: "Pde",
  axes: world.axes,
  use: "equation",
  fields: { c: "real", u: "real" },
  constants: ["D"],
};

/** Values of a node in all cells. */
function valuesOf(meaning: Meaning, node: number, fields: Record<string, Float64Array>): number[] {
  const program = programOf(meaning.graph, { axes: 2, cells: [{ name: "q", node }] });
  return world.inside(world.run(program, fields, { t: 0.3, D: 0.7 }, () => ({})).results.q!);
}

const fieldsOf = (change = 0, at = -1) => ({
  c: world.array((_, place) => 1.3 + Math.sin(place * 0.7) + (place === at ? change : 0)),
  u: world.array((_, place) => 0.4 + 0.3 * Math.cos(place * 0.3)),
});

const pointwise = [
  "c^3 - c*u + D",
  "sin(c)*cos(c) + tan(c/4)",
  "exp(-c^2)/c",
  "sqrt(1 + c^2) + cbrt(2 + c)",
  "log(1 + c^2)*abs(c - 1)",
  "c^u + u^c + c^0.3",
  "atan2(c, u) + hypot(c, 2)",
  "atan2(u, c) + hypot(u, c)",
  "asin(c/4) + acos(c/5) + atan(c)",
  "sinh(c) - cosh(c)*tanh(c)",
  "where(c > 1, c^2, -c)",
  "max(c, 1)*min(c, 1.2)",
  "mod(c, 0.4) + mod(3, c)",
  "floor(c) + (c > 1)",
  "-(u - c)/(c*u)",
  "c*x - y*c^2 + t*c",
];

describe("the derivative of a value by a field", () => {
  it.each(pointwise)("%s", (text) => {
    const meaning = new Meaning(scope);
    const value = realOf(meaning.graph, meaning.readScalar("c", text));
    const slopes = valuesOf(meaning, derive(meaning.graph, value, 2, "c"), fieldsOf());
    const h = 1e-6;
    for (const place of [3, 8, 17, 40]) {
      const [above, below] = [h, -h].map((change) => valuesOf(meaning, value, fieldsOf(change, place))[place]!);
      expect(slopes[place]!).toBeCloseTo((above! - below!) / (2 * h), 6);
    }
  });

  it("is 0 where the value does not depend on it", () => {
    const meaning = new Meaning(scope);
    const value = realOf(meaning.graph, meaning.readScalar("c", "u^2 + integral(c)"));
    expect(meaning.graph.constantOf(derive(meaning.graph, value, 2, "c"))).toBe(0);
  });
});

describe("a linearised right side", () => {
  it("is the stencil of a linear operator", () => {
    const meaning = new Meaning({ ...scope, axes: [{ name: "x", spacing: 1 }] });
    const value = realOf(meaning.graph, meaning.readScalar("c", "-laplace(laplace(c)) + 2*c - d_dx(u)"));
    const slopes = linearise(meaning.graph, value, 1, ["c", "u"]).map(({ field, offset, node }) => [
      field,
      offset[0],
      meaning.graph.constantOf(node),
    ]);
    expect(slopes.toSorted()).toEqual(
      [
        ["c", -2, -1],
        ["c", -1, 4],
        ["c", 0, -4],
        ["c", 1, 4],
        ["c", 2, -1],
        ["u", -1, 0.5],
        ["u", 1, -0.5],
      ].toSorted(),
    );
  });

  it.each([
    "c*laplace(c)",
    "laplace(c)^2 - u*d_dx(c)",
    "div(u*grad(c))",
    "gradient_squared(c)*u",
    "d2_dxdy(c) + sin(c)",
  ])("of %s has the slopes of the neighbours", (text) => {
    const meaning = new Meaning(scope);
    const value = realOf(meaning.graph, meaning.readScalar("c", text));
    const here = 2 * 6 + 2;
    const h = 1e-6;
    for (const { field, offset, node } of linearise(meaning.graph, value, 2, ["c"])) {
      expect(field).toBe("c");
      const neighbour = (2 + offset[0]!) * 6 + 2 + offset[1]!;
      const [above, below] = [h, -h].map((change) => valuesOf(meaning, value, fieldsOf(change, neighbour))[here]!);
      expect(valuesOf(meaning, node, fieldsOf())[here]!).toBeCloseTo((above! - below!) / (2 * h), 4);
    }
  });
});
