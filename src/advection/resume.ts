import { expectNumber, expectOptions, expectWhole, isAbove, wrong } from "../argument.js";
import { type AnyField, expectCells } from "../grid/field.js";
import type { Grid } from "../grid/grid.js";

/** Where a run is that is continued with `solver.resume()`. */
export interface ResumedState {
  /** Steps taken. */
  readonly steps: number;
  /** Time of the fields. Default: `steps * dt`. */
  readonly time?: number;
  /** Time of the next step, for `advanceTo`: `nextDt` of the solver before. Default: that of a step of this solver. */
  readonly dt?: number;
  /** The velocity of the last step, where `setVelocity` extrapolates from it, and the time it was of. */
  readonly velocity?: { readonly fields: readonly AnyField[]; readonly time: number };
}

/** A state with nothing left open. @throws UsageError when it is none */
export function checkState(
  state: ResumedState,
  grid: Grid,
  usual: number,
): Required<Omit<ResumedState, "velocity">> & Pick<ResumedState, "velocity"> {
  expectOptions('Mpdata.resume: "state"', state, ["steps", "time", "dt", "velocity"]);
  const { steps, velocity, dt = usual } = state;
  expectWhole('Mpdata.resume: "steps"', steps, { least: 0 }, "Give the steps that were taken.");
  const { time = steps * usual } = state;
  expectNumber('Mpdata.resume: "time"', time, {}, "Give the time of the fields.");
  if (!(isAbove(0, dt) && dt <= usual)) {
    throw wrong('Mpdata.resume: "dt"', `a number above 0, at most ${usual} as for the solver`, dt, "Leave it out.");
  }
  if (velocity === undefined) return { steps, time, dt };
  expectOptions('Mpdata.resume: "velocity"', velocity, ["fields", "time"]);
  const { fields, time: before } = velocity;
  const are = Array.isArray(fields) && fields.length === grid.shape.length;
  if (!are || fields.some((field) => field?.grid !== grid)) {
    const expected = `${grid.shape.length} fields of the grid, one an axis`;
    throw wrong('Mpdata.resume: "velocity.fields"', expected, "others", "Make them with grid.field().");
  }
  for (const field of fields) expectCells('Mpdata.resume: "velocity.fields"', field);
  if (!(Number.isFinite(before) && before < time)) {
    throw wrong(
      'Mpdata.resume: "velocity.time"',
      `a time before ${time}, that of the fields`,
      before,
      "Give that of the last step.",
    );
  }
  return { steps, time, dt, velocity };
}
