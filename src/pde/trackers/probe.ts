/** Values at points over time. */
import { expectKeys, expectList, showAll } from "../../argument.js";
import type { AnyField } from "../../grid/field.js";
import { expectTexts } from "../options.js";
import type { Watch } from "../programs/watch.js";
import { cellOf, localOf, valueAt } from "../sources/points.js";
import { checkTable, type Row, Table } from "./table.js";
import type { Tracker } from "./tracker.js";
import { Due, type Interval } from "./when.js";

/** Options of {@link probe}. */
export interface ProbeOptions extends Interval {
  /** What is looked at: texts of the unknowns by name. Default: the unknowns, of complex ones both parts. */
  readonly values?: Readonly<Record<string, string>>;
  /** The file that rank 0 writes: a table of comma-separated values, or JSON, by the end of its name. Default: none. */
  readonly path?: string;
}

/**
 * Values at points over time: those of the cells that the points lie in, as of points with sources. The rows are in `rows`
 * of the tracker on every rank, `c[0]` being c at the first point, and in a file where `path` names one. A cell that a
 * mask has closed is NaN.
 *
 * ```js
 * const probes = probe([[8, 16], [24, 16]], { every: 0.5 });
 * await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c }, until: 1, dt: 0.1, track: [probes] });
 * console.log(Object.keys(probes.rows[0] ?? {}).join(" ")); // time step c[0] c[1]
 * ```
 * @param points the coordinates of each
 */
export function probe(
  points: readonly (readonly number[])[],
  options: ProbeOptions = {},
): Tracker & { readonly rows: readonly Row[] } {
  const where = "probe";
  const list = expectList(`${where}: "points"`, points, "a list of points", "Write [[0.5, 0.5]], for example.");
  expectKeys(where, options, ["every", "steps", "values", "path"]);
  const { values, path } = options;
  if (values !== undefined) expectTexts(`${where}: "values"`, values, "texts by name", '{ square: "c^2" }');
  checkTable(where, path);
  const table = new Table(path);
  let cells: readonly (readonly number[])[] = [];
  let watch: Watch | undefined;
  return {
    name: `probe ${path ?? showAll(list)}`,
    due: new Due(where, options),
    asked: { points: list, values },
    rows: table.rows,
    get kept() {
      return table.kept;
    },
    begin(run) {
      cells = list.map((point, i) => cellOf(`${where}: "points[${i}]"`, run.grid, point));
      if (values) watch = run.watch(where, values, {});
      const columns = values ? Object.keys(values) : [...run.arrays.keys()];
      table.begin(
        run,
        columns.flatMap((name) => cells.map((_, n) => `${name}[${n}]`)),
      );
    },
    resume: (kept) => table.resume(kept),
    call({ arrays, open, time, step, grid }) {
      watch?.run(time);
      const fields: [string, AnyField][] = values
        ? Object.keys(values).map((name) => [name, watch!.field(name)])
        : [...arrays];
      // Ranks that have not the cell add -0, which changes no number.
      const found = new Float64Array(fields.length * cells.length).fill(-0);
      const local = cells.map((cell) => localOf(grid, cell));
      for (const [i, [, field]] of fields.entries()) {
        for (const [n, cell] of local.entries()) {
          if (cell) found[i * cells.length + n] = valueAt(field, open, cell);
        }
      }
      grid.comm.allreduce(found.slice(), found, { op: "sum" });
      const entries = fields.flatMap(([name], i) =>
        cells.map((_, n) => [`${name}[${n}]`, found[i * cells.length + n]!] as const),
      );
      table.add({ time, step, ...Object.fromEntries(entries) }, grid);
      return undefined;
    },
    end() {
      watch = undefined;
    },
  };
}
