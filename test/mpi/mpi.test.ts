import { describe, expect, it } from "vitest";
import { isFull } from "../harness/effort.js";
import { eachLibrary, isLast, type LibraryName, runRanks } from "../harness/launch.js";
import type { Result } from "../harness/process.js";
import { expectTexts } from "../harness/texts.js";

/** The ABI that the library of each launcher has. */
const abis: Record<LibraryName, string> = { solo: "standard", openmpi: "openmpi", mpich: "mpich", msmpi: "msmpi" };

/** Every rank printed "ok" and nothing else. */
function expectOk(result: Result, ranks: number) {
  expect(result.code, result.transcript).toBe(0);
  expect(result.stdout, result.transcript).toBe("ok\n".repeat(ranks));
}

describe("messages of random tags and sizes, by the ten thousand, arrive intact", () => {
  eachLibrary(isFull ? [4] : [2, 3], ({ library, ranks }) => {
    it("in the order in which they were sent", async () => {
      expectOk(await runRanks({ library, ranks, program: "mpi-stress.mjs", timeoutMs: 50_000 }), ranks);
    });
  });
});

describe("every call gives what it says", () => {
  eachLibrary([1, 2, 3, 4], ({ library, ranks }) => {
    it("as the machine makes ranks wait", async () => {
      expectOk(await runRanks({ library, ranks, program: "mpi-calls.mjs", args: [abis[library]] }), ranks);
    });
  });
  eachLibrary([2], ({ library, ranks }) => {
    // How this package waits: outside the full tests on the library whose ranks have cores of their own above.
    it.runIf(isFull || isLast(library))("where one node has more ranks than cores and the other has not", async () => {
      expectOk(await runRanks({ library, ranks, program: "mpi-calls.mjs", args: [abis[library], "mixed"] }), ranks);
    });
  });
});

describe("calls on addresses in WebAssembly memory", () => {
  // On 2 ranks, which have cores of their own on most machines; 3 in the full tests.
  eachLibrary(isFull ? [1, 2, 3] : [1, 2], ({ library, ranks }) => {
    // A minute where other programs have the cores.
    it("allocate nothing, a million times", { timeout: 110_000 }, async () => {
      expectOk(await runRanks({ library, ranks, program: "mpi-memory.mjs", timeoutMs: 100_000 }), ranks);
    });
  });
});

/** Every text of the bindings' own errors, and of the library's, on `n` ranks. */
function textsOf(library: LibraryName, n: number): Record<string, string | RegExp> {
  const rank = (call: string, name: string, got: string, orNull = " or PROC_NULL") =>
    `UsageError: ${call}: "${name}" expected a rank from 0 to ${n - 1}, got ${got}. Name a rank of this communicator${orNull}.`;
  const tag = (call: string, name: string, got: string) =>
    `UsageError: ${call}: "${name}" expected a whole number from 0 to 2147483647, got ${got}. Choose another tag.`;
  const array = (call: string, name: string, got: string, also?: string) => {
    const objects = also === undefined ? "" : `, or use ${also} for other values`;
    return `UsageError: ${call}: "${name}" expected a typed array, got ${got}. Pass for example a Float64Array${objects}.`;
  };
  const op = (call: string, names: string, type: string, got: string) =>
    `UsageError: ${call}: "op" expected one of ${names} for ${type}, got "${got}". Name one of them.`;
  const result = (call: string, expected: string, got: string, ranks = "") =>
    `UsageError: ${call}: "recv" expected ${expected}, got ${got}. Allocate it to fit "send"${ranks}.`;
  const integerOps = "sum, prod, max, min, land, band, lor, bor, lxor, bxor";
  const onRanks = n === 1 ? "" : ` on ${n} ranks`;
  const active = "expected a request that is not active, got an active one.";
  const number = library === "mpich" || library === "msmpi" ? 14 : 15;
  const truncated = (call: string, advice: string) =>
    new RegExp(
      `^MpiError: ${call} on rank 0 of ${n}: MPI_ERR_TRUNCATE \\(${number}\\): [^\\n]*truncated[^\\n]*\\. ${advice}$`,
      "i",
    );
  const holds = (source: string, tagText: string) =>
    `The buffer holds 1 float64 from ${source}, ${tagText}; receive at least as many as were sent\\.`;
  return {
    "version before init": "UsageError: mpi: expected a job that has begun, got none. Call mpi.init() first.",
    "init with a strange option":
      'UsageError: mpi.init: expected options among library, threadLevel, got "threads". Remove or rename it.',
    "init with a strange level":
      'UsageError: mpi.init: "threadLevel" expected one of SINGLE, FUNNELED, SERIALIZED, MULTIPLE, got "multiple". Leave it out for FUNNELED.',
    "init with another library":
      'UsageError: mpi.init: "library" expected the default as in the first call, got "msmpi". Name the library in the first call.',
    "to: size": rank("MPI_Send", "to", `${n}`),
    "to: fraction": rank("MPI_Isend", "to", "0.5"),
    "to: missing": rank("MPI_Send", "to", "undefined"),
    "to: any rank": rank("MPI_Send_init", "to", "-1"),
    "from: negative": rank("MPI_Recv", "from", "-7"),
    "from: text": rank("MPI_Irecv", "from", '"0"'),
    "from of recvInit": rank("MPI_Recv_init", "from", `${n}`),
    "sendrecv to": rank("MPI_Sendrecv", "to", `${n}`),
    "sendrecv from": rank("MPI_Sendrecv", "from", `${n}`),
    "sendrecv send": array("MPI_Sendrecv", "send", '"text"', "sendrecvObject"),
    "sendrecv recv": array("MPI_Sendrecv", "recv", "undefined"),
    "sendrecv sendTag": tag("MPI_Sendrecv", "sendTag", "-1"),
    "sendrecv recvTag": tag("MPI_Sendrecv", "recvTag", "1.5"),
    "tag: negative": tag("MPI_Send", "tag", "-1"),
    "tag: fraction": tag("MPI_Irecv", "tag", "0.5"),
    "tag: any": tag("MPI_Isend", "tag", "-2"),
    "tag: 2^32": tag("MPI_Send", "tag", "4294967296"),
    "array: list": array("MPI_Send", "array", "Array", "sendObject"),
    "array: number": array("MPI_Recv", "array", "5", "recvObject"),
    "array: null": array("MPI_Isend", "array", "null", "isendObject"),
    "array: buffer": array("MPI_Bcast", "array", "ArrayBuffer", "bcastObject"),
    "array: too long":
      'UsageError: MPI_Send: "array" expected at most 2147483647 elements, got 2147483648. Pass it in parts.',
    "root: size": rank("MPI_Bcast", "root", `${n}`, ""),
    "root: nobody": rank("MPI_Gather", "root", "-3", ""),
    "op: unknown": op("MPI_Allreduce", integerOps, "int32", "avg"),
    "op: inherited name": op("MPI_Allreduce", integerOps, "int32", "toString"),
    "op: bits of numbers": op("MPI_Allreduce", "sum, prod, max, min", "float64", "bor"),
    "op: truth of float32": op("MPI_Reduce", "sum, prod, max, min", "float32", "land"),
    "allreduce: length": result("MPI_Allreduce", "2 float64", "3 float64"),
    "allreduce: type": result("MPI_Allreduce", "2 float64", "2 float32"),
    "allreduce: no result": array("MPI_Allreduce", "recv", "undefined"),
    "allreduce: options in place of the result":
      'UsageError: MPI_Allreduce: "recv" expected a typed array, got Object. Pass the array of the result before the options; it may be the one that is sent.',
    "reduce: no result": array("MPI_Reduce", "recv", "undefined"),
    "gather: length": result("MPI_Gather", `${2 * n} float64`, `${2 * n + 1} float64`, onRanks),
    "allgather: type": result("MPI_Allgather", `${2 * n} float64`, `${2 * n} int64`, onRanks),
    "cart: periods":
      'UsageError: MPI_Cart_create: "periods" expected 2 values, one a dimension, got 1. Give as many as "dims".',
    "cart: coords":
      'UsageError: MPI_Cart_rank: "coords" expected 2 values, one a dimension, got 1. Give as many as "dims" has.',
    "cart: axis":
      'UsageError: MPI_Cart_shift: "axis" expected a dimension from 0 to 1, got 2. Name a dimension of the grid.',
    "start: active": `UsageError: Request.start: ${active} Wait for it before starting it again.`,
    "startAll: active": `UsageError: Request.start: ${active} Wait for it before starting it again.`,
    "free: active": `UsageError: Request.free: ${active} Wait for it first.`,
    "start: freed": "UsageError: Request.start: expected a request that is not freed, got a freed one. Make a new one.",
    "start: not persistent":
      "UsageError: Request.start: expected a persistent request, got one for a single use. Make it with sendInit, bcastInit or the like.",
    "truncated recv": truncated("MPI_Recv", holds(`rank ${n - 1}`, "tag 7")),
    "truncated wait": truncated("MPI_Wait", holds("any rank", "any tag")),
    "truncated test": truncated("MPI_Test", holds(`rank ${n - 1}`, "tag 7")),
    "truncated waitAll": truncated("MPI_Waitall", "Receive at least as many elements as were sent\\."),
    "init after finalize":
      "UsageError: mpi.init: expected a job that has not ended, got one after mpi.finalize(). Start a new process.",
    "call after finalize":
      "UsageError: MPI_Comm_dup: expected a job that has not ended, got a call after mpi.finalize(). Finalize last.",
  };
}

describe("wrong use is told in one line, and the ranks live on", () => {
  eachLibrary([1, 2, 3], ({ library, ranks }) => {
    it("every text", async () => {
      const result = await runRanks({ library, ranks, program: "mpi-errors.mjs" });
      expectTexts(result, textsOf(library, ranks));
    });
  });
});

describe("the world of one rank", () => {
  it("refuses to wait for what nobody can send, and goes on", async () => {
    expectOk(await runRanks({ library: "solo", ranks: 1, program: "mpi-solo.mjs" }), 1);
  });
});
