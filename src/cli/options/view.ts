/** The options of `view`. */
import { mapNames } from "../../plot/colours.js";
import { choice, cut, ends, file, frames, number, onOff, positive, projection, repeated, text } from "./kind.js";
import { json, type Row } from "./row.js";

export const view = [
  {
    key: "plot",
    flag: "--plot <file>",
    kind: file,
    about: "draw frames beside each other to this PNG or SVG file",
    example: "FILE.png",
    details: "with one scale",
  },
  {
    key: "movie",
    flag: "--movie <file>",
    kind: file,
    about: "draw all frames, or those of --frames, one after another to this animated PNG or GIF file",
    example: "FILE.png",
    details: "with one scale",
  },
  {
    key: "html",
    flag: "--html <file>",
    kind: file,
    about:
      "write all frames, or those of --frames, into this HTML file, a page to move in time and to read values from",
    example: "FILE.html",
    details:
      "of three axes the middle plane or a --slice; at most 1024 cells along an axis, of more the means; needs nothing else",
  },
  {
    key: "rate",
    flag: "--rate <n>",
    kind: positive,
    about: "frames a second of --movie and --html (default: 10)",
    example: "10",
  },
  {
    key: "terminal",
    flag: "--terminal",
    kind: onOff,
    about: "draw the last frame, or those of --frames, on standard output, in characters",
    details: "in colours where the terminal has them and NO_COLOR is not set",
  },
  {
    key: "frames",
    flag: "--frames <list>",
    kind: frames,
    about: "the frames to draw, e.g. 0,5,-1; -1 is the last; or all (default: first and last)",
    example: "0,5,-1",
    details: "at most 64 in a picture",
  },
  {
    key: "variable",
    flag: "--variable <name>",
    kind: text,
    about: "the variable to draw (default: the one of min, max and sum)",
    example: "psi",
  },
  {
    key: "slice",
    flag: "--slice <cut>",
    kind: repeated(cut),
    about: "draw the cells at a coordinate of an axis, z=0.5, or a cell of it, z=cell:3; may be repeated",
    example: "z=0.5",
  },
  {
    key: "project",
    flag: "--project <how>",
    kind: projection,
    about: "draw the max, min or mean along the last axis, or along another one, y=max",
    example: "max",
    details: "of finite values; the mean weighs cells by their length",
  },
  {
    key: "minus",
    flag: "--minus <file>",
    kind: file,
    about: "draw the difference from the same frames of this file",
    example: "FILE.h5",
  },
  {
    key: "map",
    flag: "--map <name>",
    kind: choice(mapNames),
    about: "the colours (default: viridis, or coolwarm for values far to both sides of 0)",
    example: "magma",
    details: mapNames.join(", "),
  },
  {
    key: "range",
    flag: "--range <ends>",
    kind: ends,
    about: "the values at the ends of the scale, e.g. 0,1 (default: those of the frames)",
    example: "0,1",
  },
  { key: "min", flag: "--min <value>", kind: number, about: "the value at the lower end of the scale", example: "0" },
  { key: "max", flag: "--max <value>", kind: number, about: "the value at the upper end of the scale", example: "1" },
  {
    key: "log",
    flag: "--log",
    kind: onOff,
    about: "a logarithmic scale; values that are not above 0 have no place on it",
  },
  {
    key: "blocks",
    flag: "--blocks",
    kind: onOff,
    about: "draw the borders of the blocks of the run's ranks",
  },
  json,
] as const satisfies readonly Row[];
