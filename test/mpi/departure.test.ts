/** Ranks that tell MPICH's launcher themselves that they end. */
import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mendFinalize } from "../../src/mpi/library/departure.js";
import type { World } from "../../src/mpi/library/world.js";

/** A world of 4 ranks as far as it is asked. */
function worldWith({ finalizeHangs = true, ranksHere = 2, code = 0 } = {}) {
  const calls: string[] = [];
  const raw = {
    MPI_Finalize: () => {
      calls.push("MPI_Finalize");
      return 0;
    },
    MPI_Barrier: (comm: number) => {
      calls.push(`MPI_Barrier ${comm}`);
      return code;
    },
  };
  const world = {
    raw,
    size: 4,
    differs: { finalizeHangs },
    waiting: { ranksHere },
    constants: { MPI_COMM_WORLD: 7 },
    outPtr: 0,
    call: (name: string, comm: number) => calls.push(`${name} ${comm}`),
    readHandle: () => 8,
  };
  return { world: world as unknown as World, calls };
}

describe("a rank of MPICH over UCX", () => {
  const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-departure-"));
  const path = join(folder, "launcher");
  let descriptor: number;
  beforeAll(() => {
    descriptor = openSync(join(folder, "empty"), "w+");
  });
  afterAll(() => {
    closeSync(descriptor);
    rmSync(folder, { recursive: true });
  });
  const PMI_FD = () => String(descriptor);

  it("ends by MPI_Finalize on one host, with a library that does not hang, and where the launcher does not speak PMI 1", () => {
    for (const [options, env] of [
      [{ ranksHere: 4 }, { PMI_FD: PMI_FD() }],
      [{ finalizeHangs: false }, { PMI_FD: PMI_FD() }],
      [{}, {}],
      [{}, { PMI_FD: PMI_FD(), MPIR_CVAR_PMI_VERSION: "2" }],
      [{ ranksHere: 4 }, { PMI_FD: PMI_FD(), UCX_TLS: "tcp,self", MPIR_CVAR_PMI_VERSION: "x" }],
    ] as const) {
      const { world, calls } = worldWith(options);
      mendFinalize(world, env);
      expect(world.raw.MPI_Finalize()).toBe(0);
      expect(calls).toEqual(["MPI_Finalize"]);
    }
  });

  it.each([
    ["on several hosts", { ranksHere: 2 }, {}],
    ["on one host where it was chosen how they reach each other", { ranksHere: 4 }, { UCX_TLS: "tcp,self" }],
  ])("meets the others %s, and says what the launcher answers where that is something else", (_, options, env) => {
    const { world, calls } = worldWith(options);
    // A file takes the line, and answers with what stands behind it.
    const line = "cmd=barrier_in\n";
    writeFileSync(path, `${"_".repeat(line.length)}cmd=response_to_init rc=-1\n`);
    const launcher = openSync(path, "r+");
    mendFinalize(world, { PMI_FD: String(launcher), MPIR_CVAR_PMI_VERSION: "1", ...env });
    expect(() => world.raw.MPI_Finalize()).toThrow(
      'mpi.finalize: expected cmd=barrier_out of the launcher, got "cmd=response_to_init rc=-1\\n". See whether mpiexec is of the library\'s version.',
    );
    closeSync(launcher);
    expect(calls).toEqual(["MPI_Comm_dup 7", "MPI_Barrier 8"]);
    expect(readFileSync(path, "utf8")).toBe(`${line}cmd=response_to_init rc=-1\n`);
  });

  it("ends without a word where the launcher has gone", () => {
    const pipe = join(folder, "pipe");
    expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(pipe, constants.O_WRONLY);
    closeSync(reader);
    // A pipe that nobody reads is an error, an empty file the end of what is read.
    for (const gone of [writer, descriptor]) {
      const { world, calls } = worldWith();
      mendFinalize(world, { PMI_FD: String(gone) });
      expect(world.raw.MPI_Finalize()).toBe(0);
      expect(calls).toEqual(["MPI_Comm_dup 7", "MPI_Barrier 8"]);
    }
    closeSync(writer);
  });

  it("tells nothing where the others cannot be met", () => {
    const { world } = worldWith({ code: 15 });
    mendFinalize(world, { PMI_FD: PMI_FD() });
    expect(world.raw.MPI_Finalize()).toBe(15);
  });
});
