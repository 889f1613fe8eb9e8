import { describe, expect, it } from "vitest";
import { eachLibrary, type LibraryName, runRanks } from "../harness/launch.js";
import type { Result } from "../harness/process.js";

/** Every rank printed "ok" and nothing else. */
function expectOk(result: Result, ranks: number) {
  expect(result.code, result.transcript).toBe(0);
  expect(result.stdout, result.transcript).toBe("ok\n".repeat(ranks));
}

describe("communicators, groups, info objects, attributes and intercommunicators", () => {
  eachLibrary([1, 2, 3, 4], ({ library, ranks }) => {
    it("hold what was worked out by hand", async () => {
      expectOk(await runRanks({ library, ranks, program: "mpi-comms.mjs" }), ranks);
    });
  });
});

describe("grids, graphs and the calls with neighbors", () => {
  eachLibrary([1, 2, 3, 4], ({ library, ranks }) => {
    it("hold what was worked out by hand", async () => {
      expectOk(await runRanks({ library, ranks, program: "mpi-topologies.mjs" }), ranks);
    });
  });
});

/** Every text of the errors, on `n` ranks. */
function textsOf(library: LibraryName, n: number): Record<string, string> {
  const bounds = {
    openmpi: { name: 64, key: 36, value: 256 },
    mpich: { name: 128, key: 255, value: 1024 },
    msmpi: { name: 128, key: 255, value: 1024 },
    solo: { name: 128, key: 256, value: 1024 },
  }[library];
  const last = n - 1;
  const group = (call: string, argument: string, got: string) =>
    `UsageError: ${call}: "${argument}" expected a group, got ${got}. Take one from comm.group() or mpi.emptyGroup.`;
  const ranks = (call: string, argument: string, got: string, whose = "this communicator", kind = "ranks") =>
    `UsageError: ${call}: "${argument}" expected a list of ${kind} from 0 to ${last}, got ${got}. Name ranks of ${whose}.`;
  const key = (call: string, got: string) =>
    `UsageError: ${call}: "key" expected a key of attributes, got ${got}. Make one with mpi.createKeyval().`;
  const text = (where: string, least: number, room: number, got: string) =>
    `UsageError: ${where} expected a text of ${least} to ${room - 1} bytes, none of them 0, got ${got}. Choose another.`;
  const inPlace = (call: string, argument: string) =>
    `UsageError: ${call}: "${argument}" expected data, got IN_PLACE. Send from memory that nothing is received into.`;
  const number = (call: string, got: string) =>
    `UsageError: ${call}: "key" expected a whole number from -2147483647 to 2147483647, got ${got}. Number the ranks in their new order.`;
  const tag = (call: string, got: string) =>
    `UsageError: ${call}: "tag" expected a whole number from 0 to 2147483647, got ${got}. Choose another tag.`;
  const freed = (name: string, what: string) =>
    `UsageError: ${name}: expected ${what} in use, got a freed one. Make a new one.`;
  const names = "tagUpperBound, wtimeIsGlobal, universeSize, appnum, io, host, lastUsedCode";
  return {
    "self before init": "UsageError: mpi: expected a job that has begun, got none. Call mpi.init() first.",
    "split: color":
      'UsageError: MPI_Comm_split: "color" expected a whole number from 0 to 2147483647 or undefined, got -1. Give ranks that belong together the same one.',
    "split: key": number("MPI_Comm_split", "0.5"),
    "splitType: type":
      'UsageError: MPI_Comm_split_type: "type" expected "shared" or undefined, got "numa". Name what ranks share.',
    "splitType: key": number("MPI_Comm_split_type", '"first"'),
    "create: group": group("MPI_Comm_create", "group", "[0]"),
    "createGroup: group": group("MPI_Comm_create_group", "group", "undefined"),
    "createGroup: tag": tag("MPI_Comm_create_group", "-1"),
    "compare: other":
      'UsageError: MPI_Comm_compare: "other" expected a communicator, got Group. Pass for example the one of mpi.init().',
    "name: number": text('MPI_Comm_set_name: "name"', 0, bounds.name, "5"),
    "name: zero byte": text('MPI_Comm_set_name: "name"', 0, bounds.name, '"a\\u0000b"'),
    "name: too long": text('MPI_Comm_set_name: "name"', 0, bounds.name, "one of 1000"),
    "include: rank": ranks("MPI_Group_incl", "ranks", `[0, ${n}]`, "this group", "different ranks"),
    "include: fraction": ranks("MPI_Group_incl", "ranks", "[0.5]", "this group", "different ranks"),
    "exclude: twice": ranks("MPI_Group_excl", "ranks", "[0, 0]", "this group", "different ranks"),
    "include: of none":
      'UsageError: MPI_Group_incl: "ranks" expected a list of different ranks, of which there are none, got [0]. Name ranks of this group.',
    "include: number": ranks("MPI_Group_incl", "ranks", "0", "this group", "different ranks"),
    "union: other": group("MPI_Group_union", "other", "Comm"),
    "translateRanks: ranks": ranks("MPI_Group_translate_ranks", "ranks", "[-1]", "this group or PROC_NULL"),
    "translateRanks: other": group("MPI_Group_translate_ranks", "other", "undefined"),
    "createInfo: text":
      'UsageError: mpi.createInfo: "entries" expected an info object or an object of texts, got "key=value". Write for example { key: "value" }.',
    "createInfo: number":
      'UsageError: mpi.createInfo: "entries" expected a text for "nodes", got 4. Write it as a text.',
    "info: key": text('MPI_Info_set: "key"', 1, bounds.key, "one of 0"),
    "info: value": text('MPI_Info_set: "value"', 1, bounds.value, "one of 0"),
    "info: long key": text('MPI_Info_get: "key"', 1, bounds.key, "one of 5000"),
    "info: long value": text('MPI_Info_set: "value"', 1, bounds.value, "one of 5000"),
    "info: key of another type": text('MPI_Info_get: "key"', 1, bounds.key, "5"),
    "dup: info":
      'UsageError: MPI_Comm_dup_with_info: "info" expected an info object or an object of texts, got 5. Write for example { key: "value" }.',
    "dup: info of numbers":
      'UsageError: MPI_Comm_dup_with_info: "info" expected a text for "a", got 1. Write it as a text.',
    "setAttribute: key": key("MPI_Comm_set_attr", '"key"'),
    "getAttribute: key": key("MPI_Comm_get_attr", "undefined"),
    "deleteAttribute: key": key("MPI_Comm_delete_attr", "7"),
    "attribute: name": `UsageError: MPI_Comm_get_attr: "name" expected one of ${names}, got "MPI_TAG_UB". Name one of them, or use getAttribute with a key.`,
    "dimsCreate: ranks":
      'UsageError: MPI_Dims_create: "ranks" expected a whole number from 1 to 2147483647, got 0. Pass for example comm.size.',
    "dimsCreate: dims":
      'UsageError: MPI_Dims_create: "dims" expected whole numbers from 0 to 2147483647, got [-1]. Give 0 for those to be chosen.',
    "dimsCreate: divides":
      'UsageError: MPI_Dims_create: "dims" expected numbers whose product divides 6, got [4, 0]. Give 0 for those to be chosen.',
    "dimsCreate: product":
      'UsageError: MPI_Dims_create: "dims" expected numbers whose product is 6, got [2, 2]. Give 0 for those to be chosen.',
    "cart: dims":
      'UsageError: MPI_Cart_create: "dims" expected whole numbers from 1 to 2147483647, got [0.5]. Choose them with mpi.dimsCreate().',
    "cart: flags":
      'UsageError: MPI_Cart_create: "periods" expected 1 values true or false, one a dimension, got [1]. Give as many as "dims".',
    "sub: keep":
      'UsageError: MPI_Cart_sub: "keep" expected 1 values, one a dimension, got 2. Give as many as "dims" has.',
    "neighborAllgather: length":
      'UsageError: MPI_Neighbor_allgather: "recv" expected 4 float64, got 3 float64. Allocate it to fit "send" from 2 neighbors.',
    "neighborAlltoall: length":
      'UsageError: MPI_Neighbor_alltoall: "recv" expected 4 float64, got 2 float64. Allocate it to fit "send" from 2 neighbors.',
    "neighborAlltoall: in place": inPlace("MPI_Neighbor_alltoall", "send"),
    "neighborAllgather: in place": inPlace("MPI_Ineighbor_allgather", "send"),
    "neighborAlltoallw: in place": inPlace("MPI_Neighbor_alltoallw", "sends"),
    "graph: sources": ranks("MPI_Dist_graph_create_adjacent", "sources", `[${n}]`),
    "graph: destinations": ranks("MPI_Dist_graph_create_adjacent", "destinations", "0"),
    "graph: one weight":
      'UsageError: MPI_Dist_graph_create_adjacent: "destinationWeights" expected weights, as there are "sourceWeights", got none. Give both or neither.',
    "graph: weights":
      'UsageError: MPI_Dist_graph_create_adjacent: "sourceWeights" expected 1 whole number from 0 to 2147483647, one an edge, got [-1]. Weigh every edge.',
    "graph: degrees":
      'UsageError: MPI_Dist_graph_create: "degrees" expected 1 whole number from 0 to 2147483647, one a source, got []. Count the edges of each.',
    "graph: edges":
      'UsageError: MPI_Dist_graph_create: "destinations" expected 2 ranks, the sum of "degrees", got 1. Give one an edge.',
    "graph: weights of edges":
      'UsageError: MPI_Dist_graph_create: "weights" expected 1 whole number from 0 to 2147483647, one an edge, got [1, 2]. Weigh every edge.',
    "intercomm: leader": ranks("MPI_Intercomm_create", "leader", `[${n}]`),
    "intercomm: tag": tag("MPI_Intercomm_create", "0.5"),
    "intercomm: peer":
      'UsageError: MPI_Intercomm_create: "peer" expected a communicator, got undefined. Pass for example the one of mpi.init().',
    "intercomm: remote leader": ranks("MPI_Intercomm_create", "remoteLeader", `[${n}]`, '"peer"'),
    "freed group": freed("Group", "a group"),
    "freed key": freed("Keyval", "a key of attributes"),
    "freed info": freed("Info", "an info object"),
  };
}

describe("wrong use of communicators is told in one line, and the ranks live on", () => {
  eachLibrary([1, 3], ({ library, ranks }) => {
    it("every text", async () => {
      const result = await runRanks({ library, ranks, program: "mpi-comms-errors.mjs" });
      expect(result.code, result.transcript).toBe(0);
      expect(JSON.parse(result.stdout)).toEqual(textsOf(library, ranks));
    });
  });
});
