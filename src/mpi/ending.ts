/** What a rank says at its end, and how that becomes the end of the job. In a browser nothing ends with a page. */
import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { isMainThread } from "node:worker_threads";
import { WasmMpiError } from "../errors.js";
import { packageRoot } from "../package.js";
import type { Comm } from "./comm/comm.js";
import { isPolling } from "./library/waiting/polling.js";

/** `rank 0 of 3`. */
export function rankOf({ rank, size }: Comm): string {
  return `rank ${rank} of ${size}`;
}

/** What another call of `mpi.init()` in this process comes from. */
export const secondCall: string = isMainThread ? "a second one, after that of a worker" : "a second one, in a worker";

/** Writes lines to standard error, at once: a rank that ends may not come to write what waits. */
export function tell(lines: readonly string[]): void {
  if (lines.length === 0) return;
  try {
    writeSync(2, lines.map((line) => `wasm-mpi: ${line}\n`).join(""));
  } catch {
    // Nobody reads it any more; the job is to end all the same.
  }
}

const built = `${pathToFileURL(packageRoot).href}/dist/`;

/** Whether an error is of this package; those of a worker, and of another copy, come with the name of their class. */
function isOurs(thrown: unknown): thrown is Error {
  try {
    // Asking a proxy may throw.
    if (thrown instanceof WasmMpiError) return true;
    const isNamed = thrown instanceof Error && /^(Usage|Library|Mpi|Kernel|File|Compile)Error$/.test(thrown.name);
    return (
      isNamed &&
      stackOf(thrown)
        .find((line) => line.startsWith("    at "))!
        .includes(built)
    );
  } catch {
    return false;
  }
}

/** What to say of what nobody caught: an error of this package explains itself, others are told as Node.js does, with causes. */
function describe(thrown: unknown): string {
  if (isOurs(thrown)) return `${thrown.name}: ${thrown.message}`;
  if (typeof thrown === "string") return thrown;
  // Reading it may run code of the program; what that throws must not keep the job from its end.
  try {
    if (!(thrown instanceof Error) || typeof thrown.stack === "string") return inspect(thrown);
    return [`${thrown.name}: ${thrown.message}`, ...stackOf(thrown)].join("\n");
  } catch {
    return "a value that cannot be read";
  }
}

/**
 * The same, and for an error of this package, in a line of its own, where the program has met it; no line of a program is at
 * fault for a library that is missing.
 */
export function describePlace(error: unknown): string {
  const place = isOurs(error) && error.name !== "LibraryError" ? placeOf(error) : undefined;
  return place === undefined ? describe(error) : `${describe(error)}\n  in ${place}`;
}

/** The lines of an error's stack; a program may have `Error.prepareStackTrace` make a list of places, or anything. */
function stackOf({ stack }: { readonly stack?: unknown }): readonly string[] {
  if (typeof stack === "string") return stack.split("\n");
  return Array.isArray(stack) ? stack.map((site) => `    at ${site}`) : [];
}

/**
 * The innermost place in an error's stack that is neither of this package nor of Node.js: `file:///home/a/carve.mjs:7:14`,
 * `/home/a/carve.cjs:7:14`.
 */
function placeOf(error: Error): string | undefined {
  // A place stands alone or behind the name of a function; those of Node.js, `node:internal/timers:581:17`, have slashes too.
  const line = /^ +at (?:.*? \()?(?:async )?((?:file:|\/|[A-Z]:\\).+:\d+:\d+)\)?$/;
  const places = stackOf(error).flatMap((text) => line.exec(text)?.[1] ?? []);
  return places.find((place) => !(place.startsWith("file:") ? place : pathToFileURL(place).href).startsWith(built));
}

/** Whether the program takes errors that nobody catches, or the prompt of Node.js does. */
function isCaught(): boolean {
  return process.listenerCount("uncaughtException") > 0 || process.hasUncaughtExceptionCaptureCallback();
}

/**
 * Milliseconds that other ranks leave rank 0 to tell an error of this package, which most often all of them have met, and to
 * end the job. They wait for no message: a rank that has met it alone tells it behind that time.
 */
const courtesy = 1000;

/**
 * An error of this package that nobody catches is told by its line and place, without the stack that Node.js prints; while the
 * process is a rank of a job, `endJobWithRank` does so. A worker leaves its error to the thread that started it.
 */
export function endWithLine(isInJob: () => boolean): void {
  if (!isMainThread) return;
  process.on("uncaughtExceptionMonitor", (error) => {
    if (!isOurs(error) || isCaught() || isInJob()) return;
    tell([describePlace(error)]);
    process.exit(1);
  });
}

/**
 * Makes the end of this rank the end of the job, unless the process ends well: then it finalizes. A rank that ended
 * alone would leave the others waiting, and MPICH's launcher would at times report success.
 */
export function endJobWithRank(world: Comm, job: { isFinalized(): boolean; finalize(): void }): void {
  let ranOut = false;
  process.on("beforeExit", () => {
    ranOut = !isPolling();
  });
  const fail = (text: string, code: number) => {
    tell([`${rankOf(world)}: ${text}`]);
    world.abort(code);
  };
  process.on("uncaughtExceptionMonitor", (error) => {
    if (isCaught()) return;
    if (!job.isFinalized()) {
      if (world.rank > 0 && isOurs(error)) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, courtesy);
      }
      fail(describePlace(error), 1);
    }
    if (!isOurs(error)) return;
    // The job has ended, and with it what this rank could end.
    tell([`${rankOf(world)}: ${describePlace(error)}`]);
    process.exit(1);
  });
  process.on("exit", (exitCode) => {
    if (job.isFinalized()) return;
    // Up to Node 21 the code for an await that never settles is only in `process.exitCode`.
    const code = exitCode || Number(process.exitCode ?? 0);
    if (code === 0 && ranOut) {
      job.finalize();
      return;
    }
    const unsettled = ranOut && code === 13;
    const what = unsettled ? "an await that never settles" : ranOut ? `exit code ${code}` : `process.exit(${code})`;
    const fix = "Call mpi.finalize() first, or mpi.abort() to end the job.";
    fail(`expected the process to end after mpi.finalize(), got ${what}. ${fix}`, code || 70);
  });
}
