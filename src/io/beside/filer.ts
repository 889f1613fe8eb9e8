/**
 * A thread that writes frames to files while the program goes on. It has the one memory, and takes one request after the
 * other:
 *
 *     main thread   | steps | copies | steps                  | copies | counts the frame before | steps
 *     files                          | figures, writes        |        | figures, writes
 *
 * MPI stays on the main thread, which therefore counts a frame when all ranks have written it. The thread is started with the
 * first frame, and ends with the process, which does not wait for it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { wrongFile } from "../../argument.js";
import type { FileError } from "../../errors.js";
import { packageRoot } from "../../package.js";
import { allocator, kernelsModule } from "../../wasm/core.js";
import { at, type Failure, type Request, type Start, wordCount } from "./request.js";

/** How long the thread may take for a piece of a frame or to have the disk keep it, in ms: network disks come back late. */
const usualPatience = 600_000;

export class Filer {
  readonly #program: string;
  readonly #patience: number;
  readonly #words = new Int32Array(new SharedArrayBuffer(4 * wordCount));
  #port: MessagePort | undefined;
  #asked = 0;
  readonly #failures = new Map<number, Failure>();
  /** What has become of the thread, where it is none that writes. */
  #end: string | undefined;

  constructor({ program = join(packageRoot, "dist", "filer.js"), patience = usualPatience } = {}) {
    this.#program = program;
    this.#patience = patience;
  }

  /** Asks for a frame, and gives its number. **Local.** */
  ask(request: Omit<Request, "number">): number {
    this.#port ??= this.#start();
    const number = ++this.#asked;
    this.#port?.postMessage({ ...request, number } satisfies Request);
    Atomics.store(this.#words, at.asked, number);
    Atomics.notify(this.#words, at.asked);
    return number;
  }

  #start(): MessagePort | undefined {
    const { port1, port2: port } = new MessageChannel();
    const start: Start = { memory: allocator().memory, kernels: kernelsModule(), words: this.#words, port };
    try {
      if (!existsSync(this.#program)) throw new Error(`no file ${this.#program}`);
      const options = { name: "wasm-mpi files", workerData: start, transferList: [port], env: {}, execArgv: [] };
      const worker = new Worker(this.#program, options);
      worker.unref();
      worker.on("error", (error) => this.#lose(`"${error.message}"`));
      worker.on("exit", (code) => this.#lose(`exit code ${code}`));
      return port1;
    } catch (error) {
      this.#lose(`"${(error as Error).message}"`);
      return undefined;
    }
  }

  #lose(got: string): void {
    this.#end ??= got;
  }

  /** Whether waiting for a request takes no time. **Local.** */
  isDone(number: number): boolean {
    return Atomics.load(this.#words, at.done) >= number || this.#end !== undefined;
  }

  /**
   * Waits until a request is done. **Local.**
   * @param path of the file, for error texts
   * @throws Error of the system, or FileError where the thread has not come to its end
   */
  wait(path: string, number: number): void {
    const words = this.#words;
    for (let news = 0; ; ) {
      if (Atomics.load(words, at.done) >= number) break;
      if (Atomics.load(words, at.hasEnded) === 1) this.#lose("its end");
      if (this.#end !== undefined) throw this.#fault(path, "to go on to the end", this.#end);
      const now = Atomics.load(words, at.news);
      // What has come meanwhile is looked at first.
      if (now === news && Atomics.wait(words, at.news, now, this.#patience) === "timed-out") {
        this.#lose(`no answer within ${this.#patience / 1e3} s`);
      }
      news = now;
    }
    if (this.#port)
      for (let got = receiveMessageOnPort(this.#port); got; got = receiveMessageOnPort(this.#port)) {
        const failure = got.message as Failure;
        this.#failures.set(failure.number, failure);
      }
    const failure = this.#failures.get(number);
    this.#failures.delete(number);
    if (failure?.isTrap) throw this.#fault(path, "to write a frame", `the trap "${failure.text}"`);
    if (failure) throw new Error(failure.text);
  }

  #fault(path: string, what: string, got: string): FileError {
    const todo = "Append to it without the thread: { beside: false } (--output-beside off).";
    return wrongFile(path, `the thread "wasm-mpi files" ${what}`, got, todo);
  }
}

let made: Filer | undefined;

/** The thread of this process that writes files. */
export function filer(): Filer {
  made ??= new Filer();
  return made;
}
