/** Compiling once for all ranks: rank 0 makes the module, the others receive it. */
import { wrong } from "../argument.js";
import { type ErrorRecord, errorOf, recordOf } from "../errors.js";
import { Lane } from "../mpi/comm/lane.js";
import { init, isInitialized } from "../mpi/job.js";

/** What rank 0 tells the others: of what the module was made, and the module or why there is none. */
interface Outcome {
  readonly key: string;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly failure?: ErrorRecord;
}

/**
 * The module of a key, which `make` makes: on rank 0 alone after `mpi.init()`, and then **collective**; on each process
 * before.
 * @throws CompileError on all ranks; UsageError on a rank that asks for another module than rank 0
 */
export function onAllRanks(
  key: string,
  make: () => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const comm = isInitialized() ? init() : undefined;
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
      throw wrong(
        "jit",
        "the source and options of rank 0",
        `others on rank ${comm.rank}`,
        "Call it with the same on all ranks, or with { local: true }.",
      );
    }
    if (outcome.failure) throw error ?? errorOf(outcome.failure);
    return outcome.bytes!;
  });
}
