import { availableParallelism } from "node:os";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { isFull } from "./test/harness/effort.js";
import { type Kind, testFiles } from "./test/harness/files.js";
import { testCache } from "./test/harness/folder.js";
import LongestFirst from "./test/harness/order.js";

const files = testFiles();

const common = {
  // Processes: MPI can be started once in each, and a crash in one is to end few files only.
  pool: "forks",
  testTimeout: 60_000,
  hookTimeout: 60_000,
} as const;

/** Compiled modules not in the user's folder, and one thread where none are asked for: several files run at a time. */
const env = { WASM_MPI_CACHE: testCache, WASM_MPI_THREADS: "1" };

/** Files that start no ranks, as many at a time as there are cores. No launcher can be found there. */
const withoutRanks = (name: Kind, include: readonly string[]): TestProjectInlineConfiguration => ({
  test: {
    ...common,
    name,
    include: [...include],
    maxWorkers: availableParallelism(),
    // These files share a process a worker, with the compiler loaded and warm: a quarter of the time less. In the full tests
    // some take all the memory that a process can have.
    isolate: isFull || name === "memory",
    setupFiles: ["test/harness/solo.ts"],
    sequence: { groupOrder: 1 },
    env: { ...env, WASM_MPI_LAUNCHER: "/nowhere/mpiexec" },
  },
});

/**
 * Files that start ranks, two at a time: while one starts a job, which takes a while in which nothing is computed, the jobs
 * of the other have the cores. Three save 5 of 510 s, and crowd tests that count what happens meanwhile.
 */
const withRanks = (include: readonly string[]): TestProjectInlineConfiguration => ({
  test: {
    ...common,
    name: "ranks",
    isolate: isFull,
    include: [...include],
    maxWorkers: 2,
    sequence: { groupOrder: 2 },
    env,
    // Prints which MPI libraries the tests run on.
    globalSetup: ["test/harness/announce.ts"],
    // Files share a process: none is to begin another job than the others.
    setupFiles: ["test/harness/solo.ts"],
  },
});

export default defineConfig({
  test: {
    // Empties the cache of compiled modules.
    globalSetup: ["test/harness/folder.ts"],
    reporters: ["default"],
    sequence: { sequencer: LongestFirst },
    projects: [
      withoutRanks("unit", files.unit),
      withoutRanks("memory", files.memory),
      withoutRanks("commands", files.commands),
      withRanks(files.ranks),
    ],
  },
});
