/**
 * A world of one rank without any MPI library: the C functions, in JavaScript, with the constants of the standard ABI.
 * Everything above calls it as it calls a library, so one code serves both.
 */
import { hostname } from "node:os";
import { abiOf, constantsOf, errorClassesOf } from "./abi.js";
import { elementTypes } from "./element.js";
import type { Library } from "./library.js";
import { koffi, system } from "./native.js";
import type { FunctionName, Raw } from "./prototypes.js";

const constants = constantsOf("standard", () => undefined);
const {
  MPI_ANY_SOURCE,
  MPI_ANY_TAG,
  MPI_COMM_NULL,
  MPI_COMM_SELF,
  MPI_COMM_WORLD,
  MPI_IN_PLACE,
  MPI_PROC_NULL,
  MPI_REQUEST_NULL,
  MPI_UNDEFINED,
} = constants;

// Error classes of the standard ABI.
const COMM = 5;
const RANK = 6;
const REQUEST = 7;
const TRUNCATE = 15;
const OTHER = 16;
const IN_STATUS = 19;
const texts: Readonly<Record<number, string>> = {
  [COMM]: "invalid communicator",
  [RANK]: "invalid rank",
  [REQUEST]: "invalid request",
  [TRUNCATE]: "message truncated",
  [OTHER]: "no rank can send this message, so waiting for it would never end",
};

/** A message that was sent and not yet received; the bytes are a copy. */
interface Sent {
  readonly bytes: Uint8Array;
  readonly tag: number;
  readonly comm: number;
}

/** The outcome of a finished message: its error code and what the status says. */
interface Outcome {
  readonly code: number;
  readonly source: number;
  readonly tag: number;
  readonly byteLength: number;
}

interface Pending {
  readonly kind: "send" | "recv";
  readonly ptr: number;
  readonly byteLength: number;
  readonly peer: number;
  readonly tag: number;
  readonly comm: number;
  readonly persistent: boolean;
  active: boolean;
  outcome: Outcome | undefined;
}

const nothing: Outcome = { code: 0, source: MPI_ANY_SOURCE, tag: MPI_ANY_TAG, byteLength: 0 };
const nobody: Outcome = { code: 0, source: MPI_PROC_NULL, tag: MPI_ANY_TAG, byteLength: 0 };

const sizes = new Map(Object.values(elementTypes).map((type) => [constants[type.datatype], type.byteLength]));

/** Bytes of an element. */
function sizeOf(datatype: number): number {
  return sizes.get(datatype)!;
}

/** The world of one rank. */
export function soloLibrary(): Library {
  // The polled forms are left out: one rank never shares its core with another.
  const raw = rawFunctions() as Partial<Raw> as Raw;
  return {
    path: "solo",
    version: "none (one rank without an MPI library)",
    abi: abiOf("standard"),
    constants,
    errorClasses: errorClassesOf("standard"),
    raw,
  };
}

function rawFunctions(): Partial<Record<FunctionName, (...values: number[]) => number>> {
  const { memcpy } = system();
  // Sent and not received; and receives that wait, in the order in which they were posted, as MPI matches them.
  const mailbox: Sent[] = [];
  const posted: Pending[] = [];
  const requests = new Map<number, Pending>();
  const comms = new Map<number, { dims: number[]; periods: number[] }>([
    [MPI_COMM_WORLD, { dims: [], periods: [] }],
    [MPI_COMM_SELF, { dims: [], periods: [] }],
  ]);
  let nextHandle = 0x1000;
  let initialized = 0;

  const writeInt = (ptr: number, value: number) => koffi().encode(BigInt(ptr), "int32_t", value);
  const readInt = (ptr: number, index = 0) => koffi().decode(BigInt(ptr), 4 * index, "int32_t") as number;
  const writeHandle = (ptr: number, value: number) => koffi().encode(BigInt(ptr), "int64_t", value);
  const readHandle = (ptr: number, index = 0) => Number(koffi().decode(BigInt(ptr), 8 * index, "int64_t"));
  const writeText = (ptr: number, lengthPtr: number, text: string) => {
    const bytes = Buffer.from(`${text}\0`);
    memcpy(ptr, Number(koffi().address(bytes)), bytes.length);
    writeInt(lengthPtr, bytes.length - 1);
  };
  /** Source, tag, error, and the byte count where `MPI_Get_count` finds it. */
  const report = (ptr: number, { code, source, tag, byteLength }: Outcome): number => {
    for (const [index, value] of [source, tag, code, byteLength].entries()) writeInt(ptr + 4 * index, value);
    return code;
  };

  /** Matches posted receives with sent messages, first with first. */
  const match = () => {
    for (const recv of [...posted]) {
      const fits = (sent: Sent) => sent.comm === recv.comm && (recv.tag === MPI_ANY_TAG || recv.tag === sent.tag);
      const index = mailbox.findIndex(fits);
      if (index < 0) continue;
      const [{ bytes, tag }] = mailbox.splice(index, 1) as [Sent];
      posted.splice(posted.indexOf(recv), 1);
      const byteLength = Math.min(recv.byteLength, bytes.length);
      if (byteLength > 0) memcpy(recv.ptr, Number(koffi().address(bytes)), byteLength);
      recv.outcome = { code: bytes.length > recv.byteLength ? TRUNCATE : 0, source: 0, tag, byteLength };
    }
  };
  const begin = (pending: Pending): number => {
    const { kind, ptr, byteLength, peer, tag, comm } = pending;
    if (!comms.has(comm)) return COMM;
    pending.active = true;
    pending.outcome = peer === MPI_PROC_NULL ? nobody : kind === "send" ? nothing : undefined;
    if (peer === MPI_PROC_NULL) return 0;
    if (kind === "send") {
      const bytes = new Uint8Array(byteLength);
      if (byteLength > 0) memcpy(Number(koffi().address(bytes)), ptr, byteLength);
      mailbox.push({ bytes, tag, comm });
    } else posted.push(pending);
    match();
    return 0;
  };
  const send = (ptr: number, count: number, datatype: number, peer: number, tag: number, comm: number) =>
    begin(newPending("send", false, ptr, count, datatype, peer, tag, comm));
  const newPending = (
    kind: "send" | "recv",
    persistent: boolean,
    ...[ptr, count, datatype, peer, tag, comm]: [number, number, number, number, number, number]
  ): Pending => {
    const byteLength = count * sizeOf(datatype);
    return { kind, ptr, byteLength, peer, tag, comm, persistent, active: false, outcome: undefined };
  };
  /** Receives what has been sent; nothing else can ever come. */
  const receive = (pending: Pending, statusPtr: number): number => {
    const code = begin(pending);
    if (code !== 0) return code;
    if (pending.outcome) return report(statusPtr, pending.outcome);
    posted.splice(posted.indexOf(pending), 1);
    return OTHER;
  };

  /** Gives up a request whose message can never come: nobody else is there to send it. */
  const never = (requestPtr: number, statusPtr: number): number => {
    const handle = readHandle(requestPtr);
    const pending = requests.get(handle)!;
    posted.splice(posted.indexOf(pending), 1);
    pending.active = false;
    if (!pending.persistent) {
      requests.delete(handle);
      writeHandle(requestPtr, MPI_REQUEST_NULL);
    }
    return report(statusPtr, { ...nothing, code: OTHER });
  };
  /** Completes a request if it can be; `undefined` while its message has not been sent. */
  const finish = (requestPtr: number, statusPtr: number): number | undefined => {
    const handle = readHandle(requestPtr);
    if (handle === MPI_REQUEST_NULL) return report(statusPtr, nothing);
    const pending = requests.get(handle);
    if (!pending) return REQUEST;
    if (!pending.active) return report(statusPtr, nothing);
    if (!pending.outcome) return undefined;
    pending.active = false;
    if (!pending.persistent) {
      requests.delete(handle);
      writeHandle(requestPtr, MPI_REQUEST_NULL);
    }
    return report(statusPtr, pending.outcome);
  };
  const request =
    (kind: "send" | "recv", persistent: boolean) =>
    (...[ptr, count, datatype, peer, tag, comm, requestPtr]: number[]) => {
      const pending = newPending(kind, persistent, ptr!, count!, datatype!, peer!, tag!, comm!);
      const code = !comms.has(comm!) ? COMM : persistent ? 0 : begin(pending);
      if (code !== 0) return code;
      requests.set(nextHandle, pending);
      writeHandle(requestPtr!, nextHandle++);
      return 0;
    };
  const copy = (to: number, from: number, count: number, datatype: number, comm: number, root = 0) => {
    if (!comms.has(comm)) return COMM;
    if (root !== 0) return RANK;
    if (from !== MPI_IN_PLACE && to !== from && count > 0) memcpy(to, from, count * sizeOf(datatype));
    return 0;
  };
  const newComm = (comm: number, ptr: number, dims: number[] = [], periods: number[] = []) => {
    if (!comms.has(comm)) return COMM;
    comms.set(nextHandle, { dims, periods });
    writeHandle(ptr, nextHandle++);
    return 0;
  };
  const integers = (ptr: number, count: number) => Array.from({ length: count }, (_, index) => readInt(ptr, index));
  const answer = (comm: number, ptr: number, value: number) => {
    if (!comms.has(comm)) return COMM;
    writeInt(ptr, value);
    return 0;
  };

  return {
    MPI_Init_thread: (_argc, _argv, required, providedPtr) => {
      initialized = 1;
      writeInt(providedPtr!, required!);
      return 0;
    },
    MPI_Initialized: (flagPtr) => {
      writeInt(flagPtr!, initialized);
      return 0;
    },
    MPI_Finalize: () => 0,
    MPI_Abort: (_comm, code) => process.exit(code),
    MPI_Wtime: () => performance.now() / 1e3,
    MPI_Get_version: (versionPtr, subversionPtr) => {
      writeInt(versionPtr!, 5);
      writeInt(subversionPtr!, 0);
      return 0;
    },
    MPI_Get_processor_name: (ptr, lengthPtr) => {
      writeText(ptr!, lengthPtr!, hostname());
      return 0;
    },
    MPI_Error_class: (code, classPtr) => {
      writeInt(classPtr!, code!);
      return 0;
    },
    MPI_Error_string: (code, ptr, lengthPtr) => {
      writeText(ptr!, lengthPtr!, texts[code!] ?? `error ${code}`);
      return 0;
    },
    MPI_Comm_rank: (comm, ptr) => answer(comm!, ptr!, 0),
    MPI_Comm_size: (comm, ptr) => answer(comm!, ptr!, 1),
    MPI_Comm_set_errhandler: () => 0,
    MPI_Comm_dup: (comm, ptr) => newComm(comm!, ptr!),
    MPI_Comm_split: (comm, color, _key, ptr) => {
      if (color !== MPI_UNDEFINED) return newComm(comm!, ptr!);
      writeHandle(ptr!, MPI_COMM_NULL);
      return 0;
    },
    MPI_Comm_split_type: (comm, _type, _key, _info, ptr) => newComm(comm!, ptr!),
    MPI_Comm_free: (ptr) => {
      const comm = readHandle(ptr!);
      if (comm === MPI_COMM_WORLD || comm === MPI_COMM_SELF || !comms.delete(comm)) return COMM;
      writeHandle(ptr!, MPI_COMM_NULL);
      return 0;
    },
    MPI_Cart_create: (comm, count, dimsPtr, periodsPtr, _reorder, ptr) => {
      const dims = integers(dimsPtr!, count!);
      if (dims.some((one) => one !== 1)) return 12; // MPI_ERR_DIMS
      return newComm(comm!, ptr!, dims, integers(periodsPtr!, count!));
    },
    MPI_Cart_coords: (_comm, rank, count, ptr) => {
      if (rank !== 0) return RANK;
      for (let index = 0; index < count!; index++) writeInt(ptr! + 4 * index, 0);
      return 0;
    },
    MPI_Cart_rank: (comm, coordsPtr, ptr) => {
      const { dims = [], periods = [] } = comms.get(comm!) ?? {};
      const inside = integers(coordsPtr!, dims.length).every((at, axis) => at === 0 || periods[axis] !== 0);
      return inside ? answer(comm!, ptr!, 0) : RANK;
    },
    MPI_Cart_shift: (comm, axis, displacement, sourcePtr, destPtr) => {
      const wraps = displacement === 0 || comms.get(comm!)?.periods[axis!] !== 0;
      writeInt(sourcePtr!, wraps ? 0 : MPI_PROC_NULL);
      return answer(comm!, destPtr!, wraps ? 0 : MPI_PROC_NULL);
    },
    MPI_Send: (ptr, count, datatype, dest, tag, comm) => send(ptr!, count!, datatype!, dest!, tag!, comm!),
    MPI_Recv: (ptr, count, datatype, source, tag, comm, statusPtr) =>
      receive(newPending("recv", false, ptr!, count!, datatype!, source!, tag!, comm!), statusPtr!),
    MPI_Sendrecv: (out, outCount, outType, dest, outTag, into, inCount, inType, source, inTag, comm, statusPtr) =>
      send(out!, outCount!, outType!, dest!, outTag!, comm!) ||
      receive(newPending("recv", false, into!, inCount!, inType!, source!, inTag!, comm!), statusPtr!),
    MPI_Isend: request("send", false),
    MPI_Irecv: request("recv", false),
    MPI_Send_init: request("send", true),
    MPI_Recv_init: request("recv", true),
    MPI_Startall: (count, requestsPtr) => {
      for (let index = 0; index < count!; index++) {
        const pending = requests.get(readHandle(requestsPtr!, index));
        const code = pending ? begin(pending) : REQUEST;
        if (code !== 0) return code;
      }
      return 0;
    },
    MPI_Wait: (requestPtr, statusPtr) => finish(requestPtr!, statusPtr!) ?? never(requestPtr!, statusPtr!),
    MPI_Waitall: (count, requestsPtr, statusesPtr) => {
      let failed = 0;
      for (let index = 0; index < count!; index++) {
        const [requestPtr, statusPtr] = [requestsPtr! + 8 * index, statusesPtr! + 32 * index];
        if ((finish(requestPtr, statusPtr) ?? never(requestPtr, statusPtr)) !== 0) failed = IN_STATUS;
      }
      return failed;
    },
    MPI_Test: (requestPtr, flagPtr, statusPtr) => {
      const code = finish(requestPtr!, statusPtr!);
      writeInt(flagPtr!, code === undefined ? 0 : 1);
      return code ?? 0;
    },
    MPI_Request_free: (requestPtr) => {
      if (!requests.delete(readHandle(requestPtr!))) return REQUEST;
      writeHandle(requestPtr!, MPI_REQUEST_NULL);
      return 0;
    },
    MPI_Get_count: (statusPtr, datatype, countPtr) => {
      writeInt(countPtr!, Math.floor(readInt(statusPtr!, 3) / sizeOf(datatype!)));
      return 0;
    },
    MPI_Barrier: (comm) => (comms.has(comm!) ? 0 : COMM),
    MPI_Bcast: (ptr, count, datatype, root, comm) => copy(ptr!, ptr!, count!, datatype!, comm!, root),
    MPI_Reduce: (from, to, count, datatype, _op, root, comm) => copy(to!, from!, count!, datatype!, comm!, root),
    MPI_Allreduce: (from, to, count, datatype, _op, comm) => copy(to!, from!, count!, datatype!, comm!),
    MPI_Gather: (from, count, datatype, to, _count, _datatype, root, comm) =>
      copy(to!, from!, count!, datatype!, comm!, root),
    MPI_Allgather: (from, count, datatype, to, _count, _datatype, comm) => copy(to!, from!, count!, datatype!, comm!),
  };
}
