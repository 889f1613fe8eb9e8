import { show, wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { Handle } from "./handle.js";
import { Scratch, textOf } from "./native.js";
import type { World } from "./world.js";

/** Hints to the library for a call: an {@link Info}, or an object of texts that lives as long as the call. */
export type Hints = Info | Readonly<Record<string, string>>;

/**
 * Hints to the library, by their keys; it ignores keys it does not know. Made with `mpi.createInfo()`. Free it when done. **Local.**
 *
 * ```js
 * const info = mpi.createInfo({ collective_buffering: "true" });
 * info.set("striping_factor", "4");
 * console.log(info.get("striping_factor"), info.keys().length); // 4 2
 * const file = comm.openFile("hints.bin", { write: true, create: true, info });
 * file.close();
 * info.free();
 * ```
 */
export class Info extends Handle {
  protected readonly kind = "info object";

  /** The text of a key; `undefined` when it has none. **Local.** */
  get(key: string): string | undefined {
    const { world, handle } = this;
    const { raw, scratch } = world;
    const where = 'MPI_Info_get: "key"';
    const { address } = scratch;
    world.call("MPI_Info_get_valuelen", handle, this.#key(key, where), address, world.flagPtr);
    if (!world.flag) return undefined;
    const length = world.out;
    const value = new Scratch(8 * Math.ceil((length + 1) / 8));
    const code = raw.MPI_Info_get(handle, this.#key(key, where), length, value.address, world.flagPtr);
    world.check(code, "MPI_Info_get");
    return value.text(0, length);
  }

  /** Gives a key a text, in place of one it may have. **Local.** */
  set(key: string, value: string): void {
    const { world, handle } = this;
    const call = "MPI_Info_set";
    const keyPtr = this.#key(key, `${call}: "key"`);
    const room = world.constants.MPI_MAX_INFO_VAL;
    const valuePtr = textOf(world, value, { least: 1, room }, `${call}: "value"`);
    world.call(call, handle, keyPtr, valuePtr);
  }

  /** Takes a key out. **Local.** @returns whether it was there */
  delete(key: string): boolean {
    if (this.get(key) === undefined) return false;
    const { world, handle } = this;
    const call = "MPI_Info_delete";
    world.call(call, handle, this.#key(key, `${call}: "key"`));
    return true;
  }

  /** The keys, in the library's order. **Local.** */
  keys(): string[] {
    const { world, handle } = this;
    world.call("MPI_Info_get_nkeys", handle, world.outPtr);
    const room = world.constants.MPI_MAX_INFO_KEY + 1;
    return Array.from({ length: world.out }, (_, n) => {
      world.call("MPI_Info_get_nthkey", handle, n, world.textPtr(room));
      return world.readText(room);
    });
  }

  /** The keys and their texts, in the library's order. **Local.** */
  entries(): [key: string, value: string][] {
    return this.keys().map((key) => [key, this.get(key) ?? ""]);
  }

  /** An info object with the same entries. **Local.** Free it when done. */
  dup(): Info {
    const { world, handle } = this;
    world.call("MPI_Info_dup", handle, world.outPtr);
    return new Info(world, world.readHandle(0));
  }

  /** Releases the info object. **Local.** */
  free(): void {
    this.release("MPI_Info_free");
  }

  #key(key: string, where: string): number {
    return textOf(this.world, key, { least: 1, room: this.world.constants.MPI_MAX_INFO_KEY }, where);
  }

  /** Its entries, in one line. **Local.** */
  override toString(): string {
    if (this.freed) return "info object, freed";
    return `info object, ${JSON.stringify(Object.fromEntries(this.entries()))}`;
  }
}

/** Makes an info object of an object of texts. @throws UsageError when it is something else; `where` names the call */
export function createInfo(world: World, entries: Readonly<Record<string, string>>, where: string): Info {
  if (typeof entries !== "object" || entries === null || Array.isArray(entries)) throw noHints(entries, where);
  for (const [key, value] of Object.entries(entries)) {
    if (typeof value === "string") continue;
    throw wrong(where, `a text for ${JSON.stringify(key)}`, show(value), "Write it as a text.");
  }
  world.call("MPI_Info_create", world.outPtr);
  const info = new Info(world, world.readHandle(0));
  try {
    for (const [key, value] of Object.entries(entries)) info.set(key, value);
  } catch (error) {
    info.free();
    throw error;
  }
  return info;
}

/** Makes a call with the handle of hints, and frees what was made for it. `call` is named in errors. */
export function withHints<T>(world: World, hints: Hints | undefined, call: string, use: (info: number) => T): T {
  if (hints === undefined) return use(world.constants.MPI_INFO_NULL);
  if (hints instanceof Info) return use(hints.handle);
  const info = createInfo(world, hints, `${call}: "info"`);
  try {
    return use(info.handle);
  } finally {
    info.free();
  }
}

/** The entries of an info object that a call has made; it is freed. */
export function takeEntries(world: World, handle: number): Record<string, string> {
  const info = new Info(world, handle);
  try {
    return Object.fromEntries(info.entries());
  } finally {
    info.free();
  }
}

function noHints(got: unknown, where: string): UsageError {
  return wrong(where, "an info object or an object of texts", show(got), 'Write for example { key: "value" }.');
}
