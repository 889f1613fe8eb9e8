/** Trackers that need nothing but the unknowns. */
import { expectFunction, expectKeys, expectNumber } from "../../argument.js";
import { blemished, findBlemish } from "../finite.js";
import { Failure, type Moment, type Run, type Stop, type Tracker } from "./tracker.js";
import { Due, type Interval } from "./when.js";

const intervalKeys = ["every", "steps"];

/**
 * Calls a function on all ranks; the run ends where the function returns `"stop"`, and fails on all ranks where it throws on
 * any of them.
 *
 * ```js
 * const watch = callback(({ time }) => (time > 0.45 ? "stop" : undefined), { every: 0.25 });
 * const { stopped } = await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c }, until: 1, dt: 0.1, track: [watch] });
 * console.log(stopped); // stop
 * ```
 */
export function callback(call: (moment: Moment) => unknown, options: Interval = {}): Tracker {
  expectFunction("callback", call, "It is called with the solution.");
  expectKeys("callback", options, intervalKeys);
  return {
    name: "callback",
    due: new Due("callback", options),
    async call({ grid, time, step, fields }) {
      try {
        const said = await call({ grid, time, step, fields });
        // Words and errors are looked at together with those of the other ranks.
        return typeof said === "string" ? (said as Stop) : undefined;
      } catch (error) {
        return new Failure(error);
      }
    },
  };
}

/**
 * Writes how far the run is to the standard error output of rank 0, by default every second on the wall.
 *
 * ```js
 * await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c }, until: 1, dt: 0.1, track: [progress({ every: { wall: 10 } })] });
 * ```
 */
export function progress(options: Interval = {}): Tracker {
  expectKeys("progress", options, intervalKeys);
  return {
    name: "progress",
    due: new Due(
      "progress",
      options.every === undefined && options.steps === undefined ? { every: { wall: 1 } } : options,
    ),
    call({ grid, time, step, start, until }) {
      if (grid.comm.rank !== 0) return undefined;
      const share = until > start ? (100 * (time - start)) / (until - start) : 100;
      console.error(`time ${time} of ${until} (${share.toFixed(0)} %), step ${step}`);
      return undefined;
    },
  };
}

/**
 * Prints the least, the mean and the greatest value of each unknown on rank 0.
 *
 * ```js
 * await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c }, until: 1, dt: 0.1, track: [print({ every: 0.5 })] });
 * ```
 */
export function print(options: Interval = {}): Tracker {
  expectKeys("print", options, intervalKeys);
  return {
    name: "print",
    due: new Due("print", options),
    call({ grid, time, arrays }) {
      const cells = grid.shape.reduce((product, n) => product * n, 1);
      const parts = Array.from(arrays, ([name, field]) => {
        const { min, max, sum } = field.figures();
        return `${name} ${[min, sum / cells, max].map((value) => value.toPrecision(6)).join(" ")}`;
      });
      if (grid.comm.rank === 0) console.log(`time ${time}: ${parts.join(", ")}`);
      return undefined;
    },
  };
}

/**
 * Ends the run with an error at the first value that is no finite number; it names the cell and the time.
 *
 * ```js
 * await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c }, until: 1, dt: 0.1, track: [consistency({ steps: 5 })] });
 * ```
 */
export function consistency(options: Interval = {}): Tracker {
  expectKeys("consistency", options, intervalKeys);
  return {
    name: "consistency",
    due: new Due("consistency", options),
    call({ arrays, time, step }) {
      const blemish = findBlemish(arrays);
      if (blemish) throw blemished("Pde.solve", blemish, time, step);
      return undefined;
    },
  };
}

/** Options of {@link steadyState}. */
export interface SteadyStateOptions extends Interval {
  /** Changes per unit of time that count as none: of a value u up to `atol + rtol |u|`. Default: 1e-9 and 1e-6. */
  readonly atol?: number;
  /** The share of the value itself. Default: 1e-6. */
  readonly rtol?: number;
}

/** Steps between two looks of {@link steadyState}, unless an interval is named. */
const looks = 100;

/**
 * Ends the run when no value changes any more, as it looks after every hundredth step unless an interval is named.
 *
 * ```js
 * const { stopped } = await new Pde({ c: "-c" }).solve({
 *   grid, initial: { c: 1 }, until: 1000, dt: 0.1, track: [steadyState({ atol: 1e-6 })],
 * });
 * console.log(stopped); // steadyState
 * ```
 */
export function steadyState(options: SteadyStateOptions = {}): Tracker {
  expectKeys("steadyState", options, [...intervalKeys, "atol", "rtol"]);
  const hasInterval = options.every !== undefined || options.steps !== undefined;
  const { atol = 1e-9, rtol = 1e-6 } = options;
  expectNumber('steadyState: "atol"', atol, { least: 0 }, "Leave it out for 1e-9.");
  expectNumber('steadyState: "rtol"', rtol, { least: 0 }, "Leave it out for 1e-6.");
  const look = ({ time, arrays }: Pick<Run, "time" | "arrays">) => {
    return { time, values: new Map(Array.from(arrays, ([name, field]) => [name, field.interior()] as const)) };
  };
  let last: ReturnType<typeof look> | undefined;
  return {
    name: "steadyState",
    due: new Due("steadyState", hasInterval ? options : { steps: looks }),
    asked: { atol, rtol },
    begin(run) {
      // The state of a restart is that of the end of a run, or of a frame: the look before the next one.
      last = run.resumed === undefined ? undefined : look(run);
    },
    call(run): Stop | undefined {
      const { grid, time } = run;
      const before = last;
      last = look(run);
      const { values } = last;
      if (!before || before.time === time) return undefined;
      const elapsed = time - before.time;
      const moves = Array.from(values).some(([name, now]) => {
        const then = before.values.get(name)!;
        return now.some((value, i) => !(Math.abs(value - then[i]!) <= elapsed * (atol + rtol * Math.abs(value))));
      });
      const [any] = grid.comm.allreduce(Int32Array.of(Number(moves)), new Int32Array(1), { op: "max" });
      return any === 0 ? "steadyState" : undefined;
    },
  };
}
