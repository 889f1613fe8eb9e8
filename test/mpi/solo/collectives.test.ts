import { describe, expect, it } from "vitest";
import {
  c,
  classOf,
  f64,
  i32,
  longs,
  MPI_DOUBLE,
  MPI_INT,
  MPI_REQUEST_NULL,
  MPI_SUM,
  made,
  ok,
  outcome,
  raw,
  told,
  World,
} from "./world.js";

describe("collective calls", () => {
  const { MPI_IN_PLACE } = c;
  const request = longs(0);
  const wait = () => ok(raw.MPI_Wait(request.ptr, 0));

  it("copy what is sent to where it is received", () => {
    const from = f64(1, 2);
    const [ones, zero, two] = [i32(1), i32(0), i32(2)];
    const doubles = longs(MPI_DOUBLE);
    const calls: ((into: number) => number)[] = [
      (into) => raw.MPI_Reduce(from.ptr, into, 2, MPI_DOUBLE, MPI_SUM, 0, World),
      (into) => raw.MPI_Allreduce(from.ptr, into, 2, MPI_DOUBLE, MPI_SUM, World),
      (into) => raw.MPI_Scan(from.ptr, into, 2, MPI_DOUBLE, MPI_SUM, World),
      (into) => raw.MPI_Reduce_scatter(from.ptr, into, two.ptr, MPI_DOUBLE, MPI_SUM, World),
      (into) => raw.MPI_Reduce_scatter_block(from.ptr, into, 2, MPI_DOUBLE, MPI_SUM, World),
      (into) => raw.MPI_Gather(from.ptr, 2, MPI_DOUBLE, into, 2, MPI_DOUBLE, 0, World),
      (into) => raw.MPI_Gatherv(from.ptr, 2, MPI_DOUBLE, into, two.ptr, zero.ptr, MPI_DOUBLE, 0, World),
      (into) => raw.MPI_Scatter(from.ptr, 2, MPI_DOUBLE, into, 2, MPI_DOUBLE, 0, World),
      (into) => raw.MPI_Scatterv(from.ptr, two.ptr, zero.ptr, MPI_DOUBLE, into, 2, MPI_DOUBLE, 0, World),
      (into) => raw.MPI_Allgather(from.ptr, 16, c.MPI_BYTE, into, 2, MPI_DOUBLE, World),
      (into) => raw.MPI_Allgatherv(from.ptr, 2, MPI_DOUBLE, into, two.ptr, zero.ptr, MPI_DOUBLE, World),
      (into) => raw.MPI_Alltoall(from.ptr, 2, MPI_DOUBLE, into, 2, MPI_DOUBLE, World),
      (into) => raw.MPI_Alltoallv(from.ptr, two.ptr, zero.ptr, MPI_DOUBLE, into, two.ptr, zero.ptr, MPI_DOUBLE, World),
      (into) =>
        raw.MPI_Alltoallw(from.ptr, two.ptr, zero.ptr, doubles.ptr, into, two.ptr, zero.ptr, doubles.ptr, World),
    ];
    for (const call of calls) {
      const into = f64(0, 0);
      ok(call(into.ptr));
      expect([...into]).toEqual([1, 2]);
    }
    const into = f64(0, 0, 0);
    ok(raw.MPI_Gatherv(from.ptr, 1, MPI_DOUBLE, into.ptr, ones.ptr, two.ptr, MPI_DOUBLE, 0, World));
    ok(raw.MPI_Alltoallv(from.ptr, ones.ptr, ones.ptr, MPI_DOUBLE, into.ptr, ones.ptr, zero.ptr, MPI_DOUBLE, World));
    expect([...into]).toEqual([2, 0, 1]);
    ok(
      raw.MPI_Alltoallw(
        from.ptr,
        ones.ptr,
        i32(8).ptr,
        doubles.ptr,
        into.ptr,
        ones.ptr,
        i32(8).ptr,
        doubles.ptr,
        World,
      ),
    );
    expect([...into]).toEqual([2, 2, 1]);
    ok(raw.MPI_Bcast(into.ptr, 3, MPI_DOUBLE, 0, World), raw.MPI_Barrier(World));
    expect([...into]).toEqual([2, 2, 1]);
  });

  it("leave the data where they are in place, and give the first rank of an exclusive scan nothing", () => {
    const data = i32(4);
    const { ptr } = data;
    const [one, zero] = [i32(1).ptr, i32(0).ptr];
    ok(raw.MPI_Reduce(MPI_IN_PLACE, ptr, 1, MPI_INT, MPI_SUM, 0, World));
    ok(raw.MPI_Allreduce(MPI_IN_PLACE, ptr, 1, MPI_INT, MPI_SUM, World));
    ok(raw.MPI_Scan(MPI_IN_PLACE, ptr, 1, MPI_INT, MPI_SUM, World));
    ok(raw.MPI_Exscan(MPI_IN_PLACE, ptr, 1, MPI_INT, MPI_SUM, World));
    ok(raw.MPI_Reduce_scatter(MPI_IN_PLACE, ptr, one, MPI_INT, MPI_SUM, World));
    ok(raw.MPI_Reduce_scatter_block(MPI_IN_PLACE, ptr, 1, MPI_INT, MPI_SUM, World));
    ok(raw.MPI_Gather(MPI_IN_PLACE, 0, 0, ptr, 1, MPI_INT, 0, World));
    ok(raw.MPI_Gatherv(MPI_IN_PLACE, 0, 0, ptr, one, zero, MPI_INT, 0, World));
    ok(raw.MPI_Scatter(ptr, 1, MPI_INT, MPI_IN_PLACE, 0, 0, 0, World));
    ok(raw.MPI_Scatterv(ptr, one, zero, MPI_INT, MPI_IN_PLACE, 0, 0, 0, World));
    ok(raw.MPI_Allgather(MPI_IN_PLACE, 0, 0, ptr, 1, MPI_INT, World));
    ok(raw.MPI_Allgatherv(MPI_IN_PLACE, 0, 0, ptr, one, zero, MPI_INT, World));
    ok(raw.MPI_Alltoall(MPI_IN_PLACE, 0, 0, ptr, 1, MPI_INT, World));
    ok(raw.MPI_Alltoallv(MPI_IN_PLACE, 0, 0, 0, ptr, one, zero, MPI_INT, World));
    ok(raw.MPI_Alltoallw(MPI_IN_PLACE, 0, 0, 0, ptr, one, zero, longs(MPI_INT).ptr, World));
    ok(raw.MPI_Exscan(i32(9).ptr, ptr, 1, MPI_INT, MPI_SUM, World));
    expect(data[0]).toBe(4);
  });

  it("are done as soon as they begin, or whenever they are started", () => {
    const [from, into] = [i32(3), i32(0)];
    ok(raw.MPI_Iallreduce(from.ptr, into.ptr, 1, MPI_INT, MPI_SUM, World, request.ptr));
    wait();
    expect([into[0], Number(request[0])]).toEqual([3, MPI_REQUEST_NULL]);
    ok(raw.MPI_Ibarrier(World, request.ptr));
    wait();
    ok(raw.MPI_Allreduce_init(from.ptr, into.ptr, 1, MPI_INT, MPI_SUM, World, c.MPI_INFO_NULL, request.ptr));
    for (const value of [4, 5]) {
      from[0] = value;
      expect(into[0]).toBe(value - 1);
      ok(raw.MPI_Start(request.ptr));
      wait();
      expect(into[0]).toBe(value);
    }
    expect(classOf(raw.MPI_Cancel(request.ptr))).toBe("MPI_ERR_REQUEST");
    ok(raw.MPI_Request_free(request.ptr));
    ok(raw.MPI_Barrier_init(World, c.MPI_INFO_NULL, request.ptr), raw.MPI_Start(request.ptr));
    wait();
    ok(raw.MPI_Request_free(request.ptr));
  });

  it("are checked", () => {
    const { ptr } = i32(1, 2);
    expect(outcome(raw.MPI_Bcast(ptr, 1, MPI_INT, 1, World))).toBe("MPI_ERR_ROOT: invalid root");
    expect(classOf(raw.MPI_Ibcast(ptr, 1, MPI_INT, c.MPI_ROOT, World, request.ptr))).toBe("MPI_ERR_ROOT");
    expect(classOf(raw.MPI_Bcast(ptr, 1, MPI_INT, 0, 7))).toBe("MPI_ERR_COMM");
    expect(classOf(raw.MPI_Bcast(MPI_IN_PLACE, 1, MPI_INT, 0, World))).toBe("MPI_ERR_BUFFER");
    expect(classOf(raw.MPI_Gather(ptr, 2, MPI_INT, ptr, 1, MPI_INT, 0, World))).toBe("MPI_ERR_TRUNCATE");
    expect(classOf(raw.MPI_Gather_init(ptr, -1, MPI_INT, ptr, 1, MPI_INT, 0, World, 0, request.ptr))).toBe(
      "MPI_ERR_COUNT",
    );
  });

  it("among neighbours give each side what the other one sends", () => {
    const grid = made((ptr) => raw.MPI_Cart_create(World, 2, i32(1, 1).ptr, i32(1, 0).ptr, 0, ptr));
    const from = i32(10, 11, 12, 13);
    const into = i32(-1, -1, -1, -1);
    ok(raw.MPI_Neighbor_alltoall(from.ptr, 1, MPI_INT, into.ptr, 1, MPI_INT, grid));
    expect([...into]).toEqual([11, 10, -1, -1]);
    into.fill(-1);
    ok(raw.MPI_Ineighbor_allgather(from.ptr, 1, MPI_INT, into.ptr, 1, MPI_INT, grid, request.ptr));
    wait();
    expect([...into]).toEqual([10, 10, -1, -1]);
    const counts = i32(1, 1, 1, 1).ptr;
    ok(raw.MPI_Neighbor_allgatherv(from.ptr, 1, MPI_INT, into.ptr, counts, i32(3, 2, 1, 0).ptr, MPI_INT, grid));
    expect([...into]).toEqual([10, 10, 10, 10]);
    const [there, back] = [i32(0, 1, 2, 3).ptr, i32(2, 3, 0, 1).ptr];
    ok(raw.MPI_Neighbor_alltoallv(from.ptr, counts, there, MPI_INT, into.ptr, counts, back, MPI_INT, grid));
    expect([...into]).toEqual([10, 10, 11, 10]);
    const types = longs(MPI_INT, MPI_INT, MPI_INT, MPI_INT).ptr;
    const [bytes, backBytes] = [longs(4, 0, 0, 0).ptr, longs(0, 12, 0, 0).ptr];
    ok(raw.MPI_Neighbor_alltoallw(from.ptr, counts, bytes, types, into.ptr, counts, backBytes, types, grid));
    expect([...into]).toEqual([10, 10, 11, 11]);
    expect(outcome(raw.MPI_Neighbor_alltoall(from.ptr, 1, MPI_INT, into.ptr, 1, MPI_INT, World))).toBe(
      "MPI_ERR_TOPOLOGY: the communicator has no such topology",
    );
  });

  it("among the neighbours of a graph follow its edges", () => {
    const zeros = i32(0, 0).ptr;
    const graph = made((ptr) =>
      raw.MPI_Dist_graph_create_adjacent(
        ...([World, 2, zeros, i32(5, 6).ptr, 2, zeros, i32(7, 8).ptr, c.MPI_INFO_NULL, 0] as const),
        ptr,
      ),
    );
    const into = i32(0, 0);
    ok(raw.MPI_Neighbor_alltoall(i32(1, 2).ptr, 1, MPI_INT, into.ptr, 1, MPI_INT, graph));
    expect([...into]).toEqual([1, 2]);
    const counts = i32(9, 9, 9);
    ok(raw.MPI_Dist_graph_neighbors_count(graph, counts.ptr, counts.ptr + 4, counts.ptr + 8));
    expect([...counts]).toEqual([2, 2, 1]);
    const [sources, inWeights, dests, outWeights] = [i32(9, 9), i32(9, 9), i32(9, 9), i32(9, 9)];
    ok(raw.MPI_Dist_graph_neighbors(graph, 2, sources.ptr, inWeights.ptr, 1, dests.ptr, outWeights.ptr));
    expect([sources, inWeights, dests, outWeights].map((values) => [...values])).toEqual([
      [0, 0],
      [5, 6],
      [0, 9],
      [7, 9],
    ]);
    const general = made((ptr) =>
      raw.MPI_Dist_graph_create(World, 1, zeros, i32(2).ptr, zeros, c.MPI_UNWEIGHTED, c.MPI_INFO_NULL, 0, ptr),
    );
    ok(raw.MPI_Dist_graph_neighbors_count(general, counts.ptr, counts.ptr + 4, counts.ptr + 8));
    expect([...counts]).toEqual([2, 2, 0]);
    expect(told((ptr) => raw.MPI_Topo_test(general, ptr))).toBe(c.MPI_DIST_GRAPH);
    const { MPI_UNWEIGHTED: none } = c;
    expect(classOf(raw.MPI_Dist_graph_create(World, 1, zeros, i32(1).ptr, i32(1).ptr, none, 0, 0, 0))).toBe(
      "MPI_ERR_RANK",
    );
    expect(outcome(raw.MPI_Dist_graph_create_adjacent(World, 1, zeros, none, 0, 0, none, 0, 0, 0))).toBe(
      "MPI_ERR_TOPOLOGY: as many edges have to end at the only rank as begin there",
    );
  });
});
