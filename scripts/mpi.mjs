/**
 * An MPI library with its launcher, from the system's package manager, where none is found.
 * Nothing is started, and nothing printed, where there is one.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

const { env, platform } = process;
const windows = platform === "win32";
const hour = 3_600_000;

/** The names and places of launchers that the package knows (src/mpi/library/launcher.ts): what it would not find is not there. */
const launchers = ["mpiexec", "mpiexec.openmpi", "mpiexec.mpich", "mpiexec.hydra", "mpirun"];
const standardPlaces = [
  "/usr/lib64/openmpi/bin",
  "/usr/lib64/mpich/bin",
  "/opt/homebrew/bin",
  "/usr/local/bin",
  "C:\\Program Files\\Microsoft MPI\\Bin",
];

/**
 * Package managers, in order of preference. `as`: who may install ("root", or the "user", whom Homebrew insists on);
 * without it the command is only printed. `test` adds what the tests want: both MPI libraries, h5dump and ncdump; `full` what
 * the full ones do besides, a browser of 0.4 GB, and `hosts` what they do as root alone, hosts of their own and Slurm.
 */
const managers = [
  {
    command: "apt-get",
    as: "root",
    update: ["update"],
    // Waits for the unattended upgrade that a new machine often runs, instead of failing at its lock.
    install: ["install", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"],
    mpi: "openmpi-bin",
    test: { "mpiexec.openmpi": "openmpi-bin", "mpiexec.mpich": "mpich", h5dump: "hdf5-tools", ncdump: "netcdf-bin" },
    full: { chromium: "chromium" },
    hosts: { ip: "iproute2", slurmctld: "slurm-wlm", munged: "munge", "libpmix.so": "libpmix-dev" },
  },
  { command: "dnf", as: "root", install: ["install", "--assumeyes"], mpi: "openmpi" },
  { command: "brew", as: "user", install: ["install"], mpi: "open-mpi" },
  { command: "pacman", install: ["-S"], mpi: "openmpi" },
  { command: "apk", install: ["add"], mpi: "openmpi" },
  { command: "winget", install: ["install"], mpi: "Microsoft.msmpi" },
];

const website = windows
  ? "https://learn.microsoft.com/message-passing-interface/microsoft-mpi"
  : "https://www.open-mpi.org or https://www.mpich.org";
const path = (env.PATH ?? "").split(delimiter).filter(Boolean);
const find = (name, folders) => folders.some((folder) => existsSync(join(folder, windows ? `${name}.exe` : name)));
const onPath = (name) => find(name, path);
/** Whether a name is that of a library that programs can load. */
const isLibrary = (name) => {
  if (!name.endsWith(".so")) return false;
  const { stdout } = spawnSync("ldconfig", ["-p"], { encoding: "utf8" });
  return `${stdout}`.includes(`\t${name} `);
};
const isRoot = () => process.getuid?.() === 0;
const say = (text) => process.stderr.write(`wasm-mpi: ${text}\n`);

/** The command as a person types it. */
function commandOf({ command, as, update, install }, packages) {
  const sudo = as === "user" || windows || isRoot() ? "" : "sudo ";
  const plain = install.filter((word) => word !== "-o" && !word.includes("::"));
  const steps = [...(update ? [update] : []), [...plain, ...packages]];
  return steps.map((words) => `${sudo}${[command, ...words].join(" ")}`).join(" && ");
}

/** What has to come before a command of this manager, or nothing when this user may not install. */
function prefixOf({ as }) {
  if (as === "user") return isRoot() ? undefined : [];
  if (as !== "root") return undefined;
  if (isRoot()) return [];
  const sudo = onPath("sudo") && spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0;
  return sudo ? ["sudo", "-n"] : undefined;
}

/** Installs without asking anything; returns why it failed, or nothing. */
function install(manager, prefix, packages) {
  const execute = (args) => {
    // "env" because sudo does not hand on variables.
    const words = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", manager.command, ...args];
    return spawnSync(words[0], words.slice(1), {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      timeout: 900_000,
      maxBuffer: 1 << 28,
    });
  };
  // An update that fails is no reason to stop: what is listed already may be enough.
  if (manager.update) execute(manager.update);
  const { status, signal, error, stdout, stderr } = execute([...manager.install, ...packages]);
  if (status === 0) return undefined;
  const lines = (stderr?.trim() || stdout?.trim() || "").split("\n").slice(-8);
  const how = error?.message ?? signal ?? `exit code ${status}`;
  return [`${how}:`, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** The launchers and tools that are wanted and not found, each with its package where a manager is at hand. */
function findMissing(manager, test) {
  if (test && manager?.test) {
    const isFull = env.WASM_MPI_TEST_FULL === "1";
    const wanted = { ...manager.test, ...(isFull ? manager.full : {}), ...(isFull && isRoot() ? manager.hosts : {}) };
    return Object.entries(wanted).filter(([name]) => !onPath(name) && !isLibrary(name));
  }
  // Who names a library or a launcher has them, wherever they are.
  if (env.WASM_MPI_LIBRARY || env.WASM_MPI_LAUNCHER) return [];
  if (launchers.some((name) => find(name, [...path, ...standardPlaces]))) return [];
  return [["mpiexec", manager?.mpi]];
}

/**
 * @param {object} options
 * @param {boolean} options.test what the tests want, where apt-get is at hand
 * @param {boolean} options.again try even if an attempt failed within the last hours
 * @param {string} options.stamp the file that remembers a failed attempt
 */
export function provideMpi({ test, again, stamp }) {
  const present = managers.filter(({ command }) => onPath(command));
  if (findMissing(present[0], test).length === 0) return;

  let remark = "";
  if (env.WASM_MPI_NO_INSTALL === "1") remark = " (WASM_MPI_NO_INSTALL is set)";
  else if (!again && failedLately(stamp)) remark = " (installing failed lately; npm run setup -- --mpi tries again)";
  else if (tryManagers(present, test, stamp)) return;

  const missing = findMissing(present[0], test);
  const names = missing.map(([name]) => name).join(", ");
  const packages = missing.map(([, name]) => name);
  const consequence = test ? "tests that need these are left out" : "going on with one rank";
  const way = present[0] ? commandOf(present[0], packages) : website;
  say(`${names} not found${remark}: ${consequence}. To install: ${way}`);
}

/** Installs with the first manager that may; whether nothing is missing afterwards. */
function tryManagers(present, test, stamp) {
  for (const manager of present) {
    const packages = findMissing(manager, test).map(([, name]) => name);
    const prefix = packages.length > 0 && prefixOf(manager);
    if (!prefix) continue;
    const list = packages.join(", ");
    say(`installing ${list} (${manager.command})…`);
    const failure = install(manager, prefix, packages);
    if (!failure && findMissing(manager, test).length === 0) return true;
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, String(Date.now()));
    say(`expected ${manager.command} to install ${list}, got ${failure ?? "no launcher from it on PATH"}`);
    return false;
  }
  return false;
}

function failedLately(stamp) {
  try {
    return Date.now() - Number(readFileSync(stamp, "utf8")) < 6 * hour;
  } catch {
    return false;
  }
}
