/** What `bench` can measure, and its options. */
import { nearest, wrong } from "../../argument.js";
import { BACKENDS } from "../../io/store.js";
import { threads } from "../run/threads.js";
import { choice, file, folder, list, rankCount, text, whole } from "./kind.js";
import { json, type Row } from "./row.js";

/** What there is to measure. */
export const kinds = [
  "pingpong",
  "ring",
  "allreduce",
  "pi",
  "imb",
  "halo",
  "io",
  "output",
  "pde",
  "advection",
  "hpcg",
  "scaling",
] as const;
export type Kind = (typeof kinds)[number];

/** What a word asks for. @throws UsageError */
export function whatOf(text: string): Kind {
  const what = kinds.find((known) => known === text);
  if (what) return what;
  const near = nearest(text, kinds);
  throw wrong(
    '"what"',
    listed(kinds),
    JSON.stringify(text),
    near ? `Did you mean ${near}?` : "For example wasm-mpi bench pingpong.",
  );
}

const noFile = () => "which makes no file";

/** Options that not all kinds have: the kinds that have them, and what is said of another one. */
const reserved: Readonly<Record<string, { readonly of: readonly Kind[]; readonly but?: (kind: Kind) => string }>> = {
  folder: { of: ["io", "output"], but: noFile },
  backend: { of: ["io", "output"], but: noFile },
  schemes: { of: ["advection", "scaling"] },
  threads: {
    of: ["pde", "advection", "scaling", "output"],
    but: (kind) => (kind === "hpcg" ? "whose compiled code has one thread" : "which computes nothing on a grid"),
  },
  plot: {
    of: ["pingpong", "ring", "allreduce", "pi", "io", "advection", "scaling"],
    but: () => "which has a table alone",
  },
  predict: { of: ["scaling"] },
};

/** @throws UsageError for an option that a kind has no use for */
export function checkKind(kind: Kind, options: Readonly<Record<string, unknown>>): void {
  for (const [key, { of, but }] of Object.entries(reserved)) {
    if (options[key] === undefined || of.includes(kind)) continue;
    throw wrong(`"--${key}"`, listed(of), but ? `${kind}, ${but(kind)}` : kind, "Leave it out.");
  }
}

const listed = (all: readonly string[]) => [all.slice(0, -1).join(", "), all.at(-1)].filter(Boolean).join(" or ");

/** What tells the jobs of `pde`, `advection` and `hpcg` to time no copies; no option of users. */
export const withoutCopy = "--no-copy";

export const bench = [
  {
    key: "ranks",
    flag: "-n, --ranks <n>",
    kind: rankCount,
    about: "ranks (default: 2; scaling: up to these, the cores)",
    example: "2",
    details:
      "always 2 for `pingpong`; 1 for `io`, `output`, `pi`, `pde`, `advection` and `hpcg` only; `pde`, `advection` and `hpcg` run on 1 rank and on these, `scaling` on 1, 2, 4 ... of them",
  },
  {
    ...threads,
    about:
      "pde, advection, output: threads of each rank (default: 1); scaling: up to these on one rank (default: the cores)",
  },
  {
    key: "sizes",
    flag: "--sizes <list>",
    kind: text,
    about:
      "bytes of the messages, e.g. 8,64KiB,1MiB (default: 8 to 16MiB, imb: 8 to 1MiB); halo: cells along each axis of a block (default: 16,64,128); io: cells along each axis (default: 256,1024,2048); output: the same (default: 256,1024); pde: squares and cubes (default: 512,2048,256x256x256); advection: shapes, lines as 65536x1 (default: 256,1024,64x64x64); hpcg: cells along each axis of a cube (default: 32,64,128); scaling: shapes (default: 32,64,128,256,512,1024)",
    example: "8,64KiB,1MiB",
    details: "bytes are multiples of 8, by default 8 and the powers of four from 64; not for `pi`",
  },
  {
    key: "schemes",
    flag: "--schemes <list>",
    kind: list,
    about: "advection, scaling: some of upwind, basic, fct, third-order, gauge-fct (default: all; scaling: fct)",
    example: "upwind,fct",
  },
  {
    key: "rounds",
    flag: "--rounds <n>",
    kind: whole(1),
    about: "rounds, in each of which every program runs once; one of all that advection has takes some two minutes",
    details: "a log that is no terminal gets a line every half a minute",
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
    key: "predict",
    flag: "--predict <n>",
    kind: whole(2, 2 ** 20),
    about: "scaling: what a model, fitted to the measured steps and exchanges, says of up to so many ranks",
    example: "1024",
  },
  {
    key: "plot",
    flag: "--plot <file>",
    kind: file,
    about:
      "draw the times as multiples of the first peer's to this PNG or SVG file; advection: those of a cell, and of a step on more ranks and threads; scaling: efficiencies",
    example: "FILE.png",
    details: "minima over the size; the first peer in the table is C, or plain writes",
  },
  {
    key: "html",
    flag: "--html <file>",
    kind: file,
    about: "write the table and pictures of times over sizes into this HTML file, which needs nothing else",
    example: "FILE.html",
    details: "with machine, versions and command; pde, advection and hpcg run on 1, 2, 4 ... ranks for it",
  },
  json,
] as const satisfies readonly Row[];
