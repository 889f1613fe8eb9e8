import { ANY_SOURCE, ANY_TAG } from "../library/status.js";
import { type CompletionOptions, polled, polledUntil } from "../library/waiting/polling.js";
import type { World } from "../library/world.js";
import type { RecvOptions } from "./messages.js";
import type { MatchedMessage } from "./probe.js";

/** What takes the messages. */
interface Receiver {
  readonly world: World;
  mprobe(options: RecvOptions): MatchedMessage;
  improbe(options: RecvOptions): MatchedMessage | undefined;
}

/** The requests of communicators that have no value yet, in the order in which they were made. */
const waiting = new WeakMap<Receiver, ObjectRequest[]>();

/**
 * A value that is to be received, made with `comm.irecvObject()`: `await request` gives it without blocking the event
 * loop. **Local.**
 *
 * ```js
 * const { rank, size } = comm;
 * const request = comm.irecvObject({ from: (rank + size - 1) % size });
 * comm.sendObject({ rank }, { to: (rank + 1) % size });
 * console.log(await request); // { rank: 2 } on 3 ranks
 * ```
 */
export class ObjectRequest<T = unknown> implements PromiseLike<T> {
  readonly #comm: Receiver;
  readonly #options: RecvOptions;
  readonly #queue: ObjectRequest[];
  #received: { readonly value: T } | { readonly error: unknown } | undefined;

  /** @internal */
  constructor(comm: Receiver, options: RecvOptions) {
    this.#comm = comm;
    this.#options = options;
    this.#queue = waiting.get(comm) ?? [];
    waiting.set(comm, this.#queue);
    this.#queue.push(this as ObjectRequest);
  }

  /** Waits for the value. **Blocking.** */
  wait(): T {
    let found = this.test();
    const { world } = this.#comm;
    // A rank that is alone waits in the probe, which says that nobody can send.
    if (!found && world.size === 1) this.#take(this.#comm.mprobe(this.#options));
    world.waiting.until(() => {
      found = this.test();
      return found !== undefined;
    });
    return found!.value;
  }

  /** The value in an object if it has come, else `undefined`. Never waits. **Local.** */
  test(): { readonly value: T } | undefined {
    // A message belongs to the first that it fits, so those before this one are asked for first; and where one has none
    // yet, none that the same message would fit is asked for, because the message may come in between.
    const empty: ObjectRequest[] = [];
    for (const request of this.#received ? [] : this.#queue.slice(0, this.#queue.indexOf(this as ObjectRequest) + 1)) {
      const mayTake = !empty.some((earlier) => earlier.#meets(request));
      const message = mayTake ? request.#comm.improbe(request.#options) : undefined;
      if (message) request.#take(message);
      else empty.push(request);
    }
    const received = this.#received;
    if (received && "error" in received) throw received.error;
    return received;
  }

  /** Whether there are messages that both could take. */
  #meets(request: ObjectRequest): boolean {
    const { from = ANY_SOURCE, tag = ANY_TAG } = this.#options;
    const { from: source = ANY_SOURCE, tag: label = ANY_TAG } = request.#options;
    return (
      (from === source || from === ANY_SOURCE || source === ANY_SOURCE) &&
      (tag === label || tag === ANY_TAG || label === ANY_TAG)
    );
  }

  #take(message: MatchedMessage): void {
    try {
      this.#leave({ value: message.value<T>(this.title) });
    } catch (error) {
      this.#leave({ error });
    }
  }

  #leave(received: { readonly value: T } | { readonly error: unknown }): void {
    this.#queue.splice(this.#queue.indexOf(this as ObjectRequest), 1);
    this.#received = received;
  }

  /** Waits without blocking the event loop, as a `Request` does. */
  // biome-ignore lint/suspicious/noThenProperty: a request is to be awaited
  then<R = T, E = never>(
    resolve?: ((value: T) => R | PromiseLike<R>) | null,
    reject?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return polled(this, () => this.test())
      .then(({ value }) => value)
      .then(resolve, reject);
  }

  /**
   * As `await request`, until a signal is aborted. Then the request takes no message any more, and its promise is rejected
   * with the signal's reason. **Local.**
   */
  async completion(options: CompletionOptions): Promise<T> {
    const giveUp = () => {
      this.#leave({ error: options.signal.reason });
      return false;
    };
    return (await polledUntil(this, options, () => this.test(), giveUp)).value;
  }

  /** The call that made it. @internal */
  get title(): string {
    return "Comm.irecvObject";
  }

  /** Whether it is complete, in one line. **Local.** */
  toString(): string {
    return `request of a value, ${this.#received ? "complete" : "active"}`;
  }
}
