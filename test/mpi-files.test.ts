import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eachLibrary, runRanks } from "./launch.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm-mpi-files-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("every call on files reads and writes the bytes that it says", () => {
  eachLibrary([1, 2, 3, 4], ({ library, ranks }) => {
    it("in every form, and leaves no file behind", async () => {
      const result = await runRanks({ library, ranks, program: "mpi-files.mjs", args: [library, folder] });
      expect(result.code, result.transcript).toBe(0);
      expect(result.stdout, result.transcript).toBe("ok\n".repeat(ranks));
      expect(readdirSync(folder)).toEqual([]);
    });
  });
});
