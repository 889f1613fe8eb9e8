/** How a solve hears that it is to end early. */
import { nextTurn } from "../host.js";
import type { Comm } from "../mpi/comm/comm.js";

/** Seconds after which ranks ask each other, where their steps are shorter. */
const interval = 0.05;

/** Asks now and then whether a signal was aborted on any of the ranks. */
export class Interruption {
  readonly #signal: AbortSignal;
  readonly #comm: Comm;
  readonly #agreed = new Float64Array(2);
  /** Steps until ranks ask next, and those since they did. */
  #chunk = 1;
  #taken = 0;
  #since = performance.now();

  constructor(signal: AbortSignal, comm: Comm) {
    this.#signal = signal;
    this.#comm = comm;
  }

  /** Notes a step: true where ranks are to ask now. **Local**; the same on all ranks. */
  noteStep(): boolean {
    return ++this.#taken >= this.#chunk;
  }

  /** Whether the signal was aborted on any rank. **Collective.** */
  async isAborted(): Promise<boolean> {
    // The event loop has to turn for a signal of the system to be heard.
    await nextTurn();
    const seconds = (performance.now() - this.#since) / 1e3 / Math.max(1, this.#taken);
    const told = Float64Array.of(Number(this.#signal.aborted), seconds);
    const [aborted, slowest] = this.#comm.allreduce(told, this.#agreed, { op: "max" });
    this.#chunk = Math.max(1, Math.min(8 * this.#chunk, Math.floor(interval / slowest!)));
    this.#taken = 0;
    this.#since = performance.now();
    return aborted === 1;
  }
}
