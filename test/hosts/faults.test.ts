/**
 * Hosts that disappear in a run, links that are slow and lose frames, clocks that differ. A job that has lost a host ends soon
 * and says so; its frames are those of an undisturbed run, and a restart on fewer ranks goes on to the bits of that run.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { documentOf } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { framesOf } from "../harness/frames.js";
import { Hosts, noHosts } from "../harness/hosts.js";
import { ranksWith } from "../harness/killed.js";
import { launched } from "../harness/launch.js";
import { wasmMpi } from "../harness/process.js";

const timeout = 180_000;
const hasH5dump = spawnSync("h5dump", ["--version"]).status === 0;
const hasPython = spawnSync("python3", ["--version"]).status === 0;

/** The library that makes clocks of a process go wrong, if it is there. */
const faketime = (() => {
  const folder = "/usr/lib";
  const machines = existsSync(folder) ? readdirSync(folder) : [];
  const found = machines.map((name) => join(folder, name, "faketime", "libfaketimeMT.so.1"));
  return found.find((path) => existsSync(path));
})();

/** A run with frames: its words, those of its end after a number of frames, and the variable in its file. */
interface Run {
  readonly words: readonly string[];
  readonly restart: readonly string[];
  readonly variable: string;
  end(frames: number): readonly string[];
}

const advect: Run = {
  words: ["advect", "gaussian", "--shape", "61,47", "--iterations", "3", "--nonoscillatory", "--every", "40"],
  restart: ["advect"],
  variable: "psi",
  end: (frames) => ["--steps", String(40 * (frames - 1))],
};
const solve: Run = {
  words: ["solve", "c = laplace(c^3 - c - laplace(c))", "--initial", "c = 0.1*noise()", "--periodic", "--shape", "48,40", "--dt", "0.01", "--every", "0.25"], // biome-ignore format: a row
  restart: ["solve"],
  variable: "c",
  end: (frames) => ["--until", String(0.25 * (frames - 1))],
};

/** A way to lose a host; the ranks on each, the run that loses it, and how the job ends. */
interface Loss {
  readonly title: string;
  readonly run: Run;
  readonly each: number;
  strike(hosts: Hosts): void | Promise<void>;
  readonly isTold: boolean;
}

const losses: readonly Loss[] = [
  { title: "whose link is down", run: advect, each: 1, strike: (hosts) => hosts.link("h2", "down"), isTold: true },
  { title: "whose processes all stand still", run: advect, each: 2, strike: (hosts) => hosts.kill("h2", "SIGSTOP"), isTold: true }, // biome-ignore format: a row
  { title: "whose link is down in a run of equations", run: solve, each: 1, strike: (hosts) => hosts.link("h2", "down"), isTold: true }, // biome-ignore format: a row
  { title: "whose processes are all killed", run: solve, each: 2, strike: (hosts) => hosts.kill("h2"), isTold: false },
];

/** Runs a command on this machine, which has to succeed. */
async function alone(args: readonly string[]): Promise<void> {
  const { code, transcript } = await wasmMpi(args, { timeoutMs: 60_000 });
  expect(code, transcript).toBe(0);
}

/** Waits for something. @throws Error when it takes too long */
async function until(what: string, isThere: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await isThere()); await sleep(50)) {
    if (Date.now() > end) throw new Error(`expected ${what} within 60 s`);
  }
}

/** The bytes of the first frames of a file, as h5dump reads them. */
function bytesOf(hosts: Hosts, path: string, variable: string, frames: number): Buffer {
  const file = join(hosts.folder, "bytes");
  const [, rows, columns] = /DATASPACE +SIMPLE \{ \( \d+, (\d+), (\d+) \)/.exec(
    spawnSync("h5dump", ["-H", "-d", variable, path], { encoding: "utf8" }).stdout,
  )!;
  const words = ["-d", variable, "-s", "0,0,0", "-c", `${frames},${rows},${columns}`, "-b", "LE", "-o", file, path];
  const { status, stderr } = spawnSync("h5dump", words, { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  return readFileSync(file);
}

describe.skipIf(noHosts !== undefined || !isFull)(`faults between hosts${noHosts ? ` (${noHosts})` : ""}`, () => {
  let hosts: Hosts;
  beforeAll(async () => {
    hosts = await Hosts.start(2);
  });
  // A test that has failed leaves no rank, no link that is down and no wrong clock to the next one.
  afterEach(async () => {
    for (const name of hosts.names) hosts.kill(name);
    hosts.prepare("h2", "");
    await hosts.link("h2", "up");
  });
  afterAll(() => hosts?.remove());

  describe.each(launched)("$title", ({ name: library, launcher }) => {
    describe.each(losses)("a host $title", ({ title, run, each, strike, isTold }) => {
      it("ends the job, whose frames are in the file and are continued on fewer ranks", { timeout }, async () => {
        const path = join(hosts.folder, `${library}-${losses.findIndex((loss) => loss.title === title)}.h5`);
        const args = [...run.words, ...run.end(1e6), "--hosts", `h1:${each},h2:${each}`, "--timeout", "5"];
        const job = hosts.wasmMpi(launcher, [...args, "--output", path], { timeoutMs: 90_000 });
        const ended = job.then(({ transcript }) => expect.fail(`expected 3 frames, got an end: ${transcript}`));
        await Promise.race([ended, until("3 frames", async () => (await framesOf(path)) >= 3)]);
        ended.catch(() => {}); // It is to end now.
        await strike(hosts);
        const { code, stderr, transcript } = await job;

        if (isTold) {
          expect(code, transcript).toBe(124);
          for (let rank = 0; rank < each; rank++) {
            expect(stderr).toMatch(
              new RegExp(`^wasm-mpi: rank ${rank} of ${2 * each}: waits in MPI_.*, for \\d+ s$`, "m"),
            );
          }
          expect(stderr).toContain("wasm-mpi: ended after 5 s without progress (WASM_MPI_TIMEOUT), exit code 124\n");
        } else {
          expect(code, transcript).not.toBe(0);
          expect(stderr).not.toBe("");
        }
        // A host that is cut off ends its ranks by itself; processes that stand still cannot.
        if (/still/.test(title)) hosts.kill("h2");
        await until("no ranks", () => ranksWith(path).length === 0);

        const frames = await framesOf(path);
        expect(frames).toBeGreaterThanOrEqual(3);
        const whole = join(hosts.folder, `${library}-whole.h5`);
        const undisturbed = [...run.words, ...run.end(frames + 2), "-n", "1", "--output", whole, "--overwrite"];
        await alone(undisturbed);
        if (hasH5dump) {
          const [found, expected] = [path, whole].map((file) => bytesOf(hosts, file, run.variable, frames));
          expect(found!.length).toBeGreaterThan(0);
          expect(found!.equals(expected!)).toBe(true);
        }
        await alone([...run.restart, "--restart", path, ...run.end(frames + 2), "-n", "1"]);
        await alone(["compare", path, whole]);
        expect(await framesOf(path)).toBe(frames + 2);
      });
    });

    it.skipIf(!hasPython)(
      `joined by a slow link that loses frames have the bits of one rank${hasPython ? "" : " (python3 is missing)"}`,
      { timeout },
      async () => {
        const end = await hosts.relay("h2", { hold: 0.002, loss: 0.02 });
        const [path, whole] = ["slow", "near"].map((name) => join(hosts.folder, `${library}-${name}.h5`));
        // A lost frame costs a rank 0.2 s or more, and in some hundred exchanges many are lost.
        const words = [...advect.words, ...advect.end(2)];
        const far = [...words, "--hosts", "h1:2,h2", "--output", path!, "--json"];
        const result = await hosts.wasmMpi(launcher, far, { timeoutMs: 90_000 });
        expect(await end(), result.transcript).toBeGreaterThan(0);
        expect(documentOf<Report>(result).ranks).toBe(3);
        await alone([...words, "-n", "1", "--output", whole!]);
        await alone(["compare", path!, whole!]);
      },
    );

    it.skipIf(!faketime)(
      `whose clocks differ agree on what a clock decides${faketime ? "" : " (faketime is missing)"}`,
      { timeout },
      async () => {
        // Years ahead, and five times as fast.
        hosts.prepare("h2", `export LD_PRELOAD=${faketime} FAKETIME="+4000d x5"\n`);
        for (const [name, run] of Object.entries({ advect, solve })) {
          const [path, whole] = ["clocks", "right"].map((what) => join(hosts.folder, `${library}-${name}-${what}.h5`));
          const limits = ["--hosts", "h1,h2", "--timeout", "60", "--max-runtime", "3"];
          const words = [...run.words, ...run.end(1e6), ...limits, "--output", path!, "--json"];
          const { steps } = documentOf<Report>(await hosts.wasmMpi(launcher, words, { timeoutMs: 90_000 }));
          expect(steps).toBeGreaterThan(0);
          const length = name === "advect" ? ["--steps", String(steps)] : ["--until", String(steps * 0.01)];
          await alone([...run.words, ...length, "-n", "1", "--output", whole!]);
          await alone(["compare", path!, whole!]);
        }
      },
    );
  });
});

interface Report {
  readonly ranks: number;
  readonly steps: number;
}
