/**
 * A stand-in for PBS, of which Debian has no package: what a script gets from it, on hosts that are namespaces. A job begins
 * as soon as it is submitted, and `qsub` ends with it.
 *
 * ```text
 *   qsub        reads the lines of #PBS, and starts a login shell in a session of its own, in the home folder, with the
 *               variables of PBS alone; the shell's standard input has the path of the script
 *   pbs_tmrsh   runs a program on a host of the job
 *   limit       SIGTERM to all processes of the session; SIGKILL to what is left when the shell has ended
 * ```
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Hosts } from "./hosts.js";
import { type Result, type RunOptions, root } from "./process.js";

/** `qsub [-W depend=afterany:JOB] SCRIPT` */
const qsubText = (folder: string, home: string) => `#!/bin/bash
set -e
refuse() { echo "qsub: $1" >&2; exit 1; }
if [ "$1" = -W ]; then
  [[ $2 =~ ^depend=afterany:[0-9]+\\.h1$ ]] || refuse "illegal -W $2"
  shift 2
fi
script=$1
name=$(basename "$script")
cpus=1
hosts=(h1)
while read -r _ option value; do
  case "$option $value" in
    "-N "*) name=$value ;;
    "-l select="*)
      [[ $value =~ ^select=([1-9]):ncpus=([1-9]):mpiprocs=([1-9])$ ]] || refuse "illegal -l $value"
      cpus=\${BASH_REMATCH[2]}
      hosts=()
      for host in $(seq "\${BASH_REMATCH[1]}"); do
        for rank in $(seq "\${BASH_REMATCH[3]}"); do hosts+=("h$host"); done
      done ;;
    "-l walltime="*) [[ $value =~ ^walltime=[0-9]+:[0-9][0-9]:[0-9][0-9]$ ]] || refuse "illegal -l $value" ;;
    "-l place=scatter" | "-j oe" | "-r y") ;;
    *) refuse "illegal option $option $value" ;;
  esac
done < <(grep '^#PBS' "$script")
number=$(($(cat ${folder}/last) + 1))
echo $number >${folder}/last
job=${folder}/$number.h1
install -m 700 "$script" $job.SC
printf '%s\\n' "\${hosts[@]}" >$job.nodes
from=$PWD
cd ${home}
env -i HOME=${home} LANG=C LOGNAME=root USER=root SHELL=/bin/bash PATH=/bin:/usr/bin TMPDIR="$TMPDIR" \\
  PBS_ENVIRONMENT=PBS_BATCH PBS_JOBID=$number.h1 PBS_JOBNAME="$name" PBS_NODEFILE=$job.nodes PBS_QUEUE=workq \\
  PBS_O_WORKDIR="$from" PBS_O_HOME=${home} PBS_O_HOST=h1 PBS_O_LOGNAME=root PBS_O_PATH="$PATH" PBS_O_QUEUE=workq \\
  PBS_O_SHELL=/bin/bash PBS_O_SYSTEM=Linux PBS_JOBDIR=${home} PBS_JOBCOOKIE=0 PBS_MOMPORT=15003 PBS_NODENUM=0 PBS_TASKNUM=1 \\
  NCPUS=$cpus OMP_NUM_THREADS=$cpus \\
  setsid bash -l <<<$job.SC >$job.OU 2>&1 &
echo $! >$job.session
status=0
wait $! || status=$?
pkill -KILL --session $! || true
mv $job.OU "$from/$name.o$number"
echo $status >$job.status
echo $number.h1
`;

/** What a job has come to. */
export interface Job {
  /** What its login shell left with. */
  readonly status: number;
  readonly log: string;
}

/** The stand-in, until its hosts are removed. */
export class Pbs {
  /** Where jobs are submitted: a project that has this package installed. */
  readonly folder: string;
  readonly #hosts: Hosts;
  readonly #server: string;
  readonly #bin: string;

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
    this.folder = join(hosts.folder, "project");
    this.#server = join(hosts.folder, "pbs");
    this.#bin = join(hosts.folder, "bin");
    const home = join(hosts.folder, "home");
    const linked = join(this.folder, "node_modules", ".bin");
    for (const folder of [this.#server, this.#bin, home, linked]) mkdirSync(folder, { recursive: true });
    symlinkSync(root, join(this.folder, "node_modules", "wasm-mpi"));
    symlinkSync(join("..", "wasm-mpi", "dist", "cli.js"), join(linked, "wasm-mpi"));
    symlinkSync(hosts.agent, join(this.#bin, "pbs_tmrsh"));
    writeFileSync(join(this.#server, "last"), "0");
    writeFileSync(join(this.#bin, "qsub"), qsubText(this.#server, home));
    chmodSync(join(this.#bin, "qsub"), 0o755);
    writeFileSync(join(home, ".bash_profile"), `export PATH=${this.#bin}:${dirname(process.execPath)}:$PATH\n`);
    hosts.knowEachOther();
  }

  /** Runs lines of a shell in a folder of the project, on the first host, where `qsub` is. Rejects when they take too long. */
  shell(lines: string, options: RunOptions): Promise<Result> {
    const env = { PATH: `${this.#bin}:${process.env.PATH}` };
    return this.#hosts.run("h1", ["bash", "-c", lines], { cwd: this.folder, ...options, env });
  }

  /** The number of the job that was submitted last. */
  get last(): number {
    return Number(readFileSync(join(this.#server, "last"), "utf8"));
  }

  /** Whether a job has begun and not ended. */
  runs(number: number): boolean {
    const [began, ended] = ["session", "status"].map((what) => existsSync(join(this.#server, `${number}.h1.${what}`)));
    return began! && !ended;
  }

  /** What a job has come to, of a script with a name that was submitted in a folder. */
  job(number: number, name: string, folder: string): Job {
    const status = Number(readFileSync(join(this.#server, `${number}.h1.status`), "utf8"));
    return { status, log: readFileSync(join(folder, `${name}.o${number}`), "utf8") };
  }

  /** The limit of a job has come. */
  async limit(number: number): Promise<void> {
    const session = readFileSync(join(this.#server, `${number}.h1.session`), "utf8").trim();
    await this.#hosts.run("h1", ["pkill", "-TERM", "--session", session]);
  }
}
