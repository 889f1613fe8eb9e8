/**
 * The list of the chunks of a dataset, a tree as HDF5 of the earliest format has it, to which chunks are only added at the end.
 * A node, all numbers little-endian:
 *
 *     0   "TREE"  1  u8 level (0: its children are chunks)  u16 children  u64 node to the left  u64 node to the right
 *     24  key, u64 child, key, u64 child ... key, with room for 64 children
 *     key u32 bytes of the chunk, u32 0, u64 first cell along each axis, u64 0; the last key is above all chunks
 *
 * A child is written behind those that count, and then counted. Whoever is stopped in between leaves the list as it was.
 * @see HDF5 File Format Specification, version 3: B-trees III.A.1, chunks IV.A.2.i
 */
import { numbers, type ReadBytes } from "../header.js";

/** A chunk of a dataset in the file. */
export interface Chunk {
  /** Its first cell along each axis of the dataset. */
  readonly cell: readonly number[];
  readonly address: number;
  readonly byteLength: number;
}

/** What a tree needs of its file. */
export interface TreeFile {
  readonly read: ReadBytes;
  write(bytes: Buffer, position: number): void;
  /** Room for bytes, which nothing else gets. */
  allocate(byteLength: number): number;
}

/** The right-most node of a level. */
interface Node {
  readonly address: number;
  children: number;
}

/** Children that a node has room for: twice what HDF5 takes where a file says nothing of it. */
export const MOST_CHILDREN = 64;
export const HEAD_LENGTH = 24;
const NONE = Buffer.alloc(8, 0xff);
/** A first cell that no chunk has. */
const ABOVE_ALL = 2 ** 52;

export class ChunkTree {
  readonly #file: TreeFile;
  readonly #axes: number;
  /** The right-most nodes, that of the chunks first and the root last. */
  readonly #spine: Node[];

  private constructor(file: TreeFile, axes: number, spine: Node[]) {
    this.#file = file;
    this.#axes = axes;
    this.#spine = spine;
  }

  /** A tree without chunks. @param axes of the dataset */
  static create(file: TreeFile, axes: number): ChunkTree {
    return new ChunkTree(file, axes, []);
  }

  /**
   * The tree at an address, of which the first chunks stay, one or more: nodes are as full as they can be, so that the number
   * of chunks says where the last one is.
   * @throws Error saying what it is instead
   */
  static open(file: TreeFile, axes: number, root: number, chunks: number): ChunkTree {
    const tree = new ChunkTree(file, axes, []);
    tree.#visit(root, file.read(root, HEAD_LENGTH)[5]!, chunks);
    for (const { address, children } of tree.#spine) {
      tree.#count(address, children);
      file.write(NONE, address + 16);
    }
    return tree;
  }

  /** Looks at a node and at those below it that lead to so many chunks. @throws Error where one is not as full as it can be */
  #visit(address: number, level: number, chunks: number): void {
    const below = MOST_CHILDREN ** level;
    const children = Math.ceil(chunks / below);
    const head = this.#file.read(address, HEAD_LENGTH);
    const isNode = head.toString("latin1", 0, 4) === "TREE" && head[5] === level;
    const least = chunks === below * MOST_CHILDREN ? MOST_CHILDREN : children;
    const got = head.readUInt16LE(6);
    if (!isNode || got < least || children > MOST_CHILDREN)
      throw new Error(`another list of chunks at byte ${address}`);
    this.#spine[level] = { address, children };
    for (let child = 0; level > 0 && child < children; child++) {
      const place = address + this.#placeOf(child) + this.#keyLength;
      const next = Number(this.#file.read(place, 8).readBigUInt64LE());
      this.#visit(next, level - 1, Math.min(below, chunks - child * below));
    }
  }

  /** Address of the root; undefined where there are no chunks. */
  get root(): number | undefined {
    return this.#spine.at(-1)?.address;
  }

  get #keyLength(): number {
    return 8 + 8 * (this.#axes + 1);
  }

  /** Byte of a node at which the key of a child is. */
  #placeOf(child: number): number {
    return HEAD_LENGTH + child * (this.#keyLength + 8);
  }

  get #nodeLength(): number {
    return this.#placeOf(MOST_CHILDREN) + this.#keyLength;
  }

  /** Adds a chunk behind all others. */
  add({ cell, address, byteLength }: Chunk): void {
    this.#add(0, this.#key(byteLength, cell), address);
  }

  #add(level: number, key: Buffer, child: number): void {
    const node = this.#spine[level];
    const entry = Buffer.concat([key, numbers([child]), this.#key(0, [ABOVE_ALL])]);
    if (node && node.children < MOST_CHILDREN) {
      this.#file.write(entry, node.address + this.#placeOf(node.children));
      node.children++;
      this.#count(node.address, node.children);
      return;
    }
    const made = this.#make(level, 1, entry, node);
    if (node) {
      // The root has all that is below it.
      if (level === this.#spine.length - 1) this.#lift(level + 1, node);
      this.#add(level + 1, key, made.address);
      this.#file.write(numbers([made.address]), node.address + 16);
    }
    this.#spine[level] = made;
  }

  /** Puts a root above the one that there is. */
  #lift(level: number, { address }: Node): void {
    const first = this.#file.read(address + HEAD_LENGTH, this.#keyLength);
    const entry = Buffer.concat([first, numbers([address]), this.#key(0, [ABOVE_ALL])]);
    this.#spine[level] = this.#make(level, 1, entry, undefined);
  }

  #make(level: number, children: number, entries: Buffer, left: Node | undefined): Node {
    const address = this.#file.allocate(this.#nodeLength);
    const node = Buffer.alloc(this.#nodeLength);
    node.write("TREE", "latin1");
    node[4] = 1;
    node[5] = level;
    node.writeUInt16LE(children, 6);
    (left ? numbers([left.address]) : NONE).copy(node, 8);
    NONE.copy(node, 16);
    entries.copy(node, HEAD_LENGTH);
    this.#file.write(node, address);
    return { address, children };
  }

  #count(address: number, children: number): void {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(children);
    this.#file.write(bytes, address + 6);
  }

  #key(byteLength: number, cell: readonly number[]): Buffer {
    const key = Buffer.alloc(this.#keyLength);
    key.writeUInt32LE(byteLength);
    numbers(cell).copy(key, 8);
    return key;
  }
}
