/** Modules for a memory that is not shared, which is the only kind that most pages may have. */

/** The section of imports, and what kinds of imports there are. */
const importSection = 2;
const kinds = { function: 0, table: 1, memory: 2, global: 3 } as const;

/** The bit of a memory's limits that says that it is shared, and the one that there is a maximum. */
const [shared, bounded] = [2, 1];

/** Reads the numbers and texts of a module one after the other. */
class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.bytes[this.at++]!;
  }

  /** An unsigned number in LEB128. */
  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  skipText(): void {
    const byteLength = this.number();
    this.at += byteLength;
  }

  skipLimits(): void {
    if ((this.byte() & bounded) !== 0) this.number();
    this.number();
  }
}

/**
 * The module without the mark that the memories that it imports are shared. Its atomic operations work on other memories
 * too, all but `memory.atomic.wait`, which none of this package's modules has. The bytes that are passed stay as they are.
 */
export function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  const reader = new Reader(copy, 8);
  while (reader.at < copy.length) {
    const section = reader.byte();
    const length = reader.number();
    const end = reader.at + length;
    if (section === importSection) clearMarks(reader);
    reader.at = end;
  }
  return copy;
}

/** Clears the mark of each memory in the section of imports. */
function clearMarks(reader: Reader): void {
  for (let left = reader.number(); left > 0; left--) {
    reader.skipText();
    reader.skipText();
    switch (reader.byte()) {
      case kinds.function:
        reader.number();
        break;
      case kinds.table:
        reader.byte();
        reader.skipLimits();
        break;
      case kinds.memory:
        reader.bytes[reader.at]! &= ~shared;
        reader.skipLimits();
        break;
      case kinds.global:
        reader.at += 2;
        break;
    }
  }
}
