/** Options in a file, and the end of a run by the clock. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fits, type Schema } from "../../src/cli/options/schema.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { root, wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const cli = join(root, "dist", "cli.js");
const path = join(folder, "run.json");

/** Runs advect with what a file has. */
function advect(content: unknown, ...args: string[]) {
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return wasmMpi(["advect", ...args, "--config", path], { cwd: folder });
}

const run = { case: "cone", shape: [24, 20], steps: 3, nonoscillatory: true };

interface Report {
  readonly case: string;
  readonly steps: number;
  readonly shape: readonly number[];
  readonly digest: string;
  readonly options: object;
  readonly stopped: string;
}

describe("advect --config", () => {
  it("takes case and options from the file, and before them those of the command line", async () => {
    const filed = documentOf<Report>(await advect(run, "--json"));
    const said = documentOf<Report>(
      await wasmMpi(["advect", "cone", "--shape", "24,20", "--steps", "3", "--nonoscillatory", "--json"]),
    );
    expect(filed).toMatchObject({ case: "cone", steps: 3, shape: [24, 20], stopped: "steps", digest: said.digest });
    const changed = documentOf<Report>(await advect(run, "gaussian", "--steps", "2", "--json"));
    expect(changed).toMatchObject({ case: "gaussian", steps: 2, shape: [24, 20] });
  });

  it("reads what files of runs record, and keeps the scheme of a case that names none", async () => {
    const output = join(folder, "kept.h5");
    const first = documentOf<Report>(
      await advect({ case: "drop", shape: [24, 20], steps: 2 }, "--output", output, "--json"),
    );
    expect(first.options).toMatchObject({ nonoscillatory: true, divergentFlow: true });
    const { attributes } = documentOf<{ attributes: { config: string } }>(await wasmMpi(["view", output, "--json"]));
    expect(documentOf<Report>(await advect(attributes.config, "--json")).digest).toBe(first.digest);
  });

  it("is read behind the mark that editors of Windows begin it with", async () => {
    const { steps } = documentOf<Report>(await advect(`\ufeff${JSON.stringify(run)}\r\n`, "--json"));
    expect(steps).toBe(3);
  });

  it.skipIf(process.platform === "win32").each(["advect", "solve"])(
    "of %s on several ranks is a file, as a pipe is read once",
    (command) => {
      const content = command === "advect" ? { ...run, ranks: 2 } : { equations: ["c = 1"], until: 1, dt: 1, ranks: 2 };
      const piped = `echo '${JSON.stringify(content)}' | "${process.execPath}" "${cli}" ${command} --config /dev/stdin`;
      const { status, stderr } = spawnSync("sh", ["-c", piped], { encoding: "utf8" });
      const text =
        'file "/dev/stdin": expected a file that each rank can read, got what one process reads. Write it to a file first.';
      expect([status, stderr]).toEqual([1, `wasm-mpi ${command}: ${text}\n`]);
    },
  );

  it("that is not there is told by its name", async () => {
    const { code, stderr } = await wasmMpi(["advect", "--config", "none.json"]);
    const text =
      'file "none.json": expected a JSON object with case and options of advect, got no such file. Name another.';
    expect([code, stderr]).toEqual([1, `wasm-mpi advect: ${text}\n`]);
  });

  it.each([
    [
      "[]",
      `file "${path}": expected a JSON object with case and options of advect, got []. Write { "case": "cone" }, for example.`,
      1,
    ],
    [
      "{",
      `file "${path}": expected a JSON object with case and options of advect, got a file that is no JSON (Expected property name or '}' in JSON at line 1 column 2). Name another, or mend it.`,
      1,
    ],
    [
      { stepz: 3 },
      `file "${path}": expected "case" and names of options in camel case, got "stepz". Did you mean steps?`,
      1,
    ],
    [
      { config: "other.json" },
      `file "${path}": expected "case" and names of options in camel case, got "config". Remove it.`,
      1,
    ],
    [{ steps: -3 }, `file "${path}": expected "steps" in the form of the option, got -3. Write 100, for example.`, 1],
    [{ case: 7 }, `file "${path}": expected "case" in the form of the option, got 7. Write "cone", for example.`, 1],
    [{ command: "solve" }, `file "${path}": expected options of advect, got "command": "solve". Name another file.`, 1],
  ])("refuses %j", async (content, message, code) => {
    const result = await advect(content);
    expect([result.code, result.stderr]).toEqual([code, `wasm-mpi advect: ${message}\n`]);
  });

  it("is refused beside --restart, which has the options", async () => {
    const { code, stderr } = await advect(run, "--restart", "any.h5");
    const text = `"--config" expected none with --restart, as "any.h5" has the options, got "${path}". Leave it out.`;
    expect([code, stderr]).toEqual([2, `wasm-mpi advect: ${text}\n`]);
  });

  it.each(["advect", "solve"])("of %s is described to editors, option by option", (command) => {
    const schema = JSON.parse(readFileSync(join(root, "dist", `${command}.schema.json`), "utf8")) as Schema;
    const of = (key: string) => schema.properties![key]!;
    expect(fits(of("shape"), [24, 20])).toBe(true);
    expect(fits(of("shape"), [24.5])).toBe(false);
    if (command === "solve") {
      const forms = [["D = 1"], { D: 1 }, { D: "a.h5:D" }, { D: true }, "D = 1"];
      expect(forms.map((form) => fits(of("set"), form))).toEqual([true, true, true, false, false]);
    }
    expect(fits(of("dtype"), "f16")).toBe(false);
    expect(of("maxRuntime").description).toBe("seconds after which to end with a frame, at the next step");
    expect(Object.keys(schema.properties!)).toEqual(
      expect.arrayContaining(["$schema", command === "solve" ? "equations" : "case"]),
    );
    expect(schema.properties).not.toHaveProperty("config");
  });
});

describe("--max-runtime", () => {
  const endless = ["advect", "gaussian", "--shape", "24,20", "--steps", "100000000", "--max-runtime", "0.05"];

  it("ends a run with a frame and says how to go on, to the bits of a run without a break", async () => {
    const output = join(folder, "late.h5");
    const ended = documentOf<Report>(await wasmMpi([...endless, "--output", output, "--json"]));
    expect(ended.stopped).toBe("maxRuntime");
    expect(ended.steps).toBeGreaterThan(0);
    const total = String(ended.steps + 3);
    const continued = documentOf<Report>(await wasmMpi(["advect", "--restart", output, "--steps", total, "--json"]));
    const whole = documentOf<Report>(
      await wasmMpi(["advect", "gaussian", "--shape", "24,20", "--steps", total, "--json"]),
    );
    expect([continued.steps, continued.digest]).toEqual([whole.steps, whole.digest]);
    const { stdout } = await wasmMpi([...endless, "--output", output, "--overwrite"]);
    expect(stdout.split("\n").at(-2)).toMatch(/^stopped at step \d+; continue with --restart .*late\.h5$/);
  });

  it("says how to be able to go on where there is no file", async () => {
    const { code, stdout } = await wasmMpi(endless);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\nstopped at step \d+ of 100000000; add --output FILE\.h5 to be able to continue\n$/);
  });
});
