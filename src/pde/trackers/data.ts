/** A table of numbers over time. */
import { expectKeys, show, wrong } from "../../argument.js";
import { expectTexts } from "../options.js";
import type { Watch } from "../programs/watch.js";
import { checkTable, type Row, Table } from "./table.js";
import type { Tracker } from "./tracker.js";
import { Due, type Interval } from "./when.js";

/** Options of {@link data}. */
export interface DataOptions extends Interval {
  /** The file that rank 0 writes: a table of comma-separated values, or JSON, by the end of its name. Default: none. */
  readonly path?: string;
}

/**
 * Numbers of the whole grid over time, as texts: `{ mass: "integral(c)" }`. The rows are in `rows` of the tracker on every
 * rank, and in a file where `path` names one.
 *
 * ```js
 * const table = data({ mass: "integral(c)", energy: "integral(c^2)" }, { every: 0.5, path: "table.csv" });
 * await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c }, until: 1, dt: 0.1, track: [table] });
 * console.log(table.rows.length); // 3
 * ```
 */
export function data(
  values: Readonly<Record<string, string>>,
  options: DataOptions = {},
): Tracker & { readonly rows: readonly Row[] } {
  const where = "data";
  expectTexts(`${where}: "values"`, values, "texts by name", '{ mass: "integral(c)" }');
  expectKeys(where, options, ["every", "steps", "path"]);
  const { path } = options;
  checkTable(where, path);
  const names = Object.keys(values);
  const taken = names.find((name) => name === "time" || name === "step");
  if (taken !== undefined) {
    throw wrong(`Pde: "data.${taken}"`, "a name that no column of the table has", show(taken), "Rename it.");
  }
  const table = new Table(path);
  let watch: Watch | undefined;
  return {
    name: `data ${path ?? names.join(", ")}`,
    due: new Due(where, options),
    asked: values,
    rows: table.rows,
    get kept() {
      return table.kept;
    },
    begin(run) {
      watch = run.watch("data", {}, values);
      table.begin(run, names);
    },
    resume: (kept) => table.resume(kept),
    call({ time, step, grid }) {
      watch!.run(time);
      table.add({ time, step, ...Object.fromEntries(names.map((name) => [name, watch!.number(name)])) }, grid);
      return undefined;
    },
    end() {
      watch = undefined;
    },
  };
}
