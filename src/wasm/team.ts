/**
 * Threads inside a rank, which run kernels on parts of its block. The main thread runs the first part, and alone talks to
 * the MPI library:
 *
 *     main thread   | part 1 | waits | part 1 | waits |  messages, walls ...             | part 1 |
 *     thread 2      | part 2         | part 2         |  asks for a while, then sleeps    | part 2 |
 *
 * All have the one memory, and instances of the same compiled modules. Requests and answers are words of that memory
 * (slot.ts), so that a kernel is begun on all threads and ended within some tenths of a microsecond; threads that have
 * nothing to do for long sleep, and take 20 to 50 us to wake up. When the main thread has done its part, it does those that
 * no other thread has begun as well: threads that start, sleep, or do not get a core beside other work are not waited for, and
 * after some times not asked for a while (worth.ts).
 *
 * Threads wait for all of a sweep, not for the rows beside theirs: of 6 us and more that half a sweep of 64^2 takes, asking
 * is 0.13 us, or 0.45 where the cores are far apart, and what takes longer then is that rows go from one cache to the other.
 *
 * Threads are started when a grid first asks for them, and end with the process, which does not wait for them.
 */
import { wrongKernel, wrongMemory } from "../argument.js";
import type { KernelError } from "../errors.js";
import { allocator, type Core, core, kernelsModule } from "./core.js";
import { functionsModule } from "./functions.js";
import { memory } from "./memory.js";
import {
  at,
  change,
  headLength,
  kinds,
  mostArguments,
  outcomes,
  resultAt,
  slotLength,
  take,
  waitWhile,
} from "./slot.js";
import { heardFrom, type MessagePort, startThread, threadProgram } from "./thread.js";
import type { News } from "./worker.js";
import { Worth } from "./worth.js";

/** A thread beside the main one. */
interface Member {
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  readonly port: MessagePort;
  /** The number of the last request. */
  asked: number;
  /** The thread has taken that request. */
  isTaken: boolean;
}

/** A function that all threads know. */
export interface Shared {
  /** What error texts call the function. */
  readonly name: string;
  readonly number: number;
  /** The function on the main thread. */
  readonly call: (...values: number[]) => Result;
}

/** What a function returns. */
// biome-ignore lint/suspicious/noConfusingVoidType: functions that return nothing are among them.
export type Result = number | bigint | void;

/** How long a thread may take longer than the main one, in ms. */
const usualPatience = 60_000;

/** How long a thread asks before it sleeps, in us; not at all where there are more threads than cores. */
const usualAsking = 50;

const todo = "Use fewer threads: with threads: 1, or WASM_MPI_THREADS=1, there is the main one alone.";

export class Team {
  readonly #program: string;
  readonly #patience: number;
  readonly #members: Member[] = [];
  readonly #worth = new Worth();
  /** What threads that are started later have to hear. */
  readonly #news: News[] = [];
  #nextNumber = 1;
  #asking = 0;
  /** Why no kernel can be run any more: a thread that does not answer may still write. */
  #failure: KernelError | undefined;

  constructor({ program = threadProgram, patience = usualPatience } = {}) {
    this.#program = program;
    this.#patience = patience;
  }

  /** Threads, the main one included. */
  get size(): number {
    return this.#members.length + 1;
  }

  /**
   * Starts what is missing of so many threads, the main one included, and does not wait until they are there. **Local.**
   * @param crowded there are more threads than cores, so that one that asks keeps another from its work
   * @throws KernelError when a thread cannot be started
   */
  grow(threads: number, crowded: boolean): void {
    while (this.size < threads) this.#members.push(this.#start());
    this.#asking = crowded ? 0 : usualAsking;
    for (const { words } of this.#members) words[at.asking] = this.#asking;
  }

  #start(): Member {
    const number = this.size + 1;
    const slotPtr = memory.alloc(slotLength + 128);
    // On cache lines that nothing else has.
    const linePtr = Math.ceil(slotPtr / 64) * 64;
    const ended = (got: string) => {
      this.#failure ??= wrongKernel("threads", `thread ${number} to go on to the end`, got, todo);
    };
    let port: MessagePort;
    try {
      const start = { memory: allocator().memory, slotPtr: linePtr };
      port = startThread(this.#program, `wasm-mpi ${number}`, start, ended);
      for (const news of this.#news) port.postMessage(news);
    } catch (error) {
      memory.free(slotPtr);
      const got = `"${(error as Error).message}"`;
      throw wrongKernel("threads", `thread ${number} to start`, got, todo, error);
    }
    const words = memory.i32(linePtr, slotLength / 4);
    return { words, numbers: memory.f64(linePtr + headLength, mostArguments), port, asked: 0, isTaken: false };
  }

  /**
   * Tells all threads some functions of a module that imports nothing but the memory, `abort`, and the functions of
   * expressions. A thread makes an instance of its own. **Local.**
   * @param calls the functions by name, on the main thread
   */
  share(module: WebAssembly.Module, calls: Readonly<Record<string, Shared["call"]>>): Readonly<Record<string, Shared>> {
    const names = Object.keys(calls);
    const first = this.#nextNumber;
    this.#nextNumber += names.length;
    const needs = WebAssembly.Module.imports(module).some((each) => each.module === "functions");
    this.#tell({ module, functions: needs ? functionsModule() : undefined, names, first });
    return Object.fromEntries(names.map((name, i) => [name, { name, number: first + i, call: calls[name]! }]));
  }

  #tell(news: News): void {
    this.#news.push(news);
    for (const { port } of this.#members) port.postMessage(news);
  }

  /** Takes back what {@link share} told. The functions must not be run afterwards. **Local.** */
  forget(shared: Readonly<Record<string, Shared>>): void {
    const functions = Object.values(shared);
    const first = functions[0]?.number;
    const index = this.#news.findIndex((news) => news.first === first);
    if (first === undefined || index < 0) return;
    this.#news.splice(index, 1);
    const news: News = { names: Object.keys(shared), first };
    for (const { port } of this.#members) port.postMessage(news);
  }

  /**
   * Runs a function with several lists of arguments at the same time, the first one on the main thread. **Local.**
   * @param parts lists of the same number of arguments, at most {@link mostArguments}; as many as there are threads, or fewer
   * @param results takes what the function returns for each part
   * @throws KernelError when a function traps, or a thread does not answer; the parts of other threads are then done
   */
  run(shared: Shared, parts: readonly (readonly number[])[], results?: Result[]): void {
    if (this.#failure) throw this.#failure;
    const begin = performance.now();
    const asks = this.#worth.isAt(begin);
    if (asks) for (let part = 1; part < parts.length; part++) this.#ask(part, shared.number, parts[part]!);
    let failure = failureOf(shared, parts, 0, results);
    let isVain = false;
    // First all that nobody has begun, then those that others are at.
    for (let part = 1; part < parts.length; part++) {
      const member = this.#members[part - 1]!;
      member.isTaken = asks && !take(member.words, member.asked);
      if (member.isTaken) continue;
      isVain = true;
      failure ??= failureOf(shared, parts, part, results);
    }
    const end = performance.now();
    for (let part = 1; part < parts.length; part++) {
      const member = this.#members[part - 1]!;
      if (!member.isTaken) continue;
      this.#join(member, part + 1, shared.name);
      if (member.words[at.outcome] !== outcomes.well) failure ??= this.#failureOn(member, part + 1, shared.name);
      if (results) results[part] = resultOf(member);
    }
    if (asks) {
      const now = performance.now();
      this.#worth.note(isVain || this.#worth.isVain(begin, end, now), now);
    }
    if (failure) throw failure;
  }

  #ask(part: number, number: number, values: readonly number[]): void {
    const member = this.#members[part - 1]!;
    const { words, numbers } = member;
    for (let i = 0; i < values.length; i++) numbers[i] = values[i]!;
    words[at.fn] = number;
    words[at.count] = values.length;
    member.asked = (member.asked + 1) | 0;
    change(words, at.asked, member.asked, at.sleeps);
  }

  #join({ words, asked }: Member, thread: number, name: string): void {
    // The requests before that the thread did not take are none that it has done.
    const done = Atomics.load(words, at.done);
    if (done === asked) return;
    if (waitWhile(words, at.done, done, at.mainSleeps, { asking: this.#asking, timeout: this.#patience })) return;
    const expected = `thread ${thread} to end its part within ${this.#patience / 1e3} s`;
    this.#failure = wrongKernel(name, expected, "no answer", todo);
    throw this.#failure;
  }

  #failureOn({ words, port }: Member, thread: number, name: string): KernelError {
    const text = String(heardFrom(port));
    if (words[at.outcome] === outcomes.full) return wrongMemory(`functions on thread ${thread}`, text);
    const advice = "This is a defect unless an address was wrong; WASM_MPI_DEBUG=1 tells more.";
    return wrongKernel(name, `the kernel to return on thread ${thread}`, `the trap "${text}"`, advice);
  }
}

/** What a thread has returned last. */
function resultOf({ words, numbers }: Member): Result {
  const { buffer, byteOffset } = numbers;
  const [ptr, kind] = [byteOffset - headLength + resultAt, words[at.kind]];
  if (kind === kinds.bigint) return new BigInt64Array(buffer, ptr, 1)[0]!;
  return kind === kinds.number ? new Float64Array(buffer, ptr, 1)[0]! : undefined;
}

/** Runs a part on this thread. Returns why it ended otherwise than it should, if it did. */
function failureOf({ call }: Shared, parts: readonly (readonly number[])[], part: number, results?: Result[]): unknown {
  try {
    const result = call(...parts[part]!);
    if (results) results[part] = result;
    return undefined;
  } catch (error) {
    return error;
  }
}

let made: Team | undefined;
let sharedKernels: Readonly<Record<string, Shared>> | undefined;

/** The threads of this process. */
export function team(): Team {
  made ??= new Team();
  return made;
}

/** A kernel of `assembly/` for all threads. */
export function sharedKernel(name: keyof Core): Shared {
  if (!sharedKernels) {
    const names = WebAssembly.Module.exports(kernelsModule()).flatMap((each) =>
      each.kind === "function" ? [each.name as keyof Core] : [],
    );
    const calls = names.map((kernel) => [kernel, core()[kernel] as Shared["call"]]);
    sharedKernels = team().share(kernelsModule(), Object.fromEntries(calls));
  }
  return sharedKernels[name]!;
}

/** Fewer rows or cells in a part than that take longer apart than together. */
const [leastRows, leastCells] = [4, 512];

/**
 * The first rows of parts of a block, and the end of the last one: as many parts as there are threads, fewer where they
 * would be thin. @param cells of the block
 */
export function cutRows(rows: number, cells: number, threads: number): readonly number[] {
  const most = Math.min(threads, Math.floor(rows / leastRows), Math.floor(cells / leastCells));
  const count = Math.max(1, most);
  return Array.from({ length: count + 1 }, (_, part) => Math.floor((rows * part) / count));
}

/**
 * The arguments of a function that works on a box of cells, for parts of the box along the first axis that has more than one
 * cell. @param values the arguments, of which those from `first` on are the begin and the end of the box along each axis
 */
export function cutBox(values: readonly number[], first: number, axes: number, threads: number): number[][] {
  const lengths = Array.from({ length: axes }, (_, axis) => values[first + 2 * axis + 1]! - values[first + 2 * axis]!);
  const axis = Math.max(
    0,
    lengths.findIndex((length) => length > 1),
  );
  const cells = lengths.reduce((product, length) => product * length, 1);
  const cuts = cutRows(lengths[axis]!, cells, values.length > mostArguments ? 1 : threads);
  const begin = first + 2 * axis;
  return cuts.slice(1).map((end, part) => {
    return values.with(begin, values[begin]! + cuts[part]!).with(begin + 1, values[begin]! + end);
  });
}
