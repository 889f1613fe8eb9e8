/**
 * The limit of `WASM_MPI_TIMEOUT`: how long a rank may wait in one call. A thread watches, since the main one is in the
 * library then. Without the variable nothing of this is there, and no call is slower.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { timeoutAsked } from "../../../environment.js";
import { packageRoot } from "../../../package.js";
import { isHeldUp } from "../waiting/polling.js";
import type { World } from "../world.js";
import { Board, places } from "./board.js";
import { record } from "./record.js";

/** What the thread knows of the rank that it watches. */
export interface Watched {
  readonly buffer: SharedArrayBuffer;
  readonly seconds: number;
  readonly rank: number;
  readonly size: number;
  /** Where ranks of a host tell each other their states. */
  readonly folder: string;
  /** The library whose launcher has to be told the exit code; empty where that of a process is enough. */
  readonly aborts: string;
  readonly handleSize: number;
  /** The low bits of handles, and numbers, that stand for something. */
  readonly world: number;
  readonly self: number;
  readonly anySource: number;
  readonly anyTag: number;
  readonly procNull: number;
}

/**
 * Has a thread watch the calls of this rank, where the variable asks for it. **Collective.**
 * @throws UsageError for a variable that is no number of seconds
 */
export function watch(world: World): void {
  const seconds = timeoutAsked();
  if (seconds === undefined || world.size === 1) return;
  const { library } = world;
  const { constants, abi } = library;
  const board = new Board(constants.MPI_COMM_WORLD | 0);
  const workerData: Watched = {
    buffer: board.buffer,
    seconds,
    rank: world.rank,
    size: world.size,
    folder: join(tmpdir(), `wasm-mpi-waits-${tokenOf(world)}`),
    aborts: world.differs.exitCodesMix ? library.path : "",
    handleSize: abi.handleSize,
    world: constants.MPI_COMM_WORLD | 0,
    self: constants.MPI_COMM_SELF | 0,
    anySource: constants.MPI_ANY_SOURCE,
    anyTag: constants.MPI_ANY_TAG,
    procNull: constants.MPI_PROC_NULL,
  };
  const pen = record(library, board, world.scratch);
  const predefined = [workerData.world, workerData.self];
  world.noteComm = (handle, hasAll) => {
    if (predefined.includes(handle | 0)) return;
    board.note(handle, hasAll);
    pen.forget();
  };
  // An event loop that turns is not in a call, unless it does nothing but ask whether other ranks have come.
  setInterval(() => {
    if (!isHeldUp()) board.now[places.turns]!++;
  }, 100).unref();
  new Worker(join(packageRoot, "dist", "watch.js"), { name: "wasm-mpi watch", workerData, execArgv: [] }).unref();
}

/** A text that the ranks of this job have alone, from rank 0. **Collective.** */
function tokenOf(world: World): string {
  const { numbers, numbersPtr, constants } = world;
  numbers[0] = Math.random();
  world.waiting.bcast(numbersPtr, 1, constants.MPI_DOUBLE, 0, constants.MPI_COMM_WORLD);
  return numbers[0].toString(36).slice(2);
}
