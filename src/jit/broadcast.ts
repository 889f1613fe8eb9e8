/** Compiling once for all ranks: rank 0 makes the module, the others receive it. */
import { wrong } from "../argument.js";
import { type ErrorRecord, errorOf, recordOf } from "../errors.js";
import type { Comm } from "../mpi/comm/comm.js";
import { Lane } from "../mpi/comm/lane.js";
import { init, isInitialized } from "../mpi/job.js";

/** What rank 0 tells the others: of what the module was made, and the module or why there is none. */
interface Outcome {
  readonly key: string;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly failure?: ErrorRecord;
}

/** Who asks for a module. */
interface Caller {
  readonly where: string;
  readonly comm: Comm | undefined;
  /** What to do about ranks that ask for different modules. */
  readonly todo: string;
}

/**
 * The module of a key, which `make` makes: on rank 0 of a communicator alone, **collective** over it; on each process
 * without one. By default over all ranks after `mpi.init()`.
 * @throws CompileError on all ranks; UsageError on a rank that asks for another module than rank 0
 */
export function onAllRanks(
  key: string,
  make: () => Promise<Uint8Array<ArrayBuffer>>,
  caller: Caller = {
    where: "jit",
    comm: isInitialized() ? init() : undefined,
    todo: "Call it with the same on all ranks, or with { local: true }.",
  },
): Promise<Uint8Array<ArrayBuffer>> {
  const { where, comm, todo } = caller;
  if (comm === undefined || comm.size === 1) return make();
  return Lane.of(comm).call(async (lane) => {
    let error: unknown;
    const outcome = await lane.fromRoot(async (): Promise<Outcome> => {
      try {
        return { key, bytes: await make() };
      } catch (failure) {
        error = failure;
        return { key, failure: recordOf(failure) };
      }
    });
    if (outcome.key !== key) {
      throw wrong(where, "the source and options of rank 0", `others on rank ${comm.rank}`, todo);
    }
    if (outcome.failure) throw error ?? errorOf(outcome.failure);
    return outcome.bytes!;
  });
}
