import { describe, expect, it } from "vitest";
import { eachLibrary, type LibraryName, runRanks, type TestJob } from "../harness/launch.js";

/** Every rank printed "ok", and rank 0 what wrong calls throw. */
async function textsFrom(job: TestJob & { env?: Record<string, string> }): Promise<Record<string, string>> {
  const result = await runRanks({ ...job, program: "mpi-windows.mjs", timeoutMs: 50_000 });
  expect(result.code, result.transcript).toBe(0);
  const lines = result.stdout.split("\n");
  expect(lines.filter((line) => line === "ok").length, result.transcript).toBe(job.ranks);
  const found = lines.filter((line) => line.startsWith("{"));
  expect([found.length, lines.length], result.transcript).toEqual([1, job.ranks + 2]);
  return JSON.parse(found[0]!) as Record<string, string>;
}

/** Every text of the windows' own errors, and of the library's, on `n` ranks. */
function expectedOf(library: LibraryName, n: number): Record<string, string | RegExp> {
  const rank = (call: string, name: string, got: string, orNull = "") =>
    `UsageError: ${call}: "${name}" expected a rank from 0 to ${n - 1}, got ${got}. Name a rank of this window${orNull}.`;
  const target = (call: string, got: string) => rank(call, "target", got, " or PROC_NULL");
  const ranks = (call: string, got: string) =>
    `UsageError: ${call}: "ranks" expected different ranks from 0 to ${n - 1}, got ${got}. Name ranks of this window.`;
  const memory = (call: string, got: string) =>
    `UsageError: ${call}: "array" expected a typed array or a contiguous view, got ${got}. Pass for example a Float64Array.`;
  const array = (call: string, got: string) =>
    `UsageError: ${call}: "array" expected a typed array, got ${got}. Pass for example a Float64Array.`;
  const at = (call: string, got: string) =>
    `UsageError: ${call}: "at" expected a whole number from 0, got ${got}. Count in the window's displacement units.`;
  const shape = (got: string) =>
    `UsageError: MPI_Put: "targetShape" expected whole numbers whose product is 2, got ${got}. Give as many elements as the data has.`;
  const op = (call: string, got: string) =>
    `UsageError: ${call}: "op" expected one of sum, prod, max, min, replace, noOp for float64, got ${got}. Name one of them.`;
  const like = (call: string, name: string, expected: string, got: string) =>
    `UsageError: ${call}: "${name}" expected ${expected}, got ${got}. Allocate it like "array".`;
  const promise = (call: string, expected: string, got: string) =>
    `UsageError: ${call}: expected options among ${expected}, got "${got}". Remove or rename it.`;
  const flavor = (method: string, expected: string, got: string) =>
    `UsageError: Window.${method}: expected a window of ${expected}(), got one of ${got}(). Make one with comm.${expected}().`;
  const freed = "UsageError: Window: expected a window in use, got a freed one. Make a new one.";
  const number = library === "mpich" || library === "msmpi" || library === "solo" ? 50 : 47;
  const outside = (call: string) =>
    new RegExp(
      `^MpiError: ${call} on rank 0 of ${n}: MPI_ERR_RMA_SYNC \\(${number}\\): [^\\n]*${library === "solo" ? "" : "sync"}[^\\n]*\\. ` +
        "Call it between the calls that open and close an epoch: fence, lock and unlock, start and complete\\.$",
    );
  const types =
    "int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64, complex64, complex128, byte, int32int32, float32int32, float64int32, packed";
  return {
    "create: list": memory("MPI_Win_create", "Array"),
    "create: memory": memory("MPI_Win_create", "Memory"),
    "create: apart": memory("MPI_Win_create", "view of 2 float64, strides 2"),
    "create: unit":
      'UsageError: MPI_Win_create: "unit" expected a whole number from 1 to 2147483647, got 0. Count in bytes.',
    "create: info": 'UsageError: MPI_Win_create: "info" expected a text for "no_locks", got true. Write it as a text.',
    "allocate: type": `UsageError: MPI_Win_allocate: "type" expected one of ${types}, got "double". Name one of them.`,
    "allocate: length": expect.stringMatching(
      /^UsageError: MPI_Win_allocate: "length" expected a whole number of float64 from 0 to \d{9,}, got 1\.5\. Count in elements\.$/,
    ),
    "allocate: too long": expect.stringMatching(
      /^UsageError: MPI_Win_allocate_shared: "length" expected a whole number of float64 from 0 to \d{9,}, got 1099511627776\. Count in elements\.$/,
    ),
    "put: no target": target("MPI_Put", "undefined"),
    "get: target": target("MPI_Get", `${n}`),
    "rput: target": target("MPI_Rput", "-1"),
    "rget: at": at("MPI_Rget", "-1"),
    "put: at": at("MPI_Put", "0.5"),
    "put: data": array("MPI_Put", "Array"),
    "put: shape": shape("[3]"),
    "put: strides":
      'UsageError: MPI_Put: "targetStrides" expected 1 whole numbers, one an axis, got [1, 1]. Give as many as "targetShape" has.',
    "put: strides without shape": shape("undefined"),
    "put: targetType":
      'UsageError: MPI_Put: "targetType" expected a Datatype, got "float64". Make one with mpi.datatype.',
    "accumulate: op": op("MPI_Accumulate", '"avg"'),
    "raccumulate: bits": op("MPI_Raccumulate", '"bor"'),
    "accumulate: own op": op("MPI_Accumulate", "Op"),
    "getAccumulate: no data": array("MPI_Get_accumulate", "undefined"),
    "getAccumulate: result": like("MPI_Get_accumulate", "result", "2 float64", "3 float64"),
    "rgetAccumulate: type": like("MPI_Rget_accumulate", "result", "2 float64", "2 float32"),
    "fetchAndOp: length":
      'UsageError: MPI_Fetch_and_op: "result" expected one element, got 2 float64. Pass for example Int32Array.of(1), or use getAccumulate.',
    "fetchAndOp: result": like("MPI_Fetch_and_op", "result", "1 float64", "1 int32"),
    "compareAndSwap: float":
      'UsageError: MPI_Compare_and_swap: "array" expected an integer or a byte, got 1 float64. Keep what is compared as integers.',
    "compareAndSwap: compare": like("MPI_Compare_and_swap", "compare", "1 int32", "1 int16"),
    "compareAndSwap: result": like("MPI_Compare_and_swap", "result", "1 int32", "1 uint32"),
    "fence: promise": promise("MPI_Win_fence", "noStore, noPut, noPrecede, noSucceed", "noCheck"),
    "lock: rank": rank("MPI_Win_lock", "rank", `${n}`),
    "lock: nobody": rank("MPI_Win_lock", "rank", "-3"),
    "lock: promise": promise("MPI_Win_lock", "shared, noCheck", "exclusive"),
    "unlock: rank": rank("MPI_Win_unlock", "rank", '"0"'),
    "flush: rank": rank("MPI_Win_flush", "rank", "-1"),
    "flushLocal: rank": rank("MPI_Win_flush_local", "rank", `${n}`),
    "post: ranks": ranks("MPI_Win_post", `[0, ${n}]`),
    "start: ranks": ranks("MPI_Win_start", "[0, 0]"),
    "shared: of createWindow": flavor("shared", "allocateSharedWindow", "createWindow"),
    "shared: rank": rank("MPI_Win_shared_query", "rank", `${n}`),
    "attach: of createWindow": flavor("attach", "createDynamicWindow", "createWindow"),
    "detach: of allocateSharedWindow": flavor("detach", "createDynamicWindow", "allocateSharedWindow"),
    "attach: list": memory("MPI_Win_attach", "Array"),
    "detach: other memory":
      'UsageError: MPI_Win_detach: "array" expected memory that is attached, got other memory. Pass what was given to attach().',
    "library: put outside of an epoch": outside("MPI_Put"),
    "library: unlock without lock": outside("MPI_Win_unlock"),
    "library: wait without post": outside("MPI_Win_(wait|test)"),
    "put: freed": freed,
    "free: twice": freed,
  };
}

describe("windows give what they say, and tell what is wrong", () => {
  eachLibrary([1, 2, 3, 4], ({ library, ranks }) => {
    it("in memory of every kind", async () => {
      const texts = await textsFrom({ library, ranks });
      const expected = expectedOf(library, ranks);
      expect(Object.keys(texts)).toEqual(Object.keys(expected));
      for (const [name, text] of Object.entries(expected)) {
        if (text instanceof RegExp) expect(texts[name], name).toMatch(text);
        else expect(texts[name], name).toEqual(text);
      }
    });
  });
});

describe("windows over messages", () => {
  eachLibrary([2], ({ library, ranks }) => {
    it.runIf(library === "openmpi")("where a rank may not read the memory of another", async () => {
      const env = { OMPI_MCA_osc: "sm,pt2pt", OMPI_MCA_btl: "tcp,self" };
      expect(Object.keys(await textsFrom({ library, ranks, env }))).toHaveLength(49);
    });
  });
});
