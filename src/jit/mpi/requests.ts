import { wrong } from "../../argument.js";
import { type MpiError, UsageError } from "../../errors.js";
import { type Probed, probedAt } from "../../mpi/calls/probe.js";
import { ANY_SOURCE, ANY_TAG } from "../../mpi/library/status.js";
import type { World } from "../../mpi/library/world.js";
import { viewTo } from "../../wasm/memory.js";

const nullRequest = 0x180;
/** Above every predefined handle of the standard ABI, and below what an `i32` cannot be. */
const [firstRequest, endOfRequests] = [0x1000, 2 ** 31];

const none = -1;
const undefinedIndex = -32766;

const empty: Probed = { source: ANY_SOURCE, tag: ANY_TAG, byteLength: 0 };

/** A request of the library, and where its message is to come from, as the library says it; `undefined` for a send. */
interface Begun {
  readonly id: number;
  readonly native: number;
  readonly from: number | undefined;
  /** The imports of the module that began it. */
  readonly owner: object | undefined;
}

/** The requests of compiled code, which has numbers for them; a number is another request only after all others were. */
export class Pending {
  readonly #world: World;
  /** By the lowest bits of their numbers: at most half full, and a number whose place is taken is left out. */
  #begun: (Begun | undefined)[] = new Array(64).fill(undefined);
  #count = 0;
  #next: number;
  /** Every number was given out. */
  #hasTurned = false;

  /** @param first the number of the first request */
  constructor(world: World, first = firstRequest) {
    this.#world = world;
    this.#next = first;
  }

  /** Takes the request that a call has left at the start of the scratch memory. */
  add(from: number | undefined, owner?: object): number {
    if (2 * this.#count >= this.#begun.length) this.#grow();
    let id = this.#number();
    while (this.#begun[id & (this.#begun.length - 1)]) id = this.#number();
    this.#put({ id, native: this.#world.readHandle(0), from, owner });
    this.#count++;
    return id;
  }

  /** The next number: after some hours of short messages they begin anew. */
  #number(): number {
    const number = this.#next++;
    if (this.#next === endOfRequests) [this.#next, this.#hasTurned] = [firstRequest, true];
    return number;
  }

  /** How many requests of a module are under way. */
  countOf(owner: object): number {
    return this.#begun.filter((begun) => begun?.owner === owner).length;
  }

  #put(begun: Begun): void {
    this.#begun[begun.id & (this.#begun.length - 1)] = begun;
  }

  /** Numbers that differed in their lowest bits before do so with one bit more. */
  #grow(): void {
    const all = this.#begun;
    this.#begun = new Array(2 * all.length).fill(undefined);
    for (const begun of all) if (begun) this.#put(begun);
  }

  #remove({ id }: Begun): void {
    this.#begun[id & (this.#begun.length - 1)] = undefined;
    this.#count--;
  }

  /** Writes an `MPI_Status` of the standard ABI with the bytes received where it leaves room. */
  writeStatus(ptr: number, { source, tag, byteLength }: Probed): void {
    const view = this.#memory(ptr, 32);
    const at = ptr >>> 0;
    view.setInt32(at, source, true);
    view.setInt32(at + 4, tag, true);
    view.setInt32(at + 8, 0, true);
    view.setInt32(at + 16, byteLength, true);
    view.setInt32(at + 20, Math.floor(byteLength / 2 ** 32), true);
  }

  wait(request: number, status: number): void {
    const begun = this.#get(request);
    if (!begun) {
      if (status !== 0) this.writeStatus(status, empty);
      return;
    }
    const world = this.#world;
    world.writeHandle(0, begun.native);
    const code = world.waiting.wait();
    this.#remove(begun);
    world.check(code, "MPI_Wait");
    if (status !== 0) this.writeStatus(status, this.#statusOf(begun));
  }

  test(request: number, status: number): boolean {
    const begun = this.#get(request);
    if (!begun) {
      if (status !== 0) this.writeStatus(status, empty);
      return true;
    }
    const world = this.#world;
    const { raw, statusPtr } = world;
    world.writeHandle(0, begun.native);
    const code = raw.MPI_Test(world.outPtr, world.flagPtr, statusPtr);
    if (code === 0 && !world.flag) return false;
    this.#remove(begun); // One that failed is over as well.
    world.check(code, "MPI_Test");
    if (status !== 0) this.writeStatus(status, this.#statusOf(begun));
    return true;
  }

  /** Waits for all, also when one fails. @throws MpiError of the first that failed */
  waitAll(ptr: number, count: number, statuses: number): void {
    let failure: MpiError | undefined;
    for (let i = 0; i < count; i++) {
      const request = this.#take(ptr, i, true);
      try {
        this.wait(request, this.#statusPtr(statuses, i));
      } catch (error) {
        if (error instanceof UsageError) throw error;
        failure ??= error as MpiError;
      }
    }
    if (failure) throw failure;
  }

  testAll(ptr: number, count: number, statuses: number): boolean {
    const world = this.#world;
    const { raw, statusPtr } = world;
    for (let i = 0; i < count; i++) {
      const begun = this.#get(this.#take(ptr, i, false));
      if (!begun) continue;
      // Leaves the request as it is. One that failed is over; waiting then tells its error.
      const code = raw.MPI_Request_get_status(begun.native, world.flagPtr, statusPtr);
      if (code === 0 && !world.flag) return false;
    }
    this.waitAll(ptr, count, statuses);
    return true;
  }

  waitAny(ptr: number, count: number, status: number): number {
    let index = none;
    this.#world.waiting.until(() => {
      index = this.testAny(ptr, count, status);
      // Without a library nothing comes while this rank waits: the wait for one says that it would never end.
      if (index === none && this.#world.differs.noJob) index = this.#waitFirst(ptr, count, status);
      return index !== none;
    });
    return index;
  }

  /** Waits for the first of some requests that is not over. */
  #waitFirst(ptr: number, count: number, status: number): number {
    for (let i = 0; i < count; i++) {
      const request = this.#take(ptr, i, false);
      if (!this.#get(request)) continue;
      this.#take(ptr, i, true);
      this.wait(request, status);
      return i;
    }
    return none;
  }

  testAny(ptr: number, count: number, status: number): number {
    let active = false;
    for (let i = 0; i < count; i++) {
      const request = this.#take(ptr, i, false);
      if (!this.#get(request)) continue;
      active = true;
      try {
        if (!this.test(request, status)) continue;
      } finally {
        if (!this.#get(request)) this.#take(ptr, i, true);
      }
      return i;
    }
    if (active) return none;
    if (status !== 0) this.writeStatus(status, empty);
    return undefinedIndex;
  }

  /** The request of a number; `undefined` when it is over. @throws UsageError when it never began */
  #get(request: number): Begun | undefined {
    const begun = this.#begun[request & (this.#begun.length - 1)];
    if (begun?.id === request) return begun;
    const hasBegun = request >= firstRequest && (this.#hasTurned || request < this.#next);
    if (request === nullRequest || hasBegun) return undefined;
    const got = `0x${(request >>> 0).toString(16)}`;
    throw wrong(
      "mpi",
      "a request of isend or irecv, or REQUEST_NULL",
      got,
      "Begin each request before waiting for it.",
    );
  }

  /** A request in an array; if told, it becomes the null request there. */
  #take(ptr: number, index: number, forget: boolean): number {
    const at = (ptr >>> 0) + 4 * index;
    const view = this.#memory(at, 4);
    const request = view.getInt32(at, true);
    if (forget) {
      this.#get(request);
      view.setInt32(at, nullRequest, true);
    }
    return request;
  }

  /** The address of a status in an array of references. */
  #statusPtr(statuses: number, index: number): number {
    if (statuses === 0) return 0;
    const at = (statuses >>> 0) + 4 * index;
    return this.#memory(at, 4).getInt32(at, true);
  }

  #statusOf({ from }: Begun): Probed {
    return from === undefined ? empty : probedAt(this.#world, from);
  }

  /** The memory, as large as it is now if it has to be. */
  #memory(ptr: number, byteLength: number): DataView {
    const end = (ptr >>> 0) + byteLength;
    const view = viewTo(end);
    if (end <= view.byteLength) return view;
    throw wrong(
      "mpi",
      `requests and statuses within the memory of ${view.byteLength} bytes`,
      `${byteLength} bytes from ${ptr >>> 0} on`,
      "Pass the array's own address and length.",
    );
  }
}
