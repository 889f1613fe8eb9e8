/** Rows of numbers over time, and the file that rank 0 writes of them. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { show, wrong, wrongFile } from "../../argument.js";
import type { Grid } from "../../grid/grid.js";
import { onRoot } from "../../io/agree.js";
import type { Run } from "./tracker.js";

/** A row of a table. */
export type Row = Readonly<Record<string, number>>;

/** A path of a table: of comma-separated values, or of JSON. @throws UsageError */
export function checkTable(where: string, path: unknown): void {
  if (path === undefined || (typeof path === "string" && /\.(csv|json)$/.test(path))) return;
  throw wrong(`${where}: "path"`, "a name that ends in .csv or .json", show(path), "Rename the file.");
}

/** A table that grows row by row; the rows are the same on all ranks. */
export class Table {
  readonly rows: Row[] = [];
  readonly #path: string | undefined;

  constructor(path: string | undefined) {
    this.#path = path;
  }

  /**
   * Starts anew, or with the rows in the file up to the step that a restart goes on from. **Collective.**
   * @param columns besides time and step @throws FileError for a file with others, under whose names the rows would stand
   */
  begin({ grid, resumed }: Run, columns: readonly string[]): void {
    this.rows.length = 0;
    const path = this.#path;
    if (resumed === undefined || path === undefined) return;
    const { comm } = grid;
    const kept = onRoot(comm, path, () => {
      const all = readRows(path, ["time", "step", ...columns].join(", "));
      const rows = all.filter((row) => row.step! <= resumed);
      // Those that a run has written before it was killed come again.
      if (rows.length < all.length) writeRows(path, rows);
      return rows;
    });
    this.rows.push(...(comm.bcastObject(kept) as Row[]));
  }

  /** Adds a row, in place of one of the same step. **Collective.** */
  add(row: Row, { comm }: Grid): void {
    const { rows } = this;
    const isAgain = rows.at(-1)?.step === row.step;
    if (isAgain) rows.pop();
    rows.push(row);
    const path = this.#path;
    if (path === undefined) return;
    onRoot(comm, path, () => {
      // Other lines are there already.
      if (rows.length > 1 && !isAgain && path.endsWith(".csv")) append(path, row);
      else writeRows(path, rows);
    });
  }
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
  const names = Object.keys(rows[0] ?? {});
  const lines = [names.join(","), ...rows.map((row) => lineOf(row, names))];
  const text = path.endsWith(".json") ? JSON.stringify(rows, null, 1) : lines.join("\n");
  write(path, () => writeFileSync(path, `${text}\n`));
}

/** The rows of a table. @throws FileError for a file that is none with these columns, which would be replaced */
function readRows(path: string, columns: string): Row[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8").trimEnd();
  if (text === "") return [];
  const expectColumns = (got: string) => {
    const todo = "Measure the same, or choose another path.";
    if (got !== columns) throw wrongFile(path, `a table with the columns ${columns}`, got || "something else", todo);
  };
  if (path.endsWith(".json")) {
    const rows = listIn(text);
    for (const row of rows ?? [undefined]) expectColumns(Object.keys(Object(row)).join(", "));
    return rows as Row[];
  }
  const [head, ...lines] = text.split("\n");
  const names = head!.split(",");
  expectColumns(names.join(", "));
  return lines.map((line) => Object.fromEntries(line.split(",").map((value, i) => [names[i]!, Number(value)])));
}

/** A list as JSON, which has null for what is no finite number; undefined for another text. */
function listIn(text: string): unknown[] | undefined {
  try {
    const list: unknown = JSON.parse(text, (_, value: unknown) => value ?? Number.NaN);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
}
