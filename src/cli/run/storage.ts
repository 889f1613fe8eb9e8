/** How files are written, on the command line. */
import { show, wrong } from "../../argument.js";
import { BACKENDS, type Backend } from "../../io/store.js";
import { choice, whole } from "../options/kind.js";
import type { Row } from "../options/row.js";
import type { Beside } from "./beside.js";

export const backend = {
  key: "backend",
  flag: "--backend <name>",
  kind: choice(BACKENDS),
  about: "how values get into the file: mpiio, posix, gather (default: what suits)",
  example: "posix",
} as const satisfies Row;

export const gzip = {
  key: "gzip",
  flag: "--gzip <level>",
  kind: whole(0, 9),
  about: "level of compression of a new file, by all ranks (default: 0, with --backend gather 4)",
  example: "1",
  details: "0 to 9; all ranks on one node, or with `--backend gather` rank 0 compresses",
} as const satisfies Row;

/** What of a file has to go together. */
interface Asked {
  readonly gzip?: number;
  readonly backend?: Backend;
  readonly outputBeside?: Beside;
  readonly output?: string;
  readonly restart?: string;
}

/** @throws UsageError for options of a file that do not go together */
export function checkStorage({ gzip, backend, outputBeside, output, restart }: Asked): void {
  if (outputBeside === "on" && backend !== undefined && backend !== "posix") {
    throw wrong('"--output-beside"', "the backend posix with on", show(backend), "Leave out one of them.");
  }
  if (gzip === undefined) return;
  const both = "Leave out one of them.";
  if (output === undefined && restart !== undefined) {
    throw wrong('"--gzip"', "none with --restart, which goes on as the file is", gzip, both);
  }
  if (gzip === 0) return;
  if (backend === "mpiio") throw wrong('"--gzip"', "the backend posix or gather with it", show(backend), both);
  if (outputBeside === "on") throw wrong('"--gzip"', "--output-beside off with it", show(outputBeside), both);
}
