/**
 * What MPI libraries are known to do otherwise than the standard says: one record a library, and for each difference its
 * reason and what this package does about it. Code that has to act asks `world.differs.waitallHangs`; no other file
 * decides by the name or the version of a library.
 */
import type { Abi } from "./abi.js";

/** What a caller would notice of a difference. */
type Kind = "hangs" | "crashes" | "loses data" | "wrong" | "missing" | "slow";

/** One difference of a library from the standard. */
export interface Difference {
  readonly kind: Kind;
  /** What the library does, and in which versions it was found. */
  readonly reason: string;
  /** What this package does about it. */
  readonly instead: string;
  /** Where the library's own project has it, as `owner/name#number`. */
  readonly issues?: readonly string[];
  /** Variables of the environment that avoid it; set before a library is loaded, unless the user has set them, in a file as well. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Which builds have it, by what a library says of itself; all of them without it. */
  readonly isIn?: (text: string) => boolean;
}

// What several libraries have in common.
const order: Difference = {
  kind: "wrong",
  reason: "where several neighbors of a rank are one rank, some calls match pieces in the order they were sent in",
  instead: "each call is tried out once, and the places of what is received are exchanged",
};
const nullPointers: Difference = {
  kind: "wrong",
  reason: "a null pointer is an error, even for data without elements",
  instead: "the address of memory that is not read is passed",
};
const fileEnd: Difference = {
  kind: "wrong",
  reason: "ROMIO tells where the file ended in one kind of read only; the others claim to be complete",
  instead: "counts are taken from the size of the file",
};
const paddedTypes: Difference = {
  kind: "crashes",
  reason: "ROMIO cannot lay out MPI_DOUBLE_INT, a predefined datatype with padding",
  instead: "files and further datatypes get one that is made of its parts",
};
const pathPrefix: Difference = {
  kind: "wrong",
  reason: "ROMIO takes what comes before a colon in a path for the kind of the file system",
  instead: 'such a path gets the prefix "ufs:"',
};
const maybeSigned: Difference = {
  kind: "wrong",
  reason: "MPI_MAX and MPI_MIN may compare unsigned integers as if they had a sign",
  instead: "the library is asked before it is trusted",
};

const openmpi = {
  waitallHangs: {
    kind: "hangs",
    reason: "MPI_Waitall of 4.1 never returns when a request has failed before the call",
    instead: "MPI_Testall, MPI_Testany and MPI_Testsome are called again and again",
  },
  idleRanksUncounted: {
    kind: "hangs",
    reason:
      "4.1 numbers the nonblocking collective calls on each rank, but forgets to count broadcasts and reductions on ranks beside the root of an intercommunicator, and later calls never meet",
    instead: "those ranks gather nothing, which is counted",
  },
  nonblockingFileCollectivesCrash: {
    kind: "crashes",
    reason: "ROMIO in Open MPI lacks the functions of nonblocking collective reads and writes",
    instead: "each rank reads or writes by itself",
  },
  extremesMaybeSigned: {
    kind: "wrong",
    reason: "MPI_MAX and MPI_MIN of 4.1.2 to 4.1.4 compare unsigned integers of 64 bits as signed on some processors",
    instead: "the library is asked before it is trusted",
    issues: ["open-mpi/ompi#10648"],
  },
  pathsHavePrefix: pathPrefix,
  shortSendsWait: {
    kind: "slow",
    reason: "MPI_Send of more than 256 bytes on one node returns only when the receiver looks for messages",
    instead: "sends of more are nonblocking, and polled",
  },
  bufferedSendsBlock: {
    kind: "hangs",
    reason: "after a buffered send that found no room, 4.1 delivers no further message to that rank",
    instead: "the room is checked before",
  },
  bufferErrorsUntold: {
    kind: "wrong",
    reason: "4 answers attaching and detaching buffers with a code that it has no text for",
    instead: "the error is MPI_ERR_BUFFER",
  },
  codesWithoutText: {
    kind: "wrong",
    reason: "codes slip out that the library does not know itself",
    instead: "the error says that it has no text",
  },
  neighborsOutOfOrder: order,
  unequalNeighborsRefused: {
    kind: "wrong",
    reason: "the lengths for neighbors on both sides have to agree, even where there is nothing to send or to receive",
    instead: "the length of the other side is passed",
  },
  nullPointersRefused: nullPointers,
  fileEndUntold: fileEnd,
  paddedTypesCrash: paddedTypes,
  ompioCorruptsFiles: {
    kind: "loses data",
    reason: "OMPIO of 4 corrupts files",
    instead: "ROMIO is used",
    environment: { OMPI_MCA_io: "^ompio" },
  },
  atomicsOfVaderWrong: {
    kind: "crashes",
    reason:
      "on one node, on the atomics that the transport vader of 4.1 emulates, compareAndSwap on the own rank crashes, and land, lor and lxor of 4 and 8 bytes do nothing",
    instead:
      "windows use shared memory (sm) where the library allocated it, and messages (pt2pt) elsewhere; networks are used as before",
    environment: { OMPI_MCA_btl_vader_flags: "send,put,get,inplace" },
  },
  windowsOfUcxCrash: {
    kind: "crashes",
    reason: "one-sided calls over UCX crash in 4.1; Debian's settings leave pt2pt out",
    instead: "every other kind of window is allowed",
    environment: { OMPI_MCA_osc: "^ucx" },
  },
  // Vader keeps put and get: without them, messages of 16 KiB to 1 MiB took 1.5 to 3 times as long (64 KiB: 12.1 us, not 4.3).
  longMessagesOverrun: {
    kind: "wrong",
    reason:
      "put and get of the transports vader and self of 4.1 copy a message that is longer than its receive beyond the receive's memory before they tell MPI_ERR_TRUNCATE",
    instead: "self does without them; vader keeps them, because long messages take up to 3 times as long without",
    environment: { OMPI_MCA_btl_self_flags: "send,inplace" },
  },
  // 8 KiB to a neighbour and back: 7.5 us, 3.95 with 8 to 32 KiB at once; 16 KiB: 7.9, 7.0. With 64 KiB 4.0 and 19: the room is short.
  mediumMessagesWait: {
    kind: "slow",
    reason:
      "vader of 4.1 asks the receiver before a message of more than 4 KiB, whose memory is then read by a call of the system",
    instead: "up to 16 KiB travel at once",
    environment: { OMPI_MCA_btl_vader_eager_limit: "16384" },
  },
} as const satisfies Record<string, Difference>;

const mpich = {
  filesPolledAgain: {
    kind: "crashes",
    reason:
      "MPI_Testall polls requests of files that are complete once more, and then ends the process; MPI_Request_get_status never polls them",
    instead: "they are asked for one at a time, with MPI_Test and MPI_Wait",
  },
  preparedCollectivesWrong: {
    kind: "loses data",
    reason:
      'MPI_Gather_init of 4.0.2 (and later ones, by their lists of known errors) copies what the start should copy; MPI_Scatter_init and MPI_Allgather_init work for one start only: the second brings nothing, or ends with "Invalid communicator"; before 4 there are none',
    instead: "each start begins the nonblocking call",
  },
  alltoallwInPlaceWrong: {
    kind: "wrong",
    reason:
      "MPI_Ialltoallw of 4.0.2 takes parts with gaps for bytes when it works in place: too many arrive, or too few",
    instead: "it is refused for views that are not contiguous",
  },
  extremesMaybeSigned: {
    kind: "wrong",
    reason: "MPI_MAX and MPI_MIN of 4.0.2 compare unsigned integers of every width as signed",
    instead: "the library is asked before it is trusted",
    issues: ["pmodels/mpich#6083", "pmodels/mpich#7507"],
  },
  pathsHavePrefix: pathPrefix,
  neighborsOutOfOrder: order,
  unevenGraphsLoseData: {
    kind: "loses data",
    reason: "MPI_Neighbor_alltoallw of 4.0 loses data where a rank of a graph has not as many sources as destinations",
    instead: "nothing; the documentation of neighborAlltoallw says it",
    issues: ["pmodels/mpich#6233"],
  },
  statusOfNobodyEmpty: {
    kind: "wrong",
    reason: "4.0 leaves the status of a nonblocking receive from MPI_PROC_NULL empty",
    instead: "that status is known without the library",
  },
  onlyDisplacementIgnored: {
    kind: "wrong",
    reason: "MPI_Allgatherv of 4.0.2 ignores the displacement of the only rank",
    instead: "the address is moved",
  },
  pointsOfGridShared: {
    kind: "wrong",
    reason: "MPI_Cart_sub without a dimension makes one communicator of all ranks",
    instead: "each rank makes its own",
  },
  unpackReadsOn: {
    kind: "wrong",
    reason: "MPI_Unpack reads on behind the end of what was packed",
    instead: "the length is checked before",
  },
  nullPointersRefused: nullPointers,
  fileEndUntold: fileEnd,
  paddedTypesCrash: paddedTypes,
  reduceInPlaceCrashes: {
    kind: "crashes",
    reason: "MPI_Reduce of 4.0 of more than 2 KiB on 2 ranks, in place at another root than rank 0",
    instead: "the root sends a copy of its data",
  },
  exitCodesMix: {
    kind: "wrong",
    reason: "the launcher kills the other ranks when one ends, and mixes the signal into the exit code of that one",
    instead: "a rank that has waited too long ends the job with MPI_Abort",
  },
  failedWritesHang: {
    kind: "hangs",
    reason:
      "4.0 never completes a nonblocking write of one rank that fails, and lets a collective one that fails look complete",
    instead: "nothing; the documentation of the file calls says it",
  },
  startCountsPosts: {
    kind: "wrong",
    reason: "MPI_Win_start of 4.0 only counts the calls of MPI_Win_post, whoever made them",
    instead: "nothing; the documentation of start says it",
  },
  crowdedWindowsSlow: {
    kind: "slow",
    reason:
      "where ranks share cores, a fence, a lock that others hold, and MPI_Win_start to MPI_Win_wait take 10 to 40 ms",
    instead: "nothing; the documentation of windows says it",
  },
  typesWarned: {
    kind: "wrong",
    reason: "MPI_Finalize warns of datatypes that are not freed",
    instead: "those of rows of views are freed before",
  },
  abortDropsOutput: {
    kind: "loses data",
    reason: "the launcher drops what the ranks have printed and it has not yet passed on",
    instead: "abort waits 200 ms before",
  },
  finalizeHangs: {
    kind: "hangs",
    reason:
      "over UCX, MPI_Finalize of 4.0 and 4.1 waits at the launcher, where no messages are looked at, while other ranks still wait for answers over TCP",
    instead:
      "where a job has several hosts, or UCX_TLS is set, ranks meet in a barrier, and tell the launcher themselves that they end",
    issues: ["pmodels/mpich#6596", "openucx/ucx#8738"],
    isIn: (text) => /^MPICH Version:\s*4\.[01]\b/m.test(text) && /\bch4:ucx\b/.test(text) && !/--with-pmi/.test(text),
  },
  ucxTakesTraps: {
    kind: "crashes",
    reason: "UCX turns every WebAssembly trap into a crash, hooks memory mapping under V8, and logs among the results",
    instead: "it is told not to",
    environment: { UCX_MEM_EVENTS: "no", UCX_HANDLE_ERRORS: "none", UCX_LOG_FILE: "stderr" },
  },
  ucxTakesHangup: {
    kind: "hangs",
    reason: "on SIGHUP, UCX begins to log, and the rank that was to end runs on",
    instead: "the signal is left to the process",
    environment: { UCX_DEBUG_SIGNO: "0" },
  },
} as const satisfies Record<string, Difference>;

const msmpi = {
  preparedCollectivesWrong: {
    kind: "missing",
    reason: "there are no persistent collective calls",
    instead: "each start begins the nonblocking call",
  },
  extremesMaybeSigned: maybeSigned,
  pathsHavePrefix: pathPrefix,
  paddedTypesCrash: paddedTypes,
} as const satisfies Record<string, Difference>;

/** A library with the ABI of the standard of which nothing else is known. */
const standard = {
  extremesMaybeSigned: maybeSigned,
  pathsHavePrefix: pathPrefix,
  paddedTypesCrash: paddedTypes,
} as const satisfies Record<string, Difference>;

/** The world of one rank without a library. */
const solo = {
  noJob: {
    kind: "missing",
    reason: "there is no launcher, and no other rank",
    instead: "the end of the process is not made the end of a job",
  },
} as const satisfies Record<string, Difference>;

/** The records by the library that they are of. */
export const differences = { openmpi, mpich, msmpi, standard, solo };

/** The name of a difference. */
export type DifferenceName =
  | keyof typeof openmpi
  | keyof typeof mpich
  | keyof typeof msmpi
  | keyof typeof standard
  | keyof typeof solo;

/** Whether a library has a difference, by its name. */
export type Differs = Readonly<Record<DifferenceName, boolean>>;

/** What tells a library from others. */
interface Known {
  readonly path: string;
  readonly version: string;
  /** What it says of itself; a world without a library says nothing. */
  readonly text?: string;
  readonly abi: Abi;
}

/** The differences of a library by their names. **Local.** */
export function differencesOf(library: Known): Readonly<Partial<Record<DifferenceName, Difference>>> {
  const entries = Object.entries<Difference>(recordOf(library));
  return Object.fromEntries(entries.filter(([, { isIn }]) => isIn?.(library.text ?? "") ?? true));
}

function recordOf({ path, version, abi }: Known): Readonly<Record<string, Difference>> {
  if (path === "solo") return differences.solo;
  if (abi.name !== "standard") return differences[abi.name];
  // Built for the ABI of the standard, a library is the same otherwise.
  if (version.startsWith("MPICH")) return differences.mpich;
  return version.startsWith("Open MPI") ? differences.openmpi : differences.standard;
}

/** For every difference that is known whether a library has it. **Local.** */
export function differsOf(library: Known): Differs {
  const has = differencesOf(library);
  const names = Object.values(differences).flatMap((record) => Object.keys(record)) as DifferenceName[];
  return Object.fromEntries(names.map((name) => [name, name in has])) as Record<DifferenceName, boolean>;
}

/** The variables that avoid differences of any library, which have to be set before one is loaded. */
export const avoiding: Readonly<Record<string, string>> = Object.assign(
  {},
  ...Object.values(differences).flatMap((record) =>
    Object.values<Difference>(record).map(({ environment }) => environment ?? {}),
  ),
);
