/** The program of a thread that runs parts of kernels, see team.ts: one request after the other, until the process ends. */
import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
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

/** What a thread starts with. */
export interface Start {
  readonly memory: WebAssembly.Memory;
  readonly slotPtr: number;
  /** Brings modules, and takes the texts of errors. */
  readonly port: MessagePort;
}

/** A module whose functions requests name by numbers, or those whose functions are needed no more. */
export interface News {
  readonly module?: WebAssembly.Module;
  readonly functions?: WebAssembly.Module | undefined;
  readonly names: readonly string[];
  /** The number of the first name. */
  readonly first: number;
}

type Kernel = (...values: readonly number[]) => number | bigint | undefined;

/** What a thread says where the system has no addresses for a memory. */
class NoRoom extends Error {}

const { memory, slotPtr, port } = workerData as Start;
// Memory that grows leaves the views of what was there as they are.
const words = new Int32Array(memory.buffer, slotPtr, slotLength / 4);
const numbers = new Float64Array(memory.buffer, slotPtr + headLength, mostArguments);
const numberResult = new Float64Array(memory.buffer, slotPtr + resultAt, 1);
const integerResult = new BigInt64Array(memory.buffer, slotPtr + resultAt, 1);
const kernels = new Map<number, Kernel>();
/**
 * Modules that have come and of which there is no instance yet, by the numbers of their functions. One is made within the first
 * request for a function: it writes the static data of its module, and memory of functions that are forgotten is another's.
 */
const waiting = new Map<number, News>();
const values: number[] = [];
/** The functions of expressions, once a module needs them. */
let imported: WebAssembly.ModuleImports | undefined;

/** Takes the modules that have come. This thread never returns to its event loop. */
function hear(): void {
  for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
    const news = got.message as News;
    for (let number = news.first; number < news.first + news.names.length; number++) {
      if (news.module) waiting.set(number, news);
      else for (const known of [waiting, kernels]) known.delete(number);
    }
  }
}

/** A function that is asked for. */
function kernelOf(number: number): Kernel {
  const known = kernels.get(number);
  if (known) return known;
  if (!waiting.has(number)) hear();
  const { module, functions, names, first } = waiting.get(number)!;
  const { exports } = instanceOf(module!, functions);
  for (const [i, name] of names.entries()) {
    kernels.set(first + i, exports[name] as Kernel);
    waiting.delete(first + i);
  }
  return kernels.get(number)!;
}

function instanceOf(module: WebAssembly.Module, functions: WebAssembly.Module | undefined): WebAssembly.Instance {
  const abort = (_message: number, _file: number, line: number, column: number) => {
    throw new Error(`assertion failed at line ${line}, column ${column}`);
  };
  if (functions) imported ??= functionsOf(functions);
  // What a stencil gives back at its end is the main thread's.
  const heap = { free: () => {} };
  return new WebAssembly.Instance(module, { env: { memory, abort }, functions: imported ?? {}, heap });
}

/** One for all modules: what it has its tables in takes 10 GiB of addresses. @throws NoRoom where the system has none */
function functionsOf(module: WebAssembly.Module): WebAssembly.ModuleImports {
  try {
    return new WebAssembly.Instance(module).exports as WebAssembly.ModuleImports;
  } catch (cause) {
    throw new NoRoom((cause as Error).message);
  }
}

function run(): number | bigint | undefined {
  const kernel = kernelOf(words[at.fn]!);
  const count = words[at.count]!;
  if (count === 3) return kernel(numbers[0]!, numbers[1]!, numbers[2]!);
  values.length = count;
  for (let i = 0; i < count; i++) values[i] = numbers[i]!;
  return kernel(...values);
}

/** Leaves what a function has returned for the main thread. */
function keep(result: number | bigint | undefined): void {
  if (typeof result === "bigint") {
    words[at.kind] = kinds.bigint;
    integerResult[0] = result;
  } else if (result !== undefined) {
    words[at.kind] = kinds.number;
    numberResult[0] = result;
  } else words[at.kind] = kinds.nothing;
}

for (let asked = 0; ; ) {
  waitWhile(words, at.asked, asked, at.sleeps, { asking: words[at.asking]!, timeout: Number.POSITIVE_INFINITY });
  asked = Atomics.load(words, at.asked);
  if (!take(words, asked)) continue;
  let outcome: number = outcomes.well;
  try {
    keep(run());
  } catch (error) {
    outcome = error instanceof NoRoom ? outcomes.full : outcomes.failed;
    port.postMessage(String((error as Error).message));
  }
  words[at.outcome] = outcome;
  change(words, at.done, asked, at.mainSleeps);
}
