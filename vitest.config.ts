import { defineConfig } from "vitest/config";
import { testCache } from "./test/harness/folder.js";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Prints once which MPI libraries the tests run on.
    globalSetup: ["test/harness/launch.ts"],
    // A process per file: MPI can be started once in a process, and a crash in it is to end one file only.
    pool: "forks",
    // One file at a time: a test that starts ranks needs all the cores, and its ranks wait for each other.
    fileParallelism: false,
    // Compiled modules: not in the user's folder, and removed at the start.
    env: { WASM_MPI_CACHE: testCache },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ["default"],
  },
});
