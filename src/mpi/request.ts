import { UsageError } from "../errors.js";
import type { TypedArray } from "./datatype.js";
import type { FunctionName } from "./prototypes.js";
import { nothing, type Startable, type Status, type World } from "./world.js";

/** What a request needs to know of the message it stands for. */
export interface RequestOptions {
  readonly persistent: boolean;
  readonly datatype: number;
  /** The library's number for the rank that sends; `undefined` when this is the sender. */
  readonly from: number | undefined;
  /** Says what the message was, for errors. */
  readonly describe: () => string;
}

/**
 * A message under way (`isend`, `irecv`) or one that can be started again and again (`sendInit`, `recvInit`).
 * Its buffer stays alive, even if nothing else refers to it; do not touch the buffer before {@link wait}. **Local.**
 */
export class Request implements Startable {
  /** @internal */ readonly world: World;
  /** @internal */ handle: number;
  /** The array that the message is read from or written to. */
  readonly buffer: TypedArray;
  readonly persistent: boolean;
  #active: boolean;
  #freed = false;
  readonly #options: RequestOptions;

  /** @internal */
  constructor(world: World, handle: number, buffer: TypedArray, options: RequestOptions) {
    this.world = world;
    this.handle = handle;
    this.buffer = buffer;
    this.persistent = options.persistent;
    this.#active = !options.persistent;
    this.#options = options;
    world.requests.add(this);
  }

  /** True while the message may still be under way: started and not yet waited for. */
  get active(): boolean {
    return this.#active;
  }

  /** Starts a persistent request. @throws UsageError when it is not persistent or already started. */
  start(): void {
    startAll([this]);
  }

  /** Waits until the message has been sent or received. A request that is not active returns at once. */
  wait(): Status {
    this.world.writeHandle(0, this.handle);
    return this.#completed(this.world.wait(), "MPI_Wait");
  }

  /** The status if the message has been sent or received, else `undefined`. Never waits. */
  test(): Status | undefined {
    const { world } = this;
    world.writeHandle(0, this.handle);
    const { scratch, raw, statusPtr } = world;
    const code = raw.MPI_Test(scratch.address, scratch.address + 16, statusPtr);
    return code === 0 && scratch.i32[4] === 0 ? undefined : this.#completed(code, "MPI_Test");
  }

  /** A request that failed is over as well: the library has released it. */
  #completed(code: number, call: FunctionName): Status {
    const { datatype, from, describe } = this.#options;
    const wasActive = this.#active;
    this.settle(this.world.readHandle(0), false);
    this.world.check(code, call, describe);
    return wasActive && from !== undefined ? this.world.readStatus(datatype, from) : nothing;
  }

  /** Releases a persistent request. @throws UsageError while it is active. */
  free(): void {
    if (this.#freed || !this.persistent) return;
    this.#expect("free", !this.#active, "a request that is not active", "an active one", "Wait for it first.");
    this.world.writeHandle(0, this.handle);
    this.world.check(this.world.raw.MPI_Request_free(this.world.scratch.address), "MPI_Request_free");
    this.settle(this.world.constants.MPI_REQUEST_NULL, false);
    this.#freed = true;
  }

  /** @internal */
  settle(handle: number, active: boolean): void {
    this.#active = active;
    this.handle = handle;
    if (handle === this.world.constants.MPI_REQUEST_NULL) this.world.requests.delete(this);
  }

  /** @internal */
  expectStartable(): void {
    const make = "Make it with sendInit or recvInit.";
    const wait = "Wait for it before starting it again.";
    this.#expect("start", this.persistent, "a persistent request", "one of isend or irecv", make);
    this.#expect("start", !this.#freed, "a request that is not freed", "a freed one", "Make a new one.");
    this.#expect("start", !this.#active, "a request that is not active", "an active one", wait);
  }

  #expect(method: string, holds: boolean, expected: string, got: string, fix: string): void {
    if (!holds) throw new UsageError(`Request.${method}: expected ${expected}, got ${got}. ${fix}`);
  }
}

/** Starts persistent requests with one call. **Local.** @throws UsageError when one cannot be started. */
export function startAll(requests: readonly Request[]): void {
  for (const request of requests) request.expectStartable();
  requests[0]?.world.all("MPI_Startall", requests);
}

/** Waits for every request. Requests that are not active do not count. **Local.** @throws MpiError of the first that failed. */
export function waitAll(requests: readonly Request[]): void {
  requests[0]?.world.all("MPI_Waitall", requests);
}
