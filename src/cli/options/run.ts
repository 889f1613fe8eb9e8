/** The options of runs of a case, and those that `solve` has as well. */

import { outputBeside } from "../run/beside.js";
import { overlap } from "../run/overlap.js";
import { placement } from "../run/placement.js";
import { backend, gzip } from "../run/storage.js";
import { coreThreads, threads } from "../run/threads.js";
import { timeout } from "../run/timeout.js";
import {
  alongAxes,
  file,
  folder,
  onOff,
  positive,
  rankCount,
  repeated,
  shape,
  shapes,
  source,
  whole,
  wholes,
} from "./kind.js";
import { json, type Row } from "./row.js";
import { scheme } from "./scheme.js";

/** What describes a run besides, and what is printed. */
export const run = [
  ...scheme,
  {
    key: "shape",
    flag: "--shape <cells>",
    kind: shape,
    about: "cells along each axis, 256,256 or 256x256 (default: the case's)",
    example: "256,256",
    decides: true,
  },
  {
    key: "steps",
    flag: "--steps <n>",
    kind: whole(0),
    about: "time steps (default: the case's)",
    example: "100",
    recorded: true,
  },
  {
    key: "every",
    flag: "--every <n>",
    kind: whole(1),
    about: "steps between frames in the file (default: first and last only)",
    example: "10",
    recorded: true,
  },
  {
    key: "logEvery",
    flag: "--log-every <n>",
    kind: whole(1),
    about: "steps between lines on standard error that tell the progress (default: none)",
    example: "1000",
    details: "for the logs of batch jobs; a terminal shows the progress in any case",
  },
  {
    key: "initial",
    flag: "--initial <source>",
    kind: source,
    about: "begin with a variable of an HDF5 or netCDF-4 file, FILE:VARIABLE, instead of the case's field",
    example: "FILE.h5:psi",
    details: "of any program, of the shape of the run; the last frame, where there are frames",
    recorded: true,
  },
  { key: "overwrite", flag: "--overwrite", kind: onOff, about: "replace existing HDF5 files", default: false },
  backend,
  gzip,
  json,
] as const satisfies readonly Row[];

const localShape = {
  key: "localShape",
  flag: "--local-shape <cells>",
  kind: shape,
  about: "cells along each axis of the block of every rank, in place of --shape",
  example: "128,128",
  details: "the grid grows with the ranks: for measurements of weak scaling",
} as const satisfies Row;

const split = {
  key: "split",
  flag: "--split <blocks>",
  kind: alongAxes,
  about: "blocks along each axis, 2,1 or 2x1 (default: least surface)",
  example: "2,1",
  recorded: true,
} as const satisfies Row;

const ranks = {
  key: "ranks",
  flag: "-n, --ranks <n>",
  kind: rankCount,
  about: "start that many ranks under the MPI launcher",
  example: "3",
} as const satisfies Row;

const output = {
  key: "output",
  flag: "--output <file>",
  kind: file,
  about: "write snapshots to this HDF5 file",
  example: "FILE.h5",
} as const satisfies Row;

export const plot = {
  key: "plot",
  flag: "--plot <file>",
  kind: file,
  about: "draw the first and last field, with the blocks of the ranks, to this PNG or SVG file",
  example: "FILE.png",
  details: "in 3D the middle plane along z",
} as const satisfies Row;

export const maxRuntime = {
  key: "maxRuntime",
  flag: "--max-runtime <seconds>",
  kind: positive,
  about: "seconds after which to end with a frame, at the next step",
  example: "3600",
  details: "a restart goes on from there",
} as const satisfies Row;

export const xdmf = {
  key: "xdmf",
  flag: "--xdmf",
  kind: onOff,
  about: "write a text beside the output by which ParaView reads it, FILE.xdmf",
  details: "for 2 and 3 axes; a restart continues it",
} as const satisfies Row;

/** How a run is spread over ranks and threads, and where its frames go. */
export const spread = [
  localShape,
  split,
  ranks,
  ...placement,
  timeout,
  coreThreads,
  overlap,
  output,
  outputBeside,
] as const satisfies readonly Row[];

export const advect = [
  ...run,
  ...spread,
  xdmf,
  maxRuntime,
  {
    key: "config",
    flag: "--config <file>",
    kind: file,
    about: "a JSON file with case and options; those of the command line come before",
    example: "FILE.json",
    details:
      'as `{ "case": "cone", "steps": 100, "iterations": 3 }`, with the names of options in camel case; `dist/advect.schema.json` of the package describes it to editors',
  },
  {
    key: "restart",
    flag: "--restart <file>",
    kind: file,
    about: "continue the run of this HDF5 file; --steps is the total",
    example: "FILE.h5",
    details:
      "goes on from the last frame with the case and options of the file, and appends to it; the total may be more than was planned; `--every`, `--split` and the ranks may be others; with `--output` the frames from the last on go to a new file, also where FILE may only be read or another program has rewritten it (h5repack, nccopy)",
  },
  plot,
  {
    key: "timed",
    flag: "--timed",
    kind: onOff,
    about: "repeat a short run until it has taken 0.2 s, and tell the middle one of its times",
    details: "as `compare` does",
  },
] as const satisfies readonly Row[];

const counts = {
  key: "ranks",
  flag: "--ranks <list>",
  kind: wholes(1),
  about: "rank counts, the first is the reference (default: 1,2,3)",
  example: "1,2,3",
} as const satisfies Row;

export const demo = [
  {
    key: "folder",
    flag: "--folder <folder>",
    kind: folder,
    about: "where its files go, in place of those of a demo before (default: wasm-mpi-demo)",
    example: "out",
  },
  counts,
  json,
] as const satisfies readonly Row[];

export const html = {
  key: "html",
  flag: "--html <file>",
  kind: file,
  about: "write a page with the table and the picture, which opens offline",
  example: "FILE.html",
  details: "of `compare` with the differences in each frame",
} as const satisfies Row;

/** How runs are compared. */
export const comparison = [
  counts,
  {
    key: "split",
    flag: "--split <blocks>",
    kind: repeated(alongAxes),
    about: "blocks along each axis on as many ranks, 1,3 or 1x3; may be repeated (default: least surface)",
    example: "1,3",
    details: "several for one number of ranks give a run each (`out-3-1x3.h5`)",
    default: [],
  },
  threads,
  timeout,
  overlap,
  {
    key: "output",
    flag: "--output <file>",
    kind: file,
    about: "base name of the HDF5 files: out.h5 gives out-1.h5, out-2.h5 ...",
    example: "FILE.h5",
    details: "default: in a temporary folder, which is removed",
  },
  {
    key: "plot",
    flag: "--plot <file>",
    kind: file,
    about: "draw the first field, and the last one of each run with its blocks, to this PNG or SVG file",
    example: "FILE.png",
    details: "in 3D the middle plane along z",
  },
  html,
  {
    key: "terminal",
    flag: "--terminal",
    kind: onOff,
    about: "draw the last frame in characters at the end, where standard output is a terminal",
  },
  {
    key: "fewer",
    flag: "--fewer",
    kind: onOff,
    about: "without an MPI launcher run on 1 rank only, instead of failing",
    default: false,
  },
] as const satisfies readonly Row[];

export const compare = [...run, ...comparison] as const satisfies readonly Row[];

export const converge = [
  ...scheme,
  {
    key: "shapes",
    flag: "--shapes <list>",
    kind: shapes,
    about: "cells along each axis, one number for all or e.g. 64x32, coarsest first (default: 32,64,128)",
    example: "32,64,128",
  },
  {
    key: "steps",
    flag: "--steps <n>",
    kind: whole(1),
    about: "time steps on the first shape; the others run as long (default: the case's)",
    example: "100",
  },
  threads,
  {
    key: "plot",
    flag: "--plot <file>",
    kind: file,
    about: "draw the errors against the cells, to a PNG or SVG file",
    example: "FILE.svg",
  },
  html,
  json,
] as const satisfies readonly Row[];
