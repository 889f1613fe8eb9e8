/** Whether cells are computed while messages travel, on the command line. */
import type { Overlap } from "../../grid/overlap.js";
import { choice } from "../options/kind.js";
import type { Row } from "../options/row.js";

const values = { on: true, off: false, auto: "auto" } as const satisfies Readonly<Record<string, Overlap>>;

export const overlap = {
  key: "overlap",
  flag: "--overlap <when>",
  kind: choice(["on", "off", "auto"]),
  about: "compute the interior of blocks while messages travel: on, off or auto (default: auto)",
  example: "on",
  details: "with the same bits; auto is on between nodes, where blocks are large enough",
} as const satisfies Row;

/** The option of a solver. */
export function overlapOf(asked: keyof typeof values = "auto"): Overlap {
  return values[asked];
}
