/** Calls on several requests. Each takes a list of requests, of which those that are not active do not count. */
import { expectList, show, wrong } from "../../argument.js";
import { errorClass } from "../library/failure.js";
import { Scratch } from "../library/native.js";
import type { FunctionName } from "../library/prototypes.js";
import type { Status } from "../library/status.js";
import type { World } from "../library/world.js";
import type { Request } from "./request.js";

/** A request of a list that is complete. */
export interface Completed {
  /** Its place in the list. */
  readonly index: number;
  /** What it brought. */
  readonly status: Status;
}

/**
 * The C arrays of a call: 0 flag | 4 index or number of indices | 16 indices | requests | statuses, for as many requests
 * as there is room for.
 */
export class Lists {
  readonly room: number;
  readonly scratch: Scratch;
  readonly requestsOffset: number;
  readonly statusesOffset: number;

  constructor(room: number) {
    this.room = room;
    this.requestsOffset = 16 + 4 * room;
    this.statusesOffset = this.requestsOffset + 8 * room;
    this.scratch = new Scratch(this.statusesOffset + 32 * room);
  }
}

let made: Lists | undefined;

/** The lists, made when first needed: importing this package loads no library that knows addresses. */
function currentLists(): Lists {
  made ??= new Lists(64);
  return made;
}

/** Lists with room for so many requests. */
function listsOf(count: number): Lists {
  if (count > currentLists().room) made = new Lists(2 * count);
  return currentLists();
}

/** The lists with the handles of the requests. */
export function fill(world: World, requests: readonly Request[], lists = listsOf(requests.length)): Lists {
  const { scratch, requestsOffset } = lists;
  const { handleSize } = world.library.abi;
  for (let i = 0; i < requests.length; i++) {
    if (handleSize === 4) scratch.i32[(requestsOffset >> 2) + i] = requests[i]!.pending;
    else scratch.setPointer(requestsOffset + 8 * i, requests[i]!.pending);
  }
  return lists;
}

function handleIn({ scratch, requestsOffset }: Lists, world: World, index: number): number {
  return world.library.abi.handleSize === 4
    ? scratch.i32[(requestsOffset >> 2) + index]!
    : scratch.pointer(requestsOffset + 8 * index);
}

/** The calls on lists so far, to notice a request that is in a list twice: libraries would release it twice. */
let round = 0;

/** @throws UsageError for what is no list of requests, or has an active one twice; names the function */
function expectRequests(where: string, requests: unknown): asserts requests is readonly Request[] {
  const list = expectList(`${where}: "requests"`, requests, "a list of requests", "Put it in brackets.");
  round++;
  for (let i = 0; i < list.length; i++) {
    const request = list[i] as Request | null | undefined;
    if (request?.pending === undefined) {
      const got = show(list[i]);
      throw wrong(`${where}: "requests[${i}]"`, "a request", got, "Pass what isend, irecv and the like returned.");
    }
    if (request.active) expectOnce(where, request);
  }
}

/** @throws UsageError for a request that was in the list already */
function expectOnce(where: string, request: Request): void {
  if (request.round === round) throw wrong(where, "each request once", "one twice", "Leave out the second.");
  request.round = round;
}

/** Starts persistent requests with one call. **Local.** @throws UsageError when one cannot be started. */
export function startAll(requests: readonly Request[]): void {
  expectRequests("mpi.startAll", requests);
  const world = requests[0]?.world;
  if (!world) return;
  for (let i = 0; i < requests.length; i++) {
    const request = requests[i]!;
    request.expectStartable();
    expectOnce("mpi.startAll", request);
  }
  let prepared = requests;
  if (requests.some(({ begin }) => begin)) {
    for (const request of requests) if (request.begin) request.settle(request.begin(), true);
    prepared = requests.filter(({ begin }) => !begin);
    if (prepared.length === 0) return;
  }
  const filled = fill(world, prepared);
  const code = world.raw.MPI_Startall(prepared.length, filled.scratch.address + filled.requestsOffset);
  for (let i = 0; i < prepared.length; i++) prepared[i]!.settle(handleIn(filled, world, i), code === 0);
  world.check(code, "MPI_Startall");
}

/**
 * Waits for every request. **Local.**
 * @throws MpiError of the first that failed; all others that are complete are settled
 */
export function waitAll(requests: readonly Request[]): void {
  expectRequests("mpi.waitAll", requests);
  if (requests.length > 0) all(requests, true);
}

/** True when every request is complete; else none is touched. Never waits. **Local.** */
export function testAll(requests: readonly Request[]): boolean {
  expectRequests("mpi.testAll", requests);
  return requests.length === 0 || all(requests, false);
}

function all(requests: readonly Request[], waits: boolean): boolean {
  const { world } = requests[0]!;
  if (requests.some(({ alone }) => alone)) return eachAlone(world, requests, waits);
  const filled = fill(world, requests);
  const { scratch, requestsOffset, statusesOffset } = filled;
  const [requestsPtr, statusesPtr] = [scratch.address + requestsOffset, scratch.address + statusesOffset];
  const { length } = requests;
  const code = waits
    ? world.waiting.all(length, requestsPtr, scratch.address, statusesPtr, scratch.i32)
    : world.raw.MPI_Testall(length, requestsPtr, scratch.address, statusesPtr);
  if (!waits && code === 0 && scratch.i32[0] === 0) return false;
  settleAll(filled, world, requests, code, waits ? "MPI_Waitall" : "MPI_Testall");
  return true;
}

/** Notes which requests are complete after a call on all of them. @throws MpiError of the first that failed */
export function settleAll(
  filled: Lists,
  world: World,
  requests: readonly Request[],
  code: number,
  call: FunctionName,
): void {
  const { scratch, statusesOffset } = filled;
  const { statusSize } = world.library.abi;
  if (code === 0) {
    for (let i = 0; i < requests.length; i++) {
      const request = requests[i]!;
      const cancelled = request.cancelling && request.active;
      request.settle(handleIn(filled, world, i), false);
      if (cancelled) request.statusIn(scratch, statusesOffset + i * statusSize, true);
    }
    surface(requests);
    return;
  }
  const codes = codesIn(filled, world, requests.length);
  const pending = (failure: number) => failure !== 0 && errorClass(world, failure) === "MPI_ERR_PENDING";
  for (const [i, request] of requests.entries()) {
    const cancelled = request.cancelling && request.active && codes[i] === 0;
    request.settle(handleIn(filled, world, i), pending(codes[i]!));
    if (cancelled) request.statusIn(scratch, statusesOffset + i * statusSize, true);
  }
  surface(requests);
  // The code of the call may only say "look into the statuses".
  world.check(codes.find((failure) => failure !== 0 && !pending(failure)) ?? code, call);
}

/** As {@link all}, asking the library for one request at a time. */
function eachAlone(world: World, requests: readonly Request[], waits: boolean): boolean {
  let pending = requests;
  const complete = () => {
    pending = pending.filter((request) => !request.status());
    return pending.length === 0;
  };
  if (waits) world.waiting.until(complete);
  else if (!complete()) return false;
  for (const request of requests) request.wait();
  return true;
}

/**
 * Waits until one of the requests is complete. **Local.**
 * @returns its place in the list and its status, or `undefined` when no request is active
 */
export function waitAny(requests: readonly Request[]): Completed | undefined {
  expectRequests("mpi.waitAny", requests);
  return requests.length === 0 ? undefined : any(requests, true);
}

/** One request that is complete, if there is one. Never waits. **Local.** */
export function testAny(requests: readonly Request[]): Completed | undefined {
  expectRequests("mpi.testAny", requests);
  return requests.length === 0 ? undefined : any(requests, false);
}

function any(requests: readonly Request[], waits: boolean): Completed | undefined {
  const { world } = requests[0]!;
  const known = requests.findIndex((request) => request.found);
  if (known >= 0) return { index: known, status: requests[known]!.wait() };
  const filled = fill(world, requests);
  const { scratch, requestsOffset, statusesOffset } = filled;
  const { raw } = world;
  const { address } = scratch;
  const { length } = requests;
  const code =
    waits && !polls(world)
      ? raw.MPI_Waitany(length, address + requestsOffset, address + 4, address + statusesOffset)
      : poll(world, waits, () =>
          raw.MPI_Testany(length, address + requestsOffset, address + 4, address, address + statusesOffset),
        );
  const index = scratch.i32[1]!;
  const found = index !== world.constants.MPI_UNDEFINED && (waits || scratch.i32[0] !== 0 || code !== 0);
  if (!found) {
    world.check(code, waits ? "MPI_Waitany" : "MPI_Testany");
    return undefined;
  }
  const status = settled(filled, requests, index, code, statusesOffset, waits ? "MPI_Waitany" : "MPI_Testany");
  requests[index]!.rethrow();
  return { index, status };
}

/**
 * Waits until at least one of the requests is complete. **Local.**
 * @returns all that are, an empty list when no request is active
 */
export function waitSome(requests: readonly Request[]): Completed[] {
  expectRequests("mpi.waitSome", requests);
  return requests.length === 0 ? [] : some(requests, true);
}

/** All requests that are complete. Never waits. **Local.** */
export function testSome(requests: readonly Request[]): Completed[] {
  expectRequests("mpi.testSome", requests);
  return requests.length === 0 ? [] : some(requests, false);
}

function some(requests: readonly Request[], waits: boolean): Completed[] {
  const { world } = requests[0]!;
  if (requests.some((request) => request.found)) {
    return requests.flatMap((request, index) => (request.found ? [{ index, status: request.wait() }] : []));
  }
  const filled = fill(world, requests);
  const { scratch, requestsOffset, statusesOffset } = filled;
  const { raw } = world;
  const { address } = scratch;
  const call = waits ? "MPI_Waitsome" : "MPI_Testsome";
  const run = (name: "MPI_Waitsome" | "MPI_Testsome") =>
    raw[name](requests.length, address + requestsOffset, address + 4, address + 16, address + statusesOffset);
  scratch.i32[0] = 0;
  const code =
    waits && !polls(world)
      ? run("MPI_Waitsome")
      : poll(world, waits, () => {
          const result = run("MPI_Testsome");
          scratch.i32[0] = Number(scratch.i32[1] !== 0); // Anything complete, or MPI_UNDEFINED: nothing is active.
          return result;
        });
  const count = scratch.i32[1]!;
  if (count === world.constants.MPI_UNDEFINED) {
    world.check(code, call);
    return [];
  }
  const { statusSize } = world.library.abi;
  const codes = code === 0 ? undefined : codesIn(filled, world, count);
  const failures: number[] = [];
  const completed: Completed[] = [];
  for (let i = 0; i < count; i++) {
    const index = scratch.i32[4 + i]!;
    const failure = codes?.[i] ?? 0;
    if (failure === 0) {
      const status = settled(filled, requests, index, 0, statusesOffset + i * statusSize, call);
      completed.push({ index, status });
    } else {
      requests[index]!.settle(handleIn(filled, world, index), false);
      failures.push(failure);
    }
  }
  surface(completed.map(({ index }) => requests[index]!));
  world.check(failures[0] ?? code, call);
  return completed;
}

/** Throws what operations in JavaScript threw for requests that are complete, the first of it. */
function surface(requests: readonly Request[]): void {
  const errors: unknown[] = [];
  for (const request of requests) {
    try {
      request.rethrow();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** Notes that a request is complete, and tells its status. */
function settled(
  filled: Lists,
  requests: readonly Request[],
  index: number,
  code: number,
  statusOffset: number,
  call: FunctionName,
): Status {
  const request = requests[index]!;
  const { world, active } = request;
  request.settle(handleIn(filled, world, index), false);
  world.check(code, call);
  return request.statusIn(filled.scratch, statusOffset, active);
}

/** True where the library is asked again and again, instead of being left to wait. */
function polls(world: World): boolean {
  return world.waiting.polls || world.differs.waitallHangs;
}

/** Runs a test once, or until it fails or its flag is set. */
function poll(world: World, waits: boolean, test: () => number): number {
  const { scratch } = currentLists();
  let code = 0;
  const ended = () => {
    code = test();
    return code !== 0 || scratch.i32[0] !== 0;
  };
  if (waits) world.waiting.until(ended);
  else ended();
  return code;
}

/** The error codes in the statuses of a call that failed; cleared, as calls that succeed do not write them. */
function codesIn({ scratch, statusesOffset }: Lists, world: World, count: number): number[] {
  const { statusSize, statusSource } = world.library.abi;
  return Array.from({ length: count }, (_, index) => {
    const at = (statusesOffset + index * statusSize + statusSource + 8) >> 2;
    const code = scratch.i32[at]!;
    scratch.i32[at] = 0;
    return code;
  });
}
