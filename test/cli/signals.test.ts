/** What becomes of runs when a process of theirs gets a signal. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SnapshotReader } from "../../src/io/reader.js";
import { documentOf, temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { framesOf } from "../harness/frames.js";
import { launched, turnsOf } from "../harness/launch.js";
import { root, wasmMpi } from "../harness/process.js";
import { isUnderWay, strike, type Target, targets } from "../harness/strike.js";

const folder = temporaryFolder();
let count = 0;
const freshPath = () => join(folder, `${count++}.h5`);
const envOf = (launcher: { readonly path: string }) => ({ WASM_MPI_LAUNCHER: launcher.path });

const scheme = "gaussian --shape 24,18 --courant 0.3,0.2 --iterations 2".split(" ");
const endless = ["advect", ...scheme, "--steps", "100000000", "--every", "7"];

/** The step of the last frame. */
async function lastStepOf(path: string): Promise<number> {
  const reader = await SnapshotReader.open(path);
  reader.close();
  return reader.times.at(-1)!;
}

/** Continues a file for a few steps, and expects the bits of a run that was not interrupted. */
async function expectContinued(path: string): Promise<void> {
  const steps = String((await lastStepOf(path)) + 3);
  const resumed = documentOf<{ digest: string }>(
    await wasmMpi(["advect", "--restart", path, "--steps", steps, "--json"]),
  );
  const whole = documentOf<{ digest: string }>(await wasmMpi(["advect", ...scheme, "--steps", steps, "--json"]));
  expect(resumed.digest).toBe(whole.digest);
}

const program = join(root, "test/ranks/cli-program.mjs");

const isLinux = process.platform === "linux";

describe.skipIf(!isLinux).concurrent("advect", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("stops in order on %s, and is continued to the same bits", async (signal, code) => {
    const path = freshPath();
    const isReady = async () => (await framesOf(path)) > 2;
    const struck = await strike([...endless, "--output", path], { target: "command", signal, isReady });
    const line = `wasm-mpi advect: stopped at step ${await lastStepOf(path)}; continue with --restart ${path}\n`;
    expect([struck!.code, struck!.stdout, struck!.stderr]).toEqual([code, "", line]);
    if (signal === "SIGINT") await expectContinued(path);
  });

  it("keeps the step where it stopped when frames were to be at the ends only", async () => {
    const path = freshPath();
    const isReady = (pid: number) => existsSync(path) && isUnderWay(pid);
    const args = ["advect", ...scheme, "--steps", "100000000", "--output", path];
    const { stderr, transcript } = (await strike(args, { target: "command", signal: "SIGINT", isReady }))!;
    const step = await lastStepOf(path);
    expect(step, transcript).toBeGreaterThan(0);
    expect(stderr).toBe(`wasm-mpi advect: stopped at step ${step}; continue with --restart ${path}\n`);
    await expectContinued(path);
  });

  it("says how to be able to continue when there is no file", async () => {
    const args = ["advect", ...scheme, "--steps", "100000000"];
    const { code, stderr } = (await strike(args, { target: "command", signal: "SIGINT", isReady: isUnderWay }))!;
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /^wasm-mpi advect: stopped at step \d+ of 100000000; add --output FILE\.h5 to be able to continue\n$/,
    );
  });

  it("ends within seconds while a step takes for ever", async () => {
    const begin = Date.now();
    const isReady = () => Date.now() - begin > 1500;
    const args = ["advect", "--shape", "4000,4000", "--iterations", "1000"];
    const struck = (await strike(args, { target: "command", signal: "SIGTERM", isReady }))!;
    expect([struck.code, struck.stderr]).toEqual([143, ""]);
  });
});

/** Signals whose exit codes and lines are known on any library. */
const known: readonly [Target, NodeJS.Signals, number][] = [
  ["command", "SIGINT", 130],
  ["command", "SIGTERM", 143],
  ["command", "SIGHUP", 129],
  ["last rank", "SIGHUP", 129],
  ["last rank", "SIGTERM", 143],
  ["first rank", "SIGINT", 130],
];

describe.skipIf(!isLinux).each(launched)("a job of $title", ({ name: library, launcher }) => {
  const env = envOf(launcher);

  it.each(isFull ? known : turnsOf([known[0]!, known[3]!], library))(
    "stops when the %s gets %s",
    async (target, signal, code) => {
      const path = freshPath();
      const isReady = async () => (await framesOf(path)) > 2;
      const struck = (await strike([...endless, "-n", "2", "--output", path], { target, signal, isReady, env }))!;
      const line = `wasm-mpi advect: stopped at step ${await lastStepOf(path)}; continue with --restart ${path}\n`;
      expect([struck.code, struck.stdout, struck.stderr], struck.transcript).toEqual([code, "", line]);
      await expectContinued(path);
    },
  );

  // The ranks agree on it among themselves, whatever the library.
  it.runIf(isFull || library === launched.at(-1)?.name)(
    "ends on all ranks at the same step when time is up",
    async () => {
      const path = freshPath();
      const args = [...endless.slice(0, -2), "--max-runtime", "0.1", "--output", path];
      const ended = documentOf<{ steps: number; stopped: string }>(
        await wasmMpi([...args, "-n", "3", "--json"], { env }),
      );
      expect([ended.stopped, await lastStepOf(path)]).toEqual(["maxRuntime", ended.steps]);
    },
  );

  it.skipIf(!isFull)("never ends well when the launcher gets SIGTERM", { timeout: 240_000 }, async () => {
    for (let run = 0; run < 16; run++) {
      const path = freshPath();
      const isReady = async () => (await framesOf(path)) > 0;
      const args = [...endless, "-n", "2", "--output", path];
      const { code, transcript } = (await strike(args, { target: "launcher", signal: "SIGTERM", isReady, env }))!;
      expect(code, transcript).toBe(143);
    }
  });

  it("ends with the command that was killed, or the launcher, or the daemon", async () => {
    for (const target of turnsOf(["command", "daemon", "launcher"] as const, library)) {
      const path = freshPath();
      const isReady = async () => (await framesOf(path)) > 0;
      const struck = await strike([...endless, "-n", "2", "--output", path], {
        target,
        signal: "SIGKILL",
        isReady,
        env,
      });
      if (struck) expect(struck.code, struck.transcript).not.toBe(0);
      expect(await framesOf(path)).toBeGreaterThan(0);
    }
  });

  it("of a program that does not listen ends with the command, and with its daemon", async () => {
    for (const target of turnsOf(["command", "daemon"] as const, library)) {
      const begin = Date.now();
      const isReady = () => Date.now() - begin > 1500;
      const args = ["run", "-n", "2", program, "spin"];
      const struck = await strike(args, { target, signal: "SIGKILL", isReady, env });
      if (struck) expect(struck.code, struck.transcript).not.toBe(0);
    }
  });

  it.skipIf(library !== launched.at(-1)?.name)("is stopped by compare, which says so once", async () => {
    const path = freshPath();
    const [first, second] = [1, 2].map((ranks) => path.replace(".h5", `-${ranks}.h5`));
    const args = ["compare", ...scheme, "--steps", "100000000", "--every", "7", "--ranks", "2,1", "--output", path];
    const isReady = async () => (await framesOf(second!)) > 0;
    const struck = (await strike(args, { target: "command", signal: "SIGINT", isReady, env }))!;
    const line = `wasm-mpi compare: on 2 ranks, stopped at step ${await lastStepOf(second!)}; continue with --restart ${second}\n`;
    expect([struck.code, struck.stdout, struck.stderr, existsSync(first!)]).toEqual([130, "", line, false]);
  });
});

describe.skipIf(!isLinux || !isFull || launched.length === 0)("60 signals at random", () => {
  /** Numbers from 0 to 1, the same in each run. */
  function* random(seed: number): Generator<number, never> {
    for (let state = seed; ; ) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      yield state / 2 ** 32;
    }
  }
  const numbers = random(2026);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(numbers.next().value * list.length)]!;
  const signals = ["SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGKILL", "SIGQUIT"] as const;
  const cases = Array.from({ length: 60 }, (_, run) => ({
    run,
    library: pick(launched),
    target: pick(targets),
    signal: pick(signals),
    backend: pick(["posix", "mpiio", "gather"]),
    ranks: pick(["2", "3"]),
    delay: 600 * numbers.next().value,
  }));

  it.each(cases)(
    "$run: $signal to the $target of $ranks ranks of $library.title, $backend",
    async ({ library, target, signal, backend, ranks, delay }) => {
      // The daemon of MPICH does not hear of other signals.
      const sent = target === "daemon" ? "SIGKILL" : signal;
      const path = freshPath();
      let since = 0;
      const isReady = () => {
        if (existsSync(path)) since ||= Date.now();
        return since > 0 && Date.now() - since > delay;
      };
      const args = [...endless, "-n", ranks, "--output", path, "--backend", backend];
      const env = envOf(library.launcher);
      const struck = await strike(args, { target, signal: sent, isReady, env });
      if (struck) {
        expect(struck.code, struck.transcript).toBeGreaterThan(0);
        expect(struck.stderr, struck.transcript).not.toMatch(/^ {4}at /m);
      }
      expect(await framesOf(path)).toBeGreaterThan(0);
      await expectContinued(path);
    },
  );
});
