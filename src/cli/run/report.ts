/** What a run reports, for programs and for people. */
import type { AnyField } from "../../grid/field.js";
import type { Grid } from "../../grid/grid.js";
import { figuresOfOpen } from "../../pde/mask.js";
import { shellWord } from "../manual/shell.js";
import { ranksText } from "./picture.js";

/** What is reported of the run of any solver; the keys are a contract. */
export interface Outcome extends Figures {
  readonly shape: readonly number[];
  readonly steps: number;
  /** Steps of an earlier run that this one continued; 0 for a new one. */
  readonly startStep: number;
  readonly ranks: number;
  readonly split: readonly number[];
  /** Threads of each rank. */
  readonly threads: number;
  /** Whether the interior of blocks was computed while messages travelled. */
  readonly overlap: boolean;
  readonly secondsPerStep: number;
  readonly nsPerCellStep: number;
  /** Share of the time that ranks spent in halo exchanges, waiting included. */
  readonly exchangeShare: number;
  /** Seconds that the run took on the slowest rank, frames, tables and pictures over time included. */
  readonly seconds: number;
  /** The figures of each field by name, the first one included. */
  readonly fields: Readonly<Record<string, Figures>>;
  readonly time: number;
  readonly file: string | null;
  /** How the file was written. */
  readonly backend: string | null;
  /** Why this way was chosen. */
  readonly backendReason: string | null;
  /** Whether frames were written beside the run. */
  readonly beside: boolean;
  readonly plot: string | null;
  readonly mpi: { readonly library: string; readonly version: string };
}

/** What is reported of a field. */
export interface Figures {
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly digest: string;
}

/** What is reported of the run of a case; the keys are a contract. */
export interface Report extends Outcome {
  readonly case: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Why it ended. */
  readonly stopped: "steps" | "maxRuntime";
  /** Steps that were planned. */
  readonly plannedSteps: number;
  /** The case's own figures, where it has some. */
  readonly statistics?: Readonly<Record<string, number>>;
}

/** The figures of a field; where not all cells take part, extremes and sum are of those that do. **Collective.** */
export function figuresOf(field: AnyField, open?: AnyField): Figures {
  const digest = field.digest();
  return { ...(open ? figuresOfOpen(field, open) : field.figures()), digest };
}

/** What is said of a run that was stopped: where it can go on. */
export function stoppedAt(step: number, steps: number, path: string | undefined, goesOn: boolean): string {
  if (!goesOn) return `stopped at step ${step}${Number.isFinite(steps) ? ` of ${steps}` : ""}`;
  return path === undefined
    ? `stopped at step ${step} of ${steps}; add --output FILE.h5 to be able to continue`
    : `stopped at step ${step}; continue with --restart ${shellWord(path)}`;
}

/** What is said of a restart that had no step to take; nothing of another run. @param flag what asks for more steps */
export function overAlready({ steps, startStep, file }: Outcome, flag: string): string[] {
  if (steps > startStep || startStep === 0 || file === null) return [];
  return [`the run in ${file} is at its end; a larger ${flag} goes on`];
}

/** What is said of the time of a whole run, where it wrote files: that of steps is without them. */
export function withFiles({ seconds }: Outcome, wrote: boolean): string {
  return wrote ? `; with files ${seconds.toPrecision(3)} s` : "";
}

/** The slowest rank's time, and the share of all ranks' time in exchanges. **Collective.** */
export function timingOf(
  grid: Grid,
  steps: number,
  { total, exchange }: { readonly total: number; readonly exchange: number },
): Pick<Outcome, "secondsPerStep" | "nsPerCellStep" | "exchangeShare"> {
  const slowest = grid.comm.allreduce(total, { op: "max" });
  const share = grid.comm.allreduce(exchange) / grid.comm.allreduce(total);
  const cells = grid.shape.reduce((product, n) => product * n, 1);
  const secondsPerStep = steps === 0 ? 0 : slowest / steps;
  const nsPerCellStep = (secondsPerStep * 1e9) / cells;
  return { secondsPerStep, nsPerCellStep, exchangeShare: Number.isFinite(share) ? share : 0 };
}

/** A report as one JSON document: the statistics are keys like the others. */
export function jsonOf({ statistics, plannedSteps: _, ...report }: Report): string {
  return `${JSON.stringify({ ...report, ...statistics })}\n`;
}

/** `2 passes of MPDATA, f32` */
export function schemeText({ iterations, dtype, ...rest }: Report["options"]): string {
  const switches = Object.keys(rest).filter((name) => rest[name] === true);
  const type = dtype === undefined ? [] : [String(dtype)];
  return [`${counted(Number(iterations), "pass", "passes")} of MPDATA`, ...switches, ...type].join(", ");
}

/** `1 step`, `2 steps` */
export function counted(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}

/** A report for people: what was run by which scheme, and what came out. */
export function describe(report: Report): string {
  const { shape, options, steps, startStep, secondsPerStep, nsPerCellStep, exchangeShare } = report;
  const taken = steps - startStep;
  const share = (100 * exchangeShare).toFixed(0);
  const fields = Object.entries(report.fields);
  const lines = [
    `${report.case}: ${shape.join(" x ")} cells, ${ranksText(report)}, ${schemeText(options)}${report.overlap ? ", overlap" : ""}`,
    `${counted(taken, "step")}${startStep > 0 ? ` from step ${startStep}` : ""} in ${(taken * secondsPerStep).toPrecision(3)} s, ${nsPerCellStep.toPrecision(3)} ns per cell and step, ${share} % of it exchanging halos or waiting${withFiles(report, report.file !== null)}`,
    ...fields.map(([name, { min, max, sum, digest }]) => {
      return `${fields.length > 1 ? `${name}: ` : ""}min ${min}, max ${max}, sum ${sum}, digest ${digest}`;
    }),
    ...(report.statistics ? [listed(report.statistics)] : []),
    `MPI: ${mpiText(report.mpi)}`,
    ...fileLines(report),
    ...(report.stopped === "steps" ? [] : [stoppedAt(steps, report.plannedSteps, report.file ?? undefined, true)]),
    ...overAlready(report, "--steps"),
  ];
  return `${lines.join("\n")}\n`;
}

/** The file of a run; how it was written, where several hosts were to write one file. */
export function fileLines({ file, backend, backendReason }: Outcome): string[] {
  if (file === null) return [];
  const how = /several hosts/.test(backendReason ?? "") ? ` (${backend}: ${backendReason})` : "";
  return [`file: ${file}${how}`];
}

/** The version of the MPI library, or why there is none. */
export function mpiText({ library, version }: Outcome["mpi"]): string {
  return library === "solo" ? "none, as 1 rank needs none" : version;
}

/** Figures by name, in a line. */
function listed(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}
