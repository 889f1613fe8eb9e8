/** The options of `run` and `build`. */
import { placement } from "../run/placement.js";
import { timeout } from "../run/timeout.js";
import { file, onOff, rankCount, whole } from "./kind.js";
import { json, type Row } from "./row.js";

export const program = [
  {
    key: "ranks",
    flag: "-n, --ranks <n>",
    kind: rankCount,
    about: "start that many ranks under the MPI launcher (default: 1)",
    example: "3",
  },
  ...placement,
  timeout,
  {
    key: "watch",
    flag: "--watch",
    kind: onOff,
    about: "start again when the program, or a file of a kernel that it has read, changes",
  },
  {
    key: "json",
    flag: "--json",
    kind: onOff,
    about: "print one JSON document; what the program prints goes to standard error",
  },
] as const satisfies readonly Row[];

export const build = [
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
