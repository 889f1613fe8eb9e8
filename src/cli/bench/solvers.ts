/** The programs that steps are measured against, all on one rank: C with vectors of some widths, plain JavaScript, py-pde. */
import { join } from "node:path";
import { packageRoot } from "../../package.js";
import { repeats } from "./messages.js";
import { capture, findProgram, runCompiler } from "./peers.js";
import { type Case, cellsOf, type Measured, type Workload } from "./workload.js";

export type SolverName = "c" | "sse" | "avx2" | "native" | "javascript" | "python";

/** The names for people. */
export const solverTitle: Record<SolverName, string> = {
  c: "C",
  sse: "C, SSE",
  avx2: "C, AVX2",
  native: "C, native",
  javascript: "JavaScript",
  python: "py-pde",
};

/** A program that prints nanoseconds a cell and step, and may print the mean square of its result. */
export interface Solver {
  readonly name: SolverName;
  /** What it is, for people. */
  readonly program: string;
  /** The command that starts it, to which the arguments are added. */
  readonly words: readonly [string, ...string[]];
  /** Seconds that a case may take. */
  readonly patience: number;
  /** True where it takes so long that it takes part in the first round alone. */
  readonly isOnce: boolean;
}

const fast = ["-O3", "-ffast-math"] as const;

/**
 * What C is compiled with: as it stands, with vectors where the source says so, and for those vectors that WebAssembly has
 * as well, wider ones, and the widest that there are.
 */
const flagsOf = {
  c: ["-O3", "-fopenmp-simd"],
  sse: [...fast, "-msse4.2"],
  avx2: [...fast, "-mavx2", "-mfma"],
  native: [...fast, "-march=native"],
} as const;

/** Seconds within which a compiler has to be done. */
const compilePatience = 60;

/** The programs that there are, and why the rest is left out. @param folder for temporary files @throws Interrupted */
export async function findSolvers(
  { peers, source, remark }: Pick<Workload, "peers" | "source" | "remark">,
  folder: string,
): Promise<{ solvers: Solver[]; missing: Partial<Record<SolverName, string>> }> {
  const solvers: Solver[] = [];
  const missing: Partial<Record<SolverName, string>> = {};
  for (const name of peers) {
    const found = await findSolver(name, { source, remark }, folder);
    if (typeof found === "string") missing[name] = found;
    else solvers.push(found);
  }
  return { solvers, missing };
}

function findSolver(
  name: SolverName,
  { source, remark }: Pick<Workload, "source" | "remark">,
  folder: string,
): Promise<Solver | string> | Solver {
  if (name === "python") return findPyPde();
  return name === "javascript" ? plainJavaScript(source) : compile(name, source, remark, folder);
}

/** The same in loops over typed arrays, by this Node.js. */
function plainJavaScript(source: string): Solver {
  const file = join(packageRoot, "bench", source.replace(/\.c$/, ".mjs"));
  const program = `plain loops over typed arrays, Node.js ${process.versions.node}, in one round`;
  return { name: "javascript", program, words: [process.execPath, file], patience: 600, isOnce: true };
}

/** The C program for some vectors, or why there is none. */
async function compile(
  name: keyof typeof flagsOf,
  file: string,
  remark: string,
  folder: string,
): Promise<Solver | string> {
  if (process.arch !== "x64" && (name === "sse" || name === "avx2"))
    return `its vectors are those of x64, not of ${process.arch}`;
  const compiler = findProgram("cc") ?? findProgram("gcc") ?? findProgram("clang");
  if (compiler === undefined) return "no C compiler (cc, gcc, clang) was found";
  const [source, output] = [join(packageRoot, "bench", file), join(folder, `steps-${name}`)];
  const flags = flagsOf[name];
  const fault = await runCompiler(compiler, [...flags, source, "-lm", "-o", output], compilePatience);
  if (fault !== undefined) return `${compiler} failed: ${fault}`;
  const program = `${compiler} ${flags.join(" ")}, ${remark}`;
  return { name, program, words: [output], patience: 120, isOnce: false };
}

/** py-pde of the first Python that has it, or why there is none. */
async function findPyPde(): Promise<Solver | string> {
  const path = findProgram(process.platform === "win32" ? "python" : "python3");
  if (path === undefined) return "no python3 was found";
  const code = 'import numba, pde; print("py-pde " + pde.__version__ + ", numba " + numba.__version__)';
  const said = await capture({ command: path, args: ["-c", code], env: process.env }, compilePatience);
  if (said.code !== 0) {
    const lacking = /No module named '(\w+)'/.exec(said.stderr)?.[1];
    return `${path} ${lacking ? `has no ${lacking === "pde" ? "py-pde" : lacking}` : "failed to import it"}`;
  }
  const words = [path, join(packageRoot, "bench", "pde.py")] as const;
  return {
    name: "python",
    program: `${said.stdout.trim()} of ${path}, in one round`,
    words,
    patience: 600,
    isOnce: true,
  };
}

/** What a program found. */
export interface Found {
  readonly seconds: readonly number[];
  readonly meanSquare: number | undefined;
}

/** Runs a program on a case: the seconds of each repeat for one step, or why there are none. @throws Interrupted */
export async function runSolver(
  { words, patience }: Solver,
  { argsOf }: Pick<Workload, "argsOf">,
  timed: Case,
): Promise<Found | string> {
  const [command, ...rest] = words;
  const args = [...rest, ...argsOf(timed), String(repeats)];
  const { code, stdout, stderr } = await capture({ command, args, env: process.env }, patience);
  const cells = cellsOf(timed);
  const figures = stdout.trim().split("\n").map(Number);
  const seconds = figures.slice(0, repeats).map((value) => value * 1e-9 * cells);
  const isSound = code === 0 && seconds.length === repeats && seconds.every((value) => value > 0);
  if (isSound) return { seconds, meanSquare: figures[repeats] };
  return code === 132
    ? "this processor has not these vectors"
    : `exit code ${code} (${stderr.trim().split("\n").at(-1)})`;
}

/** Roundings differ from those of C where it may reorder sums, and so does the mean of the squares of so many cells. */
const tolerance = 1e-9;

/** Whether a program found what wasm-mpi found; else what it is to be left out for. */
export function differenceOf(result: Measured["result"], { meanSquare }: Found): string | undefined {
  if (!result) return undefined;
  const isSame = meanSquare !== undefined && Math.abs(meanSquare - result.meanSquare) <= tolerance * result.meanSquare;
  return isSame ? undefined : `its result has a mean square of ${meanSquare}, that of wasm-mpi ${result.meanSquare}`;
}
