/** `wasm-mpi run --watch`. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { runAgain } from "../../src/cli/run/watch.js";
import { temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { ranksWith } from "../harness/killed.js";
import { launched } from "../harness/launch.js";
import { root, wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();
const cli = join(root, "dist", "cli.js");

const program = `import { jit, mpi } from ${JSON.stringify(join(root, "dist", "index.js"))};
const comm = mpi.init();
const { value } = await jit(new URL("./value.ts", import.meta.url));
if (comm.rank === 0) console.log("value", value());
setInterval(() => {}, 1000);
`;
const kernel = (value: number) => `export function value(): i32 { return ${value}; }\n`;

// In the full tests as ranks of each library, where /proc tells what is left of them.
const jobs: readonly { readonly path?: string; readonly ranks: number }[] = isFull
  ? launched.map(({ launcher }) => ({ path: launcher.path, ranks: 3 }))
  : [{ ranks: 1 }];
it.each(jobs)(
  "starts $ranks ranks again when a kernel or the program changes, and ends them on Ctrl-C",
  async (job) => {
    const file = join(folder, `loop${job.ranks}.mjs`);
    writeFileSync(file, program);
    writeFileSync(join(folder, "value.ts"), kernel(1));
    const env = { ...process.env, ...(job.path === undefined ? {} : { WASM_MPI_LAUNCHER: job.path }) };
    const child = spawn(process.execPath, [cli, "run", "-n", String(job.ranks), "--watch", file], { cwd: folder, env });
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) child[name].on("data", (data) => (texts[name] += data));
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    const shown = (text: string) =>
      expect.poll(() => texts.stdout, { timeout: 30_000, message: texts.stderr }).toContain(text);
    try {
      await shown("value 1\n");
      writeFileSync(join(folder, "value.ts"), kernel(2));
      await shown("value 2\n");
      writeFileSync(file, program.replace('"value"', '"now"').replace("setInterval", "if (false) setInterval"));
      await shown("now 2\n");
      await expect.poll(() => texts.stderr, { timeout: 30_000 }).toContain("waits for a change\n");
      writeFileSync(file, program);
      await shown("now 2\nvalue 2\n");
    } finally {
      child.kill("SIGINT");
    }
    expect(await ended).toBe(130);
    expect(texts.stderr.match(/^wasm-mpi run: .*$/gm)).toEqual([
      "wasm-mpi run: value.ts has changed, starts again",
      `wasm-mpi run: loop${job.ranks}.mjs has changed, starts again`,
      `wasm-mpi run: loop${job.ranks}.mjs ended with code 0, waits for a change`,
      `wasm-mpi run: loop${job.ranks}.mjs has changed, starts again`,
    ]);
    if (process.platform === "linux") expect(ranksWith(file)).toEqual([]);
  },
);

it("ends on a signal while it waits for a change as well", async () => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const ended = { code: 0, signal: undefined, stdout: "", stderr: "" };
  const running = runAgain(cli, () => Promise.resolve(ended));
  setImmediate(() => process.emit("SIGHUP", "SIGHUP"));
  expect(await running).toEqual({ ...ended, signal: "SIGHUP", code: 129 });
  vi.restoreAllMocks();
});

it("refuses --watch with --json", async () => {
  const { code, stderr } = await wasmMpi(["run", "--watch", "--json", cli]);
  expect([code, stderr]).toEqual([
    2,
    'wasm-mpi run: "--watch" expected a job started by wasm-mpi run, without a document at its end, got --json as well. Leave one of them out.\n',
  ]);
});
