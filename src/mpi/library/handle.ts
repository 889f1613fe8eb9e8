import { wrong } from "../../argument.js";
import { env } from "../../host.js";
import { codeFolders } from "../../package.js";
import { textOf } from "./native.js";
import type { World } from "./world.js";

/** Where the handles that are not freed were made; kept only when `WASM_MPI_LEAKS=1`. */
const origins = new Map<Handle, string>();

/** True when `WASM_MPI_LEAKS=1`. */
const leakTracking: boolean = env.WASM_MPI_LEAKS === "1";

/**
 * Something of the library that has to be freed: a communicator, a group, a datatype...
 *
 * ```js
 * const copy = comm.dup();
 * copy.free();
 * console.log(copy.freed); // true
 * ```
 */
export abstract class Handle {
  /** @internal */ readonly world: World;
  /** What a message calls it: `communicator`. */
  protected abstract readonly kind: string;
  readonly #predefined: boolean;
  #handle: number | undefined;

  /** @internal `predefined` handles are the library's own and are never freed. */
  constructor(world: World, handle: number, predefined = false) {
    this.world = world;
    this.#handle = handle;
    this.#predefined = predefined;
    if (leakTracking && !predefined) this.track();
  }

  /** The library's handle. @throws UsageError when it has been freed. */
  get handle(): number {
    if (this.#handle === undefined) {
      throw wrong(
        this.constructor.name.replace(/^_/, ""),
        `${/^[aeiou]/.test(this.kind) ? "an" : "a"} ${this.kind} in use`,
        "a freed one",
        "Make a new one.",
      );
    }
    return this.#handle;
  }

  /** True after {@link free}. */
  get freed(): boolean {
    return this.#handle === undefined;
  }

  /** Frees it with the library's call, which reads the handle at an address. */
  protected release(
    call:
      | "MPI_Comm_free"
      | "MPI_Group_free"
      | "MPI_Type_free"
      | "MPI_Op_free"
      | "MPI_Win_free"
      | "MPI_File_close"
      | "MPI_Info_free",
  ): void {
    const { world } = this;
    if (call === "MPI_File_close") world.writePointer(0, this.handle);
    else world.writeHandle(0, this.handle);
    world.call(call, world.outPtr);
    this.forget();
  }

  /** Gives it the name that debuggers show. @throws UsageError for what is no text, or longer than the library keeps */
  protected rename(call: "MPI_Comm_set_name" | "MPI_Type_set_name" | "MPI_Win_set_name", name: string): void {
    const { world, handle } = this;
    const room = world.constants.MPI_MAX_OBJECT_NAME;
    world.call(call, handle, textOf(world, name, { least: 0, room }, `${call}: "name"`));
  }

  /** Marks it as freed, when a call has freed it. */
  protected forget(): void {
    this.#handle = undefined;
    this.untrack();
  }

  /** What `console.log` prints. @internal */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `<${this}>`;
  }

  /** Frees it at the end of a block that begins with `using`; not what is freed, nor what the library has made. @internal */
  dispose(): void {
    if (!this.freed && !this.#predefined) (this as unknown as { free(): void }).free();
  }

  /** Notes where it was made, for the report of leaks. @internal */
  protected track(): void {
    origins.set(this, callSite());
  }

  /** Takes it off the report of leaks. @internal */
  protected untrack(): void {
    if (leakTracking) origins.delete(this);
  }

  /** What the report of leaks says of it, for one and for several. @internal */
  leak(count: number): string {
    const end = this.kind === "file" ? "closed" : "freed";
    return `${this.kind}${count === 1 ? "" : "s"} never ${end}`;
  }
}

// Runtimes that know `using` find what it calls here; the others lack the symbol.
const { dispose } = Symbol as { readonly dispose?: symbol };
if (dispose) {
  const value = function (this: Handle) {
    this.dispose();
  };
  Object.defineProperty(Handle.prototype, dispose, { value });
}

/** The line of the program that called into this package: `file:///.../program.mjs:12:20`. */
function callSite(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 100;
  const stack = String(new Error().stack);
  Error.stackTraceLimit = stackTraceLimit;
  const places = stack
    .split("\n")
    .flatMap((line) => /^\s*at (?:.*? \()?(?:async )?(.+:\d+:\d+)\)?$/.exec(line)?.[1] ?? []);
  const outside = places.filter((place) => !place.startsWith("node:"));
  return (
    outside.find((place) => !codeFolders.some((folder) => place.startsWith(folder))) ??
    outside.at(-1) ??
    "an unknown line"
  );
}

/**
 * What was never freed, one line for all handles of one kind made at one place, in the order in which they were made:
 * `2 communicators never freed, made at file:///.../program.mjs:12:20`. Empty unless `WASM_MPI_LEAKS=1`.
 */
export function leaks(): string[] {
  const groups = new Map<string, Handle[]>();
  for (const [handle, origin] of origins) {
    const key = `${handle.leak(1)} ${origin}`;
    const group = groups.get(key);
    if (group) group.push(handle);
    else groups.set(key, [handle]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group as [Handle];
    return `${group.length} ${first.leak(group.length)}, made at ${origins.get(first)}`;
  });
}
