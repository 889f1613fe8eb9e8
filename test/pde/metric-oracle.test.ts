/** Operators on random grids whose cells differ in size or volume, beside the slow world of one block. */
import { expect, it } from "vitest";
import { programOf } from "../../src/expression/stages.js";
import { Meaning } from "../../src/expression/text/meaning.js";
import { isVector } from "../../src/expression/text/scalar.js";
import { type Coordinates, evaluate, type Field, Grid } from "../../src/index.js";
import { type Condition, ownConditions, World } from "../expression/world.js";
import { isFull } from "../harness/effort.js";
import { solo } from "../harness/run.js";
import { randomOf } from "../oracle/mpdata.js";

const comm = solo();
const systems: readonly (readonly [Coordinates, number])[] = [
  ["cartesian", 1],
  ["cartesian", 2],
  ["cartesian", 3],
  ["polar", 1],
  ["spherical", 1],
  ["cylindrical", 2],
];

it("operators of random grids agree with the oracle", async () => {
  const random = randomOf(20261127);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  for (let turn = 0; turn < (isFull ? 2000 : 60); turn++) {
    const [coordinates, count] = systems[turn % systems.length]!;
    const names = coordinates === "cartesian" ? ["x", "y", "z"] : ["r", "z"];
    const shape = Array.from({ length: count }, () => 3 + Math.floor(6 * random()));
    const periodic = names.slice(0, count).map((name) => name !== "r" && random() < 0.4);
    const faces: Record<string, number[]> = {};
    const bounds = names.slice(0, count).map((name, axis): [number, number] => {
      const low = name === "r" ? pick([0, 0.5]) : 4 * random() - 2;
      if (random() < 0.7) {
        const list = [low];
        for (let i = 0; i < shape[axis]!; i++) list.push(list.at(-1)! + 0.1 + random());
        faces[name] = list;
      }
      return faces[name] ? [low, faces[name].at(-1)!] : [low, low + 1 + random()];
    });
    const value = () => 2 * random() - 1;
    const condition = (across: string | undefined): Condition => {
      const text = across === undefined ? "c * t" : `sin(${across}) - c`;
      return pick<() => Condition>([
        () => ({ value: value() }),
        () => ({ derivative: value() }),
        () => ({ curvature: value() }),
        () => ({ mixed: 1 + random(), const: value() }),
        () => ({ value: text }),
        () => ({ derivative: text }),
      ])();
    };
    const sides: Record<string, Condition> = {};
    for (const [axis, name] of names.slice(0, count).entries()) {
      if (periodic[axis]) continue;
      const across = names.slice(0, count).find((other) => other !== name);
      const hasCentre = name === "r" && bounds[axis]![0] === 0;
      sides[`${name}-`] = hasCentre ? { derivative: 0 } : condition(across);
      sides[`${name}+`] = condition(across);
    }
    const [first] = names as [string];
    const text = pick([
      "laplace(c)",
      "laplace(c^2 + laplace(c))",
      `div((1 + c^2) * grad(c)) - d_d${first}_forward(c)`,
      `divergence(c * gradient(c)) + d2_d${first}2(c)`,
      `gradient_squared(c) + d_d${first}(c * ${first})`,
      "gradient_squared(c, central = false)",
      `d_d${first}_backward(c) * integral(c) + average(c^2)`,
    ]);
    const where = JSON.stringify({ turn, coordinates, shape, periodic, faces, bounds, sides, text });
    const world = new World({ type: coordinates, shape, bounds, periodic, faces });
    const cells = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value);
    const meaning = new Meaning({
      where: "Pde",
      axes: world.axes,
      use: "equation",
      fields: { c: "real" },
      constants: [],
    });
    const scalar = meaning.read("q", text);
    if (isVector(scalar)) throw new Error("a vector");
    const program = programOf(meaning.graph, { axes: count, cells: [{ name: "q", node: scalar.re! }] });
    const c = world.array((_, place) => cells[place]!);
    const { results } = world.run(program, { c }, { t: 0.7 }, (name) => ownConditions(name) ?? sides);
    const expected = world.inside(results.q!);
    const grid = new Grid(comm, { shape, bounds, periodic, coordinates, faces, halo: 2 });
    const boundary = sides as never;
    const got = (await evaluate(text, { grid, fields: { c: grid.field(cells) }, boundary, t: 0.7 })) as Field;
    const size = Math.max(...expected.map(Math.abs));
    for (const [i, entry] of got.interior().entries()) {
      if (!(Math.abs(entry - expected[i]!) <= 1e-12 * size)) expect(entry, where).toBe(expected[i]);
    }
    got.free();
    grid.free();
  }
}, 120_000);
