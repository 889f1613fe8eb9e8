/**
 * What lies outside of JavaScript: koffi, loaded when it is first needed, addresses in the machine's memory, and the few C
 * functions outside MPI. A browser has addresses of its own in src/browser/machine.ts.
 */
import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { constants } from "node:os";
import type * as Koffi from "koffi";
import { reason } from "../../argument.js";
import { LibraryError } from "../../errors.js";
import { requireHere } from "../../package.js";

/** Keeps a buffer from being transferred. */
export { markAsUntransferable as pinned } from "node:worker_threads";

let loaded: typeof Koffi | undefined;

/**
 * koffi itself. Loading takes about 30 ms, so nothing loads it before `mpi.init()` needs it.
 * @throws LibraryError where Node.js may load no addons, or has none for this machine
 */
export function koffi(): typeof Koffi {
  try {
    loaded ??= requireHere("koffi") as typeof Koffi;
  } catch (cause) {
    const isForbidden = (cause as NodeJS.ErrnoException).code === "ERR_DLOPEN_DISABLED";
    const todo = isForbidden
      ? "Start Node.js with --allow-addons."
      : "Run npm install on this machine, where the program is.";
    throw new LibraryError(
      `koffi: expected an addon that loads, got "${reason(cause).replace(/\.?(\n.*)?$/s, "")}". ${todo}`,
      {
        cause,
      },
    );
  }
  return loaded;
}

/** The address of the first byte of a buffer. */
export function baseOf(buffer: ArrayBufferLike): number {
  return Number(koffi().address(new Uint8Array(buffer)));
}

/** A buffer over memory at an address. */
export function viewAt(address: number, byteLength: number): ArrayBuffer {
  return koffi().view(address, byteLength);
}

interface SystemFunctions {
  memcpy(to: number, from: number, byteLength: number): void;
  /** Offers the core to another process. */
  yieldCore(): void;
  /** Gives the core away for some microseconds at least; Windows sleeps in milliseconds. */
  sleep(microseconds: number): void;
  /** How long this thread has waited for a core so far, in ms; 0 where the system does not tell: all but Linux. */
  timeWithoutCore(): number;
}

let functions: SystemFunctions | undefined;

/** Functions of the C library. */
export function system(): SystemFunctions {
  if (functions) return functions;
  const windows = process.platform === "win32";
  const c = koffi().load(windows ? "msvcrt.dll" : null);
  const memcpy = c.func("memcpy", "void", ["int64_t", "int64_t", "size_t"]);
  const yieldCore = windows
    ? koffi().load("kernel32.dll").func("SwitchToThread", "int", [])
    : c.func("sched_yield", "int", []);
  const pause = windows
    ? koffi().load("kernel32.dll").func("Sleep", "void", ["uint32_t"])
    : c.func("usleep", "int", ["uint32_t"]);
  const sleep = (microseconds: number) => void pause(windows ? Math.ceil(microseconds / 1000) : microseconds);
  let clock: (() => number) | undefined; // A file is opened by the first thread that sleeps, not by every process.
  const timeWithoutCore = () => {
    clock ??= clockWithoutCore();
    return clock();
  };
  functions = { memcpy, yieldCore, sleep, timeWithoutCore };
  return functions;
}

/** Reads a file of Linux that stays open, in 1.5 us: the nanoseconds of this thread on a core, and of waiting for one. */
function clockWithoutCore(): () => number {
  try {
    const file = openSync("/proc/thread-self/schedstat", "r");
    const text = Buffer.alloc(64);
    const read = () => Number(text.toString("latin1", 0, readSync(file, text, 0, text.length, 0)).split(" ")[1]) / 1e6;
    if (read() >= 0) return read;
  } catch {
    // Another system, one that counts no such times, or a program that may not read them.
  }
  return () => 0;
}

let allocate: ((fd: number, mode: number, position: number, byteLength: number) => number) | undefined;

/**
 * Has the file system give a file some bytes ahead, which then are zeros, where the system is Linux. Whether it did is no
 * matter: what is written there asks again.
 */
export function reserve(fd: number, position: number, byteLength: number): void {
  if (process.platform !== "linux" || !process.arch.endsWith("64")) return;
  allocate ??= koffi().load(null).func("fallocate", "int", ["int", "int", "int64_t", "int64_t"]);
  allocate(fd, 0, position, byteLength);
}

/**
 * Asks the system for pages of 2 MiB where all of such a piece can be used, from the start of a buffer on: Linux gives them to
 * those who ask. With pages of 4 kB large arrays wait for their addresses, and prefetches end at each of them.
 */
export function preferLargePages(buffer: ArrayBufferLike, byteLength: number): void {
  if (process.platform !== "linux") return;
  try {
    const madvise = koffi().load(null).func("madvise", "int", ["int64_t", "size_t", "int"]);
    madvise(baseOf(buffer), byteLength, 14 /* MADV_HUGEPAGE */);
  } catch {
    // Another C library: the pages stay as they are.
  }
}

/**
 * A function without arguments and result, of machine code for x86-64. It stays as long as the process; `undefined` on another
 * processor, on a system that is not Linux, and where the system lets no memory be run that was written.
 */
export function machineFunction(code: Uint8Array): (() => void) | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;
  try {
    const c = koffi().load(null);
    const mmap = c.func("mmap", "int64_t", ["int64_t", "size_t", "int", "int", "int", "int64_t"]);
    const mprotect = c.func("mprotect", "int", ["int64_t", "size_t", "int"]);
    const address = Number(mmap(0, code.length, 3 /* read, write */, 0x22 /* private, anonymous */, -1, 0));
    if (address === -1) return undefined;
    new Uint8Array(viewAt(address, code.length)).set(code);
    if (mprotect(address, code.length, 5 /* read, execute */) !== 0) return undefined;
    return koffi().decode(BigInt(address), koffi().proto("void", [])) as () => void;
  } catch {
    return undefined; // Another C library.
  }
}

/**
 * Whether no other thread of this process begins a job now, which libraries do not survive. Until `end` is called others are
 * told so; where the system is Linux, whose locks tell threads apart.
 */
export function beginsAlone(): { readonly isAlone: boolean; readonly end: () => void } {
  if (process.platform !== "linux") return { isAlone: true, end: () => {} };
  try {
    const fd = openSync("/proc/self/stat", "r"); // A file that no other process has.
    const flock = koffi().load(null).func("flock", "int", ["int", "int"]);
    const isHeld = flock(fd, 6 /* LOCK_EX | LOCK_NB */) !== 0 && koffi().errno() === constants.errno.EAGAIN;
    return { isAlone: !isHeld, end: () => closeSync(fd) };
  } catch {
    return { isAlone: true, end: () => {} }; // A system without /proc, or a permission that Node.js has not been given.
  }
}

/**
 * Has the system end this process with the process that started it, where the system can: Linux. Without it, ranks run
 * on when the daemon of MPICH's launcher is killed.
 */
export function endWithParent(): void {
  if (process.platform !== "linux") return;
  try {
    // The system ends this process with the thread that started it, and a launcher with several may end one of them.
    if (readdirSync(`/proc/${process.ppid}/task`).length > 1) return;
    const prctl = koffi().load(null).func("prctl", "int", ["int", "ulong", "ulong", "ulong", "ulong"]);
    prctl(1 /* PR_SET_PDEATHSIG */, constants.signals.SIGKILL, 0, 0, 0);
  } catch {
    // A system without /proc, or another C library: the launcher alone ends the ranks.
  }
}
