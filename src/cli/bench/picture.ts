/** The picture of `wasm-mpi bench advection`: what a cell costs on grids of all sizes, and what more cores take off a step. */
import { type Diagram, diagrams } from "../../plot/index.js";
import { counted } from "../run/report.js";
import { type SolverName, solverTitle } from "./solvers.js";
import type { StepReport, StepRow } from "./throughput.js";
import { type Case, cellsOf, shapeText, type Workload } from "./workload.js";

/** The programs beside wasm-mpi in the picture, as far as they were measured. */
const shown: readonly SolverName[] = ["sse", "javascript"];

/** Draws two diagrams. @throws FileError when the picture cannot be written */
export async function drawSteps(path: string, workload: Workload, report: StepReport): Promise<void> {
  const { rows, programs, rounds, mpi } = report;
  const all = Object.keys(programs) as SolverName[];
  const peers = workload.what === "advection" ? shown.filter((name) => all.includes(name)) : all;
  const title = `${workload.about}, minima of ${counted(rounds, "round")}, ${mpi.version}`;
  const cores = bySize(rows, workload);
  await diagrams(path, {
    title,
    diagrams: [overSizes(rows, peers, workload), ...(cores.points.length > 1 ? [cores] : [])],
  });
}

const namesOf = (rows: readonly StepRow[]) => [...new Set(rows.map(({ name }) => name))];
const sameCase = (a: Case, b: Case) => a.name === b.name && a.shape.join() === b.shape.join();

/** Nanoseconds a cell and step on one rank over the sizes, grids of equally many axes beside each other. */
function overSizes(all: readonly StepRow[], peers: readonly SolverName[], { step }: Workload): Diagram {
  const first = all[0]!;
  const rows = all.filter(({ ranks, threads }) => ranks === first.ranks && threads === first.threads);
  const sorted = rows.toSorted((a, b) => a.shape.length - b.shape.length || cellsOf(a) - cellsOf(b));
  const shapes = [...new Map(sorted.map((row) => [row.shape.join(), row.shape])).values()];
  const axes = [...new Set(shapes.map(({ length }) => length))];
  const names = namesOf(rows);
  const programs = ["wasm-mpi", ...peers.map((name) => solverTitle[name])];
  const curves = names.flatMap((name, colour) =>
    programs.flatMap((_, line) =>
      axes.map((count) => {
        const values = shapes.map((shape) => {
          const row = rows.find((each) => sameCase(each, { name, shape }));
          const seconds = line === 0 ? row?.seconds : row?.peers[peers[line - 1]!];
          return shape.length === count && seconds !== undefined ? (1e9 * seconds) / cellsOf({ shape }) : Number.NaN;
        });
        return { colour, line, values };
      }),
    ),
  );
  const points = shapes.map((shape) => shapeText({ shape }));
  const title = first.threads === 1 ? "one rank, one thread" : `one rank, ${first.threads} threads`;
  const label = `ns a cell and ${step}`;
  return { title, label, across: "cells", points, colours: names, lines: programs, curves };
}

/** Milliseconds of a step on the largest grid over ranks, and over threads of one rank. */
function bySize(all: readonly StepRow[], { step }: Workload): Diagram {
  const largest = all.reduce((most, row) => (cellsOf(row) > cellsOf(most) ? row : most));
  const rows = all.filter(({ shape }) => shape.join() === largest.shape.join());
  const names = namesOf(rows);
  const base = rows[0]!;
  const inRanks = rows.filter(({ threads }) => threads === base.threads);
  const inThreads = rows.filter(({ ranks }) => ranks === base.ranks);
  const both = [
    { title: base.threads === 1 ? "ranks" : `ranks of ${base.threads} threads`, rows: inRanks, key: "ranks" },
    { title: "threads of one rank", rows: inThreads, key: "threads" },
  ] as const;
  const lines = both.filter((line) => new Set(line.rows.map((row) => row[line.key])).size > 1);
  const counts = [...new Set(lines.flatMap((line) => line.rows.map((row) => row[line.key])))].toSorted((a, b) => a - b);
  const curves = names.flatMap((name, colour) =>
    lines.map(({ rows: some, key }, line) => {
      const secondsOn = (count: number) => some.find((row) => row.name === name && row[key] === count)?.seconds;
      return { colour, line, values: counts.map((count) => 1e3 * (secondsOn(count) ?? Number.NaN)) };
    }),
  );
  return {
    title: `${shapeText(largest)} cells`,
    label: step === "step" ? "ms a step" : `ms an ${step}`,
    across: lines.length > 1 ? "ranks, or threads" : (lines[0]?.title ?? "ranks"),
    points: counts.map(String),
    colours: names,
    lines: lines.map(({ title }) => title),
    curves,
  };
}
