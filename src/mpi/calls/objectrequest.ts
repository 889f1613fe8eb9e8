import type { RecvOptions } from "./messages.js";
import type { MatchedMessage } from "./probe.js";
import { polled } from "./request.js";

/** What takes the messages. */
interface Receiver {
  mprobe(options: RecvOptions): MatchedMessage;
  improbe(options: RecvOptions): MatchedMessage | undefined;
}

/**
 * A value that is to be received, made with `comm.irecvObject()`: `await request` gives it without blocking the event
 * loop. **Local.**
 */
export class ObjectRequest<T = unknown> implements PromiseLike<T> {
  readonly #comm: Receiver;
  readonly #options: RecvOptions;
  #received: { readonly value: T } | undefined;

  /** @internal */
  constructor(comm: Receiver, options: RecvOptions) {
    this.#comm = comm;
    this.#options = options;
  }

  /** Waits for the value. **Blocking.** */
  wait(): T {
    this.#received ??= { value: this.#comm.mprobe(this.#options).recvObject<T>() };
    return this.#received.value;
  }

  /** The value in an object if it has come, else `undefined`. Never waits. **Local.** */
  test(): { readonly value: T } | undefined {
    const message = this.#received ? undefined : this.#comm.improbe(this.#options);
    if (message) this.#received = { value: message.recvObject<T>() };
    return this.#received;
  }

  /** Waits without blocking the event loop, as a `Request` does. */
  // biome-ignore lint/suspicious/noThenProperty: a request is to be awaited
  then<R = T, E = never>(
    resolve?: ((value: T) => R | PromiseLike<R>) | null,
    reject?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return polled(() => this.test())
      .then(({ value }) => value)
      .then(resolve, reject);
  }

  toString(): string {
    return `request of a value, ${this.#received ? "complete" : "active"}`;
  }
}
