/** Compiling once for all ranks: rank 0 makes the module, the others receive it. */
import { wrong } from "../argument.js";
import { CompileError } from "../errors.js";
import { init, isInitialized } from "../mpi/job.js";

/** What rank 0 tells the others: of what the module was made, and its length in bytes, or why there is no module. */
interface Outcome {
  readonly key: string;
  readonly byteLength: number;
  readonly failure?: {
    readonly compile: boolean;
    readonly message: string;
    readonly file: string;
    readonly line: number;
    readonly column: number;
  };
}

/** The last call: calls broadcast one after another, in the order in which they were made, the same on all ranks. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * The module of a key, which `make` makes: on rank 0 alone after `mpi.init()`, and then **collective**; on each process
 * before.
 * @throws CompileError on all ranks; UsageError on a rank that asks for another module than rank 0
 */
export function onAllRanks(
  key: string,
  make: () => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!isInitialized() || init().size === 1) return make();
  const result = turn.then(() => share(key, make));
  turn = result.catch(() => undefined);
  return result;
}

async function share(key: string, make: () => Promise<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>> {
  const comm = init();
  if (comm.rank === 0) {
    try {
      const bytes = await make();
      comm.bcastObject<Outcome>({ key, byteLength: bytes.length });
      comm.bcast(bytes);
      return bytes;
    } catch (error) {
      const { file = "", line = 0, column = 0 } = error instanceof CompileError ? error : {};
      const failure = { compile: error instanceof CompileError, message: (error as Error).message, file, line, column };
      comm.bcastObject<Outcome>({ key, byteLength: 0, failure });
      throw error;
    }
  }
  const outcome = comm.bcastObject<Outcome>();
  const { failure, byteLength } = outcome;
  const bytes = new Uint8Array(byteLength);
  if (!failure) comm.bcast(bytes);
  if (outcome.key !== key) {
    throw wrong(
      "jit",
      "the source and options of rank 0",
      `others on rank ${comm.rank}`,
      "Call it with the same on all ranks, or with { local: true }.",
    );
  }
  if (failure?.compile) throw new CompileError(failure.message, failure);
  if (failure) throw new Error(failure.message);
  return bytes;
}
