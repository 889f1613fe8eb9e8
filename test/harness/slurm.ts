/**
 * Slurm for tests: a controller and a `slurmd` on each of the hosts that are namespaces, with a key of their own.
 * Everything lies in the folder of the hosts and runs on them, so that it is gone with them.
 *
 * ```text
 *   h1  munged, slurmctld, slurmd, and who asks: srun, sbatch, scancel
 *   h2  slurmd
 * ```
 */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Hosts, noHosts } from "./hosts.js";
import { type Result, type RunOptions, root } from "./process.js";

/** Why there can be no Slurm here, for the names of tests that are left out; `undefined` where there can. */
export const noSlurm: string | undefined = (() => {
  if (noHosts !== undefined) return noHosts;
  const missing = ["munged", "slurmctld", "slurmd", "srun", "sbatch"].find((name) => spawnSync(name, ["-V"]).error);
  return missing && `${missing} is missing: apt-get install slurm-wlm munge libpmix-dev`;
})();

/** The kinds of MPI that `srun` can start here, of which `none` is one. It says so where it has a configuration. */
export const startable: readonly string[] = (() => {
  if (noSlurm !== undefined) return [];
  const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-slurm-"));
  const file = join(folder, "slurm.conf");
  writeFileSync(file, "ClusterName=none\nSlurmctldHost=localhost\n");
  const env = { ...process.env, SLURM_CONF: file };
  const { stdout, stderr } = spawnSync("srun", ["--mpi=list"], { encoding: "utf8", env });
  rmSync(folder, { recursive: true });
  return `${stdout}${stderr}`.split(/\s+/);
})();

/** What each host keeps for itself is below `local`, which is another folder on each. */
const configuration = (folder: string, names: readonly string[], cores: number) => `
ClusterName=wasm-mpi
SlurmctldHost=h1(10.99.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CryptoType=crypto/munge
# Slurm lets a job that is to run again wait for as long as its credentials are valid.
AuthInfo=socket=${folder}/munge/socket,cred_expire=5
StateSaveLocation=${folder}/slurm
SlurmctldPidFile=${folder}/slurm/pid
SlurmdPidFile=${folder}/local/slurmd.pid
SlurmdSpoolDir=${folder}/local/spool
TmpFS=${folder}/local
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=10
# A rank that waits for a lost one inside MPI does not hear that it is to end.
KillWait=5
MailProg=/bin/true
${names.map((name, i) => `NodeName=${name} NodeAddr=10.99.0.${i + 1} CPUs=${cores} State=UNKNOWN`).join("\n")}
PartitionName=all Nodes=ALL Default=YES State=UP MaxTime=INFINITE
`;

/** A cluster of the hosts, each with room for 4 ranks, until these are removed. */
export class Slurm {
  /** Where jobs are started: a project that has this package installed. */
  readonly folder: string;
  readonly #hosts: Hosts;
  readonly #env: Readonly<Record<string, string>>;
  readonly #log: string;

  private constructor(hosts: Hosts) {
    this.#hosts = hosts;
    this.folder = join(hosts.folder, "project");
    this.#log = join(hosts.folder, "slurm.log");
    this.#env = {
      SLURM_CONF: join(hosts.folder, "slurm.conf"),
      OMPI_MCA_btl_tcp_if_include: "net0",
      OMPI_MCA_oob_tcp_if_include: "net0",
    };
  }

  /** Starts Slurm, and waits until its hosts are idle. @throws Error with what the daemons said where they are not */
  static async start(hosts: Hosts): Promise<Slurm> {
    const slurm = new Slurm(hosts);
    slurm.#write();
    const munge = join(hosts.folder, "munge");
    const options = ["key-file", "socket", "pid-file", "log-file", "seed-file"].map(
      (name) => `--${name}=${join(munge, name.replace("-file", ""))}`,
    );
    // Forced: folders of tests may lie where others than root could write.
    hosts.start("h1", ["munged", "--foreground", "--force", ...options], slurm.#log);
    while (!existsSync(join(munge, "socket"))) await slurm.#wait("munged");
    const conf = `SLURM_CONF=${slurm.#env.SLURM_CONF}`;
    hosts.start("h1", ["env", conf, "slurmctld", "-D"], slurm.#log);
    for (const name of hosts.names) await slurm.regain(name);
    return slurm;
  }

  /** Ends all that runs on a host, which is then lost to Slurm. */
  lose(host: string): void {
    this.#hosts.kill(host);
  }

  /** Starts a host's daemon, and waits until jobs can run on it. */
  async regain(host: string): Promise<void> {
    // What jobs had here when the host was lost: Slurm's plugin of PMIx refuses to make anew what is there.
    for (const folder of [this.#hosts.own(host), join(this.#hosts.own(host), "spool")]) {
      for (const name of readdirSync(folder)) {
        if (/^(stepd\.slurm\.pmix|pmix|spmix_appdir)[._]/.test(name)) rmSync(join(folder, name), { recursive: true });
      }
    }
    const conf = `SLURM_CONF=${this.#env.SLURM_CONF}`;
    this.#hosts.start(host, ["env", conf, "slurmd", "-D", "-N", host], this.#log);
    const state = async () => (await this.shell(`sinfo --noheader --nodes=${host} --format %t`)).stdout;
    while (!/^(idle|mix|alloc)$/m.test(await state())) await this.#wait(host);
  }

  #waits = 0;

  async #wait(what: string): Promise<void> {
    if (this.#waits++ > 300) throw new Error(`slurm: expected ${what}, got\n${readFileSync(this.#log, "utf8")}`);
    await sleep(200);
  }

  #write(): void {
    const { folder, names } = this.#hosts;
    const bin = join(this.folder, "node_modules", ".bin");
    for (const name of ["munge", "slurm"]) mkdirSync(join(folder, name), { mode: 0o755 });
    mkdirSync(bin, { recursive: true });
    symlinkSync(root, join(this.folder, "node_modules", "wasm-mpi"));
    symlinkSync(join("..", "wasm-mpi", "dist", "cli.js"), join(bin, "wasm-mpi"));
    writeFileSync(join(folder, "munge", "key"), randomBytes(128), { mode: 0o400 });
    writeFileSync(this.#env.SLURM_CONF!, configuration(folder, names, 4));
    // The kind of control groups is found by a look at the machine's, which may have none.
    writeFileSync(join(folder, "cgroup.conf"), "CgroupPlugin=cgroup/v1\n");
    for (const name of names) mkdirSync(join(this.#hosts.own(name), "spool"));
    this.#hosts.knowEachOther();
  }

  /** Runs lines of a shell in the folder of the project, on the first host. Rejects when they take too long. */
  shell(lines: string, options: RunOptions = {}): Promise<Result> {
    const env = { ...this.#env, ...options.env };
    return this.#hosts.run("h1", ["bash", "-c", lines], { ...options, cwd: this.folder, env });
  }

  /** Ends the jobs that a test has left, so that those of the next do not wait for them. */
  async clear(): Promise<void> {
    const left = async () => (await this.shell('scancel --user="$(id -un)" && squeue --noheader')).stdout !== "";
    while (await left()) await this.#wait("no jobs");
  }

  /** A word that Slurm says of a job, such as its `JobState`. */
  async told(job: string, word: string): Promise<string | undefined> {
    const { stdout } = await this.shell(`scontrol show job ${job}`);
    return new RegExp(`\\b${word}=(\\S+)`).exec(stdout)?.[1];
  }
}
