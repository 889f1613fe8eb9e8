/** The comparison of two files that there are, without a run. */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { cases } from "../advection/cases/case.js";
import { wrong } from "../argument.js";
import { compareFrames, type FrameDifference } from "../io/difference.js";
import { detectJob } from "../mpi/library/launcher.js";
import { aligned } from "./columns.js";
import { longOf } from "./options/index.js";
import { table } from "./options/table.js";
import { counted } from "./run/report.js";
import { printableLine } from "./terminal.js";

/** More rows than that are cut in the middle, but for `--json`. */
const mostRows = 12;

/** @throws UsageError for one file alone */
export function checkNotAlone(name: string): void {
  if (name in cases || !existsSync(name)) return;
  throw wrong(
    '"case"',
    "a case, or two files to compare",
    `the file ${JSON.stringify(name)} alone`,
    "Name another file.",
  );
}

/** @throws UsageError for what is no second file: a word behind a case, or an option with another dash than hyphens */
function checkSecond(name: string, second: string): void {
  if (existsSync(second)) return;
  const quoted = JSON.stringify(second);
  const word = /^[\u2010-\u2015\u2212]+(.+)$/u.exec(second)?.[1];
  if (word !== undefined) {
    throw wrong('"file"', "a file, or an option that begins with two hyphens", quoted, `Write --${word}.`);
  }
  if (name in cases && !existsSync(name)) {
    throw wrong(
      '"case"',
      "a case alone, or two files",
      `${JSON.stringify(name)} and ${quoted}`,
      `Leave out ${quoted}.`,
    );
  }
}

/** Compares two files bit by bit, and prints how they differ. @throws UsageError for options of runs */
export async function comparePair(paths: readonly [string, string], command: Command, json: boolean): Promise<void> {
  for (const { key, flag } of table.compare) {
    if (key === "json" || command.getOptionValueSource(key) !== "cli") continue;
    const todo = "Leave it out, or name a case.";
    throw wrong(`"${longOf(flag)}"`, "none with two files, of which no run is made", "one", todo);
  }
  checkSecond(...paths);
  // One rank reads and prints all of it, which needs no MPI.
  if ((detectJob()?.rank ?? 0) !== 0) return;
  const differences = await compareFrames(...paths);
  const identical = differences.every(({ differingCells }) => differingCells === 0);
  process.exitCode = identical ? 0 : 1;
  process.stdout.write(
    json ? `${JSON.stringify({ identical, files: paths, differences })}\n` : textOf(paths, differences),
  );
}

function textOf([first, second]: readonly [string, string], differences: readonly FrameDifference[]): string {
  const strange = differences.filter(({ differingCells }) => differingCells > 0);
  const frames = new Set(differences.map(({ frame }) => frame)).size;
  const all = `${new Set(differences.map(({ variable }) => variable)).size === 1 ? "" : "all variables of "}all ${counted(frames, "frame")}`;
  const verdict =
    strange.length === 0
      ? `${first} and ${second} have identical bits in ${all}.`
      : `${second} has OTHER BITS than ${first} in ${counted(new Set(strange.map(({ frame }) => frame)).size, "frame")} of ${frames}.`;
  // Of many frames those that are identical are not told of one by one.
  const told = differences.length > mostRows && strange.length > 0 ? strange : differences;
  const half = Math.floor(mostRows / 2) - 1;
  const listed = told.length <= mostRows ? told : [...told.slice(0, half), undefined, ...told.slice(-half)];
  const head = ["variable", "frame", "time", "max |difference|", "differing cells", ""];
  const body = listed.map((row) => {
    if (!row) return head.map((_, column) => (column === 0 ? "..." : ""));
    const { variable, frame, time, maxDifference, differingCells } = row;
    const word = differingCells > 0 ? "DIFFERENT" : "identical";
    return [printableLine(variable), ...[frame, time, maxDifference, differingCells].map(String), word];
  });
  return `${[printableLine(verdict), "", ...aligned([head, ...body], "left")].join("\n")}\n`;
}
