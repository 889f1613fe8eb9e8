/** Messages between blocks of a grid, made of boxes of cells. */
import { Batch } from "../mpi/calls/batch.js";
import type { Request } from "../mpi/calls/request.js";
import type { Comm } from "../mpi/comm/comm.js";
import type { TypedArray } from "../mpi/data/element.js";
import { memory } from "../wasm/memory.js";
import { type Box, cellsOf, copyOf, isPacked, packedBox } from "./box.js";
import type { AnyField } from "./field.js";

/**
 * Messages that travel together, again and again: each is some boxes of cells, one behind the other.
 *
 *     start()   boxes -> memory of the message -> persistent sends;  persistent receives are started with them
 *     wait()    all messages have arrived;  memory of the message -> boxes;  copies within this rank
 *
 * A message of a single box without gaps travels from, or to, where the cells are. Both ranks of a message give boxes of
 * the same counts in the same order; all boxes are of fields of one type. Add receives before sends, so that no message
 * arrives unexpected.
 */
export class Channel {
  readonly #comm: Comm;
  readonly #field: AnyField;
  readonly #pack: (() => void)[] = [];
  readonly #unpack: (() => void)[] = [];
  readonly #requests: Request[] = [];
  readonly #buffers: number[] = [];
  /** All of them, from the first start on. */
  #batch: Batch | undefined;

  /** **Local.** @param field any of the fields whose cells travel: tells the communicator and the type */
  constructor(field: AnyField) {
    this.#comm = field.grid.comm;
    this.#field = field;
  }

  /** Adds a message that arrives in these boxes. **Local.** */
  receive(boxes: readonly Box[], message: { readonly from: number; readonly tag: number }): void {
    this.#requests.push(this.#comm.recvInit(this.#buffer(boxes, "unpack"), message));
  }

  /** Adds a message of what is in these boxes at each start. **Local.** */
  send(boxes: readonly Box[], message: { readonly to: number; readonly tag: number }): void {
    this.#requests.push(this.#comm.sendInit(this.#buffer(boxes, "pack"), message));
  }

  /** Adds something to do when all messages have arrived: what needs no message, or changes what they brought. **Local.** */
  atArrival(action: () => void): void {
    this.#unpack.push(action);
  }

  /** The memory of a message, and the copies that fill or empty it; for a single box without gaps the cells themselves. */
  #buffer(boxes: readonly Box[], way: "pack" | "unpack"): TypedArray {
    const { dtype, elementLength } = this.#field;
    const length = boxes.reduce((sum, box) => sum + cellsOf(box), 0);
    const [first] = boxes;
    if (first && boxes.length === 1 && isPacked(first, elementLength)) return memory[dtype](first[0], length);
    const bufferPtr = memory.alloc(elementLength * length);
    this.#buffers.push(bufferPtr);
    let ptr = bufferPtr;
    for (const box of boxes) {
      const packed = packedBox(ptr, box, elementLength);
      if (way === "pack") this.#pack.push(copyOf(packed, box, this.#field));
      else this.#unpack.push(copyOf(box, packed, this.#field));
      ptr += elementLength * cellsOf(box);
    }
    return memory[dtype](bufferPtr, length);
  }

  /** True where nothing travels: what is done at arrival is all there is. */
  get isLocal(): boolean {
    return this.#requests.length === 0;
  }

  /** Packs and starts all messages. Boxes that are sent must not be written before {@link wait}. **Local.** */
  start(): void {
    for (const run of this.#pack) run();
    if (this.isLocal) return;
    this.#batch ??= new Batch(this.#requests);
    this.#batch.start();
  }

  /** Waits for all messages and unpacks them. **Collective** over the ranks that they travel between. */
  wait(): void {
    this.#batch?.wait();
    for (const run of this.#unpack) run();
  }

  /** Lets the library move the messages, and unpacks them where all have arrived. Never waits. **Local.** */
  test(): boolean {
    if (this.#batch?.test() === false) return false;
    for (const run of this.#unpack) run();
    return true;
  }

  /** Releases requests and memory. **Local.** */
  free(): void {
    for (const request of this.#requests.splice(0)) request.free();
    for (const ptr of this.#buffers.splice(0)) memory.free(ptr);
  }
}
