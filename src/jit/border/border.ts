/**
 * What a compiled module gets of JavaScript's: objects in the memory that stand for arrays, fields and texts. Objects for
 * data in the memory are made once and used again; they last until the module is freed, since compiled code may keep them.
 * Arrays elsewhere are copied for the time of a call, and what compiled code keeps of them is empty then.
 */
import { show, wrong } from "../../argument.js";
import type { UsageError } from "../../errors.js";
import { isHeapArray } from "../../wasm/heap.js";
import { memory, viewTo } from "../../wasm/memory.js";
import { bufferClass, freeObject, newBareObject, newObject } from "../../wasm/object.js";

/** An array that was copied for a call, or whose length is to be looked at after it. */
interface Lent {
  /** The parameter, for errors. */
  readonly where: string;
  readonly array: ArrayBufferView;
  /** The address of the elements. */
  readonly ptr: number;
  readonly isCopied: boolean;
  /** The object that refers to the elements; 0 where they are the object. */
  readonly headerPtr: number;
  /** The class of that object, and what it held before the call. */
  readonly classId: number;
  readonly words: readonly number[];
}

/** A word of the memory. */
export function wordAt(ptr: number): number {
  return viewTo(ptr + 4).getUint32(ptr, true);
}

function setWords(ptr: number, words: readonly number[]): void {
  const view = viewTo(ptr + 4 * words.length);
  for (let i = 0; i < words.length; i++) view.setUint32(ptr + 4 * i, words[i]!, true);
}

/** True where the memory holds these words. */
export function hasWords(ptr: number, words: readonly number[]): boolean {
  const view = viewTo(ptr + 4 * words.length);
  for (let i = 0; i < words.length; i++) if (view.getUint32(ptr + 4 * i, true) !== words[i]) return false;
  return true;
}

/** The bytes of an array anywhere. */
function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The fields of a typed array, or of an `Array`, which has its length as well. */
function headerWords(buffer: number, ptr: number, byteLength: number, length: number | undefined): readonly number[] {
  return length === undefined ? [buffer, ptr, byteLength] : [buffer, ptr, byteLength, length];
}

export class Border {
  /** Set when the module is freed. */
  isFreed = false;
  /** Objects of compiled code that JavaScript has, with their classes by the compiler's names. */
  readonly handles = new Map<number, string>();
  readonly #made: number[] = [];
  readonly #texts = new Map<string, number>();
  /** Objects for what is in the memory: several of one key where compiled code has changed the first. */
  readonly #objects = new Map<string, number[]>();
  /** Objects for copies that are not in use now, by class. */
  readonly #spare = new Map<number, number[]>();
  readonly #lent: Lent[] = [];

  /** @throws UsageError naming what was called or read, when the module is freed */
  expectInUse(name: string): void {
    if (this.isFreed) throw wrong(name, "a module in use", "a freed one", "Call free() last.");
  }

  /** Gives back what was made for the module. */
  free(): void {
    this.isFreed = true;
    for (const ptr of this.#made) freeObject(ptr);
    this.#made.length = 0;
  }

  /** The object of a text: the same one for equal texts, as compiled code cannot change them. */
  text(value: string, classId: number): number {
    let ptr = this.#texts.get(value);
    if (ptr === undefined) {
      ptr = this.#keep(newObject(classId, 2 * value.length));
      memory.u8(ptr, 2 * value.length).set(Buffer.from(value, "utf16le"));
      this.#texts.set(value, ptr);
    }
    return ptr;
  }

  #keep(ptr: number): number {
    this.#made.push(ptr);
    return ptr;
  }

  /** An object that holds these words. One that compiled code has given other contents stays as it is. */
  object(key: string, words: readonly number[], make: () => number): number {
    let known = this.#objects.get(key);
    if (!known) {
      known = [];
      this.#objects.set(key, known);
    }
    let ptr = known.find((candidate) => hasWords(candidate, words));
    if (ptr === undefined) {
      ptr = this.#keep(make());
      setWords(ptr, words);
      known.push(ptr);
    }
    return ptr;
  }

  /** The view of elements in the memory that holds these words. */
  view(words: readonly number[]): number {
    return this.object(words.join(), words, () => newBareObject(4 * words.length));
  }

  /** The object for an array in the memory; of an `Array`, which has a length, it is looked at after the call. */
  header(where: string, classId: number, array: ArrayBufferView, length?: number): number {
    const { byteOffset: ptr, byteLength } = array;
    const words = headerWords(isHeapArray(array) ? ptr : 0, ptr, byteLength, length);
    const headerPtr = this.object(`${classId}:${words}`, words, () => newObject(classId, 4 * words.length));
    if (length !== undefined) this.#lent.push({ where, array, ptr, isCopied: false, headerPtr, classId, words });
    return headerPtr;
  }

  /** The address of a copy of an array, for the time of the call that began when `first` arrays were lent. */
  copy(where: string, array: ArrayBufferView, first: number): number {
    const ptr = this.#copied(where, array, first);
    this.#lent.push({ where, array, ptr, isCopied: true, headerPtr: 0, classId: 0, words: [] });
    return ptr;
  }

  /** As {@link copy}: the object that refers to the copy. */
  copyWithHeader(where: string, classId: number, array: ArrayBufferView, first: number, length?: number): number {
    const ptr = this.#copied(where, array, first);
    const words = headerWords(ptr, ptr, array.byteLength, length);
    const headerPtr = this.#spare.get(classId)?.pop() ?? this.#keep(newObject(classId, 4 * words.length));
    setWords(headerPtr, words);
    this.#lent.push({ where, array, ptr, isCopied: true, headerPtr, classId, words });
    return headerPtr;
  }

  /** Two parameters that are one array share one copy. @throws UsageError where they overlap otherwise */
  #copied(where: string, array: ArrayBufferView, first: number): number {
    const { buffer, byteOffset: start, byteLength } = array;
    for (const lent of this.#lent.slice(first)) {
      if (!lent.isCopied || lent.array.buffer !== buffer || byteLength === 0) continue;
      const begin = lent.array.byteOffset;
      if (begin === start && lent.array.byteLength === byteLength) return lent.ptr;
      if (begin < start + byteLength && start < begin + lent.array.byteLength) {
        const got = `one that overlaps that of ${lent.where.slice(lent.where.indexOf('"'))}`;
        throw wrong(where, "an array of its own", got, "Make both parts of one heap.array(), which is not copied.");
      }
    }
    const ptr = newObject(bufferClass, byteLength, 16);
    memory.u8(ptr, byteLength).set(bytesOf(array));
    return ptr;
  }

  /** How many arrays are lent: to be remembered when a call begins, as compiled code may call JavaScript that calls it. */
  get lentCount(): number {
    return this.#lent.length;
  }

  /** Copies the arrays back that were lent since. @throws UsageError, if `isDone`, where the length of one has changed */
  takeBack(first: number, isDone: boolean): void {
    const taken = this.#lent.splice(first);
    let changed: UsageError | undefined;
    for (const [i, { where, array, ptr, isCopied, headerPtr, classId, words }] of taken.entries()) {
      if (words.length === 4 && !hasWords(headerPtr, words)) {
        const [before, after] = [words[3]!, wordAt(headerPtr + 12)];
        const got = before === after ? "one whose elements were moved" : after;
        changed ??= wrong(where, `an array that keeps its ${before} elements`, got, "Return another array.");
        setWords(headerPtr, words);
      }
      if (!isCopied) continue;
      if (taken.findIndex((lent) => lent.ptr === ptr) === i) {
        const { byteLength } = array;
        if (byteLength > 0) bytesOf(array).set(memory.u8(ptr, byteLength));
        freeObject(ptr);
      }
      if (headerPtr === 0) continue;
      setWords(headerPtr, new Array<number>(words.length).fill(0));
      const spare = this.#spare.get(classId) ?? [];
      this.#spare.set(classId, spare);
      spare.push(headerPtr);
    }
    if (isDone && changed) throw changed;
  }

  /** For values that last beyond a call. @throws UsageError where an array was copied for them */
  expectKept(first: number): void {
    const lent = this.#lent.slice(first);
    this.takeBack(first, false);
    const copied = lent.find(({ isCopied }) => isCopied);
    if (!copied) return;
    const got = `${show(copied.array)} elsewhere`;
    throw wrong(copied.where, "an array of heap.array()", got, "Make it with heap.array(), so that it lasts.");
  }
}
