/** The options of `view`. */
import { atMost, file, text } from "./kind.js";
import { json, type Row } from "./row.js";

export const view = [
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
