/** The pages of `wasm-mpi bench pde`, `advection`, `hpcg` and `scaling`: their tables and pictures side by side. */
import { writePage } from "../../run/page.js";
import { mpiText } from "../../run/report.js";
import { drawSteps } from "../picture.js";
import type { ScalingReport } from "../scaling.js";
import { drawScaling, scalingTables } from "../scalingtable.js";
import { type StepReport, stepTable } from "../throughput.js";
import type { Workload } from "../workload.js";

/** Writes the page of steps. @throws FileError */
export async function writeSteps(path: string, workload: Workload, report: StepReport): Promise<void> {
  const table = stepTable(workload, report);
  await writePage(path, {
    title: `wasm-mpi bench ${workload.what}`,
    about: table.about,
    notes: table.notes,
    above: table.above,
    rows: table.rows,
    pictured: "Times of a cell and of a step against sizes, ranks and threads: the minima of the table.",
    draw: (picture) => drawSteps(picture, workload, report),
    mpi: `MPI: ${mpiText(report.mpi)}`,
  });
}

/** Writes the page of more and more cores. @throws FileError */
export async function writeScaling(path: string, report: ScalingReport): Promise<void> {
  const { about, notes, rows, further } = scalingTables(report);
  await writePage(path, {
    title: "wasm-mpi bench scaling",
    about,
    notes,
    rows,
    further,
    pictured: "Efficiencies and times of a step against cells, ranks and threads: the figures of the table.",
    draw: (picture) => drawScaling(picture, report, true),
    mpi: `MPI: ${mpiText(report.mpi)}`,
  });
}
