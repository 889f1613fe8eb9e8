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
  #shared: Shared | undefined;

  constructor(sweep: SweepFunction, { threads, axes }: { readonly threads: number; readonly axes: number }) {
    this.#sweep = sweep;
    this.#threads = sweep.module ? threads : 1;
    this.#axes = axes;
  }

  /**
   * The sweep with arguments that are read at each run, as far as they are before the box. **Local.**
   * @param first the place of the begin along the first axis among the arguments
   */
  bind(values: number[], first: number): (box: readonly number[]) => void {
    const { call } = this.#sweep;
    const setBox = (box: readonly number[]) => {
      for (let i = 0; i < box.length; i++) values[first + i] = box[i]!;
    };
    if (this.#threads === 1) {
      return (box) => {
        setBox(box);
        call(...values);
      };
    }
    // A step has the same few boxes each time.
    const cut = new Map<readonly number[], number[][]>();
    return (box) => {
      let parts = cut.get(box);
      if (!parts) {
        setBox(box);
        parts = cutBox(values, first, this.#axes, this.#threads);
        cut.set(box, parts);
      }
      for (const part of parts) for (let i = 0; i < first; i++) part[i] = values[i]!;
      if (parts.length === 1) call(...parts[0]!);
      else team().run(this.#known(), parts);
    };
  }

  /** The sweep as all threads know it. */
  #known(): Shared {
    if (!this.#shared) {
      const { title, module, name, call } = this.#sweep;
      this.#shared = { ...team().share(module!, { [name]: call })[name]!, name: title };
    }
    return this.#shared;
  }

  /** **Local.** */
  free(): void {
    if (this.#shared) team().forget({ [this.#sweep.name]: this.#shared });
    this.#shared = undefined;
  }
}
