/**
 * Jobs of Slurm on two hosts: ranks of `srun`, and the script and commands of docs/guide/cluster.md, which end by a limit of
 * time, by `scancel` and by a requeue, and go on to the bits of one run.
 */
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { documentOf } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { framesOf } from "../harness/frames.js";
import { Hosts } from "../harness/hosts.js";
import { launched } from "../harness/launch.js";
import { Page } from "../harness/page.js";
import { wasmMpi } from "../harness/process.js";
import { noSlurm, Slurm, startable } from "../harness/slurm.js";

const timeout = 120_000;
const timeoutMs = timeout - 5000;

/** The blocks of the page's chapter, by a word of each. */
const page = new Page("docs/guide/cluster.md");
const blockWith = (word: string, first = "") =>
  page.blocks.find(({ text }) => text.startsWith(first) && text.includes(word))!;
const scriptWith = (word: string) => blockWith(word, "#!/bin/bash\n#SBATCH");
const scripts = {
  "cone.sh": scriptWith("cone.h5"),
  "pattern.sh": scriptWith("pattern.h5"),
  "carry.sh": scriptWith("carry.mjs"),
};
const chain = blockWith("sbatch --parsable");
const carry = new Page("README.md").programs.find(({ name }) => name === "carry.mjs")!;
const srunDoctor = page.blocks.find(({ text }) => /^srun .* doctor$/m.test(text))!;

/** What starts ranks of each library; the page shows the first. */
const kinds = [
  { kind: "pmi2", title: "MPICH", family: "mpich" },
  { kind: "pmix", title: "Open MPI", family: "openmpi" },
] as const;
type Kind = (typeof kinds)[number]["kind"];

/** A text of the page for one of them. */
const withKind = (text: string, kind: Kind) => text.replace("--mpi=pmi2", `--mpi=${kind}`);

/** Why a kind cannot be started here, if it cannot. */
function obstacle({ kind, family }: (typeof kinds)[number]): string | undefined {
  if (noSlurm !== undefined) return undefined; // Said for all.
  if (!launched.some(({ name }) => name === family)) return "the library is missing";
  return startable.includes(kind) ? undefined : `this srun cannot start ${kind}; PMIx is libpmix-dev of Debian`;
}

const command = "node_modules/.bin/wasm-mpi";

/** Steps between frames of the cone, which the page has fewer of: a test does not wait for them on a busy machine. */
const every = 500;

/** MPDATA with corners and a limiter, and equations with halos of their own. */
const runs = {
  advect: "advect gaussian --shape 61,47 --steps 20 --iterations 3 --nonoscillatory --json",
  solve:
    "solve 'c = laplace(c^3 - c - laplace(c))' --initial 'c = 0.1*noise()' --periodic --shape 48,40 --dt 0.01 --until 0.2 --json",
};

interface Report {
  readonly ranks: number;
  readonly fields: Readonly<Record<string, { readonly digest: string }>>;
}

const digestsOf = ({ fields }: Report) => Object.entries(fields).map(([name, { digest }]) => [name, digest]);

describe.skipIf(noSlurm !== undefined || !isFull)(`Slurm${noSlurm ? ` (${noSlurm})` : ""}`, () => {
  let hosts: Hosts;
  let slurm: Slurm;
  beforeAll(async () => {
    hosts = await Hosts.start(2);
    slurm = await Slurm.start(hosts);
  });
  afterEach(() => slurm.clear(), timeout);
  afterAll(() => hosts?.remove());

  const shell = (lines: string) => slurm.shell(lines, { timeoutMs });

  for (const entry of kinds) {
    const { kind, title } = entry;
    const why = obstacle(entry);
    describe.skipIf(why !== undefined)(`ranks of ${title}, by ${kind}${why ? ` (${why})` : ""}`, () => {
      it.each([
        [1, 1],
        [2, 2],
        [2, 4],
      ])("have the bits of one rank: of %i hosts, %i ranks", { timeout }, async (nodes, ranks) => {
        for (const run of Object.values(runs)) {
          const start = `srun --nodes=${nodes} --ntasks=${ranks} --mpi=${kind} ${command}`;
          const report = documentOf<Report>(await shell(`${start} ${run}`));
          expect(report.ranks).toBe(ranks);
          expect(digestsOf(report)).toEqual(digestsOf(documentOf<Report>(await shell(`${command} ${run}`))));
        }
      });

      it("are told by doctor, a line a host", { timeout }, async () => {
        const { code, stdout, transcript } = await shell(withKind(srunDoctor.text, kind));
        expect(code, transcript).toBe(0);
        // What the page shows, but for the versions of this machine and its cores.
        const plain = (text: string) =>
          text
            .split("\n")
            .filter((line) => line.startsWith("host "))
            .map((line) => line.split(", ")[0]);
        expect(plain(stdout)).toEqual(plain(srunDoctor.shown!));
        expect(stdout).toContain(`not bound, ${title} `);
      });

      it("may be left to the launcher, which asks Slurm for the hosts", { timeout }, async () => {
        const { path } = launched.find(({ name }) => name === entry.family)!.launcher;
        const lines = `WASM_MPI_LAUNCHER=${path} npx wasm-mpi run -n 4 node_modules/wasm-mpi/dist/cli.js doctor`;
        writeFileSync(join(slurm.folder, "launcher.sh"), `#!/bin/bash\n${lines}\n`);
        const log = `launcher-${kind}.out`;
        const options = `--wait --nodes=2 --ntasks-per-node=2 --output=${log}`;
        const { code, transcript } = await shell(`sbatch ${options} launcher.sh; s=$?; cat ${log}; exit $s`);
        expect(code, transcript).toBe(0);
        for (const name of hosts.names) expect(transcript).toContain(`\nhost ${name}       2 ranks, `);
      });
    });
  }

  describe.each(kinds.filter((entry) => obstacle(entry) === undefined))(
    "the scripts of the page, by $kind",
    ({ kind }) => {
      const folder = () => join(slurm.folder, kind);
      const [cone, pattern] = ["cone.h5", "pattern.h5"].map((name) => () => join(folder(), name)) as [
        () => string,
        () => string,
      ];
      const logOf = (job: string) => readFileSync(join(folder(), `slurm-${job}.out`), "utf8");
      const stoppedLine = (step: number) =>
        `wasm-mpi advect: stopped at step ${step}; continue with --restart cone.h5\n`;
      /** The step of the last frame. */
      const lastStep = async () => every * ((await framesOf(cone())) - 1);
      const inFolder = (lines: string) => shell(`cd ${kind} && ${lines}`);

      /** Lays out a folder with the scripts. */
      const begin = () => {
        rmSync(folder(), { recursive: true, force: true });
        mkdirSync(folder());
        symlinkSync(join("..", "node_modules"), join(folder(), "node_modules"));
        for (const [name, { text }] of Object.entries(scripts)) {
          writeFileSync(join(folder(), name), withKind(text, kind).replace("--every 2000", `--every ${every}`));
        }
        writeFileSync(join(folder(), carry.name!), carry.text);
      };

      /** The numbers of the jobs that lines submit. */
      const submit = async (lines: string): Promise<string[]> => {
        const { code, stdout, transcript } = await inFolder(lines);
        expect(code, transcript).toBe(0);
        return stdout.trim().split("\n");
      };

      const until = (what: () => Promise<boolean>, seconds = 100) =>
        expect.poll(what, { timeout: 1000 * seconds, interval: 500 }).toBe(true);
      const untilState = (job: string, ...states: string[]) =>
        until(async () => states.includes((await slurm.told(job, "JobState")) ?? ""));
      const untilFrame = (step: number) => until(async () => (await lastStep()) >= step);

      /** Ends a job as a user does. @returns the step that it says it goes on from */
      const cancel = async (job: string) => {
        expect((await shell(`scancel ${job}`)).code).toBe(0);
        await untilState(job, "CANCELLED");
        // The job is over for Slurm when its ranks may still be at work.
        const said = () => /stopped at step (\d+); continue with --restart \S+\n/g;
        await until(
          async () => (await shell("squeue --noheader --steps")).stdout === "" && said().test(logOf(job)),
          40,
        );
        return Number([...logOf(job).matchAll(said())].at(-1)![1]);
      };

      /** Expects each frame of the file to have the bits of a run of one rank that nothing has stopped. */
      const expectUninterrupted = async () => {
        const whole = join(folder(), "whole.h5");
        const args = ["advect", "cone", "--steps", `${await lastStep()}`, "--every", `${every}`, "--output", whole];
        const run = await wasmMpi(args, { timeoutMs: 200_000 });
        expect(run.code, run.transcript).toBe(0);
        await expectEqual(cone(), whole);
      };
      const expectEqual = async (...files: readonly string[]) => {
        const compared = await wasmMpi(["compare", ...files], { timeoutMs: 100_000 });
        expect(compared.code, compared.transcript).toBe(0);
      };

      it("stops by the signal before its limit, and the job that waits for it goes on; so does scancel", {
        timeout: 400_000,
      }, async () => {
        begin();
        // The first line with a limit that a test can wait for. The signal may come up to a minute early.
        const lines = chain.text.replace("--parsable", "--parsable --time=1 --signal=TERM@20");
        const [first, second] = await submit(`${lines.replace(/^(id=.*)$/m, "$1; echo $id")}`);
        await untilState(first!, "FAILED");
        expect(await slurm.told(first!, "ExitCode")).toBe("143:0");
        const step = Number(/stopped at step (\d+)/.exec(logOf(first!))?.[1]);
        expect(step).toBeGreaterThanOrEqual(every);
        expect(logOf(first!)).toContain(stoppedLine(step));
        await untilState(second!, "RUNNING");
        await untilFrame(step + 2 * every);
        expect(await cancel(second!)).toBe(await lastStep());
        await expectUninterrupted();
      });

      it("goes on by itself after a requeue", { timeout: 400_000 }, async () => {
        begin();
        const [job] = await submit("sbatch --parsable cone.sh");
        await untilFrame(every);
        expect((await shell(`scontrol requeue ${job}`)).code).toBe(0);
        await until(async () => logOf(job!).includes("stopped at step"), 40);
        const step = Number(/stopped at step (\d+)/.exec(logOf(job!))?.[1]);
        await untilState(job!, "RUNNING");
        expect(await slurm.told(job!, "Restarts")).toBe("1");
        await untilFrame(step + every);
        expect(await cancel(job!)).toBe(await lastStep());
        await expectUninterrupted();
      });

      it("goes on by itself after a host was lost and has come back", { timeout: 400_000 }, async () => {
        begin();
        const [job] = await submit("sbatch --parsable cone.sh");
        await untilFrame(every);
        slurm.lose("h2");
        await untilState(job!, "PENDING");
        const step = await lastStep();
        await slurm.regain("h2");
        await untilState(job!, "RUNNING");
        await untilFrame(step + every);
        expect(await cancel(job!)).toBe(await lastStep());
        await expectUninterrupted();
      });

      it("goes on with equations where the job before was cancelled", { timeout: 400_000 }, async () => {
        begin();
        for (let round = 0; round < 2; round++) {
          // A job that is cancelled before it has begun would say nothing.
          const frames = await framesOf(pattern());
          const [job] = await submit("sbatch --parsable pattern.sh");
          await until(async () => (await framesOf(pattern())) >= frames + 3);
          await cancel(job!);
        }
        const [what] = /^what=.*$/m.exec(scripts["pattern.sh"].text)!;
        const end = (await framesOf(pattern())) - 1;
        const whole = await inFolder(
          `${what}; ${command} solve "\${what[@]}" --every 1 --until ${end} --output whole.h5 -n 1`,
        );
        expect(whole.code, whole.transcript).toBe(0);
        await expectEqual(pattern(), join(folder(), "whole.h5"));
      });

      it("runs a program of one's own", { timeout }, async () => {
        begin();
        const { code, stdout, transcript } = await inFolder(
          "sbatch --wait --output=carry.out carry.sh && cat carry.out",
        );
        expect(code, transcript).toBe(0);
        expect(stdout).toMatch(/^Submitted batch job \d+\n/);
        expect(stdout.slice(stdout.indexOf("\n") + 1)).toBe(carry.shown);
      });
    },
  );

  it("refuses tasks that it does not tell of each other, before they write one file", { timeout }, async () => {
    const { code, stdout, stderr } = await shell(`srun --nodes=2 --ntasks=2 --mpi=none ${command} advect --steps 1`);
    const line =
      "wasm-mpi advect: launch: expected srun --mpi=pmi2 (MPICH) or --mpi=pmix (Open MPI), got 2 tasks of srun that do not know of each other. Choose one, or unset SLURM_STEP_NUM_TASKS for a run of its own in each task.\n";
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.split(line)).toHaveLength(3);
    const alone = await shell(`srun --ntasks=2 --mpi=none env -u SLURM_STEP_NUM_TASKS ${command} advect --steps 1`);
    expect(alone.code, alone.transcript).toBe(0);
  });

  it.skipIf(obstacle(kinds[0]) !== undefined)("tells what npx does to a rank of pmi2", { timeout }, async () => {
    const { code, stderr } = await shell("srun --ntasks=2 --mpi=pmi2 npx wasm-mpi advect --steps 1");
    expect(code).toBe(2);
    expect(stderr).toContain(
      "wasm-mpi advect: launch: expected the launcher of MPICH that set PMI_SIZE=2, got a connection to it that npx has closed. Start node_modules/.bin/wasm-mpi, or node and the program.\n",
    );
  });
});
