/**
 * The compiler on a thread of its own: a source that it would never come to an end with, or that takes all memory or stack,
 * becomes an error instead of the end of the program. The thread has a larger stack, for expressions that are nested deep.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { startOf } from "../diagnostics.js";
import { CallPlace, CompileError } from "../errors.js";
import { here, packageRoot } from "../package.js";
import type { Task } from "./compiler.js";
import { requireCompiler } from "./installed.js";

/** What the thread answers. */
export type Outcome =
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly failure: ConstructorParameters<typeof CompileError>[1] & { readonly message: string } };

/**
 * How long a compilation may take: of the processor, and altogether beside the work of others. Large sources take some
 * seconds.
 */
const limitMs = { cpu: 20_000, wall: 60_000 };
/**
 * Whether a compilation takes too long.
 * @param cpuMs of the processor, as the system tells it for all threads of the process together: those of the program may be at
 * work as well, and the compiler's own has had no more of it than time has passed
 */
export function isTooLong(cpuMs: number, passedMs: number): boolean {
  return Math.min(cpuMs, passedMs) > limitMs.cpu || passedMs > limitMs.wall;
}

/** How often is looked how long it takes. */
const lookMs = 250;
/** The thread ends when there was nothing to compile for so long: it holds some 200 MiB. */
const idleMs = 10_000;
const resourceLimits = { maxOldGenerationSizeMb: 2048, stackSizeMb: 64 };

/** The last compilation: each waits for the one before, since the compiler has state that they would share. */
let last: Promise<unknown> = Promise.resolve();
/** The thread, while there is one. */
let thread: Worker | undefined;
let ending: NodeJS.Timeout | undefined;

/**
 * As `compileTask` of compiler.ts, with limits, one task after another. **Local.**
 * @throws CompileError; LibraryError without the compiler
 */
export async function compile(task: Task): Promise<Uint8Array<ArrayBuffer>> {
  requireCompiler();
  const program = join(packageRoot, "dist", "compiler.js");
  // From its sources the package has no file for a thread, and in a bundle of a user's neither.
  const isHere = here.endsWith(".ts") || !existsSync(program);
  const place = new CallPlace();
  const result = last.then(() => (isHere ? compileHere(task) : run(task, program))).catch(place.rethrow);
  last = result.catch(() => undefined);
  return result;
}

/** On this thread; what a program with the thread would load in vain. */
async function compileHere(task: Task): Promise<Uint8Array<ArrayBuffer>> {
  const { compileTask } = await import("./compiler.js");
  return compileTask(task);
}

function begin(program: string): Worker {
  const worker = new Worker(program, { name: "wasm-mpi compiler", execArgv: [], resourceLimits });
  worker.on("error", () => undefined); // Told by `run`, if it is at work.
  worker.on("exit", () => {
    if (thread === worker) thread = undefined;
  });
  return worker;
}

function run(task: Task, program: string): Promise<Uint8Array<ArrayBuffer>> {
  clearTimeout(ending);
  thread ??= begin(program);
  const worker = thread;
  worker.ref();
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearInterval(timer);
      worker.off("message", answered).off("error", failed).off("exit", exited);
    };
    const fail = (expected: string, got: string, todo: string) => {
      finish();
      // What the compiler holds may be of no use any more.
      if (thread === worker) end();
      const place = startOf([...task.sources.files.keys()][0]!);
      reject(new CompileError(`jit: expected ${expected}, got ${got}. ${todo}`, place));
    };
    const answered = (outcome: Outcome) => {
      finish();
      worker.unref();
      ending = setTimeout(end, idleMs).unref();
      if ("bytes" in outcome) resolve(outcome.bytes);
      else reject(new CompileError(outcome.failure.message, outcome.failure));
    };
    const failed = (error: Error) => {
      const todo = "Make the source smaller until it compiles.";
      const isFull = (error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY";
      if (isFull) fail("source that compiles within 2 GiB of memory", "more", todo);
      else fail("source that compiles", `"${error.message}" from the compiler`, todo);
    };
    const exited = (code: number) => failed(new Error(`exit code ${code}`));
    const [started, used] = [Date.now(), process.cpuUsage()];
    let isOver = false;
    const timer = setInterval(() => {
      const todo = "Split what is long, nested deep, or repeated by @inline, or pass { optimize: 0 }.";
      // An answer that is there already counts, however long this thread was at work itself.
      if (isOver) fail(`source that compiles within ${limitMs.cpu / 1000} s`, "no end", todo);
      const { user, system } = process.cpuUsage(used);
      isOver = isTooLong((user + system) / 1000, Date.now() - started);
    }, lookMs);
    worker.on("message", answered).on("error", failed).on("exit", exited).postMessage(task);
  });
}

/** Ends the thread. */
function end(): void {
  thread?.terminate();
  thread = undefined;
}
