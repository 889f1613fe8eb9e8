import { expectOptions, keysOf, show, wrong } from "../../argument.js";
import { Handle } from "../library/handle.js";
import type { FunctionName } from "../library/prototypes.js";
import type { World } from "../library/world.js";
import { expectOffset } from "./view.js";

/** Where to move a file pointer. */
export interface SeekOptions {
  /** In elements of the view; negative to go back from `current` or `end`. */
  readonly offset: number;
  /** Default `start`. */
  readonly from?: "start" | "current" | "end";
}

const seekKeys = keysOf<SeekOptions>({ offset: true, from: true });

const origins = { start: "MPI_SEEK_SET", current: "MPI_SEEK_CUR", end: "MPI_SEEK_END" } as const;

/**
 * What all calls on a file need: its handle, its pointers, and errors that name it.
 *
 * ```js
 * const file = comm.openFile("seek.bin", { read: true, write: true, create: true });
 * file.setSize(100);
 * file.seek({ offset: -4, from: "end" });
 * console.log(file.position, file.size); // 96 100
 * file.close();
 * ```
 */
export abstract class FileHandle extends Handle {
  protected readonly kind = "file";
  /** As it was opened. */
  readonly path: string;
  /** What errors say beside the library's text. @internal */
  readonly describe: (advice: string) => string;

  /** @internal */
  constructor(world: World, handle: number, path: string) {
    super(world, handle);
    this.path = path;
    this.describe = naming(path);
  }

  /** @throws UsageError when the file is closed. */
  override get handle(): number {
    if (!this.freed) return super.handle;
    throw wrong("MpiFile", "an open file", `a closed one (${show(this.path)})`, "Open it again.");
  }

  /** Throws the library's error, with the path. */
  protected check(code: number, call: FunctionName): void {
    this.world.check(code, call, this.describe);
  }

  /** Bytes in the file. **Local.** */
  get size(): number {
    return this.#offset("MPI_File_get_size");
  }

  /** This rank's file pointer, in elements of the view. **Local.** */
  get position(): number {
    return this.#offset("MPI_File_get_position");
  }

  /** The file pointer that all ranks share, in elements of the view. **Local.** */
  get sharedPosition(): number {
    return this.#offset("MPI_File_get_position_shared");
  }

  #offset(call: "MPI_File_get_size" | "MPI_File_get_position" | "MPI_File_get_position_shared"): number {
    const { world } = this;
    this.check(world.raw[call](this.handle, world.outPtr), call);
    return world.readPointer(0);
  }

  /** The byte of the file at which an element of the view lies. **Local.** */
  byteOffset(offset: number): number {
    const { world } = this;
    expectOffset(offset, "MPI_File_get_byte_offset", "elements of the view");
    const code = world.raw.MPI_File_get_byte_offset(this.handle, offset, world.outPtr);
    this.check(code, "MPI_File_get_byte_offset");
    return world.readPointer(0);
  }

  /** Moves this rank's file pointer. **Local.** */
  seek(options: SeekOptions): void {
    this.#seek("MPI_File_seek", options);
  }

  /** Moves the file pointer that all ranks share. **Collective**, with the same options. */
  seekShared(options: SeekOptions): void {
    this.#seek("MPI_File_seek_shared", options);
  }

  #seek(call: "MPI_File_seek" | "MPI_File_seek_shared", options: SeekOptions): void {
    expectOptions(call, options, seekKeys);
    const { offset, from = "start" } = options;
    if (!Object.hasOwn(origins, from)) {
      throw wrong(`${call}: "from"`, "one of start, current, end", show(from), "Name one of them.");
    }
    expectOffset(offset, call, "elements of the view", from === "start" ? 0 : -Infinity);
    this.check(this.world.raw[call](this.handle, offset, this.world.constants[origins[from]]), call);
  }
}

/** Names a file in errors, before the advice. */
export function naming(path: string): (advice: string) => string {
  return (advice) => `The file is ${show(path)}. ${advice}`;
}
