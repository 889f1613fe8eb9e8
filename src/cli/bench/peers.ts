/** The programs that wasm-mpi is measured against: C, mpi4py, Numba and h5py, as far as they are installed. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { type Family, familyTitle } from "../../mpi/library/abi.js";
import { type Launch, type Launcher, launchCommand } from "../../mpi/library/launcher.js";
import { packageRoot } from "../../package.js";
import { type Outcome, start, uninterrupted } from "../launch.js";
import { splitOf } from "./frames.js";
import { type Load, repeats, type Timed } from "./messages.js";

/** What can be timed: messages, calls of MPI in compiled code, exchanges of halos, frames of a file, or runs with output. */
export type What = Timed | "imb" | "halo" | "io" | "output";

/** Whether a kind makes files. In the same job, in turn, it times what it is compared with. */
export const makesFiles = (what: What) => what === "io" || what === "output";

/** `plain` is no program: frames and plain writes, or runs with output and without, take turns in one job. */
export type PeerName = "plain" | "c" | "python" | "numba";

/** The names for people. */
export const peerTitle: Record<PeerName, string> = { plain: "plain", c: "C", python: "Python", numba: "numba" };

/** The peers that are programs of their own. */
export function programsOf(what: What): readonly PeerName[] {
  if (what === "output") return [];
  if (what === "halo") return ["c"];
  return what === "io" ? ["python"] : what === "pi" ? ["c", "python", "numba"] : ["c", "python"];
}

/** A program that times like `measure` or `measureFrames`. */
export interface Peer {
  readonly name: PeerName;
  /** What it is, for people: `mpicc.openmpi -O3`. */
  readonly program: string;
  /** The command that starts a rank, to which the arguments are added. */
  readonly words: readonly string[];
}

/** A peer, or why it is left out. */
type Found = Peer | string;

/** Seconds within which a job that only counts its ranks has to be over. */
const probePatience = 30;

/** How to run programs under a launcher. */
export interface Place {
  readonly launcher: Launcher;
  readonly ranks: number;
  /** Seconds after which a job is ended. */
  readonly patience: number;
}

/**
 * Runs a command as several ranks, its output captured. Resolves to the reason when the job did not end well.
 * @throws Interrupted
 */
export async function startRanks(place: Place, words: readonly string[]): Promise<Outcome | string> {
  const { command, args, env } = launchCommand(place.launcher, place.ranks, []);
  // launchCommand would start Node.js: its last word, in place of which comes the command.
  const begin = performance.now();
  const outcome = await capture({ command, args: [...args.slice(0, -1), ...words], env }, place.patience);
  // The time is looked at first, because a launcher that the timeout has ended leaves with code 0 at times.
  if (performance.now() - begin >= 1000 * place.patience) return `no end within ${place.patience} s`;
  if (outcome.code === 0) return outcome;
  const said = mainLine(outcome.stderr);
  return `exit code ${outcome.code}${said ? ` (${said})` : ""}`;
}

/** Runs a command, its output captured; ends it after `patience` seconds. @throws Interrupted */
export async function capture(launch: Launch, patience: number): Promise<Outcome> {
  return uninterrupted(await start(launch, { stdout: "capture", stderr: "capture", timeout: 1000 * patience }));
}

/** Compiles a program within `patience` seconds. Resolves to what went wrong, if anything did. @throws Interrupted */
export async function runCompiler(
  command: string,
  args: readonly string[],
  patience: number,
): Promise<string | undefined> {
  const begin = performance.now();
  const { code, stderr } = await capture({ command, args, env: process.env }, patience);
  if (code === 0) return undefined;
  const isLate = performance.now() - begin >= 1000 * patience;
  return mainLine(stderr) || (isLate ? `no end within ${patience} s` : `exit code ${code}`);
}

/** The path of a program in these folders or on the search path, or `undefined` when it is not installed. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const file = process.platform === "win32" ? `${name}.exe` : name;
  const places = [...folders, ...(process.env.PATH ?? "").split(delimiter)].filter(isAbsolute);
  return places
    .map((folder) => join(folder, file))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return statSync(path).isFile();
      } catch {
        return false;
      }
    });
}

/** The peers that a launcher starts, and why the rest is left out. `folder` is for temporary files. */
export async function findPeers(
  what: What,
  { launcher, ranks }: Place,
  folder: string,
): Promise<{ peers: Peer[]; missing: Partial<Record<PeerName, string>> }> {
  // A program of another MPI than the launcher's shows on 2 ranks only; frames of one rank need no MPI at all.
  const place = { launcher, ranks: what === "io" ? ranks : Math.max(ranks, 2), patience: probePatience };
  const peers: Peer[] = [];
  const missing: Partial<Record<PeerName, string>> = {};
  for (const name of programsOf(what)) {
    const found =
      name === "c"
        ? await compilePeer(what, place, folder)
        : await findPython(scriptOf(name, what, ranks, folder), place);
    if (typeof found === "string") missing[name] = found;
    else peers.push(found);
  }
  return { peers, missing };
}

const compilers: Record<Family, readonly string[]> = {
  openmpi: ["mpicc.openmpi", "mpicc"],
  mpich: ["mpicc.mpich", "mpicc"],
  msmpi: [],
};

/** The C program, compiled by the first `mpicc` whose programs this launcher starts as one world. */
async function compilePeer(what: What, place: Place, folder: string): Promise<Found> {
  const { launcher } = place;
  const found = compilers[launcher.family].map((name) => findProgram(name, [dirname(launcher.path)]));
  const program = what === "halo" ? "halo" : "messages";
  const source = join(packageRoot, "bench", `${program}.c`);
  const output = join(folder, program);
  const reasons: string[] = [];
  for (const path of found) {
    if (path === undefined) continue;
    const fault = await runCompiler(path, ["-O3", source, "-o", output], probePatience);
    if (fault !== undefined) {
      reasons.push(`${path} failed: ${fault}`);
      continue;
    }
    const trouble = await probe(place, [output]);
    if (trouble === undefined) return { name: "c", program: `${path} -O3`, words: [output] };
    reasons.push(`a program of ${path} ${trouble}`);
  }
  return reasons.join("; ") || `no mpicc of ${familyTitle[launcher.family]} was found`;
}

/** A program in Python. */
interface Script {
  readonly name: PeerName;
  /** The modules that it imports; the last one knows MPI. */
  readonly modules: readonly string[];
  /** Its file, and arguments. */
  readonly words: readonly [file: string, ...args: string[]];
}

function scriptOf(name: PeerName, what: What, ranks: number, folder: string): Script {
  if (what === "io") {
    // The split of a square does not depend on its size.
    const split = splitOf(2 ** 20, ranks).join("x");
    return { name, modules: ["mpi4py", "numpy", "h5py"], words: ["io.py", folder, split] };
  }
  if (name === "numba") return { name, modules: ["numba", "mpi4py"], words: ["messages.py", "numba"] };
  return { name, modules: what === "pi" ? ["numpy", "mpi4py"] : ["mpi4py"], words: ["messages.py"] };
}

/** The first Python with the modules of a program that this launcher starts as one world. */
async function findPython({ name, modules, words: [file, ...args] }: Script, place: Place): Promise<Found> {
  const reasons: string[] = [];
  const versions = modules.map((module) => `"${module} " + ${module}.__version__`).join(", ");
  const code = `import sys; print(sys.executable); import ${modules.join(", ")}; print(${versions}, sep=", ")`;
  const seen = new Set<string>();
  for (const found of [
    findProgram(process.platform === "win32" ? "python" : "python3"),
    findProgram("python3", ["/usr/bin"]),
  ]) {
    if (found === undefined) continue;
    const said = await capture({ command: found, args: ["-c", code], env: process.env }, probePatience);
    const [path = found, program] = said.stdout.trim().split(/\r?\n/);
    if (seen.has(path)) continue;
    seen.add(path);
    if (said.code !== 0) {
      const lacking = /No module named '(\w+)'/.exec(said.stderr)?.[1];
      reasons.push(`${path} ${lacking ? `has no ${lacking}` : `failed: ${lastLine(said.stderr)}`}`);
      continue;
    }
    const words = [path, join(packageRoot, "bench", file), ...args];
    const trouble = await probe(place, words);
    if (trouble === undefined) return { name, program: `${program} of ${path}`, words };
    reasons.push(`${modules.at(-1)} of ${path} ${trouble}`);
  }
  return reasons.join("; ") || "no python3 was found";
}

/** Starts a program that says how many ranks it has. Returns what is wrong with it, or `undefined`. */
async function probe(place: Place, words: readonly string[]): Promise<string | undefined> {
  const outcome = await startRanks(place, [...words, "ranks"]);
  const { path } = place.launcher;
  if (typeof outcome === "string") return `does not start under ${path}: ${outcome}`;
  if (outcome.stdout.trim() === `ranks ${place.ranks}`) return undefined;
  // A program that is linked to another MPI than the launcher's takes each process for a world of one rank.
  return `is of another MPI than ${path}`;
}

/** Runs a peer once: for each load the seconds of each repeat, or why there are none. */
export async function runPeer(
  { words: command }: Peer,
  place: Place,
  what: What,
  loads: readonly Load[],
): Promise<number[][] | string> {
  const words = loads.map(({ name, size, count, words = [] }) => {
    return [...(name === undefined ? [] : [name]), size, count, ...words].join(":");
  });
  const args = [what, String(repeats), ...words];
  const outcome = await startRanks(place, [...command, ...args]);
  if (typeof outcome === "string") return outcome;
  const lines = outcome.stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(" ").map(Number));
  const sound = lines.every(([size, ...seconds], place) => {
    return size === loads[place]?.size && seconds.length === repeats && seconds.every((value) => value > 0);
  });
  if (lines.length === loads.length && sound) return lines.map(([, ...seconds]) => seconds);
  return `something else than times (${mainLine(outcome.stdout)})`;
}

/** The line of our programs, or else the first that says something: launchers frame their texts with dashes. */
function mainLine(text: string): string {
  const lines = text.split("\n");
  return (
    lines.find((line) => /wasm-mpi|\b(messages|halo|io):/.test(line)) ??
    lines.find((line) => /\w/.test(line)) ??
    ""
  ).trim();
}
const lastLine = (text: string) => text.trim().split("\n").at(-1)!;
