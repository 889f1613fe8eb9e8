import { UsageError } from "../errors.js";
import type { World } from "./world.js";

/** Where the handles that are not freed were made; kept only when `WASM_MPI_LEAKS=1`. */
const origins = new Map<Handle, string>();
const tracking = process.env.WASM_MPI_LEAKS === "1";

/** Something of the library that has to be freed: a communicator, a group, a datatype... */
export abstract class Handle {
  /** @internal */ readonly world: World;
  /** What a message calls it: `communicator`. */
  protected abstract readonly kind: string;
  #handle: number | undefined;

  /** @internal `predefined` handles are the library's own and are never freed. */
  constructor(world: World, handle: number, predefined = false) {
    this.world = world;
    this.#handle = handle;
    if (tracking && !predefined) origins.set(this, callSite());
  }

  /** The library's handle. @throws UsageError when it has been freed. */
  get handle(): number {
    if (this.#handle === undefined) {
      throw new UsageError(
        `${this.constructor.name.replace(/^_/, "")}: expected ${/^[aeiou]/.test(this.kind) ? "an" : "a"} ${this.kind} in use, got a freed one. Make a new one.`,
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
    world.check(world.raw[call](world.scratch.address), call);
    this.forget();
  }

  /** Marks it as freed, when a call has freed it. */
  protected forget(): void {
    this.#handle = undefined;
    origins.delete(this);
  }

  /** @internal For the report of leaks. */
  get label(): string {
    return this.kind;
  }
}

/** The line of the program that called into this package. */
function callSite(): string {
  const lines = (new Error().stack ?? "").split("\n").slice(1);
  const own = lines[0]?.match(/(file:.*|\/.*)[\\/][^\\/]+:\d+:\d+/)?.[1] ?? "";
  const outside = lines.find((line) => !line.includes("node:internal") && !(own && line.includes(own)));
  return (outside ?? lines.at(-1) ?? "").trim().replace(/^at /, "");
}

/** What was never freed, one line each; empty unless `WASM_MPI_LEAKS=1`. */
export function leaks(): string[] {
  const counts = new Map<string, number>();
  for (const [handle, origin] of origins) {
    const line = `${handle.label} made at ${origin}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${count} ${line}`);
}
