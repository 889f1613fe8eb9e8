/** The programs that `wasm-mpi bench pde` is measured against, all on one rank: C with vectors of two widths, and py-pde. */
import { join } from "node:path";
import { packageRoot } from "../../package.js";
import { type Case, cellsOf, stepsOf } from "./equations.js";
import { repeats } from "./messages.js";
import { capture, findProgram } from "./peers.js";

export type SolverName = "sse" | "avx2" | "python";

/** The names for people. */
export const solverTitle: Record<SolverName, string> = { sse: "C, SSE", avx2: "C, AVX2", python: "py-pde" };

/** A program that prints nanoseconds a cell and step. */
export interface Solver {
  readonly name: SolverName;
  /** What it is, for people. */
  readonly program: string;
  /** The command that starts it, to which the arguments are added. */
  readonly words: readonly [string, ...string[]];
  /** Seconds that a case may take. */
  readonly patience: number;
  /** True where it compiles for so long that it takes part in the first round alone. */
  readonly isOnce: boolean;
}

/** The vectors that C is compiled for: those that WebAssembly has as well, and wider ones. */
const vectors = { sse: ["-msse4.2"], avx2: ["-mavx2", "-mfma"] } as const;

/** Seconds within which a compiler has to be done. */
const compilePatience = 60;

/** The programs that there are, and why the rest is left out. @param folder for temporary files @throws Interrupted */
export async function findSolvers(
  folder: string,
): Promise<{ solvers: Solver[]; missing: Partial<Record<SolverName, string>> }> {
  const solvers: Solver[] = [];
  const missing: Partial<Record<SolverName, string>> = {};
  for (const name of ["sse", "avx2", "python"] as const) {
    const found = await (name === "python" ? findPyPde() : compile(name, folder));
    if (typeof found === "string") missing[name] = found;
    else solvers.push(found);
  }
  return { solvers, missing };
}

/** The C program for some vectors, or why there is none. */
async function compile(name: "sse" | "avx2", folder: string): Promise<Solver | string> {
  if (process.arch !== "x64") return `its vectors are those of x64, not of ${process.arch}`;
  const compiler = findProgram("cc") ?? findProgram("gcc") ?? findProgram("clang");
  if (compiler === undefined) return "no C compiler (cc, gcc, clang) was found";
  const [source, output] = [join(packageRoot, "bench", "pde.c"), join(folder, `pde-${name}`)];
  const flags = ["-O3", "-ffast-math", ...vectors[name]];
  const args = [...flags, source, "-lm", "-o", output];
  const made = await capture({ command: compiler, args, env: process.env }, compilePatience);
  if (made.code !== 0) return `${compiler} failed: ${made.stderr.trim().split("\n")[0]}`;
  const program = `${compiler} ${flags.join(" ")}, one step a sweep`;
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

/** Runs a program on a case: the seconds of each repeat for one step, or why there are none. @throws Interrupted */
export async function runSolver({ words, patience }: Solver, timed: Case): Promise<number[] | string> {
  const [command, ...rest] = words;
  const { name, shape } = timed;
  const title = shape.length === 3 ? `${name}3` : name;
  const args = [...rest, title, String(shape[0]), String(stepsOf(timed)), String(repeats)];
  const { code, stdout, stderr } = await capture({ command, args, env: process.env }, patience);
  const cells = cellsOf(timed);
  const seconds = stdout
    .trim()
    .split("\n")
    .slice(0, repeats)
    .map((line) => Number(line) * 1e-9 * cells);
  if (code === 0 && seconds.length === repeats && seconds.every((value) => value > 0)) return seconds;
  return code === 132
    ? "this processor has not these vectors"
    : `exit code ${code} (${stderr.trim().split("\n").at(-1)})`;
}
