/** The project that `wasm-mpi init` makes: it runs, is tested by its own test, and takes the place of nothing. */
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { originOf } from "../../src/package.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { npm } from "../harness/npm.js";
import { type Result, root, wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const files = ["package.json", "README.md", ".gitignore", "heat.js", "heat.test.js"];
const init = (...args: string[]) => wasmMpi(["init", ...args], { cwd: folder });

describe("a project", () => {
  const project = join(folder, "My Plate");
  let made: Result;
  beforeAll(async () => {
    made = await init("My Plate");
    expect(made.code, made.transcript).toBe(0);
    mkdirSync(join(project, "node_modules"));
    symlinkSync(root, join(project, "node_modules", "wasm-mpi"), "junction");
  });

  it("is made in a new folder, with what to do next", () => {
    expect(made.stdout).toBe(`My Plate: ${files.join(", ")}

next:
  cd "My Plate"
  npm install                    wasm-mpi itself
  npm start                      heat.js on one rank
  npm test                       1 and 3 ranks, compared bit by bit
  npx wasm-mpi run -n 3 heat.js  on three ranks
`);
    expect(readdirSync(project).toSorted()).toEqual([...files, "node_modules"].toSorted());
  });

  it("has a name that npm takes, and needs the folder of the package that made it", () => {
    const { name, type, dependencies, scripts } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
    expect([name, type]).toEqual(["my-plate", "module"]);
    expect(dependencies).toEqual({ "wasm-mpi": `file:${root.replaceAll("\\", "/")}` });
    expect(scripts).toEqual({ start: "node heat.js", test: "node --test" });
    expect(readFileSync(join(project, "README.md"), "utf8")).toMatch(/^# my-plate\n/);
  });

  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  it.each([
    ["a file", "file:../made/wasm-mpi.tgz", `file:${join(folder, "made/wasm-mpi.tgz").replaceAll("\\", "/")}`],
    ["a repository", "git+https://host/wasm-mpi.git#1a2b", "git+https://host/wasm-mpi.git#1a2b"],
    ["a registry", "https://registry.npmjs.org/wasm-mpi/-/wasm-mpi-0.1.0.tgz", `^${version}`],
    ["what npm did not install", undefined, `^${version}`],
  ])("needs what the package was installed from: %s", (_, resolved, origin) => {
    const modules = join(folder, "user", "node_modules");
    const packages = { "node_modules/wasm-mpi": { resolved } };
    const notes = join(modules, ".package-lock.json");
    mkdirSync(modules, { recursive: true });
    writeFileSync(notes, JSON.stringify({ packages }));
    expect(originOf(join(modules, "wasm-mpi"), version)).toBe(origin);
    rmSync(notes);
    expect(originOf(join(modules, "wasm-mpi"), version)).toBe(`^${version}`);
  });

  it("runs", async () => {
    const { code, stdout, transcript } = await npm(["start"], project);
    expect(code, transcript).toBe(0);
    // The field that a stencil page computes with AssemblyScript has this mean.
    expect(stdout).toMatch(/\nmean 29\.962433 after 500 steps, bits [0-9a-f]{16}, file heat\.h5\n$/);
    expect(readdirSync(project)).toContain("heat.h5");
  });

  it("has a test that says so where no MPI library is installed", async () => {
    const { code, stdout, transcript } = await npm(["test"], project);
    expect(code, transcript).toBe(0);
    expect(stdout).toContain("no MPI library is installed: npx wasm-mpi doctor names the command that installs one");
    expect(stdout).toMatch(/ skipped 1\n/);
  });

  it.runIf(isFull)("has a test that compares ranks, and fails for a solver that they change", async () => {
    const env = { WASM_MPI_LAUNCHER: undefined };
    const { stdout, transcript } = await npm(["test"], project, { env });
    expect(stdout, transcript).toMatch(/ pass 1\n/);
    const solver = join(project, "heat.js");
    const text = readFileSync(solver, "utf8");
    writeFileSync(solver, text.replace("k: 0.2", "k: 0.2 / comm.size"));
    const changed = await npm(["test"], project, { env });
    writeFileSync(solver, text);
    expect(changed.code, changed.transcript).toBe(1);
    expect(changed.stdout).toMatch(/ fail 1\n/);
  });
});

it("is made in a folder that holds nothing but a repository, for a program that reads what was made", async () => {
  mkdirSync(join(folder, "cloned", ".git"), { recursive: true });
  expect(documentOf(await init("cloned", "--json"))).toEqual({ folder: join(folder, "cloned"), files });
});

describe("init refuses", () => {
  beforeAll(() => {
    mkdirSync(join(folder, "full"));
    for (const name of ["a.txt", "b.txt", "c.txt"]) writeFileSync(join(folder, "full", name), name);
  });

  it.each([
    [
      "full",
      1,
      '"folder" expected a folder that is new or empty, got "full", which holds a.txt and 2 more. Name another.',
    ],
    [
      "full/a.txt",
      1,
      '"folder" expected a folder that is new or empty, got "full/a.txt", which is a file. Name another.',
    ],
    ["full/a.txt/b", 1, '"folder" expected a folder that can be written, got "full/a.txt/b" (ENOTDIR). Name another.'],
    ["", 2, '"folder" expected the name of a folder, got "". Name one.'],
  ])("%j", async (name, code, text) => {
    const result = await init(name);
    expect([result.code, result.stderr]).toEqual([code, `wasm-mpi init: ${text}\n`]);
    expect(readdirSync(join(folder, "full"))).toEqual(["a.txt", "b.txt", "c.txt"]);
  });
});
