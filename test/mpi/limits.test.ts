import { describe, expect, it } from "vitest";
import { eachLibrary, runRanks } from "../harness/launch.js";

const shrinks = (where: string) =>
  `UsageError: ${where} expected memory that cannot shrink, got a resizable ArrayBuffer. Pass a copy, or an array over a buffer of fixed length.`;
const detached = (where: string) =>
  `UsageError: ${where} expected an array in memory, got a detached one. Make it anew after memory.grow(), or pass mpi.view(memory, options).`;
const start =
  "UsageError: Request.start: expected an array in memory, got a detached one. Make array and request anew after memory.grow(), or pass mpi.view(memory, options).";

const window = (call: string, first: number, end: number, rank = 0, byteLength = 128) =>
  `UsageError: ${call}: "at" expected data within the ${byteLength} bytes of rank ${rank}, got bytes ${first} to ${end}. Reach no further than the window of the target.`;
const dynamic = (n: number, call: string, at: number) =>
  n === 1
    ? `UsageError: ${call}: "at" expected data within memory that is attached, got ${at}. Count from what attach() returned.`
    : `UsageError: ${call}: "at" expected what attach() returned on the target, got ${at}. Attach memory there, and send its address to this rank.`;
const memory = (where: string, got: string) =>
  `UsageError: ${where} expected elements within the memory of 65536 bytes, got ${got} on. Pass the array's own address and length.`;

const plain = (where: string, got: string) => `UsageError: ${where} expected a number, got ${got}. Pass plain numbers.`;

const place = (n: number, where: string, got: string, others = " or PROC_NULL") =>
  `UsageError: ${where} expected a rank from 0 to ${n - 1}, got ${got}. Name a rank of this communicator${others}.`;
const tag = (call: string, got: string) =>
  `UsageError: ${call}: "tag" expected a whole number from 0 to 2147483647, got ${got}. Choose another tag.`;

const packed = (call: string) =>
  `UsageError: ${call}: "data" expected at most 2147483647 bytes, got 2147483648. Pack it in parts.`;
const whole = (where: string, got: string, todo: string) =>
  `UsageError: ${where} expected a whole number from -2147483647 to 2147483647, got ${got}. ${todo}`;

const apart = (call: string, recv = "recv", send = "send") => {
  const todo = call === "Sendrecv" ? "Receive into other memory, or call sendrecvReplace." : "Pass other memory.";
  return `UsageError: MPI_${call}: "${recv}" expected memory apart from "${send}", got some that overlaps it. ${todo}`;
};

/** Every text on `n` ranks, by the name of its case in the program. */
const expectedOf = (n: number): Record<string, string> => ({
  irecv: shrinks('MPI_Irecv: "array"'),
  isend: shrinks('MPI_Isend: "array"'),
  recvInit: shrinks('MPI_Recv_init: "array"'),
  send: shrinks('MPI_Send: "array"'),
  view: shrinks('MPI_Irecv: "array"'),
  empty: shrinks('MPI_Irecv: "array"'),
  ibcast: shrinks('MPI_Ibcast: "array"'),
  iallreduce: shrinks('MPI_Iallreduce: "recv"'),
  ialltoallv: shrinks('MPI_Ialltoallv: "send"'),
  ialltoallw: shrinks('MPI_Ialltoallw: "recvs[0]"'),
  createWindow: shrinks('MPI_Win_create: "array"'),
  attach: shrinks('MPI_Win_attach: "array"'),
  put: shrinks('MPI_Put: "array"'),
  rget: shrinks('MPI_Rget: "array"'),
  iread: shrinks('MPI_File_iread_at: "data"'),
  start,
  startAll: start,
  detached: detached('MPI_Irecv: "array"'),
  "detached bytes": detached('MPI_Irecv: "array"'),
  "detached window": detached('MPI_Win_create: "array"'),
  "put at 16": window("MPI_Put", 128, 144),
  "put at 15": window("MPI_Put", 120, 136),
  "put at 1e9": window("MPI_Put", 8e9, 8e9 + 8),
  "put long": window("MPI_Put", 0, 136),
  get: window("MPI_Get", 120, 136),
  accumulate: window("MPI_Accumulate", 128, 136),
  getAccumulate: window("MPI_Get_accumulate", 120, 136),
  fetchAndOp: window("MPI_Fetch_and_op", 128, 136),
  compareAndSwap: window("MPI_Compare_and_swap", 128, 132),
  strides: window("MPI_Put", 8, 136),
  "strides back": window("MPI_Put", -8, 16),
  layout: window("MPI_Put", 8, 136),
  "layout before": window("MPI_Get", -8, 0),
  "put view": window("MPI_Put", 8, 136),
  unit: n === 1 ? window("MPI_Put", 256, 264) : window("MPI_Put", 128, 136, 1),
  rput: window("MPI_Rput", 120, 136),
  "rget beyond": window("MPI_Rget", 120, 136),
  raccumulate: window("MPI_Raccumulate", 120, 136),
  rgetAccumulate: window("MPI_Rget_accumulate", 120, 136),
  shared: window("MPI_Put", 4, 8, 0, 4),
  dynamic:
    'UsageError: MPI_Put: "at" expected data within memory that is attached, got N. Count from what attach() returned.',
  "dynamic get": dynamic(n, "MPI_Get", 0),
  "dynamic rput": dynamic(n, "MPI_Rput", 64),
  "dynamic fetchAndOp": dynamic(n, "MPI_Fetch_and_op", 8),
  "memory send": memory('MPI_Send: "ptr"', "2 float64 from 65528"),
  "memory recv": memory('MPI_Recv: "ptr"', "1 float64 from 65536"),
  "memory before": memory('MPI_Bcast: "ptr"', "1 float64 from -8"),
  "memory part": memory('MPI_Bcast: "ptr"', "1 float64 from 0.5"),
  "memory count": memory('MPI_Bcast: "ptr"', "NaN float64 from 0"),
  "memory symbol": plain('MPI_Send: "ptr"', "Symbol(Symbol.iterator)"),
  "memory bigint": plain('MPI_Recv: "count"', "1n"),
  "memory rank": plain('MPI_Sendrecv: "to"', "Symbol(Symbol.iterator)"),
  "memory long": memory('MPI_Sendrecv: "recvPtr"', "1073741824 float64 from 8"),
  "memory allreduce": memory('MPI_Allreduce: "recvPtr"', "2 float64 from 65528"),
  "memory allreduce from": memory('MPI_Allreduce: "sendPtr"', "2 float64 from 65528"),
  "memory minus one": memory('MPI_Bcast: "ptr"', "1 float64 from -1"),
  "memory to": place(n, 'MPI_Send: "to"', "0.5"),
  "memory to far": place(n, 'MPI_Sendrecv: "to"', "4294967296"),
  "memory to any": place(n, 'MPI_Send: "to"', "-1"),
  "memory from": place(n, 'MPI_Recv: "from"', "NaN"),
  "memory from both": place(n, 'MPI_Sendrecv: "from"', "-0.5"),
  "memory tag": tag("MPI_Send", "2147483648"),
  "memory tag part": tag("MPI_Recv", "1.5"),
  "memory tag both": tag("MPI_Sendrecv", "-2"),
  "memory root": place(n, 'MPI_Bcast: "root"', "0.5", ""),
  "memory count part": memory('MPI_Allreduce: "sendPtr"', "0.5 float64 from 0"),
  "pack size": packed("MPI_Pack_size"),
  "pack long": packed("MPI_Pack"),
  axis: 'UsageError: MPI_Isend: "array" expected at most 2147483647 elements, got 4294967296. Pass it in parts.',
  "shift part": whole('MPI_Cart_shift: "displacement"', "0.5", "Count places."),
  "shift far": whole('MPI_Cart_shift: "displacement"', "4294967296", "Count places."),
  place: whole('MPI_Cart_rank: "coords[0]"', "4294967296", "Count places from 0 on."),
  "place part": whole('MPI_Cart_rank: "coords[0]"', "NaN", "Count places from 0 on."),
  "sendrecv same": apart("Sendrecv"),
  "sendrecv part": apart("Sendrecv"),
  "sendrecv view": apart("Sendrecv"),
  allreduce: apart("Allreduce"),
  "iallreduce apart": apart("Iallreduce"),
  scanInit: apart("Scan_init"),
  reduceScatterBlock: apart("Reduce_scatter_block"),
  allgather: apart("Allgather"),
  allgatherv: apart("Allgatherv"),
  alltoall: apart("Alltoall"),
  alltoallv: apart("Alltoallv"),
  alltoallw: apart("Alltoallw", "recvs[0]", "sends[0]"),
  gather: apart("Gather"),
  scatter: apart("Scatter"),
  reduce: apart("Reduce"),
  reduceLocal: apart("Reduce_local", "inout", "input"),
  "fetchAndOp apart": apart("Fetch_and_op", "result", "array"),
  "getAccumulate apart": apart("Get_accumulate", "result", "array"),
  "compareAndSwap data": apart("Compare_and_swap", "result", "array"),
  "compareAndSwap compare": apart("Compare_and_swap", "result", "compare"),
  "memory sendrecv": apart("Sendrecv", "recvPtr", "sendPtr"),
  "memory apart": apart("Allreduce", "recvPtr", "sendPtr"),
});

describe("the library reaches no memory but that of the data", () => {
  eachLibrary([1, 2], ({ library, ranks }) => {
    it("and what else it would reach is refused", async () => {
      const result = await runRanks({ library, ranks, program: "mpi-limits.mjs", timeoutMs: 50_000 });
      expect(result.code, result.transcript).toBe(0);
      const lines = result.stdout.split("\n");
      expect(lines.filter((line) => line === "ok").length, result.transcript).toBe(ranks);
      expect(JSON.parse(lines.find((line) => line.startsWith("{"))!)).toEqual(expectedOf(ranks));
    });
  });
});
