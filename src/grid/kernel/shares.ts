/** Sweeps of compiled kernels, of which threads compute parts. */
import { cutBox, type Shared, team } from "../../wasm/team.js";

/** A function of a module, whose arguments contain the begin and the end of a box along each axis. */
export interface SweepFunction {
  /** What error texts call it. */
  readonly title: string;
  /** The module, where threads may have instances of it. */
  readonly module: WebAssembly.Module | undefined;
  /** What the module exports it as. */
  readonly name: string;
  readonly call: (...values: number[]) => void;
}

/** A sweep on some threads. */
export class Shares {
  readonly #sweep: SweepFunction;
  readonly #threads: number;
  readonly #axes: number;
  #shared: Readonly<Record<string, Shared>> | undefined;

  constructor(sweep: SweepFunction, { threads, axes }: { readonly threads: number; readonly axes: number }) {
    this.#sweep = sweep;
    this.#threads = sweep.module ? threads : 1;
    this.#axes = axes;
  }

  /** Runs the sweep. **Local.** @param first the place of the begin along the first axis among the arguments */
  run(values: readonly number[], first: number): void {
    const { title, module, name, call } = this.#sweep;
    const parts = this.#threads === 1 ? [] : cutBox(values, first, this.#axes, this.#threads);
    if (parts.length <= 1) {
      call(...values);
      return;
    }
    this.#shared ??= team().share(module!, { [name]: call });
    team().run({ ...this.#shared[name]!, name: title }, parts);
  }

  /** **Local.** */
  free(): void {
    if (this.#shared) team().forget(this.#shared);
    this.#shared = undefined;
  }
}
