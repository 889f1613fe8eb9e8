/** What works without the compiler, which is an optional package. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../harness/command.js";
import { root, runNode } from "../harness/process.js";
import { without } from "../harness/without.js";

const folder = temporaryFolder();
const install = "npm install assemblyscript@0.28";
const missing = `expected the package assemblyscript, which compiles kernels, got none. Install it: ${install}`;

/** Runs a text as a program, with a cache of its own. */
function run(flags: readonly string[], text: string, name = "cache") {
  const env = { WASM_MPI_CACHE: join(folder, name) };
  return runNode([...flags, "--input-type=module", "-e", text], { cwd: root, env, timeoutMs: 60_000 });
}

const program = `
  import { Grid, jit, mpi } from "./dist/index.js";
  const tell = async (run) => console.log(await run().catch((error) => error.name + ": " + error.message));
  const grid = new Grid(mpi.init(), { shape: [4], periodic: true });
  await tell(async () => (await jit("export function two(): i32 { return 2; }")).two());
  await tell(async () => {
    const [u, next] = [grid.field(1), grid.field(0)];
    const kernel = await grid.kernel("next = u[-1] + u[1]");
    kernel.run({ u, next });
    return next.sum();
  });`;

it("without the compiler text kernels work, what was compiled before runs, and jit names the command", async () => {
  const flags = without(/^assemblyscript/);
  const before = await run(flags, program);
  expect(before.stdout, before.transcript).toBe(`LibraryError: jit: ${missing}\n8\n`);
  const compiled = await run([], program);
  expect(compiled.stdout, compiled.transcript).toBe("2\n8\n");
  const after = await run(flags, program);
  expect(after.stdout, after.transcript).toBe("2\n8\n");
});

it("without the compiler kernels of AssemblyScript and build name the command", async () => {
  const flags = without(/^assemblyscript/);
  const kernel = `
    import { Grid, mpi } from "./dist/index.js";
    const grid = new Grid(mpi.init(), { shape: [4], periodic: true });
    const files = { "k.ts": "export function kernel(): void {}" };
    await grid.kernel({ files }).catch((error) => console.log(error.name + ": " + error.message));`;
  const { stdout, transcript } = await run(flags, kernel, "none");
  expect(stdout, transcript).toBe(`LibraryError: Grid.kernel: ${missing}\n`);
  const source = join(folder, "two.ts");
  writeFileSync(source, "export function two(): i32 { return 2; }");
  const built = await runNode([...flags, join(root, "dist", "cli.js"), "build", source]);
  expect([built.code, built.stdout, built.stderr]).toEqual([1, "", `wasm-mpi build: ${missing}\n`]);
});
