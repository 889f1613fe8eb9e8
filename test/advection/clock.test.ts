/** When a solver steps: what is called around each step, and runs up to a time. */
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/errors.js";
import { solverOf } from "../harness/run.js";
import { bitsOf } from "../oracle/mpdata.js";

const tau = 2 * Math.PI;
const { sin } = Math;

describe("hooks", () => {
  it("are called around each step, with psi at hand, and may change it", () => {
    const calls: string[] = [];
    const { solver, field } = solverOf({ shape: [6], periodic: true }, (x) => x, {
      courant: [1],
      iterations: 3,
      dt: 2,
      before: (stepped) =>
        void calls.push(`before ${stepped.steps} ${stepped.time} ${stepped.fields[0]!.interior()[0]}`),
      after: (stepped) => {
        calls.push(`after ${stepped.steps} ${stepped.time} ${stepped.fields[0]!.interior()[0]}`);
        stepped.fields[0]!.set(stepped.fields[0]!.interior().map((value) => value + 10));
      },
    });
    solver.advance(2);
    // A Courant number of 1 moves by a cell: what lies in the last cell comes into the first.
    expect(calls).toEqual(["before 0 0 0.5", "after 1 2 5.5", "before 1 2 15.5", "after 2 4 14.5"]);
    expect([...field.interior()]).toEqual([24.5, 25.5, 20.5, 21.5, 22.5, 23.5]);
  });

  it("may not take steps", () => {
    const { solver } = solverOf({ shape: [6] }, 1, {
      velocity: [0],
      dt: 1,
      before: (stepped) => void stepped.advance(),
    });
    expect(() => solver.advance()).toThrow(
      new UsageError("Mpdata.advance: expected no step under way, got a call from a hook. Call it elsewhere."),
    );
    const { solver: nested } = solverOf({ shape: [6] }, 1, {
      velocity: [0],
      dt: 1,
      after: (stepped) => void stepped.advanceTo(9),
    });
    expect(() => nested.advance()).toThrow(
      new UsageError("Mpdata.advanceTo: expected no step under way, got a call from a hook. Call it elsewhere."),
    );
  });
});

describe("advanceTo", () => {
  const grid = { shape: [10], bounds: [[0, 1]], periodic: true } as const;
  const dts: number[] = [];
  const made = (rate: (time: number) => number, dt = 0.1) => {
    dts.length = 0;
    return solverOf(grid, (x) => 2 + sin(tau * x), {
      velocity: [(_x, _y, _z, time) => rate(time)],
      dt,
      after: (stepped) => void dts.push(stepped.dt),
    });
  };

  it("meets the time exactly and reports the steps", () => {
    const { solver } = made(() => 0.5);
    expect(solver.advanceTo(0.35)).toBe(4);
    expect(solver.time).toBe(0.35);
    expect(dts.slice(0, 3)).toEqual([0.1, 0.1, 0.1]);
    expect(dts[3]).toBeCloseTo(0.05, 14);
    expect(solver.advanceTo(0.35)).toBe(0);
    // What rounding leaves over is no step of its own.
    expect(solver.advanceTo(0.35 + 3 * 0.1)).toBe(3);
    expect(solver.time).toBe(0.35 + 3 * 0.1);
    solver.advance(1);
    expect(solver.dt).toBe(0.1);
  });

  it("halves the step above the limit and doubles it below half of it, up to the given one", () => {
    const { solver } = made((time) => (time < 0.25 ? 0.5 : time < 0.8 ? 1.9 : 0.4), 0.1);
    const steps = solver.advanceTo(1.2, { maxCourant: 0.5 });
    expect(dts.length).toBe(steps);
    // The half step after 0.2 ends at 0.225, when the flow is slow still.
    expect(dts.slice(0, 4)).toEqual([0.1, 0.1, 0.05, 0.025]);
    expect(Math.max(...dts.slice(-4, -1))).toBe(0.1);
    expect(solver.time).toBe(1.2);
    expect(dts.reduce((sum, dt) => sum + dt, 0)).toBeCloseTo(1.2, 12);
  });

  it("has the bits of steps of the given time where those fit", () => {
    const [timed, counted] = [made(() => 0.5), made(() => 0.5)];
    timed.solver.advanceTo(1);
    counted.solver.advance(10);
    expect(bitsOf(timed.field.interior())).toEqual(bitsOf(counted.field.interior()));
    expect(timed.solver.steps).toBe(10);
  });

  it("fits steps to velocities that are set before each", () => {
    const steps: number[] = [];
    const { solver, grid: box } = solverOf(grid, 1, {
      velocity: [0],
      dt: 0.1,
      before: (stepped) => stepped.setVelocity([box.field(1 + 4 * stepped.time)], { extrapolate: true }),
      after: (stepped) => void steps.push(stepped.dt, stepped.courantNumber()),
    });
    solver.advanceTo(1, { maxCourant: 0.8 });
    expect(solver.time).toBe(1);
    for (const value of steps.filter((_, place) => place % 2)) expect(value).toBeLessThanOrEqual(0.8 + 1e-9);
    expect(Math.min(...steps.filter((_, place) => place % 2 === 0))).toBe(0.0125);
  });

  it("refuses what makes no sense", () => {
    const { solver } = made((time) => (time > 2 ? Number.NaN : 0.5));
    const refuses = (run: () => void, text: string) => expect(run).toThrow(new UsageError(text));
    solver.advanceTo(0.5);
    for (const time of [0.4, Number.NaN, Number.POSITIVE_INFINITY]) {
      refuses(
        () => solver.advanceTo(time),
        `Mpdata.advanceTo: "time" expected a number from 0.5, the time of the fields, got ${time}. Give the time to reach.`,
      );
    }
    for (const maxCourant of [0, -1, 1.5, Number.NaN]) {
      refuses(
        () => solver.advanceTo(1, { maxCourant }),
        `Mpdata.advanceTo: "maxCourant" expected a number above 0, at most 1 as for the solver, got ${maxCourant}. Leave it out for 1.`,
      );
    }
    refuses(
      () => solver.advanceTo(1, { courant: 1 } as never),
      'Mpdata.advanceTo: expected the option maxCourant, got "courant". Remove or rename it.',
    );
    refuses(
      () => solverOf(grid, 1, { courant: [0.5] }).solver.advanceTo(1),
      'Mpdata.advanceTo: expected a flow of "velocity" or "stream", got "courant", which is of one time step. Give the velocity, or use advance.',
    );
    refuses(
      () => solver.advanceTo(3),
      'Mpdata: "velocity" expected an outflow of at most 1 a step from each cell, got a value that is not finite at [0], most of it along x. Mend the flow there.',
    );
    const setting = solverOf(grid, 1, { velocity: [0.5], dt: 0.1, before: (stepped) => stepped.setCourant([0]) });
    refuses(
      () => setting.solver.advanceTo(1),
      "Mpdata.setCourant: expected a step of known time, got one of advanceTo. Use setVelocity, or advance.",
    );
  });
});
