/** What `solve --restart` says of files that it cannot go on from, and of runs that are over. */
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { overAlready } from "../../../src/cli/run/report.js";
import { recorded } from "../../../src/cli/solve/config.js";
import { Grid } from "../../../src/grid/grid.js";
import { Output } from "../../../src/io/output.js";
import { Pde } from "../../../src/pde/pde.js";
import { restartPath } from "../../../src/pde/restart.js";
import { storage } from "../../../src/pde/trackers/storage.js";
import { temporaryFolder } from "../../harness/command.js";
import { solo } from "../../harness/run.js";
import { errorOf } from "./lines.js";

const at = (name: string) => join(folder, name);
const folder = temporaryFolder();

async function stored(name: string): Promise<void> {
  const grid = new Grid(solo(), { shape: [6] });
  const run = { grid, initial: { c: "x" }, until: 0.2, dt: 0.1 };
  await new Pde({ c: "laplace(c)" }).solve({ ...run, track: [storage(at(name))] });
}

describe("a restart is refused with what to do", () => {
  it("for frames that a program has stored", async () => {
    await stored("program.h5");
    await expect(stored("program.h5")).rejects.toThrow(
      `file "${at("program.h5")}": expected a path without a file, got an existing file. Choose another path, pass { overwrite: true }, or go on in it by solve({ restart: "${at("program.restart.h5")}" }).`,
    );
    await expect(recorded(at("program.h5"))).rejects.toThrow(
      `file "${at("program.h5")}": expected a file that wasm-mpi solve wrote, got one of a program with storage(). Go on in that program, by solve({ restart }).`,
    );
  });

  it("for the state in place of the frames", async () => {
    await stored("state.h5");
    await expect(recorded(at("state.restart.h5"))).rejects.toThrow(
      `file "${at("state.restart.h5")}": expected a file that wasm-mpi solve wrote, got the state beside it. Name ${at("state.h5")}.`,
    );
  });

  const equations = ["c = laplace(c)"];
  it.each([
    ["{", "is no JSON"],
    ["null", "is not of solve"],
    [JSON.stringify({ command: "solve" }), 'lacks "equations"'],
    [JSON.stringify({ command: "solve", equations: 3 }), 'has "equations": 3'],
    [JSON.stringify({ command: "solve", equations, plot: "a.png" }), 'has the unknown key "plot"'],
    [JSON.stringify({ command: "solve", equations, shape: "16" }), 'has "shape": "16"'],
    [JSON.stringify({ command: "solve", equations, noise: ["c"] }), 'has "noise": ["c"]'],
    [JSON.stringify({ command: "solve", equations, every: { wall: -1 } }), 'has "every": {"wall":-1}'],
  ])("for the attribute config %s", async (config, breach) => {
    const [grid, path] = [new Grid(solo(), { shape: [6] }), at("config.h5")];
    const output = await Output.create(grid, path, { variables: { c: {} }, attributes: { config }, overwrite: true });
    await output.write(0, { c: grid.field(1) });
    await output.close();
    await expect(recorded(path)).rejects.toThrow(
      `file "${path}": expected a file that wasm-mpi solve wrote, got one whose attribute "config" ${breach}. Choose another, or start anew with --output.`,
    );
  });

  it("for frames whose state is not beside them", async () => {
    const grid = new Grid(solo(), { shape: [6] });
    const config = JSON.stringify({ command: "solve", equations: ["c = laplace(c)"] });
    const output = await Output.create(grid, at("gone.h5"), { variables: { c: {} }, attributes: { config } });
    await output.write(0, { c: grid.field(1) });
    await output.close();
    await expect(recorded(at("gone.h5"))).rejects.toThrow(
      `file "${at("gone.restart.h5")}": expected the state from which the run of "${at("gone.h5")}" goes on, beside it, got nothing. Put it back, or start anew with the last frame, by --initial "c = ${at("gone.h5")}:c".`,
    );
  });
});

describe("a restart of a file with options of the run before", () => {
  const first = ["c = laplace(c)", "--shape", "6", "--initial", "c = x", "--dt", "0.1", "--until", "0.2"];

  it("needs none that they were for, and takes one in place of another", async () => {
    const path = at("options.h5");
    const drawn = ["--plot", at("c.svg"), "--variable", "c"];
    expect(await errorOf([...first, ...drawn, "--every", "0.1", "--output", path])).toBe(undefined);
    expect(await errorOf(["--restart", path, "--until", "0.3"])).toBe(undefined);
    expect(await errorOf(["--restart", path, "--until", "0.4", "--every-steps", "2"])).toBe(undefined);
    const alone = await errorOf(["--restart", path, "--until", "0.5", "--variable", "c"]);
    expect(alone?.message).toBe(
      '"--variable" expected --plot, --pictures, --movie or --kymograph with it, got none. Add --plot FILE.png or leave it out.',
    );
  });

  it("says whose end it is that the file is beyond", async () => {
    const path = at("beyond.h5");
    expect(await errorOf([...first, "--output", path])).toBe(undefined);
    expect(await errorOf(["--restart", path, "--until", "0.4"])).toBe(undefined);
    const error = await errorOf(["--restart", path]);
    expect(error?.message).toBe(
      `"--until" expected a time from 0.4, that of the restart, got 0.2, the end of the first run of "${path}". Add --until with a later time.`,
    );
  });
});

describe("a run of solve", () => {
  it.each(["off", "on"] as const)(
    "has the state of the start before its file, written beside the run: %s",
    async (outputBeside) => {
      const rename = vi.spyOn(fs, "renameSync");
      try {
        const output = at(`first-${outputBeside}.h5`);
        const args = ["c = laplace(c)", "--initial", "c = x", "--shape", "6", "--dt", "0.1", "--until", "0.2"];
        expect(await errorOf([...args, "--output", output, "--output-beside", outputBeside])).toBe(undefined);
        const [first, second] = rename.mock.calls.map(([, path]) => path);
        expect([first, second]).toEqual([restartPath(output), output]);
      } finally {
        rename.mockRestore();
      }
    },
  );
});

describe("a restart of a run that is over", () => {
  const outcome = { steps: 10, startStep: 10, file: "a.h5" };
  it.each([
    ["says what asks for more", outcome, ["the run in a.h5 is at its end; a larger --until goes on"]],
    ["is none where steps were taken", { ...outcome, steps: 11 }, []],
    ["is none where the run has no step at all", { ...outcome, steps: 0, startStep: 0 }, []],
  ])("%s", (_, report, lines) => {
    expect(overAlready(report as never, "--until")).toEqual(lines);
  });
});
