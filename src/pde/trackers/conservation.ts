/** What is to stay as it was. */
import { expectKeys, expectNumber, wrong } from "../../argument.js";
import { expectTexts } from "../options.js";
import type { Watch } from "../programs/watch.js";
import type { Tracker } from "./tracker.js";
import { Due, type Interval } from "./when.js";

/** Options of {@link conservation}. */
export interface ConservationOptions extends Interval {
  /** How far a number may come from its value v at the start: up to `atol + rtol |v|`. Default: 1e-9 each. */
  readonly atol?: number;
  /** The share of the value at the start. Default: 1e-9. */
  readonly rtol?: number;
}

/** A number at the start. */
interface First {
  readonly time: number;
  readonly values: Readonly<Record<string, number>>;
  /** What they are of. */
  readonly texts: Readonly<Record<string, string>>;
}

/**
 * Ends the run with an error when a number of the whole grid is no longer what it was at the start: `{ mass:
 * "integral(c)" }`. The error names the number, both values and the time. After a restart it is compared with the start of
 * the first run; texts that are others under their names begin anew.
 *
 * ```js
 * const kept = conservation({ mass: "integral(c)" }, { every: 0.5 });
 * await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c }, until: 1, dt: 0.1, track: [kept] });
 * ```
 */
export function conservation(values: Readonly<Record<string, string>>, options: ConservationOptions = {}): Tracker {
  const where = "conservation";
  expectTexts(`${where}: "values"`, values, "texts by name", '{ mass: "integral(c)" }');
  expectKeys(where, options, ["every", "steps", "atol", "rtol"]);
  const { atol = 1e-9, rtol = 1e-9 } = options;
  expectNumber(`${where}: "atol"`, atol, { least: 0 }, "Leave it out for 1e-9.");
  expectNumber(`${where}: "rtol"`, rtol, { least: 0 }, "Leave it out for 1e-9.");
  const names = Object.keys(values);
  let first: First | undefined;
  let watch: Watch | undefined;
  return {
    name: `${where} ${names.join(", ")}`,
    due: new Due(where, options),
    asked: { values, atol, rtol },
    get kept() {
      return first;
    },
    begin(run) {
      first = undefined;
      watch = run.watch(where, {}, values);
    },
    resume(kept) {
      const before = kept as First;
      // Under a name may stand another text than before, of which the start is not known.
      if (names.every((name) => (before.texts ?? values)[name] === values[name])) first = before;
    },
    call({ time, step }) {
      watch!.run(time);
      const now = Object.fromEntries(names.map((name) => [name, watch!.number(name)]));
      first ??= { time, values: now, texts: values };
      for (const [name, value] of Object.entries(now)) {
        const at = `at time ${time} (step ${step})`;
        if (!Number.isFinite(value)) {
          const todo = "Mend the text, or the values that it is of.";
          throw wrong(`${where}: "${name}"`, `${values[name]} to be a finite number`, `${value} ${at}`, todo);
        }
        const before = first.values[name]!;
        const most = atol + rtol * Math.abs(before);
        if (Math.abs(value - before) <= most) continue;
        const expected = `${values[name]} to stay ${before} (at time ${first.time}) to within ${most}`;
        const todo = "Mend the equations or their walls, or raise the tolerance.";
        throw wrong(`${where}: "${name}"`, expected, `${value} ${at}`, todo);
      }
      return undefined;
    },
    end() {
      watch = undefined;
    },
  };
}
