/** Makes a program that this process has started end when this process is told to end, and when it is killed. */
import type { ChildProcess } from "node:child_process";
import { builtin } from "../../package.js";

/** The signals by which people and systems end a program. */
export const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type Ending = (typeof endings)[number];

/** How a program is told to end. */
export type Way =
  /** By the signal that this process got; the program decides what it does. */
  | "signal"
  /**
   * By a line on its standard input, the name of the signal; the end of that input says that this process is gone. A
   * first line says that the input does get there.
   */
  | "line";

/** Seconds that a program has after a line, and then after SIGTERM, before it is ended less kindly. */
const grace = { line: 4, term: 3 };

/** Of a program that runs. */
export interface Guard {
  readonly child: ChildProcess;
  /** Ends the program at once, and all that is in its group. */
  end(): void;
  /** Lets go of a program that has ended; the first signal that this process got meanwhile. */
  release(): Ending | undefined;
}

/** Starts a program that leads a process group of its own, and guards it. @param stop ends it */
export function guard(start: () => ChildProcess, way: Way, stop?: AbortSignal): Guard {
  let first: Ending | undefined;
  const timers: NodeJS.Timeout[] = [];
  const later = (seconds: number, act: () => void) => timers.push(setTimeout(act, 1e3 * seconds));
  const terminate = () => {
    child.kill("SIGTERM");
    later(grace.term, () => killGroup(child));
  };
  const end = (signal: Ending) => {
    if (way === "signal") child.kill(signal);
    else if (first === undefined) {
      child.stdin?.write(`${signal}\n`);
      later(grace.line, terminate);
    } else terminate();
    first ??= signal;
  };
  // Before the start: the program may send a signal at once.
  for (const name of endings) process.on(name, end);
  const child = start();
  child.stdin?.on("error", () => {}); // It has ended already.
  if (way === "line") child.stdin?.write("held\n");
  const dismiss = watch(child, way);
  stop?.addEventListener("abort", terminate, { once: true });
  return {
    child,
    end: () => killGroup(child),
    release() {
      for (const name of endings) process.off(name, end);
      for (const timer of timers) clearTimeout(timer);
      stop?.removeEventListener("abort", terminate);
      dismiss();
      return first;
    },
  };
}

function killGroup(child: ChildProcess): void {
  try {
    if (process.platform === "win32") child.kill("SIGKILL");
    else process.kill(-child.pid!, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * Waits for a line on standard input; where the input ends without one, whoever had its other end was killed, and the
 * process $1 is ended: after $2 seconds by SIGTERM, then with its group.
 */
const watcher = `read -r line && exit
for second in $(seq $2); do kill -0 $1 || exit; sleep 1; done
kill -TERM $1
for second in $(seq ${grace.term}); do kill -0 $1 || exit; sleep 1; done
kill -KILL -$1`;

/** Has the program ended if this process is killed by a signal that it cannot catch; returns how to call that off. */
function watch(child: ChildProcess, way: Way): () => void {
  if (process.platform === "win32" || child.pid === undefined) return () => {};
  const seconds = way === "line" ? grace.line : 0;
  const shell = builtin("child_process").spawn("sh", ["-c", watcher, "sh", String(child.pid), String(seconds)], {
    detached: true,
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
  });
  // Without a shell nobody watches.
  shell.on("error", () => {});
  shell.stdin.on("error", () => {});
  shell.unref();
  return () => shell.stdin.end("\n");
}
