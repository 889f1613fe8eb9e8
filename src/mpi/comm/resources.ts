import { Objects } from "../calls/objects.js";
import type { Data } from "../data/buffer.js";
import type { ElementName } from "../data/element.js";
import type { ArrayOf } from "../data/foreign.js";
import { type FileOptions, type MpiFile, openFile } from "../file/file.js";
import {
  allocateWindow,
  type CreateWindowOptions,
  createDynamicWindow,
  createWindow,
  type Window,
  type WindowOptions,
} from "../window/window.js";

/**
 * What the ranks of a communicator have in common: files, and windows to each other's memory.
 *
 * ```js
 * const window = comm.allocateWindow("f64", 10);
 * console.log(window.array.length); // 10
 * window.free();
 * const file = comm.openFile("values.bin", { write: true, create: true });
 * file.writeAt(8 * comm.rank, Float64Array.of(comm.rank)); // Each rank its own 8 bytes.
 * file.close();
 * ```
 */
export abstract class Resources extends Objects {
  /**
   * Opens a file on all ranks, to read unless `options` say otherwise. **Collective.** Close it when done.
   * @throws MpiError whose text names the file; the ranks go on
   */
  openFile(path: string, options: FileOptions = {}): MpiFile {
    return openFile(this.world, this.handle, path, options);
  }

  /**
   * A window over memory that exists: a typed array, or a contiguous view, which also keeps a `WebAssembly.Memory` alive.
   * May be empty, and of another length on each rank. **Collective.** Free it when done.
   */
  createWindow<D extends Data>(data: D, options: CreateWindowOptions = {}): Window<D> {
    return createWindow(this, data, options);
  }

  /** A window over memory of the library's, `length` elements on this rank, not set to 0. **Collective.** Free it when done. */
  allocateWindow<N extends ElementName>(type: N, length: number, options: WindowOptions = {}): Window<ArrayOf<N>> {
    return allocateWindow(this, "allocate", type, length, options);
  }

  /**
   * As {@link allocateWindow}, over memory that all ranks, which have to be on one node, can use directly: see
   * {@link Window.shared}. **Collective.** Free it when done.
   */
  allocateSharedWindow<N extends ElementName>(
    type: N,
    length: number,
    options: WindowOptions = {},
  ): Window<ArrayOf<N>> {
    return allocateWindow(this, "shared", type, length, options);
  }

  /** A window to which each rank attaches memory of its own with {@link Window.attach}. **Collective.** Free it when done. */
  createDynamicWindow(options: WindowOptions = {}): Window<undefined> {
    return createDynamicWindow(this, options);
  }
}
