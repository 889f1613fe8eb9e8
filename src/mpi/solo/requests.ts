import { constants, fail, failWith } from "./failure.js";
import type { Functions } from "./functions.js";
import { readLong, writeInt, writeLong } from "./memory.js";
import { isCancelled, never, nothing, type Outcome, report, statusSize } from "./status.js";
import { Table } from "./table.js";

const { MPI_REQUEST_NULL, MPI_STATUS_IGNORE, MPI_UNDEFINED } = constants;

/** A call under way, or one that can be started again and again. */
export abstract class Request {
  readonly persistent: boolean;
  active: boolean;
  /** How the call ended, once it has. */
  outcome: Outcome | undefined;
  /** Why the call never ends, if nothing else happens. */
  abstract readonly obstacle: string;
  /** True of the calls that may be cancelled. */
  abstract readonly cancellable: boolean;

  constructor(persistent: boolean) {
    this.persistent = persistent;
    this.active = !persistent;
  }

  /** Begins the call; it may end at once. */
  abstract begin(): void;

  /** Ends the call if that needs nobody else. */
  settle(): void {}

  /** Lets the call go on without the program's memory, where it can. */
  release(): void {
    this.settle();
  }

  /** Takes the call back, if that is still possible. */
  withdraw(): boolean {
    return false;
  }

  start(): void {
    if (!this.persistent || this.active) fail("REQUEST", "the request cannot be started");
    this.outcome = undefined;
    this.begin();
    this.active = true;
  }

  /** The outcome if the call has ended or was never started. */
  result(): Outcome | undefined {
    if (!this.active) return nothing;
    if (!this.outcome) this.settle();
    return this.outcome;
  }
}

/** A call that ends as soon as it begins: a collective one, a transfer of a window or a file. */
export class Immediate extends Request {
  readonly obstacle = "";
  readonly cancellable = false;
  readonly #run: () => Outcome | undefined;

  /** @param run the call itself, run at once unless persistent */
  constructor(persistent: boolean, run: () => Outcome | undefined) {
    super(persistent);
    this.#run = run;
    if (!persistent) this.begin();
  }

  begin(): void {
    this.outcome = this.#run() ?? nothing;
  }
}

/** The requests. */
export class Requests extends Table<Request> {
  constructor() {
    super("REQUEST");
  }

  /** Gives a request a handle, written where `ptr` points. */
  open(request: Request, ptr: number): void {
    writeLong(ptr, this.add(request));
  }

  /** The request of the handle at an address; none of the null handle. */
  at(ptr: number): Request | undefined {
    const handle = readLong(ptr);
    return handle === MPI_REQUEST_NULL ? undefined : this.get(handle);
  }

  /** The result of a request, if it has one, and then the end of the request unless it is persistent. */
  finish(ptr: number, request: Request | undefined, statusPtr: number): number | undefined {
    const outcome = request ? request.result() : nothing;
    if (!outcome) return undefined;
    if (request?.active) {
      request.active = false;
      if (!request.persistent) {
        this.remove(readLong(ptr));
        writeLong(ptr, MPI_REQUEST_NULL);
      }
    }
    return report(statusPtr, outcome);
  }

  /** Ends a call that nobody else can end. */
  abandon(ptr: number, request: Request, statusPtr: number): number {
    request.withdraw();
    request.outcome = never(request.obstacle);
    return this.finish(ptr, request, statusPtr)!;
  }
}

/** The functions that complete requests. */
export function requestFunctions(requests: Requests): Functions {
  const places = (count: number, ptr: number) => {
    if (count < 0) fail("COUNT");
    return Array.from({ length: count }, (_, index) => requests.at(ptr + 8 * index));
  };
  const statusAt = (ptr: number, index: number) => (ptr === MPI_STATUS_IGNORE ? ptr : ptr + statusSize * index);
  const isActive = (request: Request | undefined) => request?.active === true;

  /** Completes the first that can be; when all that are active are waited for, one of them in any case. */
  const any = (count: number, ptr: number, statusPtr: number, wait: boolean) => {
    const all = places(count, ptr);
    const finish = (index: number) => ({ index, code: requests.finish(ptr + 8 * index, all[index], statusPtr)! });
    const index = all.findIndex((request) => isActive(request) && request!.result());
    if (index >= 0) return finish(index);
    const first = all.findIndex(isActive);
    if (first < 0) return { index: MPI_UNDEFINED, code: report(statusPtr, nothing) };
    return wait ? { index: first, code: requests.abandon(ptr + 8 * first, all[first]!, statusPtr) } : undefined;
  };
  /** Completes all that can be, as {@link any}. */
  const some = (
    count: number,
    ptr: number,
    countPtr: number,
    indicesPtr: number,
    statusesPtr: number,
    wait: boolean,
  ) => {
    const all = places(count, ptr);
    const active = [...all.keys()].filter((index) => isActive(all[index]));
    const done = active.filter((index) => all[index]!.result());
    writeInt(countPtr, active.length === 0 ? MPI_UNDEFINED : done.length);
    let failed = false;
    const end = (index: number, place: number, how: "finish" | "abandon") => {
      writeInt(indicesPtr, index, place);
      if (requests[how](ptr + 8 * index, all[index]!, statusAt(statusesPtr, place)) !== 0) failed = true;
    };
    for (const [place, index] of done.entries()) end(index, place, "finish");
    if (wait && done.length === 0 && active.length > 0) {
      writeInt(countPtr, 1);
      end(active[0]!, 0, "abandon");
    }
    if (failed) fail("IN_STATUS");
  };

  return {
    MPI_Start: (ptr) => (requests.at(ptr) ?? fail("REQUEST")).start(),
    MPI_Startall: (count, ptr) => {
      for (const request of places(count, ptr)) (request ?? fail("REQUEST")).start();
    },
    MPI_Wait: (ptr, statusPtr) => {
      const request = requests.at(ptr);
      failWith(requests.finish(ptr, request, statusPtr) ?? requests.abandon(ptr, request!, statusPtr));
    },
    MPI_Waitall: (count, ptr, statusesPtr) => {
      const all = places(count, ptr);
      let failed = false;
      for (const [index, request] of all.entries()) {
        const place = ptr + 8 * index;
        const statusPtr = statusAt(statusesPtr, index);
        const code = requests.finish(place, request, statusPtr) ?? requests.abandon(place, request!, statusPtr);
        if (code !== 0) failed = true;
      }
      if (failed) fail("IN_STATUS");
    },
    MPI_Waitany: (count, ptr, indexPtr, statusPtr) => {
      const { index, code } = any(count, ptr, statusPtr, true)!;
      writeInt(indexPtr, index);
      failWith(code);
    },
    MPI_Waitsome: (count, ptr, countPtr, indicesPtr, statusesPtr) =>
      some(count, ptr, countPtr, indicesPtr, statusesPtr, true),
    MPI_Test: (ptr, flagPtr, statusPtr) => {
      const code = requests.finish(ptr, requests.at(ptr), statusPtr);
      writeInt(flagPtr, code === undefined ? 0 : 1);
      failWith(code ?? 0);
    },
    MPI_Testall: (count, ptr, flagPtr, statusesPtr) => {
      const all = places(count, ptr);
      const done = all.every((request) => !request || request.result());
      writeInt(flagPtr, Number(done));
      if (!done) return;
      const codes = all.map((request, index) => {
        return requests.finish(ptr + 8 * index, request, statusAt(statusesPtr, index));
      });
      if (codes.some((code) => code !== 0)) fail("IN_STATUS");
    },
    MPI_Testany: (count, ptr, indexPtr, flagPtr, statusPtr) => {
      const found = any(count, ptr, statusPtr, false);
      writeInt(flagPtr, Number(found !== undefined));
      writeInt(indexPtr, found ? found.index : MPI_UNDEFINED);
      failWith(found ? found.code : 0);
    },
    MPI_Testsome: (count, ptr, countPtr, indicesPtr, statusesPtr) =>
      some(count, ptr, countPtr, indicesPtr, statusesPtr, false),
    MPI_Cancel: (ptr) => {
      const request = requests.at(ptr) ?? fail("REQUEST");
      if (!request.cancellable || !request.active) fail("REQUEST", "the request cannot be cancelled");
      if (!request.outcome && request.withdraw()) request.outcome = { ...nothing, cancelled: true };
    },
    MPI_Test_cancelled: (statusPtr, flagPtr) => writeInt(flagPtr, Number(isCancelled(statusPtr))),
    MPI_Request_free: (ptr) => {
      const request = requests.at(ptr) ?? fail("REQUEST");
      if (request.active && !request.outcome) request.release();
      requests.remove(readLong(ptr));
      writeLong(ptr, MPI_REQUEST_NULL);
    },
    MPI_Request_get_status: (handle, flagPtr, statusPtr) => {
      const outcome = handle === MPI_REQUEST_NULL ? nothing : requests.get(handle).result();
      writeInt(flagPtr, Number(outcome !== undefined));
      if (outcome) report(statusPtr, outcome);
    },
  };
}
