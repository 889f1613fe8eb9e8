/** What commands do to files: those that are there already, those that two options name, and those that nobody reads to the end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../harness/command.js";
import { root, wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const timeoutMs = 120_000;
const at = (name: string) => join(folder, name);
const run = (...args: string[]) => wasmMpi(args, { cwd: folder, timeoutMs });
const cells = ["--shape", "16,12"];
const gaussian = ["gaussian", ...cells, "--steps", "2"];
const heat = ["c = laplace(c)", "--initial", "c = x", "--shape", "8,8", "--dt", "0.1"];
const mass = ["--measure", "mass = integral(c)"];

/** Expects that a command is refused in one line. */
async function expectLine(code: number, line: string, ...args: string[]): Promise<void> {
  const result = await run(...args);
  expect([result.code, result.stdout, result.stderr], result.transcript).toEqual([code, "", `wasm-mpi ${line}\n`]);
}

beforeAll(async () => {
  await run("advect", ...gaussian, "--output", "a.h5");
  await run("advect", ...gaussian, "--courant", "0.1,0.1", "--output", "b.h5");
  await run("solve", ...heat, "--until", "0.2", "--every", "0.1", "--output", "s.h5", "--data", "s.csv", ...mass);
}, 4 * timeoutMs);

describe("a reader that leaves", () => {
  it("changes nothing of the exit code, nor of what is drawn", { timeout: timeoutMs }, async () => {
    const codeOf = async (...args: string[]) => {
      const stdio = ["ignore", "pipe", "ignore"] as const;
      const child = spawn(process.execPath, [join(root, "dist", "cli.js"), ...args], {
        cwd: folder,
        stdio: [...stdio],
      });
      child.stdout!.destroy();
      return (await once(child, "close"))[0] as number;
    };
    expect(await codeOf("compare", "a.h5", "b.h5")).toBe(1);
    expect(await codeOf("compare", "a.h5", "a.h5")).toBe(0);
    expect(await codeOf("advect", ...gaussian, "--plot", "left.svg")).toBe(0);
    expect(existsSync(at("left.svg"))).toBe(true);
  });
});

describe("two options of one file", () => {
  it.each([
    ["--plot p.svg --series ./p.svg", "series", "plot", "./p.svg"],
    ["--series p.svg --kymograph p.svg", "kymograph", "series", "p.svg"],
    ["--plot p.png --movie p.png", "movie", "plot", "p.png"],
  ])("of view %s are refused", (words, key, other, path) =>
    expectLine(
      2,
      `view: "--${key}" expected another file than --${other}, got ${path}. Give each a name of its own.`,
      ...["view", "a.h5", ...words.split(" ")],
    ),
  );
});

describe("a file of options", () => {
  it("may have the timeout of calls", async () => {
    writeFileSync(at("timeout.json"), JSON.stringify({ case: "gaussian", shape: [16, 12], steps: 2, timeout: 7 }));
    const tell = "process.on('exit',()=>console.error('limit',process.env.WASM_MPI_TIMEOUT))";
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${tell}` };
    const result = await wasmMpi(["advect", "--config", at("timeout.json")], { isApart: true, env, timeoutMs });
    expect(result.stderr, result.transcript).toContain("limit 7\n");
  });

  it("may say of a switch of a file that it is off, where there is no file", async () => {
    writeFileSync(at("off.json"), JSON.stringify({ case: "gaussian", shape: [16, 12], steps: 2, xdmf: false }));
    expect(await run("advect", "--config", "off.json")).toMatchObject({ code: 0 });
    const equations = { equations: ["c = laplace(c)"], initial: ["c = x"], shape: [8, 8], dt: 0.1, until: 0.2 };
    writeFileSync(at("off.json"), JSON.stringify({ ...equations, xdmf: false }));
    expect(await run("solve", "--config", "off.json")).toMatchObject({ code: 0 });
  });
});

describe("compare", () => {
  const one = ["--ranks", "1"];

  it("takes a name that begins with a hyphen, in its folder", async () => {
    const result = await run("compare", ...gaussian, ...one, "--output", "./-x.h5");
    expect([result.code, existsSync(at("-x-1.h5"))], result.transcript).toEqual([0, true]);
  });

  it("asks of tables whether those of its runs are there, before the first run", async () => {
    writeFileSync(at("t.csv"), "kept\n");
    const args = ["compare", "solve", ...heat, "--until", "0.2", ...one, "--data", "t.csv", ...mass];
    const result = await run(...args);
    expect([result.code, existsSync(at("t-1.csv"))], result.transcript).toEqual([0, true]);
    expect(readFileSync(at("t.csv"), "utf8")).toBe("kept\n");
    const line = `"--data" expected names of new files, got "t-1.csv", which exists. Choose another name, or add --overwrite.`;
    await expectLine(1, `compare: ${line}`, ...args);
  });

  it("refuses to replace what later runs begin with", async () => {
    const files = ["--output", "x.h5", "--overwrite"];
    const line = `compare: "--output" expected names of other files than those that the runs read, got "x-1.h5". Choose another name.`;
    writeFileSync(at("x-1.h5"), readFileSync(at("a.h5")));
    await expectLine(2, line, "compare", ...gaussian, ...one, ...files, "--initial", "x-1.h5:psi");
    const equation = ["c = laplace(c)", ...cells, "--bounds", "0,16,0,12", "--dt", "0.1", "--until", "0.2"];
    await expectLine(2, line, "compare", "solve", ...equation, ...one, ...files, "--initial", "c=x-1.h5:psi");
  });
});

describe("a restart of solve", () => {
  it.each([
    ["--initial", ["c = 5"], 'which begins with the last frame of "s.h5"'],
    ["--xdmf", [], "which continues the text where there is one"],
    ["--overwrite", [], 'which appends to "s.h5"'],
  ])("refuses %s, which would be ignored", (flag, value, reason) =>
    expectLine(
      2,
      `solve: "${flag}" expected none with --restart, ${reason}, got one. Leave it out.`,
      ...["solve", "--restart", "s.h5", "--until", "0.4", flag, ...value],
    ),
  );

  it("replaces no table of another run, and goes on in one that a restart has added", async () => {
    writeFileSync(at("old.csv"), "kept\n");
    const line = `solve: "--data" expected the name of a new file, got "old.csv", which exists. Choose another name, or add --overwrite.`;
    const more = ["solve", "--restart", "s.h5", ...mass, "--until"];
    await expectLine(1, line, ...more, "0.4", "--data", "old.csv");
    expect(readFileSync(at("old.csv"), "utf8")).toBe("kept\n");
    expect(await run(...more, "0.4", "--data", "new.csv")).toMatchObject({ code: 0 });
    expect(await run(...more, "0.6", "--data", "new.csv")).toMatchObject({ code: 0 });
    const rows = readFileSync(at("new.csv"), "utf8").trimEnd().split("\n");
    expect(rows.map((row) => row.split(",")[1])).toEqual(["step", "3", "4", "5", "6"]);
    expect(await run(...more, "0.7", "--data", "old.csv", "--overwrite")).toMatchObject({ code: 0 });
  });

  it("puts no numbers under the names of others", { timeout: timeoutMs }, async () => {
    writeFileSync(at("r.h5"), readFileSync(at("s.h5")));
    writeFileSync(at("r.restart.h5"), readFileSync(at("s.restart.h5")));
    const result = await run(
      "solve",
      "--restart",
      "r.h5",
      "--until",
      "0.9",
      "--measure",
      "top = max(c)",
      "--data",
      "s.csv",
    );
    const columns = "expected a table with the columns time, step, top, got time, step, mass.";
    expect([result.code, result.stderr], result.transcript).toEqual([
      1,
      `wasm-mpi solve: file "s.csv": ${columns} Measure the same, or choose another path.\n`,
    ]);
  });
});
