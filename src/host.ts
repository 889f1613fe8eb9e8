/**
 * What Node.js gives to code that runs in a browser as well: there src/browser/host.ts takes the place of this module. It has
 * the same exports, so that nothing else asks where it runs.
 */
import { constants } from "node:buffer";
import { availableParallelism, cpus, hostname, totalmem } from "node:os";

/** The environment variables. */
export const env: NodeJS.ProcessEnv = process.env;

/** The most threads that a rank may have. */
export const mostThreads = 256;

/** True on Windows, where a `long` of C has 32 bits. */
export const isWindows: boolean = process.platform === "win32";

/** Calls a function when the event loop has turned, so that what waits outside of this program is heard. */
export function soon(run: () => void): void {
  setImmediate(run);
}

/** As {@link soon}, about a millisecond later; the process does not wait for it. */
export function later(run: () => void): void {
  setTimeout(run, 1).unref();
}

/** Lets the event loop turn. */
export function nextTurn(): Promise<void> {
  return new Promise(soon);
}

/** Tells the user something that is no error. */
export function warn(text: string): void {
  process.emitWarning(text);
}

/** Ends this process. */
export function exit(code: number): never {
  process.exit(code);
}

/** Calls a function whenever there is nothing else to do, before the process ends. */
export function whenIdle(listener: () => void): void {
  process.on("beforeExit", listener);
}

/** How the program was started, and where. */
export function program(): Readonly<Record<"command" | "argv" | "host" | "arch" | "folder", string>> {
  const { execPath: command, arch } = process;
  return { command, argv: process.argv.slice(1).join(" "), host: hostname(), arch, folder: workingFolder() };
}

/** The working directory; nothing where it was deleted. */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch {
    return "";
  }
}

/** What this machine calls itself. */
export { hostname as hostName } from "node:os";

/** Cores that this process may run on. Where it is bound to one, all of them are counted. */
export function coreCount(): number {
  const allowed = availableParallelism();
  return allowed > 1 ? allowed : cpus().length;
}

/** Bytes of the longest buffer that there is room for. */
export function mostBytes(): number {
  return Math.min(constants.MAX_LENGTH, totalmem());
}

/** True for the memory of several threads. */
export function isShared(buffer: unknown): buffer is SharedArrayBuffer {
  return buffer instanceof SharedArrayBuffer;
}
