import { type ErrorName, fail } from "./failure.js";

// Above every predefined handle; one number is never two handles, of whatever kind.
let next = 0x1000;

/** The objects of one kind by their handles. */
export class Table<T> {
  readonly #objects = new Map<number, T>();
  readonly #error: ErrorName;

  /** @param error the class of error for a handle that is not in the table */
  constructor(error: ErrorName, predefined: Iterable<readonly [number, T]> = []) {
    this.#error = error;
    for (const [handle, value] of predefined) this.#objects.set(handle, value);
  }

  /** The object of a handle; the call fails when there is none. */
  get(handle: number): T {
    return this.#objects.get(handle) ?? fail(this.#error);
  }

  has(handle: number): boolean {
    return this.#objects.has(handle);
  }

  /** Gives an object a handle. */
  add(value: T): number {
    this.#objects.set(next, value);
    return next++;
  }

  /** Takes an object out; the call fails when it is not there or predefined. */
  remove(handle: number): void {
    if (handle < 0x1000 || !this.#objects.delete(handle)) fail(this.#error);
  }
}
