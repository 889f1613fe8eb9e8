/**
 * How a rank leaves MPICH where `MPI_Finalize` may wait for ever (`finalizeHangs` of the record of differences): it waits for
 * the others, and tells the launcher itself what the library would. Both speak PMI 1: lines over the descriptor `PMI_FD`.
 *
 * ```text
 *   rank                    launcher
 *     | cmd=barrier_in   ->  |
 *     | <-  cmd=barrier_out  |   when all ranks have said it
 *     | cmd=finalize     ->  |
 *     | <- cmd=finalize_ack  |   the rank may end
 * ```
 */
import { readSync, writeSync } from "node:fs";
import { wrong } from "../../argument.js";
import type { World } from "./world.js";

/**
 * Gives `MPI_Finalize` of such a library another meaning, where the job has several hosts. Ranks of one host answer each other
 * in shared memory, unless the user has chosen what they have. **Collective.**
 */
export function mendFinalize(world: World, env: NodeJS.ProcessEnv = process.env): void {
  const { PMI_FD: descriptor, MPIR_CVAR_PMI_VERSION: version = "1", UCX_TLS: transports } = env;
  if (!world.differs.finalizeHangs || descriptor === undefined) return;
  if (world.waiting.ranksHere === world.size && transports === undefined) return;
  // A launcher that was told so speaks PMI 2, and would never answer a line of PMI 1.
  if (!/^(pmi)?1$/i.test(version)) return;
  const raw = world.raw as { -readonly [Name in keyof typeof world.raw]: (typeof world.raw)[Name] };
  // A communicator of its own, so that no collective call of the program is taken for the one at the end.
  world.call("MPI_Comm_dup", world.constants.MPI_COMM_WORLD, world.outPtr);
  const comm = world.readHandle(0);
  const { MPI_Barrier: barrier } = raw;
  raw.MPI_Finalize = () => {
    const code = barrier(comm);
    if (code === 0) leave(Number(descriptor));
    return code;
  };
}

/** Tells the launcher that this rank has come to its end. Ranks that are still at messages would miss one that leaves. */
function leave(descriptor: number): void {
  say(descriptor, "barrier_in", "barrier_out");
  say(descriptor, "finalize", "finalize_ack");
}

/** Says a line, and waits for the answer, of which there is none where the launcher has gone: nobody is left to tell. */
function say(descriptor: number, command: string, expected: string): void {
  const bytes = new Uint8Array(1024);
  let answer = "";
  try {
    writeSync(descriptor, `cmd=${command}\n`);
    let count: number;
    do {
      count = readSync(descriptor, bytes);
      answer += new TextDecoder().decode(bytes.subarray(0, count));
    } while (count > 0 && !answer.endsWith("\n"));
  } catch (error) {
    if (!/^(EPIPE|ECONNRESET)$/.test((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
  if (answer === "" || new RegExp(`^cmd=${expected}\\b`).test(answer)) return;
  const todo = "See whether mpiexec is of the library's version.";
  throw wrong("mpi.finalize", `cmd=${expected} of the launcher`, JSON.stringify(answer), todo);
}
