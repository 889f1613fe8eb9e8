/** The environment variables of this package, and what they may be. */
import { expectNumber, expectWhole, nearest, show, wrong } from "./argument.js";
import { mostThreads, env as variables } from "./host.js";

/** Variables that switch something on. */
const switches = [
  "WASM_MPI_DEBUG",
  "WASM_MPI_DISABLE_JIT",
  "WASM_MPI_LEAKS",
  "WASM_MPI_NO_INSTALL",
  "WASM_MPI_TEST_FULL",
  "WASM_MPI_TEST_QUICK",
];

/** The others: names of files, a number, and what scripts and commands of this package set for their children. */
const rest = [
  ...["WASM_MPI_CACHE", "WASM_MPI_COMMAND", "WASM_MPI_LAUNCHER", "WASM_MPI_LAUNCHER_ARGS", "WASM_MPI_LIBRARY"],
  ...["WASM_MPI_PROGRESS", "WASM_MPI_THREADS", "WASM_MPI_TIMEOUT", "WASM_MPI_WATCHED"],
];

/**
 * The threads of a rank that `WASM_MPI_THREADS` asks for, in place of every default; `undefined` where it asks for none.
 * @throws UsageError for what is no number of threads
 */
export function threadsAsked(env: NodeJS.ProcessEnv = variables): number | undefined {
  const { WASM_MPI_THREADS: text = "" } = env;
  if (text === "") return undefined;
  const todo = "Set it to the threads of a rank, or unset it.";
  const value = /^\d+$/.test(text) ? Number(text) : text;
  return expectWhole('"WASM_MPI_THREADS"', value, { least: 1, most: mostThreads }, todo);
}

/**
 * The seconds that a rank may wait in one call, of `WASM_MPI_TIMEOUT`; `undefined` where there is no limit.
 * @throws UsageError for what is no number of seconds
 */
export function timeoutAsked(env: NodeJS.ProcessEnv = variables): number | undefined {
  const { WASM_MPI_TIMEOUT: text = "" } = env;
  if (text === "") return undefined;
  const todo = "Set it to the seconds that a rank may wait in one call, or unset it.";
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  return expectNumber('"WASM_MPI_TIMEOUT"', value, { least: 1, most: 1e6 }, todo);
}

/**
 * Checks the variables that are set: what a switch is set to, and names that are nearly those of this package.
 * @throws UsageError for one that would be ignored
 */
export function checkVariables(env: NodeJS.ProcessEnv = variables): void {
  threadsAsked(env);
  timeoutAsked(env);
  const names = [...switches, ...rest];
  for (const [name, value] of Object.entries(env)) {
    if (switches.includes(name)) {
      if (value === "" || value === "0" || value === "1") continue;
      throw wrong(`"${name}"`, "1, or 0 or nothing", JSON.stringify(value), "Set it to 1, or unset it.");
    }
    if (!name.startsWith("WASM_MPI_") || names.includes(name)) continue;
    const meant = nearest(
      name.slice("WASM_MPI_".length),
      names.map((known) => known.slice("WASM_MPI_".length)),
    );
    if (meant === undefined) continue; // A variable of somebody else.
    throw wrong('"environment"', "known variables WASM_MPI_...", name, `Did you mean WASM_MPI_${meant}?`);
  }
}

/** True where compiled code is to run as JavaScript: in plain mode. @throws UsageError */
export function isPlain(): boolean {
  const { WASM_MPI_DISABLE_JIT: asked = "" } = variables;
  if (!["", "0", "1"].includes(asked)) {
    throw wrong('jit: "WASM_MPI_DISABLE_JIT"', "0 or 1", show(asked), "Set it to 1 for plain mode.");
  }
  return asked === "1";
}
