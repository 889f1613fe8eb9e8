/** Rows of numbers over time, and the file that rank 0 writes of them. */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { show, wrong, wrongFile } from "../../argument.js";
import { FileError } from "../../errors.js";
import type { Grid } from "../../grid/grid.js";
import { onRoot } from "../../io/agree.js";
import { expectThere, type Identity, replaceFile } from "../../path.js";
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
  #columns: readonly string[] = [];
  /** The file that this run has made: on rank 0. */
  #file: Identity | undefined;

  constructor(path: string | undefined) {
    this.#path = path;
  }

  /**
   * Starts anew, or with the rows in the file up to the step that a restart goes on from. **Collective.**
   * @param columns besides time and step @throws FileError for a file with others, under whose names the rows would stand
   */
  begin({ grid, resumed }: Run, columns: readonly string[]): void {
    this.rows.length = 0;
    this.#columns = ["time", "step", ...columns];
    const path = this.#path;
    if (resumed === undefined || path === undefined) return;
    const { comm } = grid;
    const kept = onRoot(comm, path, () => {
      // Those that a run has written before it was killed come again.
      const rows = readRows(path, this.#columns).filter((row) => row.step! <= resumed);
      // In place of the file of that run, which may still be about to end.
      if (rows.length > 0) this.#file = replaceRows(path, this.#columns, rows);
      return rows;
    });
    this.rows.push(...(comm.bcastObject(kept) as Row[]));
  }

  /** How many rows there are in the file, to be kept for a restart. */
  get kept(): number | undefined {
    return this.#path === undefined ? undefined : this.rows.length;
  }

  /** Goes on behind so many rows. **Local.** @throws FileError for a file with fewer, as the others would be gone */
  resume(kept: unknown): void {
    const [before, now] = [kept as number, this.rows.length];
    if (now >= before) return;
    const expected = `the table of the run before, with ${before === 1 ? "1 row" : `${before} rows`}`;
    const got = now === 0 ? "none" : `one with ${now}`;
    throw wrongFile(this.#path!, expected, got, "Put it back, or choose another path.");
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
      if (rows.length > 1 && !isAgain) appendRow(path, this.#columns, row, this.#file!);
      else this.#file = replaceRows(path, this.#columns, rows);
    });
  }
}

/** How rows stand in a file: between them, and behind the last one, which the next one takes the place of. */
interface Form {
  readonly between: string;
  readonly tail: string;
  head(columns: readonly string[]): string;
  row(row: Row, columns: readonly string[]): string;
}

const textOf = (value: number | undefined) => (Object.is(value, -0) ? "-0" : String(value));

const csv: Form = {
  between: "\n",
  tail: "\n",
  head: (columns) => `${columns.join(",")}\n`,
  row: (row, columns) => columns.map((name) => textOf(row[name])).join(","),
};

const json: Form = {
  between: ",\n",
  tail: "\n]\n",
  head: () => "[\n",
  row(row, columns) {
    const entry = (name: string) =>
      `  ${JSON.stringify(name)}: ${Number.isFinite(row[name]) ? textOf(row[name]) : null}`;
    return ` {\n${columns.map(entry).join(",\n")}\n }`;
  },
};

const formOf = (path: string) => (path.endsWith(".json") ? json : csv);

function write<T>(path: string, put: () => T): T {
  try {
    return put();
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw wrongFile(path, "a file that can be written", error, "Choose another path.");
  }
}

/** Puts a row behind those of a file, which is whole again after one call of the system. @throws FileError */
function appendRow(path: string, columns: readonly string[], row: Row, file: Identity): void {
  const { between, tail, row: lineOf } = formOf(path);
  write(path, () => {
    expectThere(path, file);
    const fd = openSync(path, "r+");
    try {
      const bytes = Buffer.from(between + lineOf(row, columns) + tail);
      const at = fstatSync(fd).size - tail.length;
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, at + done);
    } finally {
      closeSync(fd);
    }
  });
}

/** Writes a file of rows, in place of the one that there may be. @throws FileError */
function replaceRows(path: string, columns: readonly string[], rows: readonly Row[]): Identity {
  const { head, between, tail, row: lineOf } = formOf(path);
  const lines = rows.map((row) => lineOf(row, columns));
  return write(path, () => {
    replaceFile(path, head(columns) + lines.join(between) + tail);
    return statSync(path);
  });
}

/**
 * The rows of a table, without a last one that was cut off.
 * @throws FileError for a file that is none with these columns, which would be replaced
 */
function readRows(path: string, columns: readonly string[]): Row[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  if (text.trim() === "") return [];
  const expectColumns = (got: string) => {
    const todo = "Measure the same, or choose another path.";
    const names = columns.join(", ");
    if (got !== names) throw wrongFile(path, `a table with the columns ${names}`, got || "something else", todo);
  };
  if (path.endsWith(".json")) {
    const rows = listIn(text) ?? listIn(`${text.slice(0, text.lastIndexOf("\n }") + 3)}\n]`);
    for (const row of rows ?? [undefined]) expectColumns(Object.keys(Object(row)).join(", "));
    return rows as Row[];
  }
  const [head, ...lines] = text.split("\n");
  expectColumns(head!.split(",").join(", "));
  return lines.slice(0, -1).map((line, i) => {
    const values = line.split(",");
    if (values.length !== columns.length) {
      const got = `${values.length} in line ${i + 2}`;
      throw wrongFile(path, `${columns.length} values in each line`, got, "Mend the line, or choose another path.");
    }
    return Object.fromEntries(values.map((value, column) => [columns[column]!, Number(value)]));
  });
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
