/** How a run hears that it is to stop: by a signal to any of its ranks, or from the command that started them. */
import { constants } from "node:os";
import type { Comm } from "../../mpi/comm/comm.js";
import { endings } from "./guard.js";

/** Set for ranks whose standard input is held by the command that started them: it brings signals, and ends with it. */
export const heldInput = "WASM_MPI_COMMAND";

/** Whether the command that started this process tells it on standard input when to stop. */
export function isHeld(): boolean {
  return process.env[heldInput] === "stdin";
}

/** A run that was told to stop, and did. The same on all ranks. */
export class Stopped extends Error {
  override name = "Stopped";
  /** What exit code a program has that ends by the signal. */
  readonly code: number;

  constructor(message: string, signal: number) {
    super(message);
    this.code = 128 + signal;
  }
}

/** What a run that was told to stop prints for the command that started it, in place of its result. */
export function stoppedText(line: string, code: number): string {
  return `${JSON.stringify({ stopped: line, code })}\n`;
}

/** This process was told to end while it waited for a program, which has ended. */
export class Interrupted extends Error {
  override name = "Interrupted";
  readonly code: number;

  constructor({ code, signal }: { readonly code: number; readonly signal?: string | undefined }) {
    super(`stopped by ${signal}`);
    this.code = code;
  }
}

/**
 * While steps take longer than these seconds, signals end the process as they do by themselves: JavaScript hears of
 * them between steps only.
 */
const patience = 2;

/** Listens for what is to stop a run. */
export class Interruption {
  readonly #comm: Comm;
  /** The number of the first signal; 0 for none. */
  #signal = 0;
  /** The command has sent its first line: the launcher passes standard input on. */
  #isHeld = false;
  #listens = false;
  readonly #agreed = new Float64Array(3);

  constructor(comm: Comm) {
    this.#comm = comm;
    if (comm.rank === 0 && isHeld()) process.stdin.on("data", this.#read).on("end", this.#lose).unref();
  }

  readonly #hear = (signal: NodeJS.Signals) => {
    this.#signal ||= constants.signals[signal];
  };

  readonly #read = (line: Buffer) => {
    this.#isHeld = true;
    const name = endings.find((known) => line.includes(known));
    if (name) this.#hear(name);
  };

  /** The command, or the launcher, was killed. */
  readonly #lose = () => {
    if (this.#isHeld) this.#hear("SIGTERM");
  };

  /**
   * The number of the signal that is to stop the run, 0 for none; the seconds of the slowest rank; whether time is up on
   * any. **Collective.** @param seconds that this rank needed for a step @param isLate whether time is up on this rank
   */
  async agree(seconds: number, isLate: boolean): Promise<{ signal: number; seconds: number; isLate: boolean }> {
    // The event loop has to turn for a signal or a line to be heard.
    await new Promise((resolve) => setImmediate(resolve));
    const heard = Float64Array.of(this.#signal, seconds, isLate ? 1 : 0);
    const [signal, slowest, late] = this.#comm.allreduce(heard, this.#agreed, { op: "max" });
    if (slowest! <= patience) this.#listen();
    else this.#unlisten();
    return { signal: signal!, seconds: slowest!, isLate: late === 1 };
  }

  #listen(): void {
    if (this.#listens) return;
    this.#listens = true;
    for (const name of endings) process.on(name, this.#hear);
  }

  #unlisten(): void {
    if (!this.#listens) return;
    this.#listens = false;
    for (const name of endings) process.off(name, this.#hear);
  }

  /** Listens no more. */
  end(): void {
    this.#unlisten();
    if (this.#comm.rank === 0 && isHeld()) process.stdin.off("data", this.#read).off("end", this.#lose).pause();
  }
}
