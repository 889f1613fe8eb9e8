/** What writes the board: every function of the library, with what it is called for noted before and after. */
import type { Library } from "../library.js";
import type { FunctionName } from "../prototypes.js";
import { prototypes } from "../prototypes.js";
import { absent, type Board, calls, places } from "./board.js";
import { often } from "./often.js";

/** A function of the library, whatever its arguments. */
export type Callable = (...values: number[]) => number;

/** Which arguments of a call say what it is for; -1 for those that it does not have. */
interface Roles {
  readonly to: number;
  readonly from: number;
  readonly tag: number;
  readonly comm: number;
  /** The request, or the requests, that it begins or asks for. */
  readonly request: number;
  /** The number of the requests. */
  readonly requests: number;
}

function rolesOf(name: FunctionName): Roles {
  const names = prototypes[name].split(", ").map((parameter) => /\w+$/.exec(parameter)![0]);
  const at = (...wanted: readonly string[]) => names.findIndex((parameter) => wanted.includes(parameter));
  return {
    to: at("dest", "root", "target_rank"),
    from: at("source"),
    // Of calls with two the one of the receive, which is waited for longer.
    tag: at("recvtag") >= 0 ? at("recvtag") : at("tag"),
    comm: at("comm", "comm_old", "local_comm", "intercomm"),
    request: at("request", "requests"),
    requests: at("requests") >= 0 ? at("count", "incount") : -1,
  };
}

/** Calls that ask whether something is there, and return at once. */
const questions = /^MPI_(Test(all|any|some)?|Iprobe|Improbe|Request_get_status)$/;

/** Calls that wait for requests that others have begun. */
const waits = /^MPI_Wait/;

/** Calls whose request is one that another call has begun. */
const later = /^MPI_(Start|Wait|Cancel|Request_free)$/;

/** Calls that wait for nobody. */
const local = /^MPI_(Abort|Wtime|Wtick|Error_|Get_|Status_|Initialized)/;

/** Calls of all ranks of their communicator, which are counted. Those of a group, of windows and of files are not. */
const collective =
  /^MPI_(I?(barrier|bcast|gatherv?|scatterv?|allgatherv?|alltoall[vw]?|(all)?reduce|reduce_scatter(_block)?|(ex)?scan|neighbor_\w+)(_init)?|Comm_(dup|dup_with_info|split|split_type|create)|Cart_(create|sub)|Dist_graph_create(_adjacent)?|Win_(create|allocate|allocate_shared|create_dynamic)|File_open)$/i;

/** Whether all ranks of its communicator make a call, of those that are counted. */
export function isCollective(name: string): boolean {
  return collective.test(name);
}

/** Memory in which calls leave the handles of requests, so that they can be read. */
export interface Readable {
  readonly address: number;
  readonly i32: Int32Array;
}

/** Writes the words of calls. */
export class Pen {
  readonly #board: Board;
  readonly #now: Int32Array;
  readonly #address: number;
  readonly #end: number;
  readonly #i32: Int32Array;
  /** The communicator of the collective call before, and where its calls are counted. */
  #comm = absent;
  #place = -1;

  constructor(board: Board, { address, i32 }: Readable) {
    this.#board = board;
    this.#now = board.now;
    this.#address = address;
    this.#end = address + 4 * i32.length;
    this.#i32 = i32;
  }

  /** A call that is about to be made. */
  call(number: number, to: number, from: number, tag: number, comm: number): void {
    const now = this.#now;
    now[places.to] = to;
    now[places.from] = from;
    now[places.tag] = tag;
    now[places.comm] = comm;
    now[places.isQuestion] = 0;
    now[places.requests] = 0;
    now[places.request] = 0;
    now[places.call] = number;
    now[places.progress]!++;
  }

  /** A collective call that is about to be made. */
  collective(number: number, root: number, comm: number): void {
    this.call(number, root, absent, absent, comm);
    const low = comm | 0;
    if (low !== this.#comm) {
      this.#comm = low;
      this.#place = this.#board.placeOf(low);
    }
    this.#board.count(this.#place);
  }

  /** Communicators have come or gone: a handle may be another's. */
  forget(): void {
    this.#comm = absent;
  }

  /** The call has returned. */
  returned(): void {
    this.#now[places.call] = 0;
    this.#now[places.progress]!++;
  }

  /** The call has begun the request whose handle is at an address. */
  begun(requestPtr: number): void {
    const handle = this.#handleAt(requestPtr);
    if (handle !== 0) this.#board.begin(handle);
  }

  /** Requests for which a call waits, or asks. */
  requests(count: number, ptr: number, handle = this.#handleAt(ptr)): void {
    const now = this.#now;
    now[places.request] = count === 1 ? handle : 0;
    now[places.requests] = count;
    now[places.requestsLow] = ptr;
    now[places.requestsHigh] = ptr / 2 ** 32;
  }

  /** A question after requests that is about to be asked. */
  ask(number: number, count: number, ptr: number, handle = this.#handleAt(ptr)): void {
    const now = this.#now;
    const isAgain =
      now[places.call] === number &&
      now[places.isQuestion] === 1 &&
      now[places.requestsLow] === (ptr | 0) &&
      now[places.requests] === count &&
      (count > 1 || now[places.request] === handle);
    if (!isAgain) {
      this.call(number, absent, absent, absent, absent);
      this.requests(count, ptr, handle);
      now[places.isQuestion] = 1;
    }
    now[places.asked]!++;
  }

  /** A question after messages that is about to be asked. */
  probe(number: number, from: number, tag: number, comm: number): void {
    const now = this.#now;
    const isAgain =
      now[places.call] === number &&
      now[places.isQuestion] === 1 &&
      now[places.from] === from &&
      now[places.tag] === tag &&
      now[places.comm] === (comm | 0);
    if (!isAgain) {
      this.call(number, absent, from, tag, comm);
      now[places.isQuestion] = 1;
    }
    now[places.asked]!++;
  }

  /** The low bits of the handle at an address of the scratch memory; 0 elsewhere. */
  #handleAt(ptr: number): number {
    return ptr >= this.#address && ptr < this.#end ? this.#i32[(ptr - this.#address) >> 2]! : 0;
  }
}

/**
 * Has every call of a library write the board.
 * @param scratch where the handles are that calls put out one at a time
 */
export function record(library: Library, board: Board, scratch: Readable): Pen {
  const raw = library.raw as Record<FunctionName, Callable>;
  const pen = new Pen(board, scratch);
  for (const name of calls) if (!local.test(name)) raw[name] = recorded(raw, name, pen);
  Object.assign(raw, often(library, pen));
  return pen;
}

/** A function that notes its call and makes it. */
function recorded(raw: Record<FunctionName, Callable>, name: FunctionName, pen: Pen): Callable {
  const { to, from, tag, comm, request, requests } = rolesOf(name);
  const number = calls.indexOf(name) + 1;
  const begins = request >= 0 && requests < 0 && !later.test(name);
  const isWait = waits.test(name);
  const isOfAll = isCollective(name);
  const at = (values: readonly number[], role: number) => (role < 0 ? absent : values[role]!);
  let call = raw[name];
  let isBound = false;
  /** A function is bound when it is first called, and then puts itself in the place of this one. */
  const settle = (): void => {
    isBound = true;
    if (raw[name] === noted || raw[name] === asked) return;
    call = raw[name];
    raw[name] = questions.test(name) ? asked : noted;
  };
  const noted: Callable = (...values) => {
    if (isOfAll) pen.collective(number, at(values, to), at(values, comm));
    else pen.call(number, at(values, to), at(values, from), at(values, tag), at(values, comm));
    if (isWait) pen.requests(requests < 0 ? 1 : values[requests]!, values[request]!);
    const code = call(...values);
    if (!isBound) settle();
    if (begins) pen.begun(values[request]!);
    pen.returned();
    return code;
  };
  const asked: Callable = (...values) => {
    if (request < 0) pen.probe(number, at(values, from), at(values, tag), at(values, comm));
    // One call takes the handle itself.
    else if (name === "MPI_Request_get_status") pen.ask(number, 1, 0, values[request]! | 0);
    else pen.ask(number, requests < 0 ? 1 : values[requests]!, values[request]!);
    const code = call(...values);
    if (!isBound) settle();
    return code;
  };
  return questions.test(name) ? asked : noted;
}
