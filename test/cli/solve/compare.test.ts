/** `wasm-mpi compare solve`: the same bits on any ranks, whatever is asked for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { documentOf, temporaryFolder } from "../../harness/command.js";
import { inJob, launchedLast } from "../../harness/launch.js";
import { extras, flow, pace, whirl } from "./lines.js";

const folder = temporaryFolder();
const textOf = (file: string) => readFileSync(join(folder, file), "utf8");

describe.each(launchedLast.slice(0, 1))(
  "compare solve with everything, on 1 and 2 ranks of $title",
  ({ name: library }) => {
    it("has the same bits, and a table of each run", async () => {
      const places = ["--mask", "hypot(x - 8, y - 6) > 3", "--point", "u at 3,4 = sin(t)", "--steady-state"];
      const args = [
        ...flow,
        ...whirl,
        ...pace,
        ...extras,
        ...places,
        "--data",
        "both.csv",
        "--overwrite",
        "--overlap",
        "on",
        "--json",
      ];
      const result = await inJob({ library, ranks: 2 }, ["compare", "solve", ...args], { cwd: folder, isApart: true });
      expect(documentOf(result)).toMatchObject({ identical: true, runs: [{ ranks: 1 }, { ranks: 2 }] });
      expect(textOf("both-1.csv")).toBe(textOf("both-2.csv"));
      const nowhere = await inJob(
        { library, ranks: 2 },
        ["solve", ...flow, ...whirl, ...pace, ...extras.slice(2, 4), "--data", "no/a.csv"],
        {
          cwd: folder,
          isApart: true,
        },
      );
      const line = `file "no/a.csv": expected a file that can be written, got "ENOENT: no such file or directory". Choose another path.`;
      expect(nowhere.stderr).toContain(`wasm-mpi solve: ${line}`);
      expect(nowhere.code).toBe(1);
    });
  },
);
