/** What `solve` reports, for programs and for people. */

import { cut } from "../../argument.js";
import { flowsText } from "../../pde/advection.js";
import { type NamedEquations, namedEquations } from "../../pde/equations.js";
import type { Solution } from "../../pde/options.js";
import { shellWord } from "../manual/shell.js";
import { ranksText } from "../run/picture.js";
import { counted, fileLines, mpiText, type Outcome, overAlready, withFiles } from "../run/report.js";
import { rateOf } from "./task.js";

/** What is reported of a solve; the keys are a contract. */
export interface SolveReport extends Outcome {
  readonly equations: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, unknown>>;
  /** Why it ended. */
  readonly stopped: Solution["stopped"];
}

/** `rk4, dt 0.01, f32`, `euler, cfl 0.8` */
export function stepText({ stepper, dt, cfl, dtype }: SolveReport["options"]): string {
  return [
    String(stepper),
    dt === undefined ? `cfl ${cfl}` : `dt ${dt}`,
    ...(dtype === undefined ? [] : [String(dtype)]),
  ].join(", ");
}

/** The tables and the pictures that a run has written, a line each. */
function filesOf({ data, probeData, pictures, movie, kymograph }: SolveReport["options"]): string[] {
  const files = Object.entries({ table: data, "table of points": probeData, pictures, movie, kymograph });
  return files.flatMap(([noun, path]) => (path === undefined ? [] : [`${noun}: ${path}`]));
}

/** A report for people. */
export function describeSolve(report: SolveReport): string {
  const { equations, shape, options, steps, startStep, secondsPerStep, nsPerCellStep, fields, time, stopped } = report;
  const taken = steps - startStep;
  const looks = filesOf(options);
  const lines = [
    ...Object.entries(equations).map(([name, text]) => `${rateOf(name)} = ${cut(text)}`),
    ...((options.advect as readonly string[] | undefined) ?? []).map((flow) => `flow of ${cut(flow)}`),
    `${shape.join(" x ")} cells, ${ranksText(report)}, ${stepText(options)}${report.overlap ? ", overlap" : ""}`,
    `${counted(taken, "step")}${startStep > 0 ? ` from step ${startStep}` : ""} to time ${time}${stopped === "until" ? "" : ` (${stopped})`} in ${(taken * secondsPerStep).toPrecision(3)} s, ${nsPerCellStep.toPrecision(3)} ns per cell and step, ${(100 * report.exchangeShare).toFixed(0)} % of it exchanging halos or waiting${withFiles(report, report.file !== null || looks.length > 0)}`,
    ...Object.entries(fields).map(([name, { min, max, sum, digest }]) => {
      return `${name}: min ${min}, max ${max}, sum ${sum}, digest ${digest}`;
    }),
    `MPI: ${mpiText(report.mpi)}`,
    ...fileLines(report),
    ...looks,
    ...(stopped === "maxRuntime" && report.file ? [`continue with --restart ${shellWord(report.file)}`] : []),
    ...(stopped === "until" ? overAlready(report, "--until") : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** The equations that have a name, for people. */
export function describeNames(): string {
  const entries = Object.entries(namedEquations) as [string, NamedEquations][];
  const rows = entries.flatMap(([name, { about, equations, constants, advection }]) => {
    const numbers = Object.entries(constants).map(([key, value]) => `${key}=${value}`);
    const texts = Object.entries(equations).map(([key, text]) => `    d${key}/dt = ${text}\n`);
    const head = `${name}: ${about}${numbers.length > 0 ? ` (--set ${numbers.join(", ")})` : ""}\n`;
    return [head, ...texts, ...(advection ? flowsText(advection).map((line) => `    ${line}\n`) : [])];
  });
  return rows.join("");
}

/** The same as one JSON document. */
export function namesJson(): string {
  return `${JSON.stringify({ equations: Object.entries(namedEquations).map(([name, known]) => ({ name, ...known })) })}\n`;
}
