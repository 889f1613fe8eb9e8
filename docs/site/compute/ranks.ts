/** Ranks of the page: workers made of its own script, so that nothing is fetched. */
import { joinWorld, newWorld } from "wasm-mpi/browser";
import { carry, type Done, type Task } from "./carry.js";

/** What makes a worker a rank. */
interface Joining {
  readonly shared: SharedArrayBuffer;
  readonly rank: number;
}

type Answer = { readonly done: Done } | { readonly error: string };

/** The text of the page's script, while it runs first. */
const script = typeof document === "undefined" ? "" : (document.currentScript?.textContent ?? "");

/** What a page needs for workers that share memory; nothing where it has it. */
export const missing: string =
  typeof document !== "undefined" && !globalThis.crossOriginIsolated
    ? "Several ranks need memory that workers share, which a page has where its server isolates it from others with the headers " +
      "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp. " +
      "npm run docs -- --serve sends them. This page computes on one rank."
    : "";

/** The workers that are the ranks of a world. */
export class Ranks {
  readonly count: number;
  readonly #workers: readonly Worker[];
  /** Ends the task that is under way. */
  #fail: (error: Error) => void = () => {};

  constructor(count: number) {
    this.count = count;
    const shared = newWorld(count);
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    this.#workers = Array.from({ length: count }, (_, rank) => {
      const worker = new Worker(url, { name: `rank ${rank}` });
      worker.onerror = (event) => {
        event.preventDefault();
        this.#fail(new Error(`Rank ${rank} of ${count}: ${event.message}`));
      };
      worker.postMessage({ shared, rank } satisfies Joining);
      return worker;
    });
  }

  /** Has all ranks do a task. @throws what one of them does, whatever the others wait for */
  async carry(task: Task): Promise<Done[]> {
    const answers = this.#workers.map((worker, rank) => {
      return new Promise<Done>((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<Answer>) => {
          if ("done" in data) resolve(data.done);
          else reject(new Error(`Rank ${rank} of ${this.#workers.length}: ${data.error}`));
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
    onmessage: (event: MessageEvent<Joining | Task>) => void;
    postMessage(answer: Answer, passed: ArrayBuffer[]): void;
  };
  scope.onmessage = ({ data }) => {
    if ("shared" in data) {
      joinWorld(data.shared, data.rank);
      return;
    }
    try {
      const done = carry(data);
      scope.postMessage({ done }, [done.block.words.buffer]);
    } catch (error) {
      scope.postMessage({ error: (error as Error).message }, []);
    }
  };
}
