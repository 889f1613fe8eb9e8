/** The comparison of two files that there are, without a run. */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { cases } from "../advection/cases/case.js";
import { wrong } from "../argument.js";
import { type Comparison, compareFrames, type LoneFrame } from "../io/difference.js";
import { detectJob } from "../mpi/library/launcher.js";
import { aligned } from "./columns.js";
import { longOf } from "./options/row.js";
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
  const comparison = await compareFrames(...paths);
  const { differences, alone, ends } = comparison;
  // A frame behind the end of the other file is one of which nothing is known there.
  const identical = ends[0] === ends[1] && differences.every(({ differingCells }) => differingCells === 0);
  process.exitCode = identical ? 0 : 1;
  process.stdout.write(
    json ? `${JSON.stringify({ identical, files: paths, differences, alone })}\n` : textOf(paths, comparison),
  );
}

/** The frames of a file without a partner in the other, in a line. */
function aloneText(file: string, partner: string, alone: readonly LoneFrame[]): readonly string[] {
  const frames = alone.filter((frame) => frame.file === file);
  if (frames.length === 0) return [];
  const told = frames.slice(0, mostRows).map(({ frame, time }) => `${frame} (time ${time})`);
  const rest = frames.length > told.length ? `, and ${frames.length - told.length} more` : "";
  const verb = frames.length === 1 ? "has" : "have";
  const noun = frames.length === 1 ? "frame" : "frames";
  return [printableLine(`${noun} ${told.join(", ")}${rest} of ${file} ${verb} no partner in ${partner}`)];
}

function textOf([first, second]: readonly [string, string], { differences, alone, ends }: Comparison): string {
  const strange = differences.filter(({ differingCells }) => differingCells > 0);
  const frames = new Set(differences.map(({ frame }) => frame)).size;
  const variables = new Set(differences.map(({ variable }) => variable)).size === 1 ? "" : "all variables of ";
  const counting = counted(frames, "frame");
  const all = `${variables}${alone.length > 0 ? `the ${counting} that both have` : `all ${counting}`}`;
  const [early, late] = ends[0] < ends[1] ? [first, second] : [second, first];
  const open =
    ends[0] === ends[1] ? "" : `, but ${early} ends at time ${Math.min(...ends)}, ${late} at ${Math.max(...ends)}`;
  const verdict =
    strange.length === 0
      ? `${first} and ${second} have identical bits in ${all}${open}.`
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
  const lone = [...aloneText(first, second, alone), ...aloneText(second, first, alone)];
  const foot = lone.length > 0 ? ["", ...lone] : [];
  return `${[printableLine(verdict), "", ...aligned([head, ...body], "left"), ...foot].join("\n")}\n`;
}
