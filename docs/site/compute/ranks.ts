/** Ranks of the page: workers made of its own script, so that nothing is fetched. */
import { joinWorld, newWorld } from "wasm-mpi/browser";
import { carry } from "./carry.js";
import { march } from "./march.js";
import type { Done, Task } from "./task.js";

/** What a rank can do, be it the page or a worker. */
const works = { carry, march } as const;

export type WorkName = keyof typeof works;

/** What makes a worker a rank. */
interface Joining {
  readonly shared: SharedArrayBuffer;
  readonly rank: number;
  readonly work: WorkName;
}

type Answer = { readonly done: Done } | { readonly error: string; readonly isCommon: boolean };

/** The text of the page's script, while it runs first. */
const script = typeof document === "undefined" ? "" : (document.currentScript?.textContent ?? "");

/** What a page needs for workers that share memory; nothing where it has it. */
export const missing: string =
  typeof document !== "undefined" && !globalThis.crossOriginIsolated
    ? "Several ranks need memory that workers share, which a page has where its server isolates it from others with the headers " +
      "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp. " +
      "npm run docs -- --serve sends them. This page computes on one rank."
    : "";

/** Has the page itself, as the only rank, do a task. @throws what the work does */
export async function doHere<Run>(work: WorkName, task: Task<Run>): Promise<Done[]> {
  return [await works[work](task as never)];
}

/** The workers that are the ranks of a world, for one work. */
export class Ranks {
  readonly count: number;
  readonly #workers: readonly Worker[];
  /** Ends the task that is under way. */
  #fail: (error: Error) => void = () => {};

  constructor(count: number, work: WorkName) {
    this.count = count;
    const shared = newWorld(count);
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    this.#workers = Array.from({ length: count }, (_, rank) => {
      const worker = new Worker(url, { name: `rank ${rank} (${work})` });
      worker.onerror = (event) => {
        event.preventDefault();
        this.#fail(new Error(`Rank ${rank} of ${count}: ${event.message}`));
      };
      worker.postMessage({ shared, rank, work } satisfies Joining);
      return worker;
    });
  }

  /** Has all ranks do a task. @throws what one of them does, whatever the others wait for */
  async do<Run>(task: Task<Run>): Promise<Done[]> {
    const answers = this.#workers.map((worker, rank) => {
      return new Promise<Done>((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<Answer>) => {
          if ("done" in data) resolve(data.done);
          else reject(new Error(data.isCommon ? data.error : `Rank ${rank} of ${this.count}: ${data.error}`));
        };
        worker.postMessage(task);
      });
    });
    const failed = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    return await Promise.race([Promise.all(answers), failed]);
  }

  /** Ends the workers, also those that wait for one that has failed. */
  end(): void {
    for (const worker of this.#workers) worker.terminate();
  }
}

/** What the script does in a worker. */
export function startRank(): void {
  const scope = globalThis as unknown as {
    onmessage: (event: MessageEvent<Joining | Task<unknown>>) => void;
    postMessage(answer: Answer, passed: ArrayBuffer[]): void;
  };
  let work: WorkName;
  scope.onmessage = async ({ data }) => {
    if ("shared" in data) {
      joinWorld(data.shared, data.rank);
      ({ work } = data);
      return;
    }
    try {
      const done = await works[work](data as never);
      scope.postMessage({ done }, [done.block.words.buffer]);
    } catch (error) {
      const { name, message } = error as Error;
      // All ranks find what is wrong in an input or in a text, and find the same.
      const isCommon = name === "UsageError" || name === "CompileError";
      scope.postMessage({ error: message, isCommon }, []);
    }
  };
}
