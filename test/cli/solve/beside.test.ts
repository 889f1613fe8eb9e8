/** `solve --output-beside on`: a run that is killed at any time goes on to the bits of one that was not. */
import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { SnapshotReader } from "../../../src/io/reader.js";
import { documentOf, temporaryFolder } from "../../harness/command.js";
import { isFull } from "../../harness/effort.js";
import { ranksWith } from "../../harness/killed.js";
import { launched } from "../../harness/launch.js";
import { root, wasmMpi } from "../../harness/process.js";
import { randomOf } from "../../oracle/mpdata.js";

const folder = temporaryFolder();
const task = [
  ...["solve", "c = laplace(c) - c^3 + 0.1*noise()", "--shape", "80,72", "--periodic", "--initial", "c = noise()"],
  ...["--dt", "0.02", "--until", "1.6", "--stepper", "adams-bashforth", "--every-steps", "2"],
];

/** The frames of a file, by time. */
async function framesOf(path: string): Promise<ReadonlyMap<number, Float64Array>> {
  const file = await SnapshotReader.open(path);
  const frames = new Map([...file.times].map((time, frame) => [time, file.read("c", frame) as Float64Array]));
  file.close();
  return frames;
}

// In the full tests as ranks of each library, where /proc tells which they are.
const jobs: readonly { readonly path?: string; readonly ranks: number; readonly kills: number }[] = isFull
  ? [{ ranks: 1, kills: 16 }, ...launched.map(({ launcher }) => ({ path: launcher.path, ranks: 2, kills: 8 }))]
  : [{ ranks: 1, kills: 1 }];

it.skipIf(process.platform !== "linux").each(jobs)(
  "loses no frame that counts when $ranks ranks are killed, and goes on to the same bits: $kills times",
  { timeout: 600_000 },
  async ({ path: launcher, ranks, kills }) => {
    const random = randomOf(ranks);
    const env = launcher === undefined ? {} : { WASM_MPI_LAUNCHER: launcher };
    const on = ranks > 1 ? ["-n", String(ranks)] : ["--threads", "1"];
    const whole = join(folder, `whole${ranks}.h5`);
    const options = { env, timeoutMs: 120_000 };
    const { digest } = documentOf<{ digest: string }>(
      await wasmMpi([...task, "--output", whole, "--overwrite", "--json"], options),
    );
    const expected = await framesOf(whole);
    for (let kill = 0; kill < kills; kill++) {
      const path = join(folder, `killed${ranks}-${kill}.h5`);
      const state = path.replace(".h5", ".restart.h5");
      const args = [join(root, "dist/cli.js"), ...task, ...on, "--output", path, "--output-beside", "on"];
      const run = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: "ignore" });
      const end = new Promise((done) => run.once("close", done));
      for (const begin = Date.now(); ![path, state].every(existsSync) && Date.now() - begin < 60_000; ) await sleep(2);
      await sleep(400 * random());
      for (const pid of ranksWith(path)) process.kill(pid, "SIGKILL");
      await end;
      // What counts is right, and the state is that of one of the frames.
      const before = await framesOf(path);
      for (const [time, values] of before) expect(values).toEqual(expected.get(time));
      const file = await SnapshotReader.open(state);
      const [time] = file.times;
      file.close();
      expect([...before.keys()].slice(-2)).toContain(time);
      const again = await wasmMpi(["solve", "--restart", path, ...on, "--output-beside", "on", "--json"], options);
      const report = documentOf<{ digest: string; beside: boolean }>(again);
      expect([report.digest, report.beside]).toEqual([digest, true]);
      expect(await framesOf(path)).toEqual(expected);
      for (const each of [path, state]) rmSync(each);
    }
  },
);
