/** The options of all commands. */
import { equations } from "../solve/rows.js";
import { bench } from "./bench.js";
import { file, onOff } from "./kind.js";
import { build, program } from "./program.js";
import { json, type Row } from "./row.js";
import { advect, compare, comparison, converge, demo, plot, spread, xdmf } from "./run.js";
import { view } from "./view.js";

const solve = [
  ...equations,
  json,
  ...spread,
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
  demo,
  init: [json],
  doctor: [json],
} as const;
