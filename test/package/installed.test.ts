/**
 * The package as users have it: packed, and installed from the registry's packages in an empty folder. In the full tests,
 * where the registry answers.
 */
import { cpSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { npm } from "../harness/npm.js";
import { Page } from "../harness/page.js";
import { root, runCommand, runNode } from "../harness/process.js";

const folder = temporaryFolder();
const project = join(folder, "project");
const isOnline = isFull && (await npm(["ping"], root, { timeoutMs: 20_000 }).catch(() => undefined))?.code === 0;

const program = `
  import { Grid, Mpdata, Output, Pde, mpi } from "wasm-mpi";
  const grid = new Grid(mpi.init(), { shape: [61, 47], periodic: true });
  const psi = grid.field((x, y) => Math.exp(-((x - 20) ** 2 + (y - 24) ** 2) / 50));
  new Mpdata({ psi, courant: [0.3, 0.2], nonoscillatory: true }).advance(200);
  const output = await Output.create(grid, "carry.h5", { variables: { psi: {} }, overwrite: true });
  await output.write(1, { psi });
  await output.close();
  const c = grid.field(1);
  await new Pde({ c: "laplace(c)" }).solve({ grid, initial: { c }, until: 1, dt: 0.1 });
  console.log(psi.digest());
`;
const shown = "e829a0b9b93363df\n";

/** Bytes of the files below a folder. */
function sizeOf(place: string): number {
  const files = readdirSync(place, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

describe.runIf(isOnline)("the package in an empty folder", () => {
  let tarball = "";
  beforeAll(async () => {
    mkdirSync(project);
    const packed = await npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], root);
    tarball = join(folder, readdirSync(folder).find((name) => name.endsWith(".tgz"))!);
    expect(packed.code, packed.transcript).toBe(0);
    writeFileSync(join(project, "package.json"), '{ "type": "module", "private": true }\n');
    const installed = await npm(["install", "--no-audit", "--no-fund", tarball], project);
    expect(installed.code, installed.transcript).toBe(0);
    writeFileSync(join(project, "carry.mjs"), program);
  }, 600_000);

  const run = (args: readonly string[], cwd = project) => runNode(args, { cwd, timeoutMs: 120_000 });

  it("takes less than 14 MB, without the optional packages", () => {
    expect(sizeOf(join(project, "node_modules"))).toBeLessThan(14e6);
    const names = readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."));
    expect(names).toEqual(["@koromix", "koffi", "wasm-mpi"]);
  });

  it("carries a field, writes a file and solves an equation; jit names the command that is missing", async () => {
    const { stdout, transcript } = await run(["carry.mjs"]);
    expect(stdout, transcript).toBe(shown);
    const source =
      'import { jit } from "wasm-mpi"; await jit("export function f(): void {}").catch(({ message }) => console.log(message));';
    const refused = await run(["--input-type=module", "-e", source]);
    expect(refused.stdout, refused.transcript).toMatch(
      /^jit: expected the package assemblyscript.* npm install assemblyscript@0\.28\n$/,
    );
  });

  it("is required where Node.js requires modules", async () => {
    const code =
      'const { Pde, mpi } = require("wasm-mpi"); console.log(typeof Pde, mpi === require("wasm-mpi/mpi").mpi);';
    const { stdout, transcript } = await run([
      "--no-warnings",
      "--experimental-require-module",
      "--input-type=commonjs",
      "-e",
      code,
    ]);
    expect(stdout, transcript).toBe("function true\n");
  });

  it("needs koffi alone for MPI", async () => {
    const bare = join(folder, "bare");
    mkdirSync(join(bare, "node_modules"), { recursive: true });
    for (const name of ["@koromix", "koffi", "wasm-mpi"]) {
      cpSync(join(project, "node_modules", name), join(bare, "node_modules", name), { recursive: true });
    }
    const code = 'import { mpi } from "wasm-mpi/mpi"; console.log(mpi.init({ library: "solo" }).allreduce(2));';
    const { stdout, transcript } = await run(["--input-type=module", "-e", code], bare);
    expect(stdout, transcript).toBe("2\n");
  });

  it("goes to a machine without a network as the page on hosts says", { timeout: 120_000 }, async () => {
    const { blocks } = new Page("docs/guide/cluster.md");
    const [made, taken] = ["npm init", "tar --extract"].map(
      (word) => blocks.find(({ text }) => text.includes(word))!.text,
    );
    const [packing, ...rest] = made!.trimEnd().split("\n");
    expect(packing).toMatch(/^npm pack # .*: wasm-mpi-\S+\.tgz$/); // As above, without a build of what is built.
    const shell = (lines: string, cwd: string, words: readonly string[] = []) =>
      runCommand("env", [...words, "bash", "-e", "-c", lines], process.env, { cwd, timeoutMs: 100_000 });
    const from = await shell(rest.join("\n"), folder);
    expect(from.code, from.transcript).toBe(0);
    const cluster = join(folder, "cluster");
    mkdirSync(cluster);
    cpSync(join(folder, "solver.tgz"), join(cluster, "solver.tgz"));
    const isAlone = process.platform === "linux" && process.getuid?.() === 0;
    const [alone, loopback] = isAlone ? [["unshare", "--net"], "ip link set lo up\n"] : [[], ""];
    const there = await shell(loopback + taken, cluster, alone);
    expect(there.code, there.transcript).toBe(0);
    expect(there.stdout).toContain("WebAssembly   SIMD yes");
  });

  it("works in a bundle of esbuild", async () => {
    const outfile = join(project, "esbuild", "carry.mjs");
    const entryPoints = [join(project, "carry.mjs")];
    await build({ entryPoints, outfile, bundle: true, platform: "node", format: "esm", logLevel: "error" });
    const { stdout, transcript } = await run([outfile]);
    expect(stdout, transcript).toBe(shown);
  });

  it("works in a bundle of Vite", { timeout: 120_000 }, async () => {
    const config = {
      build: { ssr: "carry.mjs", outDir: "vite", rollupOptions: { output: { entryFileNames: "[name].mjs" } } },
      ssr: { noExternal: true },
    };
    writeFileSync(join(project, "vite.config.mjs"), `export default ${JSON.stringify(config)};\n`);
    const built = await run([join(root, "node_modules", "vite", "bin", "vite.js"), "build"]);
    expect(built.code, built.transcript).toBe(0);
    const { stdout, transcript } = await run([join("vite", "carry.mjs")]);
    expect(stdout, transcript).toBe(shown);
  });

  it("has types that the page's program in TypeScript needs, and no others", { timeout: 120_000 }, async () => {
    const { blocks } = new Page("docs/guide/solver.md");
    const { text } = blocks.find((block) => block.text.startsWith("// pool.mts"))!;
    writeFileSync(join(project, "pool.mts"), text);
    const installed = await npm(["install", "--no-audit", "--no-fund", "--save-dev", "@types/node@20"], project);
    expect(installed.code, installed.transcript).toBe(0);
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const { code, transcript } = await run([
      tsc,
      "--strict",
      "--noEmit",
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "pool.mts",
    ]);
    expect(code, transcript).toBe(0);
  });

  // Not among the tools of a clone: the second one has a TypeScript of its own, 23 MB.
  it.each([
    ["publint", ["publint@0.3", "--strict"]],
    ["attw", ["@arethetypeswrong/cli@0.18", "--profile", "esm-only"]],
  ])("has nothing that %s warns of", { timeout: 300_000 }, async (_, [tool, ...flags]) => {
    const { code, transcript } = await npm(["exec", "--yes", "--", tool!, tarball, ...flags], project);
    expect(code, transcript).toBe(0);
  });

  it("would be published", { timeout: 120_000 }, async () => {
    const { code, transcript } = await npm(
      ["publish", "--dry-run", "--access", "public", "--ignore-scripts", tarball],
      folder,
    );
    expect(code, transcript).toBe(0);
    expect(transcript).toMatch(/wasm-mpi@\d+\.\d+\.\d+/);
  });
});
