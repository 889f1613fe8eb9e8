/** What a browser gives, in place of what Node.js does in src/host.ts. */

/** A page has no environment variables. */
export const env: Readonly<Record<string, string | undefined>> = {};

export const mostThreads = 1;

export const isWindows = false;

export function soon(run: () => void): void {
  setTimeout(run);
}

export function later(run: () => void): void {
  setTimeout(run, 1);
}

export function nextTurn(): Promise<void> {
  return new Promise(soon);
}

export function warn(text: string): void {
  console.warn(text);
}

/** A page is not a process: what ends one ends the call alone. */
export function exit(code: number): never {
  throw new Error(`wasm-mpi: the program has asked to be ended, with exit code ${code}`);
}

/** A page goes on until it is closed. */
export function whenIdle(_listener: () => void): void {}

export function program(): Readonly<Record<"command" | "argv" | "host" | "arch" | "folder", string>> {
  return { command: "", argv: "", host: hostName(), arch: "wasm32", folder: "" };
}

export function hostName(): string {
  return "browser";
}

export function coreCount(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Within what every browser has for a buffer. */
export function mostBytes(): number {
  return 2 ** 30;
}

/** Most pages have no `SharedArrayBuffer`. */
export function isShared(buffer: unknown): buffer is SharedArrayBuffer {
  return typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer;
}
