/** Conditions of equations: which operators share a halo. */
import { describe, expect, it } from "vitest";
import { noFlux, openEdge } from "../../src/expression/text/space.js";
import { Grid } from "../../src/index.js";
import { Boundary, type PdeBoundary } from "../../src/pde/programs/boundary.js";
import { solo } from "../harness/run.js";

const grid = new Grid(solo(), { shape: [4, 5], periodic: [false, true] });
const names = ["c:laplace", "u:gradient", "c:d_dx", "mu:laplace", noFlux, openEdge];

describe("operators share a halo where their conditions do the same", () => {
  const side = [1, 2, 3, 4, 5];
  it.each<[string, PdeBoundary, string[]]>([
    ["none are given", {}, ["c:laplace", "c:laplace", "c:laplace", "c:laplace", "c:laplace", openEdge]],
    [
      "one has its own",
      { "x-": { value: 1 }, "c:d_dx": { "x-": { value: 2 } } },
      ["c:laplace", "c:laplace", "c:d_dx", "c:laplace", noFlux, openEdge],
    ],
    [
      "texts are equal",
      { c: { x: { value: "t*y" } }, mu: { x: { value: "t*y" } } },
      ["c:laplace", "u:gradient", "c:laplace", "c:laplace", "u:gradient", openEdge],
    ],
    [
      "arrays are, which are compared by what they are, not by their numbers",
      { c: { "x+": { value: side } }, mu: { "x+": { value: side } } },
      ["c:laplace", "u:gradient", "c:laplace", "mu:laplace", "u:gradient", openEdge],
    ],
  ])("where %s", (_, conditions, expected) => {
    const boundary = new Boundary('Pde: "boundary"', conditions, grid, ["c", "u", "mu"]);
    expect(names.map((name) => boundary.sameAs(name))).toEqual(expected);
  });
});
