/** The result of `wasm-mpi bench scaling`, for people. */
import { diagrams } from "../../plot/index.js";
import { aligned } from "../columns.js";
import { counted } from "../run/report.js";
import type { Prediction } from "./predict.js";
import { digits } from "./report.js";
import type { ScalingReport } from "./scaling.js";
import { type Reached, type ScalingRow, wellUsed } from "./spread.js";
import { cellsOf, type Layout, shapeText } from "./workload.js";

const percent = (part: number) => `${(100 * part).toFixed(0)} %`;
const microseconds = (seconds: number) => digits(1e6 * seconds);
const surfaceText = (surface: number) => (surface === 0 ? "-" : surface.toPrecision(2));

/** `2 ranks`, `4 threads` */
function layoutText({ ranks, threads }: Layout): string {
  return threads === 1 ? counted(ranks, "rank") : counted(threads, "thread");
}

/** The table of all rows, with what is said of it. */
function wholeTable({ rows, rounds, mpi, skipped, warning }: ScalingReport) {
  const head = [
    "",
    "scheme",
    "cells",
    "ranks",
    "threads",
    "split",
    "surface",
    "min us",
    "median us",
    "speed-up",
    "efficiency",
  ];
  const body = rows.map((row) => {
    const figures = [row.seconds, row.median].map(microseconds);
    const place = [row.name, row.scheme, shapeText(row), String(row.ranks), String(row.threads), row.split.join("x")];
    return [...place, surfaceText(row.surface), ...figures, row.speedUp.toFixed(2), percent(row.efficiency)];
  });
  return {
    about: `scaling: steps of MPDATA, the flow as a field, f64, periodic, ${counted(rows[0]!.samples.length, "sample")} in ${counted(rounds, "round")}, ${mpi.version}`,
    notes: [
      ...skipped.map((text) => `left out: ${text}`),
      ...(warning === null ? [] : [`warning: ${warning}`]),
      "strong: the same cells on more cores; weak: as many cells for each core as the first has alone",
      "surface: cells at the cut sides of a block to all of its cells; speed-up, efficiency: by the cells a second of one core, minima",
    ],
    rows: [head, ...body],
  };
}

/** The report as tables of a page. */
export function scalingTables(report: ScalingReport) {
  const { reached, predicted } = report;
  const wells = [
    ["", `${percent(wellUsed)} efficiency from`],
    ...reached.map((each) =>
      reachedText(each)
        .trim()
        .split(/: (.*)/s)
        .slice(0, 2),
    ),
  ];
  const said = predicted
    ? [
        {
          caption: `prediction for up to ${predicted.ranks} ranks, by a model`,
          rows: [predictedHead, ...predictedRows(predicted)],
        },
      ]
    : [];
  return { ...wholeTable(report), further: [{ caption: "well used", rows: wells }, ...said] };
}

/** The report as tables, for people. */
export function describeScaling(report: ScalingReport): string {
  const { reached, predicted } = report;
  const { about, notes, rows } = wholeTable(report);
  return `${[
    about,
    ...notes,
    "",
    ...aligned(rows),
    "",
    `${percent(wellUsed)} efficiency from:`,
    ...reached.map(reachedText),
    ...(predicted ? describePrediction(predicted) : []),
  ].join("\n")}\n`;
}

function reachedText({ name, scheme, shape, ...layout }: Reached): string {
  const from = shape
    ? `${shapeText({ shape })} cells${name === "weak" ? " of each core" : ""} on`
    : "not on the measured grids";
  return `  ${name}, ${scheme}, ${layoutText(layout)}: ${from}`;
}

const first = ["", "scheme", "cells", "ranks", "split"];
const predictedHead = [...first, "surface", "us", "efficiency"];

function predictedRows({ rows }: Prediction): string[][] {
  return rows.map((row) => {
    const place = [row.name, row.scheme, shapeText(row), String(row.ranks), row.split.join("x")];
    return [...place, surfaceText(row.surface), microseconds(row.seconds), percent(row.efficiency)];
  });
}

function describePrediction(prediction: Prediction): string[] {
  const { ranks, latency, bandwidth, error, assumptions, models, checks } = prediction;
  const mean = checks.reduce((sum, check) => sum + Math.abs(check.error), 0) / checks.length;
  const worst = Math.max(...checks.map((check) => Math.abs(check.error)));
  const checked = checks.map((check) => {
    const { name, scheme, split, seconds, measured } = check;
    const times = [measured, seconds].map(microseconds);
    return [name, scheme, shapeText(check), String(check.ranks), split.join("x"), ...times, signed(check.error)];
  });
  return [
    "",
    `prediction for up to ${ranks} ranks, by a model. It assumes that`,
    ...assumptions.map((text) => `  - ${text}`),
    `exchange along an axis: ${(1e6 * latency).toPrecision(3)} us + bytes at ${(bandwidth / 1e9).toPrecision(3)} GB/s, ${percent(error)} off the measured ones in the mean`,
    ...models.map(({ scheme, axes, traffic: { exchanges, layers }, nsPerCellStep }) => {
      const costs = nsPerCellStep.map(({ cells, ns }) => `${ns.toPrecision(3)} (${cells})`).join(", ");
      return `${scheme} on ${axes === 1 ? "1 axis" : `${axes} axes`}: ${counted(exchanges, "exchange")} of ${counted(layers, "layer")} a step; ns a cell (of so many cells): ${costs}`;
    }),
    "",
    `against what was measured: ${percent(mean)} off in the mean, ${percent(worst)} at worst`,
    "",
    ...aligned([[...first, "measured us", "model us", "error"], ...checked]),
    "",
    ...aligned([predictedHead, ...predictedRows(prediction)]),
    "",
    `${percent(wellUsed)} efficiency of one grid on more ranks, from so many cells along each axis on:`,
    ...models.map(({ scheme, axes, reached }) => {
      const sizes = reached.map(({ ranks: count, size }) => `${size ?? "none"} on ${count}`);
      return `  ${scheme}, ${axes}D: ${sizes.join(", ")}`;
    }),
  ];
}

const signed = (part: number) => `${Math.round(100 * part) < 0 ? "-" : "+"}${percent(Math.abs(part))}`;

/** Draws the efficiencies over the sizes, and the times of a step if asked for. @throws FileError when the picture cannot be written */
export async function drawScaling(path: string, { rows, rounds, mpi }: ScalingReport, hasTimes = false): Promise<void> {
  const title = `MPDATA on more cores, f64, periodic, minima of ${counted(rounds, "round")}, ${mpi.version}`;
  const more = rows.filter(({ ranks, threads }) => ranks * threads > 1);
  const colours = [...new Set(more.map(layoutText))];
  const lines = [...new Set(more.map(({ scheme }) => scheme))];
  const diagramOf = (name: ScalingRow["name"], label: string, figure: (row: ScalingRow) => number) => {
    const some = more.filter((row) => row.name === name);
    const points = pointsOf(some);
    const axes = [...new Set(some.map(({ base }) => base.length))];
    const curves = colours.flatMap((layout, colour) =>
      lines.flatMap((scheme, line) =>
        axes.map((count) => {
          const values = points.map((base) => {
            const isOf = (row: ScalingRow) => row.scheme === scheme && layoutText(row) === layout;
            const row = some.find((each) => isOf(each) && each.base.join() === base.join() && base.length === count);
            return row ? figure(row) : Number.NaN;
          });
          return { colour, line, values };
        }),
      ),
    );
    const across = name === "strong" ? "cells" : "cells of each core";
    const names = points.map((shape) => shapeText({ shape }));
    return { title: name, label, across, points: names, colours, lines, curves };
  };
  const both = ["strong", "weak"] as const;
  const drawn = [
    ...both.map((name) => diagramOf(name, "efficiency", ({ efficiency }) => efficiency)),
    ...(hasTimes ? both.map((name) => diagramOf(name, "us a step", ({ seconds }) => 1e6 * seconds)) : []),
  ];
  await diagrams(path, { title, diagrams: drawn });
}

/** The grids of one core, those of equally many axes beside each other. */
function pointsOf(rows: readonly ScalingRow[]): (readonly number[])[] {
  const bases = [...new Map(rows.map(({ base }) => [base.join(), base])).values()];
  return bases.toSorted((a, b) => a.length - b.length || cellsOf({ shape: a }) - cellsOf({ shape: b }));
}
