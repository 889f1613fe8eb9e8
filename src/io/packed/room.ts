/** Room at the end of a file, for chunks and the lists of them. */
import { bytesOf, writeBytes } from "../bytes.js";
import { chunksOf } from "../snapshot.js";
import { type Chunk, ChunkTree, type TreeFile } from "./tree.js";

const ALIGNMENT = 8;

export class Room implements TreeFile {
  readonly read: TreeFile["read"];
  readonly #fd: number;
  /** Where it begins. */
  tail = 0;

  constructor(fd: number) {
    this.#fd = fd;
    this.read = bytesOf(fd);
  }

  write(bytes: Buffer, position: number): void {
    writeBytes(this.#fd, bytes, position);
  }

  allocate(byteLength: number): number {
    const address = this.tail;
    this.leave(address + byteLength);
    return address;
  }

  /** Has it begin at a byte or a little behind, unless it begins further behind. */
  leave(end: number): void {
    this.tail = Math.max(this.tail, Math.ceil(end / ALIGNMENT) * ALIGNMENT);
  }

  /** The list of the chunks of frames that count. @param shape of a frame @throws Error where it is another one */
  open(root: number, shape: readonly number[], frames: number): ChunkTree {
    return ChunkTree.open(this, shape.length + 1, root, frames * chunksOf(shape));
  }

  /** Puts chunks, which begin here, into the lists of their datasets. */
  list(
    datasets: readonly { readonly name: string; readonly tree?: ChunkTree }[],
    chunks: Readonly<Record<string, readonly Chunk[]>>,
  ): void {
    for (const { address, byteLength } of Object.values(chunks).flat()) this.leave(address + byteLength);
    for (const { name, tree } of datasets) for (const chunk of chunks[name] ?? []) tree!.add(chunk);
  }
}
