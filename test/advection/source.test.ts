/** Sources beside advection, explicit and implicit. */
import { describe, expect, it } from "vitest";
import type { Field } from "../../src/grid/field.js";
import { solverOf } from "../harness/run.js";

describe("sources", () => {
  const still = { courant: [0], dt: 0.1 };
  const grid = { shape: [5], periodic: true };

  it("by Euler's rule add the whole step before the advection", () => {
    const { solver, field } = solverOf(grid, 1, {
      ...still,
      source: { scheme: "euler", rhs: ([psi], [out]) => out!.set(psi!.interior().map((value) => -2 * value)) },
    });
    solver.advance(10);
    for (const value of field.interior()) expect(value).toBeCloseTo(0.8 ** 10, 14);
  });

  it("by the trapezoidal rule add half of it before and half after, implicit where given", () => {
    const times: number[] = [];
    const decay = (h: number) => (psi: Field) => Array.from(psi.interior(), (value) => (-2 * value) / (1 + 2 * h));
    const made = (implicit: boolean) =>
      solverOf(grid, 1, {
        ...still,
        source: {
          scheme: "trapezoidal",
          rhs: ([psi], [out], time) => {
            times.push(time);
            out!.set(decay(0)(psi!));
          },
          ...(implicit
            ? {
                implicit: ([psi], [out], time, step) => {
                  times.push(time, step);
                  out!.set(decay(step)(psi!));
                },
              }
            : {}),
        },
      });
    const explicit = made(false);
    explicit.solver.advance(2);
    expect(explicit.field.interior()[0]).toBeCloseTo(0.9 ** 4, 14);
    expect(times).toEqual([0, 0.1, 0.1, 0.2]);
    times.length = 0;
    const solved = made(true);
    solved.solver.advance(2);
    expect(solved.field.interior()[0]).toBeCloseTo((0.9 / 1.1) ** 2, 14);
    expect(times).toEqual([0, 0.1, 0.05, 0.1, 0.2, 0.05]);
  });

  it("see halos that are set, and rates of 0", () => {
    const { solver, field } = solverOf({ shape: [4] }, (x) => x, {
      ...still,
      source: {
        scheme: "euler",
        rhs: ([psi], [out]) => {
          expect([...out!.interior()]).toEqual([0, 0, 0, 0]);
          for (let i = 0; i < 4; i++) {
            out!.data[out!.index(i)] = psi!.data[psi!.index(i + 1)]! - psi!.data[psi!.index(i - 1)]!;
          }
        },
      },
    });
    solver.advance(1);
    expect([...field.interior()]).toEqual([0.5 + 0.1, 1.5 + 0.2, 2.5 + 0.2, 3.5 + 0.1]);
  });
});
