import { wrong } from "../../argument.js";
import { buffersOf, type Message } from "../data/buffer.js";
import { Handle } from "../library/handle.js";
import type { FunctionName } from "../library/prototypes.js";
import { nothing, readStatus, type Status, takeStatus } from "../library/status.js";
import { type CompletionOptions, polled, polledUntil } from "../library/waiting/polling.js";
import type { World } from "../library/world.js";
import { startAll } from "./completion.js";
import { type CallName, callName } from "./names.js";
import type { Op } from "./op.js";

/** What a request needs to know of the call that made it. */
export interface RequestOptions<B> {
  /** What made it: the name of a call that has several forms, or of this form of it. */
  readonly name: CallName | FunctionName;
  /** The data, and what else the library reads or writes until the request is complete. */
  readonly buffer: B;
  readonly keep?: unknown;
  /** The operation in JavaScript that the library calls. */
  readonly op?: Op | undefined;
  readonly persistent?: boolean;
  /** Begins a persistent call anew and gives its handle, where the library has no request that can be started again. */
  readonly begin?: () => number;
  /** What is received; absent when nothing is. */
  readonly message?: Message | undefined;
  /** The library's number for the rank that sends. */
  readonly from?: number;
  /** Says what the message was, for errors. */
  readonly describe?: ((advice: string) => string) | undefined;
  /** Reads the status where it is not that of a message. */
  readonly readStatus?: () => Status;
  /** True where the library has to be asked for it with `MPI_Test` and `MPI_Wait` only. */
  readonly alone?: boolean;
}

/**
 * A call under way (`isend`, `iallreduce`...) or one that can be started again and again (`sendInit`, `bcastInit`...).
 * Its data stays alive, even if nothing else refers to it; do not touch the data before {@link wait}.
 * `await request` waits without blocking the event loop. **Local.**
 *
 * ```js
 * const { rank, size } = comm;
 * const data = new Float64Array(1);
 * const requests = [
 *   comm.irecv(data, { from: (rank + size - 1) % size }),
 *   comm.isend(Float64Array.of(rank), { to: (rank + 1) % size }),
 * ];
 * mpi.waitAll(requests); // Or, where other work goes on meanwhile: await requests[0]
 * console.log(data[0]); // 2 on 3 ranks
 * ```
 */
export class Request<B = unknown> extends Handle implements PromiseLike<Status> {
  protected readonly kind = "request";
  /** The data that is read or written. */
  readonly buffer: B;
  /** Whether it can be started again and again. */
  readonly persistent: boolean;
  /** The call of `startAll` that it was last in. @internal */
  round = 0;
  #pending: number;
  #active: boolean;
  #cancelling = false;
  #cancelled = false;
  /** What {@link status} found of a request to be asked for alone, until another call tells it. */
  #found: Status | undefined;
  readonly #options: RequestOptions<B>;
  /** Of a persistent request, the buffers that have to be there at each start; absent where they always are. */
  readonly #buffers: readonly ArrayBufferLike[] | undefined;

  /** @internal */
  constructor(world: World, handle: number, options: RequestOptions<B>) {
    super(world, handle);
    this.buffer = options.buffer;
    this.persistent = options.persistent ?? false;
    this.#pending = handle;
    this.#active = !this.persistent;
    this.#options = options;
    const buffers = this.persistent ? buffersOf([options.buffer, options.keep]) : [];
    this.#buffers = buffers.length > 0 ? buffers : undefined;
    if (handle !== world.constants.MPI_REQUEST_NULL) world.requests.add(this);
  }

  /** True while the call may still be under way: started and not yet waited for. */
  get active(): boolean {
    return this.#active;
  }

  /** True when the call was cancelled before it took place; known after {@link wait}. */
  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** True when its status says whether it was cancelled. @internal */
  get cancelling(): boolean {
    return this.#cancelling;
  }

  /**
   * True where the library has to be asked for it alone, with `MPI_Test` and `MPI_Wait`. @internal
   */
  get alone(): boolean {
    return this.#options.alone ?? false;
  }

  /** True when {@link status} has found it complete, and the library knows it no more. @internal */
  get found(): boolean {
    return this.#found !== undefined;
  }

  /** The library's handle as it is now; `MPI_REQUEST_NULL` when the library is done with it. @internal */
  get pending(): number {
    return this.#pending;
  }

  /** The operation in JavaScript that the library calls until it is done with the request. @internal */
  get op(): Op | undefined {
    return this.#options.op;
  }

  /** Starts a persistent request. **Local.** @throws UsageError when it is not persistent or already started. */
  start(): void {
    startAll([this]);
  }

  /**
   * Waits until the call is complete. A request that is not active returns at once. **Blocking.**
   * @throws MpiError when the call failed; the request is over then as well
   */
  wait(): Status {
    this.world.writeHandle(0, this.#pending);
    return this.#completed(this.world.waiting.wait(), "MPI_Wait");
  }

  /** The status if the call is complete, else `undefined`. Never waits. **Local.** @throws as {@link wait} */
  test(): Status | undefined {
    const { world } = this;
    world.writeHandle(0, this.#pending);
    const { raw, statusPtr } = world;
    const code = raw.MPI_Test(world.outPtr, world.flagPtr, statusPtr);
    return code === 0 && !world.flag ? undefined : this.#completed(code, "MPI_Test");
  }

  /** As {@link test}, but the request stays as it is, to be completed by another call. **Local.** */
  status(): Status | undefined {
    const { world } = this;
    const { raw, statusPtr } = world;
    if (this.alone && this.#active) {
      this.#found ??= this.#find();
      return this.#found;
    }
    const code = raw.MPI_Request_get_status(this.#pending, world.flagPtr, statusPtr);
    world.check(code, "MPI_Request_get_status", this.#options.describe);
    return !world.flag ? undefined : this.#statusOf(this.#active);
  }

  #find(): Status | undefined {
    const { world } = this;
    world.writeHandle(0, this.#pending);
    const { raw, statusPtr } = world;
    const code = raw.MPI_Test(world.outPtr, world.flagPtr, statusPtr);
    if (code !== 0) return this.#completed(code, "MPI_Test");
    if (!world.flag) return undefined;
    this.settle(world.readHandle(0), true);
    return this.#statusOf(true);
  }

  /** A request that failed is over as well: the library has released it. */
  #completed(code: number, call: FunctionName): Status {
    const wasActive = this.#active;
    const { world } = this;
    this.settle(world.readHandle(0), false);
    world.check(code, call, this.#options.describe);
    this.rethrow();
    return this.#statusOf(wasActive);
  }

  /** Throws what an operation in JavaScript threw. @internal */
  rethrow(): void {
    if (!this.#active) this.#options.op?.rethrow();
  }

  #statusOf(wasActive: boolean): Status {
    const { world } = this;
    const { message, from = world.constants.MPI_PROC_NULL } = this.#options;
    if (this.#cancelling && wasActive) {
      world.call("MPI_Test_cancelled", world.statusPtr, world.outPtr);
      this.#cancelled = world.out !== 0;
    }
    if (wasActive && this.#found) {
      const found = this.#found;
      this.#found = undefined;
      return found;
    }
    if (wasActive && this.#options.readStatus) return this.#options.readStatus();
    return wasActive && message && !this.#cancelled ? readStatus(world, message, from) : nothing;
  }

  /** The status that a call on several requests wrote. @internal */
  statusIn(scratch: World["scratch"], offset: number, wasActive: boolean): Status {
    takeStatus(this.world, scratch, offset);
    return this.#statusOf(wasActive);
  }

  /**
   * Asks to give up a send or receive that has not taken place; it has to be waited for all the same, and
   * {@link cancelled} then says whether it was. Libraries cancel receives; few cancel sends. **Local.**
   * @throws UsageError when it is not active
   */
  cancel(): void {
    const { world } = this;
    this.#expect(
      "cancel",
      this.#active,
      "an active request",
      "one that is not active",
      "Cancel it before waiting for it.",
    );
    world.writeHandle(0, this.#pending);
    world.check(world.raw.MPI_Cancel(world.outPtr), "MPI_Cancel", this.#options.describe);
    this.#cancelling = true;
  }

  /** Waits for a request that is active, and releases a persistent one. @internal */
  override dispose(): void {
    if (this.#active) this.wait();
    this.free();
  }

  /** Releases a persistent request; one that is freed stays so, and others need not be. **Local.** @throws UsageError while it is active. */
  free(): void {
    if (this.freed || !this.persistent) return;
    this.#expect("free", !this.#active, "a request that is not active", "an active one", "Wait for it first.");
    this.world.writeHandle(0, this.#pending);
    if (!this.begin) this.world.check(this.world.raw.MPI_Request_free(this.world.outPtr), "MPI_Request_free");
    this.settle(this.world.constants.MPI_REQUEST_NULL, false);
    this.forget();
  }

  /**
   * Waits without blocking the event loop: tests between its turns, first in each, then every millisecond. Makes
   * `await request` and `Promise.all(requests)` work; a request that fails rejects with its {@link MpiError}.
   *
   * An async function that returns a request waits for it: its promise is settled with the status. Return the request in
   * an object or a list, `return { request }`, to hand it on while it is under way.
   */
  // biome-ignore lint/suspicious/noThenProperty: a request is to be awaited
  then<T = Status, E = never>(
    resolve?: ((status: Status) => T | PromiseLike<T>) | null,
    reject?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<T | E> {
    return polled(this, () => this.test()).then(resolve, reject);
  }

  /**
   * As `await request`, until a signal is aborted: `await request.completion({ signal: AbortSignal.timeout(1000) })`. Then a
   * receive is cancelled, unless its message has come, and the promise rejected with the signal's reason. Other calls cannot
   * be cancelled: theirs is rejected too, and the request is still to be waited for. **Local.**
   */
  async completion(options: CompletionOptions): Promise<Status> {
    let cancels = false;
    const test = () => {
      const status = this.test();
      if (status && cancels && this.#cancelled) throw options.signal.reason;
      return status;
    };
    const giveUp = () => {
      cancels = this.#options.name === "Recv";
      if (cancels) this.cancel();
      return cancels;
    };
    return polledUntil(this, options, test, giveUp);
  }

  /** The call that made it, in C. @internal */
  get title(): string {
    const { name } = this.#options;
    const form = this.persistent ? "persistent" : "nonblocking";
    return name.startsWith("MPI_") ? name : callName(name as CallName, form);
  }

  /** Takes the handle as a call left it; `active` says whether the call is under way again or still. @internal */
  settle(handle: number, active: boolean): void {
    if (active && !this.#active) [this.#cancelling, this.#cancelled] = [false, false];
    this.#active = active;
    this.#pending = handle;
    if (handle === this.world.constants.MPI_REQUEST_NULL) {
      this.world.requests.delete(this);
      this.#options.op?.retire();
    } else if (this.begin) this.world.requests.add(this);
    if (!active && !this.persistent) this.untrack();
  }

  /** Set where each start is a call of its own. @internal */
  get begin(): (() => number) | undefined {
    return this.#options.begin;
  }

  /** @internal */
  expectStartable(): void {
    const make = "Make it with sendInit, bcastInit or the like.";
    const wait = "Wait for it before starting it again.";
    this.#expect("start", this.persistent, "a persistent request", "one for a single use", make);
    this.#expect("start", !this.freed, "a request that is not freed", "a freed one", "Make a new one.");
    this.#expect("start", !this.#active, "a request that is not active", "an active one", wait);
    const there = this.#buffers?.every(({ byteLength }) => byteLength > 0) ?? true;
    const anew = "Make array and request anew after memory.grow(), or pass mpi.view(memory, options).";
    this.#expect("start", there, "an array in memory", "a detached one", anew);
  }

  #expect(method: string, holds: boolean, expected: string, got: string, fix: string): void {
    if (!holds) throw wrong(`Request.${method}`, expected, got, fix);
  }

  /** @internal */
  override leak(count: number): string {
    const kind = count === 1 ? "request" : "requests";
    return this.persistent ? `persistent ${kind} never freed` : `${kind} never completed`;
  }

  /** How far it is, in one line. **Local.** */
  override toString(): string {
    const state = this.freed ? "freed" : this.#active ? "active" : this.persistent ? "not active" : "complete";
    return `${this.persistent ? "persistent request" : "request"}, ${state}`;
  }
}
