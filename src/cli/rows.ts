/** The options of all commands, one row each. */
import type { MpdataOptions } from "../advection/options.js";
import { BACKENDS } from "../io/store.js";
import {
  atMost,
  choice,
  file,
  folder,
  type Kind,
  list,
  numbers,
  onOff,
  repeated,
  shape,
  shapes,
  source,
  text,
  whole,
  wholes,
} from "./kind.js";
import { outputBeside } from "./run/beside.js";
import { overlap } from "./run/overlap.js";
import { backend, gzip } from "./run/storage.js";
import { coreThreads, threads } from "./run/threads.js";
import { equations } from "./solve/rows.js";

/** An option of a command. */
export interface Row {
  /** Its name among the parsed options and in files: the flag in camel case. */
  readonly key: string;
  /** As Commander has it: `-n, --ranks <n>`. */
  readonly flag: string;
  readonly kind: Kind<unknown>;
  /** What a file may say of it, where that is more than a command line may: files of earlier versions do. */
  readonly filed?: Kind<unknown>;
  /** What the help says of it. */
  readonly about: string;
  /** A value, for error texts and the documentation. */
  readonly example?: string;
  /** What the documentation says besides. */
  readonly details?: string;
  readonly default?: unknown;
  /** The bits of a result depend on it, so that the file of a restart decides it. */
  readonly decides?: true;
  /** Files record it, though a restart may change it. */
  readonly recorded?: true;
  /** It belongs to the scheme: the option of `Mpdata` that it becomes. */
  readonly solver?: keyof MpdataOptions;
  /** It makes fields possible that take both signs. */
  readonly eitherSign?: true;
}

/** What flow and scheme are. */
export const scheme = [
  {
    key: "courant",
    flag: "--courant <c>",
    kind: numbers,
    about: "Courant number along each axis, e.g. 0.3,0.2 (cases of a uniform flow)",
    example: "0.3,0.2",
    decides: true,
  },
  {
    key: "iterations",
    flag: "--iterations <n>",
    // More take a step longer than anybody waits, and change nothing that a double shows.
    kind: whole(1, 1000),
    filed: whole(1, 1e6),
    about: "passes of MPDATA: 1 is donor cell",
    example: "2",
    details: "at most 1000",
    default: 2,
    decides: true,
    solver: "iterations",
  },
  {
    key: "infiniteGauge",
    flag: "--infinite-gauge",
    kind: onOff,
    about: "linearise about an infinite background: sharper, psi of either sign",
    decides: true,
    solver: "infiniteGauge",
    eitherSign: true,
  },
  {
    key: "nonoscillatory",
    flag: "--nonoscillatory",
    kind: onOff,
    about: "limit the corrections: no new extremes",
    decides: true,
    solver: "nonoscillatory",
  },
  {
    key: "thirdOrder",
    flag: "--third-order",
    kind: onOff,
    about: "add the third-order terms",
    decides: true,
    solver: "thirdOrderTerms",
  },
  {
    key: "divergentFlow",
    flag: "--divergent-flow",
    kind: onOff,
    about: "add the terms for a flow with divergence",
    decides: true,
    solver: "divergentFlow",
  },
  {
    key: "variableSign",
    flag: "--variable-sign",
    kind: onOff,
    about: "use |psi| in the corrections: psi of either sign",
    decides: true,
    solver: "variableSign",
    eitherSign: true,
  },
  {
    key: "dtype",
    flag: "--dtype <type>",
    kind: choice(["f64", "f32"]),
    about: "type of the field and of all arithmetic: f64 or f32",
    example: "f32",
    details: "f32 needs half the memory",
    default: "f64",
    decides: true,
  },
] as const satisfies readonly Row[];

const json = {
  key: "json",
  flag: "--json",
  kind: onOff,
  about: "print one JSON document",
  details: "on standard output, and nothing else there",
} as const satisfies Row;

/** What describes a run besides, and what is printed. */
const run = [
  ...scheme,
  {
    key: "shape",
    flag: "--shape <cells>",
    kind: shape,
    about: "cells along each axis, e.g. 256,256 (default: the case's)",
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
  kind: wholes(1),
  about: "blocks along each axis, e.g. 2,1 (default: least surface)",
  example: "2,1",
  recorded: true,
} as const satisfies Row;

const ranks = {
  key: "ranks",
  flag: "-n, --ranks <n>",
  kind: whole(1),
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

const plot = {
  key: "plot",
  flag: "--plot <file>",
  kind: file,
  about: "draw the first and last field, with the blocks of the ranks, to this PNG file",
  example: "FILE.png",
  details: "in 3D the middle plane along z",
} as const satisfies Row;

const xdmf = {
  key: "xdmf",
  flag: "--xdmf",
  kind: onOff,
  about: "write a text beside the output by which ParaView reads it, FILE.xdmf",
  details: "for 2 and 3 axes; a restart continues it",
} as const satisfies Row;

const advect = [
  ...run,
  localShape,
  split,
  ranks,
  coreThreads,
  overlap,
  output,
  outputBeside,
  xdmf,
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

/** How runs are compared. */
const comparison = [
  {
    key: "ranks",
    flag: "--ranks <list>",
    kind: wholes(1),
    about: "rank counts, the first is the reference (default: 1,2,3)",
    example: "1,2,3",
  },
  {
    key: "split",
    flag: "--split <blocks>",
    kind: repeated(wholes(1)),
    about: "blocks along each axis on as many ranks, e.g. 1,3; may be repeated (default: least surface)",
    example: "1,3",
    details: "several for one number of ranks give a run each (`out-3-1x3.h5`)",
    default: [],
  },
  threads,
  overlap,
  {
    key: "output",
    flag: "--output <file>",
    kind: file,
    about: "base name of the HDF5 files: out.h5 gives out-1.h5, out-2.h5 ...",
    example: "FILE.h5",
    details: "default: in a temporary folder",
  },
  {
    key: "plot",
    flag: "--plot <file>",
    kind: file,
    about: "draw the first field, and the last one of each run with its blocks, to this PNG file",
    example: "FILE.png",
    details: "in 3D the middle plane along z",
  },
  {
    key: "fewer",
    flag: "--fewer",
    kind: onOff,
    about: "without an MPI launcher run on 1 rank only, instead of failing",
    default: false,
  },
] as const satisfies readonly Row[];

const compare = [...run, ...comparison] as const satisfies readonly Row[];

const converge = [
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
  json,
] as const satisfies readonly Row[];

const view = [
  {
    key: "plot",
    flag: "--plot <file>",
    kind: file,
    about: "draw frames side by side to this PNG file",
    example: "FILE.png",
    details: "with one scale",
  },
  {
    key: "frames",
    flag: "--frames <list>",
    kind: atMost(8),
    about: "the frames to draw, e.g. 0,5,-1; -1 is the last (default: first and last)",
    example: "0,5,-1",
    details: "at most 8",
  },
  {
    key: "variable",
    flag: "--variable <name>",
    kind: text,
    about: "the variable to draw (default: the one of min, max and sum)",
    example: "psi",
  },
  json,
] as const satisfies readonly Row[];

const bench = [
  {
    key: "ranks",
    flag: "-n, --ranks <n>",
    kind: whole(1),
    about: "ranks (default: 2)",
    example: "2",
    details:
      "always 2 for `pingpong`; 1 for `io`, `output`, `pi`, `pde`, `advection` and `hpcg` only; `pde`, `advection` and `hpcg` run on 1 rank and on these",
  },
  { ...threads, about: "pde, advection, output: threads of each rank (default: 1)" },
  {
    key: "sizes",
    flag: "--sizes <list>",
    kind: text,
    about:
      "bytes of the messages, e.g. 8,64KiB,1MiB (default: 8 to 16MiB, imb: 8 to 1MiB); halo: cells along each axis of a block (default: 16,64,128); io: cells along each axis (default: 256,1024,2048); output: the same (default: 256,1024); pde: squares and cubes (default: 512,2048,256x256x256); advection: these, and lines as 65536x1 (default: 256,1024,64x64x64); hpcg: cells along each axis of a cube (default: 32,64,128)",
    example: "8,64KiB,1MiB",
    details: "bytes are multiples of 8, by default 8 and the powers of four from 64; not for `pi`",
  },
  {
    key: "schemes",
    flag: "--schemes <list>",
    kind: list,
    about: "advection: some of upwind, basic, fct, third-order, gauge-fct (default: all)",
    example: "upwind,fct",
  },
  {
    key: "rounds",
    flag: "--rounds <n>",
    kind: whole(1),
    about: "rounds, in each of which every program runs once",
    example: "5",
    default: 5,
  },
  {
    key: "folder",
    flag: "--folder <folder>",
    kind: folder,
    about: "io, output: where to make the files, which are removed (default: for temporary files)",
    example: "DIR",
  },
  {
    key: "backend",
    flag: "--backend <name>",
    kind: choice(BACKENDS),
    about: "io: mpiio or posix (default: what suits); output: these or gather (default: each)",
    example: "posix",
  },
  {
    key: "plot",
    flag: "--plot <file>",
    kind: file,
    about: "draw the times as multiples of the first peer's to this PNG file",
    example: "FILE.png",
    details: "minima over the size; the first peer in the table is C, or plain writes",
  },
  json,
] as const satisfies readonly Row[];

const program = [
  {
    key: "ranks",
    flag: "-n, --ranks <n>",
    kind: whole(1),
    about: "start that many ranks under the MPI launcher (default: 1)",
    example: "3",
  },
  {
    key: "json",
    flag: "--json",
    kind: onOff,
    about: "print one JSON document; what the program prints goes to standard error",
  },
] as const satisfies readonly Row[];

const build = [
  {
    key: "output",
    flag: "-o, --output <file>",
    kind: file,
    about: "the module (default: the source's name with .wasm)",
    example: "FILE.wasm",
  },
  {
    key: "optimize",
    flag: "--optimize <n>",
    kind: whole(0),
    about: "0 to 3 (default: 3, in a debug build 0)",
    example: "2",
    details: "how much to optimise",
  },
  { key: "debug", flag: "--debug", kind: onOff, about: "check assertions, and name functions in errors" },
  json,
] as const satisfies readonly Row[];

const solve = [
  ...equations,
  json,
  localShape,
  split,
  ranks,
  coreThreads,
  overlap,
  output,
  xdmf,
  plot,
  {
    key: "restart",
    flag: "--restart <file>",
    kind: file,
    about: "continue the run of this HDF5 file of solve",
    example: "FILE.h5",
    details:
      "with the equations and options of the file, from the state in `FILE.restart.h5` beside it, to the bits of a run without a break; `--until`, `--split` and the ranks may be others",
  },
  { key: "list", flag: "--list", kind: onOff, about: "list the equations that have a name" },
] as const satisfies readonly Row[];

const compareSolve = [...equations, json, ...comparison] as const satisfies readonly Row[];

/** The rows of each command, in the order of its help. */
export const table = {
  advect,
  compare,
  "compare solve": compareSolve,
  solve,
  converge,
  view,
  bench,
  run: program,
  build,
  doctor: [json],
} as const;
