/**
 * The scripts of docs/guide/cluster.md for PBS, with a stand-in for it: jobs that end before their limit, by the signals at it, or
 * find their run at its end, go on to the bits of one run.
 */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SnapshotReader } from "../../src/io/reader.js";
import { isFull } from "../harness/effort.js";
import { framesOf } from "../harness/frames.js";
import { Hosts, noHosts } from "../harness/hosts.js";
import { ranksWith } from "../harness/killed.js";
import { launched } from "../harness/launch.js";
import { Page } from "../harness/page.js";
import { Pbs } from "../harness/pbs.js";
import { wasmMpi } from "../harness/process.js";

const timeout = 300_000;
const timeoutMs = timeout - 5000;

/** The blocks of the page's chapter, by a word of each. */
const { blocks } = new Page("docs/guide/cluster.md");
const scriptWith = (word: string) =>
  blocks.find(({ text }) => text.startsWith("#!/bin/bash\n#PBS") && text.includes(word))!.text;
const scripts = { cone: scriptWith("cone.h5"), pattern: scriptWith("pattern.h5"), carry: scriptWith("carry.mjs") };
const chain = blocks.find(({ text }) => text.includes("$(qsub cone.pbs)"))!.text;
const reach = blocks.find(({ text }) => text.includes("=pbs_tmrsh"))!.text;
const carry = new Page("README.md").programs.find(({ name }) => name === "carry.mjs")!;

/** Steps between frames of the cone, which the page has fewer of: a test does not wait for them on a busy machine. */
const every = 100;

describe.skipIf(noHosts !== undefined || !isFull)(`PBS, a stand-in for it${noHosts ? ` (${noHosts})` : ""}`, () => {
  let hosts: Hosts;
  let pbs: Pbs;
  beforeAll(async () => {
    hosts = await Hosts.start(2);
    pbs = new Pbs(hosts);
  });
  afterAll(() => hosts?.remove());

  describe.each(launched)("$title", ({ name, title, launcher }) => {
    const folder = () => join(pbs.folder, name);
    const [cone, whole] = ["cone.h5", "whole.h5"].map((file) => () => join(folder(), file)) as [
      () => string,
      () => string,
    ];
    /** The page's line by which PBS reaches hosts. */
    const line = reach.split("\n").find((text) => text.endsWith(`# ${title}`))!;
    /** Lines of a user in front of what a script starts. */
    const begun = (text: string) =>
      text.replace('cd "$PBS_O_WORKDIR"\n', `$&export WASM_MPI_LAUNCHER=${launcher.path}\n${line}\n`);
    /** A script that ends its run some seconds after its begin. */
    const limited = (text: string, seconds: number) =>
      begun(text).replace("--max-runtime 3400", `--max-runtime ${seconds}`).replace("--every 2000", `--every ${every}`);
    const inFolder = (lines: string) => pbs.shell(lines, { cwd: folder(), timeoutMs });
    const write = (file: string, text: string) => writeFileSync(join(folder(), file), text);

    /** Runs lines that submit jobs to their ends. @returns their logs */
    const submitted = async (what: keyof typeof scripts, lines = `qsub ${what}.pbs`): Promise<string[]> => {
      const first = pbs.last + 1;
      const { code, stdout, transcript } = await inFolder(lines);
      expect(code, transcript).toBe(0);
      expect(stdout).toBe(`${pbs.last}.h1\n`);
      const jobs = Array.from({ length: pbs.last + 1 - first }, (_, i) => pbs.job(first + i, what, folder()));
      for (const { status, log } of jobs) expect(status, log).toBe(0);
      return jobs.map(({ log }) => log);
    };
    /** The step of the last frame of the cone: a run that has to end has a frame besides those that were asked for. */
    const lastStep = async () => {
      const reader = await SnapshotReader.open(cone());
      reader.close();
      return Math.round(reader.times.at(-1)! / 0.1);
    };
    const until = (isThere: () => boolean | Promise<boolean>) =>
      expect.poll(isThere, { timeout: 100_000, interval: 200 }).toBe(true);

    beforeAll(() => {
      mkdirSync(folder());
      symlinkSync(join("..", "node_modules"), join(folder(), "node_modules"));
      write(carry.name!, carry.text);
    });

    it("jobs in a row end before their limit, and go on to the bits of one run; so do those that it ends", {
      timeout,
    }, async () => {
      write("cone.pbs", limited(scripts.cone, 3));
      const logs = await submitted("cone", chain);
      const steps = logs.map((log) => {
        const end = log.split("\n").slice(-3).join("\n");
        const [, step] = /^stopped at step (\d+); continue with --restart cone.h5\n$/m.exec(end) ?? [];
        expect(step, log).toBeDefined();
        expect(log).toContain("\nfile: cone.h5 (mpiio: the ranks are on several hosts)\n");
        return Number(step);
      });
      expect(steps).toHaveLength(3);
      expect(steps).toEqual([...new Set(steps)].toSorted((a, b) => a - b));

      write("cone.pbs", limited(scripts.cone, 3400));
      const before = await framesOf(cone());
      const job = inFolder("qsub cone.pbs");
      await until(async () => (await framesOf(cone())) >= before + 2);
      await pbs.limit(pbs.last);
      const { code, transcript } = await job;
      expect(code, transcript).toBe(0);
      expect(pbs.job(pbs.last, "cone", folder()).status).toBe(128 + 15);
      await until(() => ranksWith("cone.h5").length === 0);

      const last = `${await lastStep()}`;
      const args = ["advect", "cone", "--steps", last, "--every", `${every}`, "--output", whole()];
      const run = await wasmMpi(args, { timeoutMs });
      expect(run.code, run.transcript).toBe(0);
      const compared = await wasmMpi(["compare", cone(), whole()], { timeoutMs });
      expect(compared.code, compared.transcript).toBe(0);
    });

    it("a run of equations is at its end after some jobs, and one too many says so", { timeout }, async () => {
      // An end that two jobs of some seconds come to, on a machine that is busy as well.
      const short = (seconds: number) => limited(scripts.pattern, seconds).replace("--until 100000", "--until 3");
      const digest = /^c: .*, digest (\w+)$/m;
      write("pattern.pbs", short(0.01));
      const [first] = await submitted("pattern");
      expect(first).toContain("(maxRuntime)");
      expect(first).toContain("\ncontinue with --restart pattern.h5\n");
      write("pattern.pbs", short(3400));
      const [second, third] = await submitted("pattern", "qsub pattern.pbs >id && qsub pattern.pbs");
      expect(third).toContain("\nthe run in pattern.h5 is at its end; a larger --until goes on\n");
      const [what] = /^what=.*$/m.exec(scripts.pattern)!;
      const alone = await inFolder(`${what}; node_modules/.bin/wasm-mpi solve "\${what[@]}" --until 3 -n 1`);
      expect(alone.code, alone.transcript).toBe(0);
      const [, expected] = digest.exec(alone.stdout)!;
      expect([second, third].map((log) => digest.exec(log!)?.[1])).toEqual([expected, expected]);
    });

    it("a program of one's own runs behind a line of doctor for each host", { timeout }, async () => {
      write("carry.pbs", begun(scripts.carry));
      const [log] = await submitted("carry");
      for (const host of hosts.names) expect(log).toContain(`\nhost ${host}       2 ranks, `);
      expect(log!.endsWith(`\n${carry.shown}`), log).toBe(true);
    });

    it("doctor in a job finds the launcher, and takes what PBS says for no job of MPI", { timeout }, async () => {
      const doctor = "node_modules/.bin/wasm-mpi doctor --json >doctor.json";
      write("carry.pbs", begun(scripts.carry).replace(/^node_modules(.*\n)*/m, `${doctor}\n`));
      await submitted("carry");
      const stdout = readFileSync(join(folder(), "doctor.json"), "utf8");
      const { installations } = JSON.parse(stdout) as { installations: readonly { works: boolean }[] };
      expect(
        installations.map(({ works }) => works),
        stdout,
      ).toEqual([true]);
    });

    it.skipIf(name !== "mpich")("the launcher asks PBS for the hosts", { timeout }, async () => {
      write("carry.pbs", begun(scripts.carry).replaceAll(' --hostfile "$PBS_NODEFILE"', " -n 4"));
      const [log] = await submitted("carry");
      for (const host of hosts.names) expect(log).toContain(`\nhost ${host}       2 ranks, `);
    });
  });

  it("refuses what it does not know", { timeout }, async () => {
    writeFileSync(join(pbs.folder, "wrong.pbs"), "#!/bin/bash\n#PBS -l walltime=soon\n");
    const { code, stderr } = await pbs.shell("qsub wrong.pbs", { timeoutMs });
    expect([code, stderr]).toEqual([1, "qsub: illegal -l walltime=soon\n"]);
  });
});
