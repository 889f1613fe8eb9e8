/**
 * The job that a page is: a world of one rank, or one of workers that share memory with each other. There are no libraries to
 * load and no launchers to find; who starts the workers tells each of them with {@link joinWorld}.
 */
import { expectWhole, show, wrong } from "../argument.js";
import { isShared } from "../host.js";
import type { Job } from "../mpi/library/launcher.js";
import type { Library } from "../mpi/library/library.js";
import { restWith } from "./machine.js";
import { newWires, ranksOf, Wires } from "./workers/wires.js";
import { workersLibrary } from "./workers/world.js";

/** The most ranks: each has a wire to each. */
const mostRanks = 16;

/** Whether `mpi.init()` has asked what job this is. */
let hasBegun = false;
let joined: { readonly library: Library; readonly job: Job } | undefined;

/**
 * Memory through which so many workers of a page exchange messages; pass it to each, which calls {@link joinWorld}. **Local.**
 *
 * ```js
 * const shared = newWorld(2); // Then, for each rank: worker.postMessage({ shared, rank })
 * console.log(shared instanceof SharedArrayBuffer); // true
 * ```
 * @throws UsageError where the page may not share memory
 */
export function newWorld(ranks: number): SharedArrayBuffer {
  expectWhole('newWorld: "ranks"', ranks, { least: 1, most: mostRanks }, "Name as many as there will be workers.");
  if (typeof SharedArrayBuffer !== "undefined") return newWires(ranks);
  const headers = "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";
  throw wrong("newWorld", "a page that may share memory", "one that may not", `Have its server send ${headers}.`);
}

/**
 * Makes this worker a rank of a world: `mpi.init()` then gives the communicator of all of them. What waits for another rank
 * blocks this thread, which a page's own may not. **Local.**
 *
 * ```js
 * const [shared, rank] = [newWorld(1), 0]; // In a worker what the page has sent.
 * joinWorld(shared, rank);
 * console.log(mpi.init().size); // 1
 * ```
 * @param shared of {@link newWorld}
 * @throws UsageError after `mpi.init()` or another call
 */
export function joinWorld(shared: SharedArrayBuffer, rank: number): void {
  const size = isShared(shared) ? ranksOf(shared) : undefined;
  if (size === undefined) {
    throw wrong('joinWorld: "shared"', "memory of newWorld()", show(shared), "Pass it to the worker in a message.");
  }
  expectWhole('joinWorld: "rank"', rank, { least: 0, most: size - 1 }, "Number the workers from 0.");
  if (joined || hasBegun) {
    const got = joined ? "a second one" : "one after mpi.init()";
    throw wrong("joinWorld", "one call in a worker, before mpi.init()", got, "Start a worker for each rank.");
  }
  const wires = new Wires(shared, rank);
  const { library, rest } = workersLibrary(wires);
  restWith(rest);
  joined = { library, job: { family: undefined, rank, size } };
}

// src/mpi/library/library.ts

export function loadLibrary(library: string | undefined): Library {
  if (joined && library === undefined) return joined.library;
  throw wrong('mpi.init: "library"', '"solo" in a browser', JSON.stringify(library), "Leave it out.");
}

// src/mpi/library/launcher.ts

export function detectJob(): Job | undefined {
  hasBegun = true;
  return joined?.job;
}

export function familyOf(): undefined {}

export const familyTitle = {};
