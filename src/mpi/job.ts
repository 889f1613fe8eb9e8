/** The life of this process as a rank: start, orderly end, and the end of the whole job when this rank fails. */
import { expectKeys, keysOf, wrong } from "../argument.js";
import { checkVariables } from "../environment.js";
import { LibraryError, type UsageError } from "../errors.js";
import { env, exit } from "../host.js";
import { expectAlike } from "./alike.js";
import { exitCodeOf } from "./calls/communicator.js";
import { Comm } from "./comm/comm.js";
import { callsUnderWay } from "./comm/lane.js";
import { endJobWithRank, endWithLine, rankOf, secondCall, tell } from "./ending.js";
import { familyOf, familyTitle } from "./library/abi.js";
import { mendFinalize } from "./library/departure.js";
import { differsOf } from "./library/differences.js";
import { leaks } from "./library/handle.js";
import { detectJob, type Job } from "./library/launcher.js";
import { type Library, loadLibrary } from "./library/library.js";
import { beginsAlone, endWithParent } from "./library/machine.js";
import { Scratch } from "./library/native.js";
import { keepPolling, polledTitles } from "./library/waiting/polling.js";
import { watch } from "./library/watch/watch.js";
import { currentWorld, setCurrentWorld, World } from "./library/world.js";
import { soloLibrary } from "./solo/index.js";

/** Options of {@link init}. */
export interface InitOptions {
  /**
   * The MPI library: a file, or `openmpi`, `mpich`, `msmpi`; `solo` for a world of one rank without a library.
   * Default: the environment variable `WASM_MPI_LIBRARY`, else the launcher's, else `solo`.
   */
  readonly library?: string;
  /** What threads of this process may do with MPI. Default: `FUNNELED`; `mpi.versionInfo()` tells what the library provides. */
  readonly threadLevel?: ThreadLevel;
}

const initKeys = keysOf<InitOptions>({ library: true, threadLevel: true });

const threadLevels = ["SINGLE", "FUNNELED", "SERIALIZED", "MULTIPLE"] as const;

/** The thread levels of MPI, from the lowest up. */
export type ThreadLevel = (typeof threadLevels)[number];

let comm: Comm | undefined;
let self: Comm | undefined;
let asked: string | undefined;
let level = 0;
let finalized = false;
let isInJob = false;

// From the import on: the call before mpi.init() is the mistake of those who begin.
endWithLine(() => isInJob);

/**
 * Joins the job and returns the communicator of all its ranks; without a launcher, a world of one rank that needs no
 * MPI library. Later calls return the same communicator. **Collective.**
 *
 * From here on an uncaught error, `process.exit()` or a promise that never settles on one rank ends the whole job.
 * @throws LibraryError when there is no usable library, it is another MPI than the launcher's, or hosts have other versions
 */
export function init(options: InitOptions = {}): Comm {
  const isFirst = comm === undefined;
  const world = join(options);
  if (isFirst) {
    expectAlike(world);
    watch(world.world);
  }
  return world;
}

/** As {@link init}, also where ranks have other versions. */
export function join(options: InitOptions = {}): Comm {
  if (finalized)
    throw wrong("mpi.init", "a job that has not ended", "one after mpi.finalize()", "Start a new process.");
  checkOptions(options);
  if (comm) {
    if (options.library === undefined || options.library === asked) return comm;
    const first = asked === undefined ? "the default" : JSON.stringify(asked);
    throw wrong(
      'mpi.init: "library"',
      `${first} as in the first call`,
      JSON.stringify(options.library),
      "Name the library in the first call.",
    );
  }
  checkVariables();
  const library = options.library ?? (env.WASM_MPI_LIBRARY || undefined);
  const job = detectJob();
  const loaded = library === "solo" || (library === undefined && !job) ? soloLibrary() : loadLibrary(library);
  const choice = options.library === undefined ? "WASM_MPI_LIBRARY" : 'the option "library"';
  if (job) checkFamily(loaded, job, choice);
  const world = start(loaded, options.threadLevel ?? "FUNNELED");
  if (job && job.size !== world.size) throw mismatch(loaded, job, choice, `a world of ${world.size}`);
  mendFinalize(world);
  comm = new Comm(world, loaded.constants.MPI_COMM_WORLD, { predefined: true });
  setCurrentWorld(world);
  asked = library;
  keepPolling(tellWaiting);
  isInJob = !world.differs.noJob;
  if (isInJob) {
    endJobWithRank(comm, { isFinalized: () => finalized, finalize });
    endWithParent();
  }
  return comm;
}

/** Options that are wrong in themselves. */
function checkOptions(options: InitOptions): void {
  expectKeys("mpi.init", options, initKeys);
  const { threadLevel } = options;
  if (threadLevel !== undefined && !threadLevels.includes(threadLevel)) {
    throw wrong(
      'mpi.init: "threadLevel"',
      `one of ${threadLevels.join(", ")}`,
      JSON.stringify(threadLevel),
      "Leave it out for FUNNELED.",
    );
  }
}

function start(library: Library, wanted: ThreadLevel): World {
  if (differsOf(library).noJob) return started(library, wanted); // Each thread may have a world of its own.
  const { isAlone, end } = beginsAlone();
  try {
    if (!isAlone) throw twice();
    return started(library, wanted);
  } finally {
    end();
  }
}

function twice(): UsageError {
  return wrong("mpi.init", "one call a process", secondCall, "Call MPI in one thread, and pass data to the others.");
}

function started(library: Library, wanted: ThreadLevel): World {
  const { raw, constants } = library;
  const { address, i32 } = new Scratch(64);
  raw.MPI_Initialized(address);
  if (i32[0] !== 0) throw twice();
  const code = raw.MPI_Init_thread(0, 0, constants[`MPI_THREAD_${wanted}`], address);
  if (code !== 0) {
    throw new LibraryError(
      `MPI_Init_thread: expected success, got error ${code} of ${library.path}. Try wasm-mpi doctor.`,
    );
  }
  level = i32[0]!;
  for (const handle of [constants.MPI_COMM_WORLD, constants.MPI_COMM_SELF]) {
    raw.MPI_Comm_set_errhandler(handle, constants.MPI_ERRORS_RETURN);
  }
  return new World(library);
}

/** Refuses a library of another implementation than the launcher's before it starts: each rank would be alone. */
function checkFamily(library: Library, job: Job, choice: string): void {
  const family = familyOf(library.abi.name);
  if (job.size > 1 && family && job.family && family !== job.family) {
    throw mismatch(library, job, choice, `${library.version} (${library.path})`);
  }
}

function mismatch(library: Library, job: Job, choice: string, got: string): LibraryError {
  const launcher = job.family ? familyTitle[job.family] : "the launcher's MPI";
  const family = familyOf(library.abi.name);
  const start =
    family && family !== job.family ? `Start with the launcher of ${familyTitle[family]}, or leave out` : "Leave out";
  return new LibraryError(
    `mpi.init: expected a library of ${launcher}, which started ${job.size} ranks, got ${got}. ${start} ${choice}.`,
    { tried: [library.path] },
  );
}

/** True between `init()` and `finalize()`. */
export function isInitialized(): boolean {
  return comm !== undefined && !finalized;
}

/** The communicator of this process alone. **Local.** @throws UsageError before `init()` and after `finalize()`. */
export function selfComm(): Comm {
  const world = currentWorld();
  self ??= new Comm(world, world.constants.MPI_COMM_SELF, { predefined: true });
  return self;
}

/** The thread level that the library provides, by its MPI name without the prefix. */
export function threadLevel(): string {
  const { constants } = currentWorld();
  return threadLevels.findLast((name) => level >= constants[`MPI_THREAD_${name}`]) ?? "SINGLE";
}

/**
 * Leaves the job in order; happens by itself when the process ends well. With `WASM_MPI_LEAKS=1` each rank first lists
 * on standard error what it has not freed, and the lines that made it. **Collective.**
 * @throws UsageError while a collective call that returned a promise, as `jit` and `Output.create`, is not settled
 */
export function finalize(): void {
  if (!comm || finalized) return;
  const calls = callsUnderWay();
  if (calls > 0) {
    const got = `${calls} ${calls === 1 ? "promise" : "promises"} of jit, Output, solve() or the like not yet settled`;
    throw wrong("mpi.finalize", "no collective call under way", got, "Await them first.");
  }
  finalized = true;
  const awaited = polledTitles();
  if (awaited) tell([`${rankOf(comm)}: expected no request that is awaited at the end, got ${awaited}. ${unneeded}`]);
  tell(leaks().map((leak) => `${rankOf(comm!)}: ${leak}`));
  setCurrentWorld(undefined);
  comm.world.end();
}

/** Ends all processes of the job with this exit code, as {@link Comm.abort}. @throws UsageError for what is no whole number */
export function abort(code = 1): never {
  if (comm && !finalized) comm.abort(code);
  exit(exitCodeOf(code));
}

/** Seconds since some moment in the past, another one on each rank; also before `init()` and after `finalize()`. **Local.** */
export function wtime(): number {
  return performance.now() / 1e3;
}

const unneeded = "Cancel requests that are not needed, or await them with completion({ signal }).";

/** Says what this rank waits for, where there is nothing else to do; not while it is collective calls of this package. */
function tellWaiting(names: string): boolean {
  if (callsUnderWay() > 0) return false;
  tell([`${rankOf(comm!)}: nothing has been left to do for 5 s but to await ${names}. ${unneeded}`]);
  return true;
}
