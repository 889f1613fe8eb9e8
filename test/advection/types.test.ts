/**
 * What compiles: `tsc` checks this file as it checks all. A line below `@ts-expect-error` has to be an error there, else
 * that comment is one.
 */
import { describe, expect, it } from "vitest";
import { type Field, Grid, Mpdata } from "../../src/index.js";
import { solo } from "../harness/run.js";

const grid = () => new Grid(solo(), { shape: [6, 5], periodic: true });

describe("the types of solvers", () => {
  it("know the parameters of functions of the position, in every option", () => {
    const psi = grid().field((x, y) => x + y);
    const at: number[] = [];
    new Mpdata({ psi, courant: [(x, y) => 0.1 * Math.sin(x * y), 0.1], g: (x, y) => 1 + x * y * 1e-3 }).free();
    new Mpdata({ psi, velocity: [(x) => 0.1 * Math.cos(x), (_x, _y, _z, time) => time * 0.1], dt: 0.1 }).free();
    new Mpdata({ psi, stream: (x, y, _z, time) => 0.01 * x * y * time, dt: 0.1 }).free();
    new Mpdata({ psi, courant: [[...Array(35)].map(() => 0.1), new Float32Array(36)], before: ({ time }) => at.push(time) }) // biome-ignore format: one call
      .advance(1);
    expect(at).toEqual([0]);
  });

  it("refuse what has no flow, two, or no time step", () => {
    const psi = grid().field(1);
    // @ts-expect-error: no flow.
    expect(() => new Mpdata({ psi })).toThrow("got none. Give the flow in one way.");
    // @ts-expect-error: two.
    expect(() => new Mpdata({ psi, courant: [0, 0], velocity: [0, 0], dt: 1 })).toThrow("got courant and velocity.");
    // @ts-expect-error: two.
    expect(() => new Mpdata({ psi, stream: () => 0, velocity: [0, 0], dt: 1 })).toThrow("got velocity and stream.");
    // @ts-expect-error: no time step.
    expect(() => new Mpdata({ psi, velocity: [0, 0] })).toThrow('"velocity" expected a time step, got none.');
    // @ts-expect-error: no time step.
    expect(() => new Mpdata({ psi, stream: () => 0 })).toThrow('"stream" expected a time step, got none.');
    // @ts-expect-error: fields of whole numbers.
    expect(() => new Mpdata({ psi: grid().field(1, { dtype: "i32" }), courant: [0, 0] })).toThrow("got i32.");
  });

  it("refuse options that are misspelt, and values of another type", () => {
    const psi = grid().field(1);
    // @ts-expect-error: no option.
    expect(() => new Mpdata({ psi, courant: [0, 0], iteratons: 3 })).toThrow("Did you mean iterations?");
    // @ts-expect-error: a text.
    expect(() => new Mpdata({ psi, courant: [0, 0], iterations: "3" })).toThrow('"iterations" expected');
    // @ts-expect-error: a number.
    expect(() => new Mpdata({ psi, courant: [0, 0], nonoscillatory: 1 })).toThrow('"nonoscillatory" expected');
    // @ts-expect-error: no condition.
    expect(() => new Mpdata({ psi, courant: [0, 0], boundary: "shut" })).toThrow('"boundary" expected');
    // @ts-expect-error: no word of this option.
    expect(() => new Mpdata({ psi, courant: [0, 0], overlap: "sometimes" })).toThrow('"overlap" expected');
  });

  it("know the arrays of fields: of f64 where nothing says otherwise", () => {
    const mean = (field: Field): number => {
      const data: Float64Array = field.data;
      return data.reduce((sum, value) => sum + value, 0) / data.length;
    };
    const psi = grid().field(0.5);
    psi.data.fill(0.5);
    expect(mean(psi)).toBe(0.5);
    const solver = new Mpdata({
      psi,
      courant: [0, 0],
      source: { scheme: "euler", rhs: ([u], [rate]) => rate!.set(u!.interior().map((value) => -value)) },
      after: ({ fields }) => expect(mean(fields[0]!)).toBeLessThan(0.5),
    });
    solver.advance(1);

    const single = grid().field(2, { dtype: "f32" });
    // @ts-expect-error: an array of f32.
    const wrong: Float64Array = single.data;
    const right: Float32Array = new Mpdata({ psi: [single], courant: [0, 0] }).fields[0]!.data;
    expect(right).toBe(wrong);
  });
});
