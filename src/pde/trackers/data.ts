/** A table of numbers over time. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { expectKeys, show, wrong, wrongFile } from "../../argument.js";
import { onRoot } from "../../io/agree.js";
import { expectTexts } from "../options.js";
import type { Watch } from "../programs/watch.js";
import type { Tracker } from "./tracker.js";
import { Due, type Interval } from "./when.js";

/** A row of a table. */
export type Row = Readonly<Record<string, number>>;

/** Options of {@link data}. */
export interface DataOptions extends Interval {
  /** The file that rank 0 writes: a table of comma-separated values, or JSON, by the end of its name. Default: none. */
  readonly path?: string;
}

/**
 * Numbers of the whole grid over time, as texts: `{ mass: "integral(c)" }`. The rows are in `rows` of the tracker on every
 * rank, and in a file where `path` names one.
 */
export function data(
  values: Readonly<Record<string, string>>,
  options: DataOptions = {},
): Tracker & { readonly rows: readonly Row[] } {
  const where = "data";
  expectTexts(`${where}: "values"`, values, "texts by name");
  expectKeys(where, options, ["every", "steps", "path"]);
  const { path } = options;
  if (path !== undefined && !(typeof path === "string" && /\.(csv|json)$/.test(path))) {
    throw wrong(`${where}: "path"`, "a name that ends in .csv or .json", show(path), "Rename the file.");
  }
  const names = Object.keys(values);
  const rows: Row[] = [];
  let watch: Watch | undefined;
  return {
    name: `data ${path ?? names.join(", ")}`,
    due: new Due(where, options),
    rows,
    begin(run) {
      watch = run.watch("data", {}, values);
      rows.length = 0;
      if (run.resumed !== undefined && path !== undefined) {
        const { comm } = run.grid;
        const step = run.resumed;
        const kept = onRoot(comm, path, () => readRows(path).filter((row) => row.step! <= step));
        rows.push(...(comm.bcastObject(kept) as Row[]));
      }
    },
    call({ time, step, grid }) {
      watch!.run(time);
      const row = { time, step, ...Object.fromEntries(names.map((name) => [name, watch!.number(name)])) };
      const isAgain = rows.at(-1)?.step === step;
      if (isAgain) rows.pop();
      rows.push(row);
      if (path === undefined) return undefined;
      onRoot(grid.comm, path, () => {
        // Other lines are there already.
        if (rows.length > 1 && !isAgain && path.endsWith(".csv")) append(path, row);
        else writeRows(path, rows);
      });
      return undefined;
    },
    end() {
      watch = undefined;
    },
  };
}

const lineOf = (row: Row, names: readonly string[]) => names.map((name) => row[name]).join(",");

function write(path: string, put: () => void): void {
  try {
    put();
  } catch (error) {
    throw wrongFile(path, "a file that can be written", error, "Choose another path.");
  }
}

function append(path: string, row: Row): void {
  write(path, () => appendFileSync(path, `${lineOf(row, Object.keys(row))}\n`));
}

function writeRows(path: string, rows: readonly Row[]): void {
  const names = Object.keys(rows[0]!);
  const lines = [names.join(","), ...rows.map((row) => lineOf(row, names))];
  const text = path.endsWith(".json") ? JSON.stringify(rows, null, 1) : lines.join("\n");
  write(path, () => writeFileSync(path, `${text}\n`));
}

function readRows(path: string): Row[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  if (path.endsWith(".json")) return JSON.parse(text) as Row[];
  const [head, ...lines] = text.trimEnd().split("\n");
  const names = head!.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((value, i) => [names[i]!, Number(value)])));
}
