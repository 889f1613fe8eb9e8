/** Who started this process, and how to start jobs: the launcher side of an MPI implementation. */
import { accessSync, constants, existsSync, fstatSync, realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, delimiter, join } from "node:path";
import { type Bounds, expectWhole, wrong } from "../../argument.js";
import { LibraryError } from "../../errors.js";
import { builtin } from "../../package.js";
import { type Family, familyTitle } from "./abi.js";
import { launcherWords, type Placement, placementArgs } from "./placement.js";
import { setUnasked } from "./settings.js";

/** What the environment says about the job that this process is a rank of. */
export interface Job {
  /** The launcher's family; `undefined` for a resource manager such as Slurm that starts several. */
  readonly family: Family | undefined;
  readonly rank: number;
  readonly size: number;
}

/** How the ranks of a launcher tell that they are. */
interface Marks {
  readonly family: Family | undefined;
  readonly rank: string;
  readonly size: string;
  /** Whether the launcher is there, as far as the variables tell: they outlive it in a shell that has kept them. */
  isThere(env: NodeJS.ProcessEnv): boolean;
}

/** Names of variables by which Open MPI's ranks find its daemon; which, depends on the version. */
const contacts = ["PMIX_RANK", "PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "OMPI_MCA_orte_ess_jobid"];

const openmpi: Marks = {
  family: "openmpi",
  rank: "OMPI_COMM_WORLD_RANK",
  size: "OMPI_COMM_WORLD_SIZE",
  isThere(env) {
    const { PMIX_SERVER_TMPDIR: folder } = env;
    return contacts.some((name) => env[name] !== undefined) && (folder === undefined || existsSync(folder));
  },
};

const mpich: Marks = {
  family: "mpich",
  rank: "PMI_RANK",
  size: "PMI_SIZE",
  isThere(env) {
    const { PMI_FD: descriptor } = env;
    if (descriptor === undefined) return Object.keys(env).some((name) => /^PMIX?_(?!RANK$|SIZE$)/.test(name));
    try {
      return fstatSync(Number(descriptor)).isSocket();
    } catch {
      return false;
    }
  },
};

const msmpi: Marks = { family: "msmpi", rank: "PMI_RANK", size: "PMI_SIZE", isThere: () => true };

const slurm: Marks = { family: undefined, rank: "SLURM_PROCID", size: "SLURM_NTASKS", isThere: () => true };

/**
 * The job this process was started in, or `undefined` when no launcher started it. **Local.**
 * @throws UsageError when variables of a job are wrong, its launcher is not there, or tasks were started without one
 */
export function detectJob(env: NodeJS.ProcessEnv = process.env): Job | undefined {
  const ofPmi = process.platform === "win32" && env.I_MPI_ROOT === undefined ? msmpi : mpich;
  const found = [openmpi, ofPmi, ...(env.PMIX_RANK === undefined ? [] : [slurm])].find(
    ({ size }) => env[size] !== undefined,
  );
  if (found === undefined) {
    checkTasks(env);
    return undefined;
  }
  const size = expectCount(env, found.size, { least: 1 });
  const rank = env[found.rank] === undefined ? 0 : expectCount(env, found.rank, { least: 0, most: size - 1 });
  if (found.isThere(env)) return { family: found.family, rank, size };
  const title = familyTitle[found.family!];
  // npx gives what it starts the three standard descriptors only.
  const isClosed = env.npm_command === "exec" && env.PMI_FD !== undefined;
  const got = isClosed ? "a connection to it that npx has closed" : "none that is still there";
  const todo = isClosed
    ? "Start node_modules/.bin/wasm-mpi, or node and the program."
    : `Unset ${found.size} and ${found.rank}, which another job has left.`;
  throw wrong("launch", `the launcher of ${title} that set ${found.size}=${size}`, got, todo);
}

/**
 * Tasks that Slurm starts without a word of each other would be as many runs of one rank, all of which write one file. In a
 * shell of `srun --pty` there is one task, whatever the variable says.
 * @throws UsageError
 */
function checkTasks({ SLURM_STEP_NUM_TASKS: tasks, SLURM_PTY_PORT: port }: NodeJS.ProcessEnv): void {
  if (tasks === undefined || port !== undefined || !(Number(tasks) > 1)) return;
  const expected = "srun --mpi=pmi2 (MPICH) or --mpi=pmix (Open MPI)";
  const todo = "Choose one, or unset SLURM_STEP_NUM_TASKS for a run of its own in each task.";
  throw wrong("launch", expected, `${tasks} tasks of srun that do not know of each other`, todo);
}

/** The whole number that a variable is. @throws UsageError */
function expectCount(env: NodeJS.ProcessEnv, name: string, bounds: Bounds): number {
  const text = env[name]!;
  const todo = "Unset it, or start under a launcher.";
  return expectWhole(`"${name}"`, /^\d+$/.test(text) ? Number(text) : text, bounds, todo);
}

/** A launcher that was found. */
export interface Launcher {
  readonly path: string;
  readonly family: Family;
}

const launcherNames = ["mpiexec", "mpiexec.openmpi", "mpiexec.mpich", "mpiexec.hydra", "mpirun"];

/** Folders outside the search path where systems put launchers. */
const launcherFolders = [
  "/usr/lib64/openmpi/bin",
  "/usr/lib64/mpich/bin",
  "/opt/homebrew/bin",
  "/usr/local/bin",
  "C:\\Program Files\\Microsoft MPI\\Bin",
];

/** Every launcher on this machine, in the order of the search path. **Local.** */
export function findLaunchers(): Launcher[] {
  const asked = process.env.WASM_MPI_LAUNCHER;
  const launchers = new Map<string, Launcher>();
  for (const path of asked ? [asked] : launcherPaths()) {
    const target = resolveExecutable(path);
    if (target === undefined || launchers.has(target)) continue;
    const family = familyOfLauncher(path, target);
    if (family) launchers.set(target, { path, family });
  }
  return [...launchers.values()];
}

/** The files that may be launchers, existing or not, in the order of preference. */
function launcherPaths(): string[] {
  const folders = [...(process.env.PATH ?? "").split(delimiter).filter(Boolean), ...launcherFolders];
  const suffix = process.platform === "win32" ? ".exe" : "";
  return folders.flatMap((folder) => launcherNames.map((name) => join(folder, name + suffix)));
}

/** The file behind a path or a command name, through all links, or `undefined` when nothing executable is there. */
function resolveExecutable(path: string): string | undefined {
  const candidates =
    basename(path) === path ? (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, path)) : [path];
  for (const candidate of candidates) {
    try {
      accessSync(candidate, constants.X_OK);
      return realpathSync(candidate);
    } catch {}
  }
  return undefined;
}

/** The family from the file's name where that says it, else from what `--version` prints. */
function familyOfLauncher(path: string, target: string): Family | undefined {
  const name = `${basename(path)} ${basename(target)}`;
  if (/openmpi|orterun|prterun/.test(name)) return "openmpi";
  if (/mpich|hydra/.test(name)) return "mpich";
  const said = builtin("child_process").spawnSync(path, ["--version"], { encoding: "utf8", timeout: 5000 });
  const text = `${said.stdout ?? ""}${said.stderr ?? ""}`;
  if (/open-?rte|open ?mpi|prrte/i.test(text)) return "openmpi";
  if (/hydra|mpich|intel\(r\) mpi/i.test(text)) return "mpich";
  return /microsoft mpi/i.test(text) ? "msmpi" : undefined;
}

/** What to install where no launcher is found, as one command. */
export function installHint(): string {
  if (process.platform === "darwin") return "brew install open-mpi";
  if (process.platform === "win32") return "winget install Microsoft.msmpi";
  return "apt-get install openmpi-bin (or mpich), or dnf install openmpi";
}

/** @returns the launcher of a family, or the first one. @throws LibraryError when there is none. */
export function requireLauncher(ranks: number, family: Family | undefined): Launcher {
  const found = findLaunchers();
  const launcher = found.find((candidate) => family === undefined || candidate.family === family);
  if (launcher) return launcher;
  const wanted = family ? `a launcher of ${familyTitle[family]}` : "an MPI launcher (mpiexec)";
  const asked = process.env.WASM_MPI_LAUNCHER;
  const got = asked
    ? `WASM_MPI_LAUNCHER=${asked}`
    : found.length === 0
      ? "none on PATH"
      : found.map(({ path, family }) => `${path} (${familyTitle[family]})`).join(", ");
  throw new LibraryError(
    `launch: ${ranks === 1 ? "1 rank" : `${ranks} ranks`} expected ${wanted}, got ${got}. Install one: ${installHint()}; or name it in WASM_MPI_LAUNCHER.`,
    { tried: asked ? [asked] : launcherNames },
  );
}

/** A command line and environment that start `ranks` processes of a program. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The variables that the command line has to name for ranks to have them. */
  readonly forwarded?: RegExp;
}

/**
 * How to start `ranks` processes of `node program...` under a launcher: unless asked otherwise on this machine, quiet, not
 * bound to cores, with more ranks than cores allowed; with the arguments of `WASM_MPI_LAUNCHER_ARGS` besides. **Local.**
 * @throws UsageError for places that this launcher cannot give
 */
export function launchCommand(
  launcher: Launcher,
  ranks: number,
  program: readonly string[],
  placement: Placement = {},
): Launch {
  const env: NodeJS.ProcessEnv = { ...process.env };
  const { family } = launcher;
  const { hosts, bind } = placement;
  const args = [...placementArgs(family, ranks, placement), "-n", String(ranks), ...launcherWords()];
  if (family === "openmpi") {
    const most = hosts ? Math.max(...hosts.map(({ slots }) => slots)) : ranks;
    setUnasked(env, {
      ...(most > availableParallelism() ? { OMPI_MCA_mpi_yield_when_idle: "1" } : {}),
      // The option -q is not one of Open MPI 5. A launcher that is quiet does not say either why ranks cannot be placed.
      ...(!hosts && bind !== "core" ? { OMPI_MCA_orte_execute_quiet: "1" } : {}),
    });
    if (process.getuid?.() === 0) {
      env.OMPI_ALLOW_RUN_AS_ROOT ??= "1";
      env.OMPI_ALLOW_RUN_AS_ROOT_CONFIRM ??= "1";
    }
  }
  return {
    command: launcher.path,
    args: [...args, process.execPath, ...program],
    env,
    // Open MPI gives ranks of other hosts no variables but its own.
    ...(family === "openmpi" && hosts ? { forwarded: /^(WASM_MPI_|NODE_|NO_COLOR$|FORCE_COLOR$)/ } : {}),
  };
}
