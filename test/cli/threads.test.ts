/** Threads of the runs of commands. */
import { availableParallelism } from "node:os";
import { describe, expect, it, vi } from "vitest";
import { threadsFor, threadsOr1 } from "../../src/cli/run/threads.js";
import { documentOf } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";

// The tests have the variable set.
const unset = { WASM_MPI_THREADS: undefined };

/** What is reported of the threads and the bits. */
interface Told {
  readonly threads: number;
  readonly digest?: string;
}

const told = async (words: string, env: Readonly<Record<string, string>> = {}) =>
  documentOf<Told>(await wasmMpi([...words.split(" "), "--json"], { env: { ...unset, ...env } }));
const cores = Math.min(2, availableParallelism());

describe("threads of a run", () => {
  it("are the cores on one rank by itself, where there are cells enough", () => {
    vi.stubEnv("WASM_MPI_THREADS", undefined);
    const most = availableParallelism();
    expect(threadsFor(undefined, [2 ** 13 * most], true)).toBe(most);
    expect(threadsFor(undefined, [128, 128], true)).toBe(cores);
    expect(threadsFor(undefined, [127, 129], true)).toBe(1);
    expect(threadsFor(undefined, [4096, 4096], false)).toBe(1);
    expect([threadsFor(3, [8], false), threadsOr1(3), threadsOr1(undefined)]).toEqual([3, 3, 1]);
    vi.unstubAllEnvs();
  });

  it.each([
    ["advect gaussian --shape 128,128 --steps 3", cores],
    ["solve diffusion --shape 128,128 --until 0.1 --dt 0.05", cores],
  ])("are told, and change no bit: %s", async (command, usual) => {
    const alone = await told(command, { WASM_MPI_THREADS: "1" });
    expect(alone.threads).toBe(1);
    expect(await told(command)).toMatchObject({ threads: usual, digest: alone.digest });
    expect(await told(`${command} --threads 3`, { WASM_MPI_THREADS: "1" })).toMatchObject({
      threads: 3,
      digest: alone.digest,
    });
    const { stdout } = await wasmMpi([...command.split(" "), "--threads", "2"]);
    expect(stdout).toContain("1 rank of 2 threads, ");
  });

  it("are as many as asked for in comparisons and convergence", async () => {
    const comparison = "compare gaussian --shape 128,128 --steps 3 --ranks 1";
    const env = { WASM_MPI_THREADS: "2" };
    expect(await told(comparison, env)).toMatchObject({ threads: 2, identical: true });
    const { stdout } = await wasmMpi([...comparison.split(" "), "--threads", "2"]);
    expect(stdout).toContain("2 passes of MPDATA, ranks of 2 threads, MPI: ");
    const orders = "converge gaussian --shapes 64,128 --steps 2 --threads 2";
    expect((await told(orders)).threads).toBe(2);
    const table = await wasmMpi(orders.split(" "));
    expect(table.stdout).toContain("gaussian, 1 rank of 2 threads, 2 passes of MPDATA\n");
  });

  it.each([
    [
      "advect --threads 0",
      'wasm-mpi advect: "--threads" expected a whole number from 1 to 256, got "0". For example --threads 1.',
    ],
    [
      "bench ring --threads 2",
      'wasm-mpi bench: "--threads" expected pde, advection, scaling or output, got ring, which computes nothing on a grid. Leave it out.',
    ],
  ])("are refused: %s", async (command, text) => {
    const { code, stderr } = await wasmMpi(command.split(" "));
    expect([code, stderr]).toEqual([2, `${text}\n`]);
  });
});
