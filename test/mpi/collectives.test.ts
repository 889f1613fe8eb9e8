import { describe, expect, it } from "vitest";
import { isFull } from "../harness/effort.js";
import { eachLibrary, isLast, type LibraryName, runRanks } from "../harness/launch.js";
import type { Result } from "../harness/process.js";

const program = "mpi-collectives.mjs";

/** Every rank printed "ok" and nothing else. */
function expectOk(result: Result, ranks: number) {
  expect(result.code, result.transcript).toBe(0);
  expect(result.stdout, result.transcript).toBe("ok\n".repeat(ranks));
}

describe("every collective call gives the same in its blocking, nonblocking and persistent form", () => {
  eachLibrary([1, 2, 3, 4], ({ library, ranks }) => {
    it("with arrays, WebAssembly memory and views, whatever the root", async () => {
      expectOk(await runRanks({ library, ranks, program, timeoutMs: 60_000 }), ranks);
    });
  });
  eachLibrary([2], ({ library, ranks }) => {
    // How this package waits: outside the full tests on the library whose ranks have cores of their own above.
    it.runIf(isFull || isLast(library))("where one node has more ranks than cores and the other has not", async () => {
      expectOk(await runRanks({ library, ranks, program, args: ["mixed"], timeoutMs: 60_000 }), ranks);
    });
  });
});

/** Every text of the errors, on `n` ranks. */
function textsOf(library: LibraryName, n: number): Record<string, string> {
  const usage = (call: string, argument: string, rest: string) => `UsageError: MPI_${call}: "${argument}" ${rest}`;
  const data = (call: string, argument: string, got = "undefined", also = "") =>
    usage(call, argument, `expected a typed array, got ${got}. Pass for example a Float64Array${also}.`);
  const root = (call: string, got: string) =>
    usage(call, "root", `expected a rank from 0 to ${n - 1}, got ${got}. Name a rank of this communicator.`);
  const onRanks = n === 1 ? "" : ` on ${n} ranks`;
  const result = (call: string, expected: string, got: string, where = "") =>
    usage(call, "recv", `expected ${expected}, got ${got}. Allocate it to fit "send"${where}.`);
  const piece = (call: string, got: string) => result(call, '2 float64, a piece of "send"', got, onRanks);
  const all = (call: string, argument: string, expected: number, got: string, fit: string) =>
    usage(
      call,
      argument,
      `expected ${expected} float64, the pieces of all ranks, got ${got}. Allocate it to fit "${fit}".`,
    );
  const uneven = (call: string, argument = "recv") =>
    usage(
      call,
      argument,
      `expected a multiple of ${n} elements, one piece a rank, got ${n + 1} float64. Give every rank as many.`,
    );
  const rows = (got: string) =>
    usage(
      "Allgather",
      "recv",
      `expected a multiple of ${n} rows, one piece a rank, got ${got}. Rows are those of a first axis that does not run backwards.`,
    );
  const notInPlace = (call: string, argument: string) =>
    usage(call, argument, "expected data on every rank but the root, got IN_PLACE. Pass the piece of this rank.");
  const numbers = n === 1 ? "whole number" : "whole numbers";
  const counts = (call: string, argument: string, got: string) =>
    usage(call, argument, `expected ${n} ${numbers} from 0, one a rank, got ${got}. Count in elements.`);
  const times = (count: number, text: string) => `[${new Array(count).fill(text).join(", ")}]`;
  const end = (call: string, argument: string, expected: number, mend: string) =>
    usage(
      call,
      argument,
      `expected at least ${expected} float64, the end of the last piece, got ${n} float64. Mend ${mend}, or allocate more.`,
    );
  const ownPiece = (call: string, argument: string, got: string) =>
    usage(
      call,
      argument,
      `expected 1 float64, "counts" of this rank, got ${got}. Give every rank as many as "counts" says.`,
    );
  const list = (call: string, argument: string, got: string) =>
    usage(call, argument, `expected a list of ${n}, one a rank, got ${got}. Give each rank its data.`);
  const op = (call: string, names: string, type: string, got: string) =>
    usage(call, "op", `expected one of ${names} for ${type}, got ${got}. Name one of them.`);
  const strided = (call: string, argument: string, got: string) =>
    usage(call, argument, `expected contiguous data, got view of ${got}. Reduce an array, or call the blocking form.`);
  const ordered = "sum, prod, max, min";
  return {
    "bcast: list": data("Bcast", "array", "Array", ", or use bcastObject for other values"),
    "ibcast: text": data("Ibcast", "array", '"text"'),
    "bcastInit: nothing": data("Bcast_init", "array"),
    "gather: no send": data("Gather", "send"),
    "gather: no recv": data("Gather", "recv"),
    "scatter: no send": data("Scatter", "send"),
    "scatter: no recv": data("Iscatter", "recv"),
    "allgather: no send": data("Allgather", "send"),
    "alltoall: no recv": data("Ialltoall", "recv"),
    "reduce: no recv": data("Ireduce", "recv"),
    "reduce: in place of nothing": data("Reduce", "recv"),
    "scan: no send": data("Iscan", "send"),
    "reduceScatter: no recv": data("Reduce_scatter", "recv"),
    "bcast: root": root("Ibcast", `${n}`),
    "gatherv: root": root("Gatherv_init", "-1"),
    "scatter: root": root("Scatter", "0.5"),
    "reduce: root": root("Reduce_init", '"0"'),
    "gather: length": result("Igather", `${2 * n} float64`, `${2 * n + 1} float64`, onRanks),
    "gather: type": result("Gather", `${2 * n} float64`, `${2 * n} int32`, onRanks),
    "allgather: length": result("Allgather", `${n} float64`, `${n + 1} float64`, onRanks),
    "scatter: length": piece("Scatter", "1 float64"),
    "scatter: type": piece("Scatter_init", "2 float32"),
    "alltoall: length": result("Alltoall", `${2 * n} float64`, `${n} float64`),
    "alltoall: type": result("Alltoall", `${n} float64`, `${n} int64`),
    "alltoallv: type": result("Alltoallv", `${n} float64`, `${n} byte`),
    "allreduce: length": result("Iallreduce", "2 float64", "1 float64"),
    "scan: type": result("Scan", "2 float64", "2 float32"),
    "reduceScatterBlock: length": all("Reduce_scatter_block", "send", 2 * n, `${2 * n + 1} float64`, "recv"),
    "reduceScatterBlock: type": all("Reduce_scatter_block", "send", 2 * n, `${2 * n} int8`, "recv"),
    "reduceScatter: send": all("Reduce_scatter", "send", n, `${n + 1} float64`, "counts"),
    "reduceScatter: recv": usage(
      "Reduce_scatter",
      "recv",
      'expected 1 float64, "counts" of this rank, got 2 float64. Allocate it to fit "counts".',
    ),
    "reduceScatter: in place": all("Reduce_scatter", "recv", n, `${n + 1} float64`, "counts"),
    ...(n > 1 && {
      "uneven: gather": uneven("Gather"),
      "uneven: scatter": uneven("Scatter", "send"),
      "uneven: alltoall": uneven("Alltoall"),
      "uneven: reduceScatterBlock": uneven("Reduce_scatter_block"),
      "uneven: rows": rows(`${n + 1} of 2 float64`),
      "uneven: backwards": rows(`1 of ${2 * n} float64`),
      "in place: gather": notInPlace("Gather", "send"),
      "in place: gatherv": notInPlace("Gatherv", "send"),
      "in place: scatter": notInPlace("Scatter", "recv"),
    }),
    "counts: none": counts("Gatherv", "counts", "undefined"),
    "counts: no options": counts("Allgatherv", "counts", "undefined"),
    "counts: too many": counts("Allgatherv", "counts", times(n + 1, "1")),
    "counts: negative": counts("Allgatherv", "counts", times(n, "-1")),
    "counts: fraction": counts("Scatterv", "counts", times(n, "0.5")),
    "counts: text": counts("Iscatterv", "counts", '"1"'),
    "counts: texts": counts("Iscatterv", "counts", times(n, '"1"')),
    "counts: big": counts("Allgatherv", "counts", times(n, "1n")),
    "counts: 2^32": end("Allgatherv", "recv", n * 2 ** 32, '"counts"'),
    "counts: DataView": counts("Allgatherv", "counts", "DataView"),
    "counts: half rows": usage(
      "Allgatherv",
      "counts",
      `expected ${n} multiple${n === 1 ? "" : "s"} of 2, the elements of a row, from 0, one a rank, got ${times(n, "1")}. Count in elements.`,
    ),
    "counts: beyond the end": end("Allgatherv", "recv", 2 * n, '"counts"'),
    "counts: own of gatherv": ownPiece("Gatherv", "send", "2 float64"),
    "counts: own of allgatherv": ownPiece("Iallgatherv", "send", "1 int8"),
    "counts: own of scatterv": ownPiece("Scatterv", "recv", "2 float64"),
    "counts: reduceScatter": counts("Ireduce_scatter", "counts", "[]"),
    "counts: reduceScatter without": counts("Reduce_scatter", "counts", "undefined"),
    "displs: negative": counts("Allgatherv", "displs", times(n, "-1")),
    "displs: too few": counts("Igatherv", "displs", "[]"),
    "displs: beyond the end": end("Allgatherv", "recv", n + 1, '"counts" or "displs"'),
    "sendCounts: none": counts("Alltoallv", "sendCounts", "undefined"),
    "recvCounts: none": counts("Ialltoallv", "recvCounts", "undefined"),
    "recvCounts: no options": counts("Alltoallv", "recvCounts", "undefined"),
    "sendDispls: beyond the end": end("Alltoallv", "send", n + 1, '"sendCounts" or "sendDispls"'),
    "recvCounts: of oneself": usage(
      "Alltoallv",
      "recvCounts",
      'expected 1 for this rank itself, as in "sendCounts", got 0. Receive what is sent.',
    ),
    "parts: no list": list("Alltoallw", "sends", "Float64Array"),
    "parts: too many": list("Ialltoallw", "recvs", `${n + 1}`),
    "parts: no data": data("Alltoallw_init", `sends[${n - 1}]`, "5"),
    ...(n > 1 && {
      "parts: apart": usage(
        "Alltoallw",
        "sends",
        "expected parts of one buffer, at most 2147483647 bytes apart, got another at index 1. Take views of one array.",
      ),
    }),
    ...(library === "mpich" && {
      "parts: in place": usage(
        "Alltoallw",
        "sends",
        'expected data, where "recvs" are views that are not contiguous, got IN_PLACE. Send copies: MPICH mixes them up.',
      ),
    }),
    "op: int32": op("Scan", `${ordered}, land, band, lor, bor, lxor, bxor`, "int32", '"minloc"'),
    "op: float32": op("Scan", ordered, "float32", '"minloc"'),
    "op: byte": op("Scan", "band, bor, bxor", "byte", '"minloc"'),
    "op: complex128": op("Exscan", "sum, prod", "complex128", '"max"'),
    "op: float64int32": op("Reduce_scatter_block", "minloc, maxloc", "float64int32", '"sum"'),
    "op: text": op("Allreduce_init", ordered, "float64", '"Max"'),
    "op: number": op("Allreduce", ordered, "float64", "5"),
    "strided: iallreduce": strided("Iallreduce", "recv", "2 float64, strides 3"),
    "strided: scanInit": strided("Scan_init", "send", "2 x 2 float64, strides 4 x 1"),
    "call after finalize":
      "UsageError: MPI_Ibcast: expected a job that has not ended, got a call after mpi.finalize(). Finalize last.",
  };
}

describe("wrong use of a collective call is told in one line, and the ranks live on", () => {
  eachLibrary([1, 2, 3], ({ library, ranks }) => {
    it("every text", async () => {
      const result = await runRanks({ library, ranks, program: "mpi-collectives-errors.mjs" });
      expect(result.code, result.transcript).toBe(0);
      expect(JSON.parse(result.stdout)).toEqual(textsOf(library, ranks));
    });
  });
});
