import { describe, expect, it } from "vitest";
import { eachLibrary, type LibraryName, runRanks } from "../harness/launch.js";
import { expectTexts } from "../harness/texts.js";

describe("datatypes, views, packing, pairs and operations in JavaScript", () => {
  eachLibrary([1, 2, 3, 4], ({ library, ranks }) => {
    it("give what they say", async () => {
      const result = await runRanks({ library, ranks, program: "mpi-types.mjs" });
      expect(result.code, result.transcript).toBe(0);
      expect(result.stdout, result.transcript).toBe("ok\n".repeat(ranks));
    });
  });
});

/** Every text of wrong datatypes, views and operations, on `n` ranks. */
function textsOf(library: LibraryName, n: number): Record<string, string | RegExp> {
  const usage = (where: string, argument: string, expected: string, got: string, fix: string) =>
    `UsageError: ${where}: ${argument && `"${argument}" `}expected ${expected}, got ${got}. ${fix}.`;
  const count = (call: string, argument: string, got: string) =>
    usage(`mpi.datatype.${call}`, argument, "a whole number from 0 to 2147483647", got, "Count from 0 on");
  const bytes = (call: string, argument: string, got: string) =>
    usage(`mpi.datatype.${call}`, argument, "a whole number of bytes", got, "Count in bytes");
  const list = (call: string, argument: string, got: string) =>
    usage(`mpi.datatype.${call}`, argument, "a list of whole numbers", got, "Give a list");
  const names =
    "one of int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64, complex64, complex128, byte, int32int32, float32int32, float64int32, packed";
  const type = (where: string, argument: string, got: string) => usage(where, argument, names, got, "Name one of them");
  const axes = (argument: string, got: string) =>
    usage("mpi.datatype.subarray", argument, "2 whole numbers, one an axis", got, 'Give as many as "shape" has');
  const box = (shape: string, got: string) =>
    usage("mpi.datatype.subarray", "", `a box of at least one element within shape ${shape}`, got, "Mend subshape or start"); // biome-ignore format: short
  const freed = "UsageError: Datatype: expected a datatype in use, got a freed one. Make a new one.";
  const freedOp = "UsageError: Op: expected an operation in use, got a freed one. Make a new one.";
  const index = (argument: string, got: string) =>
    usage("mpi.view", argument, "whole numbers from 0", got, "Count in elements");
  const axis = (got: string) => usage("mpi.view", "shape", "at least one axis", got, "Give [n]");
  const within = (got: string, mend = "offset, shape or strides") =>
    usage("mpi.view", "", "elements within 64 bytes", `bytes ${got}`, `Mend ${mend}`);
  const detached = (call: string) =>
    usage(call, "array", "an array in memory", "a detached one", "Make it anew after memory.grow(), or pass mpi.view(memory, options)"); // biome-ignore format: short
  const same = "view of 4 float64, strides 0";
  const overlap = (call: string, argument = "array", got = same) =>
    usage(call, argument, "a view whose elements have a place each", got, "Receive into another one");
  const apart = (call: string, argument: string) =>
    usage(call, argument, "contiguous data", "view of 4 float64, strides 2", "Reduce an array, or call the blocking form"); // biome-ignore format: short
  const combined = (call: string, got: string) =>
    usage(
      call,
      "",
      "elements that can be combined",
      got,
      "Reduce typed arrays, or views of their elements, or make an operation with { of: datatype }",
    );
  const unfinished = (call: string, got: string) =>
    usage(call, "combine", "a function that is done when it returns", got, "Await what it needs before");
  const groups = (call: string, argument: string, length: number) =>
    usage(
      call,
      argument,
      "a multiple of 3 float64, which the operation combines",
      `${length} float64`,
      "Pass whole groups",
    );
  const op = (call: string, all: string, of: string, got: string) =>
    usage(call, "op", `one of ${all} for ${of}`, `"${got}"`, "Name one of them");
  const recv = (call: string, expected: string, got: string, where = "") =>
    usage(call, "recv", expected, got, `Allocate it to fit "send"${where}`);
  const inout = (got: string) => usage("MPI_Reduce_local", "inout", "8 float64", got, 'Give as many as "input" has');
  const pair = (method: string, got: string) =>
    usage(`Pairs.${method}`, "i", "a whole number from 0 to 3", got, "There are 4 pairs");
  const data = (call: string) =>
    usage(call, "data", "a list of typed arrays or views", "Float64Array", "Put it in brackets");
  const onRanks = n === 1 ? "" : ` on ${n} ranks`;
  const number = library === "mpich" || library === "msmpi" ? 14 : 15;
  const truncated = (holds: string) =>
    new RegExp(
      `^MpiError: MPI_Recv on rank 0 of ${n}: MPI_ERR_TRUNCATE \\(${number}\\): [^\\n]*truncated[^\\n]*\\. The buffer holds ${holds} from rank ${n - 1}, tag 7; receive at least as many as were sent\\.$`,
      "i",
    );
  return {
    "datatype before init": "UsageError: mpi: expected a job that has begun, got none. Call mpi.init() first.",
    "contiguous: count": count("contiguous", "count", "-1"),
    "contiguous: type": type("mpi.datatype.contiguous", "type", '"double"'),
    "contiguous: no type": type("mpi.datatype.contiguous", "type", "undefined"),
    "vector: count": count("vector", "count", "0.5"),
    "vector: blockLength": count("vector", "blockLength", "undefined"),
    "vector: stride":
      'UsageError: mpi.datatype.vector: "stride" expected a whole number from -2147483647 to 2147483647, got 2147483648. Count in elements.',
    "hvector: count": count("hvector", "count", "2147483648"),
    "hvector: blockLength": count("hvector", "blockLength", "-1"),
    "hvector: stride": bytes("hvector", "stride", '"8"'),
    "indexed: blockLengths": list("indexed", "blockLengths", "undefined"),
    "indexed: block": count("indexed", "blockLengths[1]", "-2"),
    "indexed: displacements":
      'UsageError: mpi.datatype.indexed: "displacements" expected 2 whole numbers, one a block, got [0]. Give as many as "blockLengths".',
    "hindexed: displacement": bytes("hindexed", "displacements[0]", "1.5"),
    "indexedBlock: blockLength": count("indexedBlock", "blockLength", "undefined"),
    "indexedBlock: displacements": list("indexedBlock", "displacements", "3"),
    "subarray: shape": list("subarray", "shape", "4"),
    "subarray: subshape": axes("subshape", "[2]"),
    "subarray: start": axes("start", "[0, 0, 0]"),
    "subarray: place": count("subarray", "start[1]", "-1"),
    "subarray: beyond": box("[4, 4]", "subshape [2, 2] from [3, 0] on"),
    "subarray: empty": box("[4, 4]", "subshape [0, 2] from [0, 0] on"),
    "subarray: no axis": box("[]", "subshape [] from [] on"),
    "subarray: order":
      'UsageError: mpi.datatype.subarray: "order" expected "C" or "Fortran", got "F". Name one of them.',
    "struct: fields":
      'UsageError: mpi.datatype.struct: "fields" expected a list of { offset, type, count }, got Object. Give one for each part.',
    "struct: type": type("mpi.datatype.struct", "fields[1].type", "function Float64Array"),
    "struct: offset": bytes("struct", "fields[0].offset", "undefined"),
    "struct: count": count("struct", "fields[0].count", "-1"),
    "resized: lowerBound": bytes("resized", "lowerBound", "undefined"),
    "resized: extent": bytes("resized", "extent", "9007199254740992"),
    "dup: freed": freed,
    "name: freed": freed,
    "free: freed": freed,
    "send: freed": freed,
    "view: list":
      'UsageError: mpi.view: "array" expected a typed array, a DataView, an ArrayBuffer or a WebAssembly.Memory, got [1, 2]. Pass for example a Float64Array.',
    "view: buffer":
      'UsageError: mpi.view: "type" expected the type of the elements, got undefined. Give for example "float64".',
    "view: type": type("mpi.view", "type", '"float"'),
    "view: offset": index("offset", "-1"),
    "view: offset beyond": within("72 to 72"),
    "view: shape": index("shape", "[2, -1]"),
    "view: no axis": axis("[]"),
    "view: number": axis("3"),
    "view: strides":
      'UsageError: mpi.view: "strides" expected 2 whole numbers, one an axis, got [3]. Give as many as "shape" has.',
    "view: beyond": within("8 to 80"),
    "view: before": within("-8 to 32"),
    "view: option":
      'UsageError: mpi.view: expected options among offset, shape, strides, type, got "stride". Did you mean strides?',
    "view: datatype":
      'UsageError: mpi.view: "datatype" expected one made with mpi.datatype, got "float64". Elements by their name go into "type".',
    "view: datatype option":
      'UsageError: mpi.view: expected options among datatype, offset, count, got "shape". Remove or rename it.',
    "view: datatype count": index("count", "1.5"),
    "view: datatypes beyond": within("0 to 80", "offset or count"),
    "view: no datatype fits": within("32 to 72", "offset or count"),
    "view: detached": detached("mpi.view"),
    "send: detached": detached("MPI_Send"),
    "send: view of detached": detached("MPI_Send"),
    "recv: overlap": overlap("MPI_Recv"),
    "irecv: overlap": overlap("MPI_Irecv", "array", "view of 3 x 3 float64, strides 2 x 1"),
    "recvInit: overlap": overlap("MPI_Recv_init"),
    "sendrecv: overlap": overlap("MPI_Sendrecv", "recv"),
    "sendrecvReplace: overlap": overlap("MPI_Sendrecv_replace"),
    "bcast: overlap": overlap("MPI_Bcast"),
    "ibcast: overlap": overlap("MPI_Ibcast"),
    "allgather: overlap": overlap("MPI_Allgather", "recv"),
    "unpack: overlap": overlap("MPI_Unpack", "data[1]"),
    "reduceLocal: overlap": overlap("MPI_Reduce_local", "inout"),
    "iallreduce: send": apart("MPI_Iallreduce", "send"),
    "ireduce: recv": apart("MPI_Ireduce", "recv"),
    "iscan: recv": apart("MPI_Iscan", "recv"),
    "allreduce: datatype": combined("MPI_Allreduce", "vector of float64"),
    "allreduce: datatype, own operation":
      'UsageError: MPI_Allreduce: "send" expected elements that the operation combines, got vector of float64. Make the operation with { of: datatype }.',
    "scan: packed": combined("MPI_Scan", "packed"),
    "allreduce: complex": op("MPI_Allreduce", "sum, prod", "complex128", "min"),
    "allreduce: pairs": op("MPI_Allreduce", "minloc, maxloc", "float64int32", "sum"),
    "allreduce: places of numbers": op("MPI_Allreduce", "sum, prod, max, min", "float64", "maxloc"),
    "allreduce: complex and numbers": recv("MPI_Allreduce", "4 complex128", "8 float64"),
    "allgather: bytes": recv("MPI_Allgather", `${n} vector of float64`, `${n} float64`, onRanks),
    "scatter: bytes": usage("MPI_Scatter", "recv", '3 float64, a piece of "send"', "1 vector of float64", `Allocate it to fit "send"${onRanks}`), // biome-ignore format: short
    "allreduce: no whole groups": groups("MPI_Allreduce", "send", 8),
    "iscan: no whole groups": groups("MPI_Iscan", "recv", 8),
    "allreduce: a number for a group": groups("MPI_Allreduce", "send", 1),
    "allreduce: groups in memory": groups("MPI_Allreduce", "send", 4),
    "reduceScatter: no whole groups": `UsageError: MPI_Reduce_scatter: "counts" expected ${n} multiple${n === 1 ? "" : "s"} of 3, the elements of a group, from 0, one a rank, got [${new Array(n).fill(4).join(", ")}]. Count in elements.`,
    "reduceLocal: no whole groups": groups("MPI_Reduce_local", "input", 8),
    "allreduce: datatype, operation on groups":
      'UsageError: MPI_Allreduce: "send" expected elements that the operation combines, got vector of float64. Make the operation with { of: datatype }.',
    "allreduce: groups that overlap":
      'UsageError: MPI_Allreduce: "recv" expected memory apart from "send", got some that overlaps it. Pass other memory.',
    "allreduce: numbers for a datatype":
      'UsageError: MPI_Allreduce: "send" expected elements of the operation\'s datatype, vector of float64, got 8 float64. Pass mpi.view(array, { datatype }) with the one of the operation.',
    "allreduce: another datatype":
      'UsageError: MPI_Allreduce: "recv" expected elements of the operation\'s datatype, vector of float64, got 4 contiguous of float64. Pass mpi.view(array, { datatype }) with the one of the operation.',
    "createOp: of, extent":
      'UsageError: mpi.createOp: "of" expected a datatype whose data lie within its extent, got data from byte 0 to 8 in an extent of 4. Make one with mpi.datatype.resized().',
    "createOp: of, number":
      'UsageError: mpi.createOp: "of" expected a number of elements from 1, or a datatype, got 0. Say how many belong together.',
    "createOp: of, text":
      'UsageError: mpi.createOp: "of" expected a number of elements from 1, or a datatype, got "f64". Say how many belong together.',
    "allreduce: freed": freedOp,
    "op: freed": freedOp,
    "createOp: of, null":
      'UsageError: mpi.createOp: "of" expected a number of elements from 1, or a datatype, got null. Say how many belong together.',
    "createOp: commutative":
      'UsageError: mpi.createOp: "commutative" expected true or false, got "no". Leave it out for true.',
    "createOp: async": unfinished("mpi.createOp", "one that is async, or a generator"),
    "createOp: generator": unfinished("mpi.createOp", "one that is async, or a generator"),
    "createOp: promise": unfinished("mpi.createOp", "one that returns a promise"),
    "combine: async": unfinished("Comm.allreduceObject", "one that is async, or a generator"),
    "root: null": `UsageError: MPI_Bcast: "root" expected a rank from 0 to ${n - 1}, got null. Name a rank of this communicator.`,
    "op: null":
      'UsageError: MPI_Allreduce: "op" expected one of sum, prod, max, min for float64, got null. Name one of them.',
    "createOp: name":
      'UsageError: mpi.createOp: "combine" expected a function, got "sum". Give (input, inout) => { ... }.',
    "reduceLocal: length": inout("3 float64"),
    "reduceLocal: type": inout("8 float32"),
    "reduceLocal: operation": op(
      "MPI_Reduce_local",
      "sum, prod, max, min, land, band, lor, bor, lxor, bxor",
      "int8",
      "minloc",
    ),
    "reduceLocal: number":
      'UsageError: MPI_Reduce_local: "input" expected a typed array, got 1. Pass for example a Float64Array.',
    "pairs: value":
      'UsageError: mpi.pairs: "value" expected one of float64, float32, int32, got "int64". Name one of them.',
    "pairs: n": 'UsageError: mpi.pairs: "n" expected a whole number from 0, got -1. Count the pairs.',
    "pairs: get": pair("get", "4"),
    "pairs: set": pair("set", "-1"),
    "pairs: index":
      'UsageError: Pairs.set: "index" expected a whole number of 32 bits, got 2147483648. Number the places from 0 on.',
    "pack: array": data("MPI_Pack"),
    "pack: element":
      'UsageError: MPI_Pack: "data[1]" expected a typed array, got "text". Pass for example a Float64Array.',
    "packSize: array": data("MPI_Pack_size"),
    "unpack: bytes":
      'UsageError: MPI_Unpack: "packed" expected a Uint8Array, got Float64Array. Pass the bytes of comm.pack().',
    "unpack: array": data("MPI_Unpack"),
    "unpack: short":
      'UsageError: MPI_Unpack: "packed" expected at least 64 bytes, for all of "data", got 63. Unpack no more than was packed.',
    "truncated view": truncated("4 float64"),
    "truncated rows": truncated("4 float64"),
    "truncated datatype": truncated("1 vector of float64"),
  };
}

describe("wrong datatypes, views and operations say what to do, and all ranks go on:", () => {
  eachLibrary([1, 3], ({ library, ranks }) => {
    it("every text", async () => {
      const result = await runRanks({ library, ranks, program: "mpi-types-errors.mjs" });
      expectTexts(result, textsOf(library, ranks));
    });
  });
});
