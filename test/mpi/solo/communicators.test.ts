import { describe, expect, it } from "vitest";
import {
  blank,
  c,
  classOf,
  i32,
  longs,
  MPI_INT,
  MPI_UNDEFINED,
  made,
  ok,
  outcome,
  raw,
  text,
  textAt,
  told,
  World,
} from "./world.js";

describe("communicators", () => {
  it("are made of the only rank, or of nobody", () => {
    const comm = made((ptr) => raw.MPI_Comm_split(World, 0, 0, ptr));
    expect(told((ptr) => raw.MPI_Comm_rank(comm, ptr))).toBe(0);
    expect(told((ptr) => raw.MPI_Comm_size(comm, ptr))).toBe(1);
    expect(told((ptr) => raw.MPI_Comm_test_inter(comm, ptr))).toBe(0);
    expect(made((ptr) => raw.MPI_Comm_split(World, MPI_UNDEFINED, 0, ptr))).toBe(c.MPI_COMM_NULL);
    expect(outcome(raw.MPI_Comm_split(World, -1, 0, longs(0).ptr))).toBe("MPI_ERR_ARG: the color is negative");
    made((ptr) => raw.MPI_Comm_split_type(World, c.MPI_COMM_TYPE_SHARED, 0, c.MPI_INFO_NULL, ptr));
    const group = made((ptr) => raw.MPI_Comm_group(World, ptr));
    expect(made((ptr) => raw.MPI_Comm_create(World, group, ptr))).not.toBe(c.MPI_COMM_NULL);
    expect(made((ptr) => raw.MPI_Comm_create_group(World, c.MPI_GROUP_EMPTY, 0, ptr))).toBe(c.MPI_COMM_NULL);
    expect(told((ptr) => raw.MPI_Comm_compare(World, World, ptr))).toBe(c.MPI_IDENT);
    expect(told((ptr) => raw.MPI_Comm_compare(World, comm, ptr))).toBe(c.MPI_CONGRUENT);
    const handle = longs(comm);
    ok(raw.MPI_Comm_free(handle.ptr));
    expect([Number(handle[0]), classOf(raw.MPI_Barrier(comm))]).toEqual([c.MPI_COMM_NULL, "MPI_ERR_COMM"]);
    expect(classOf(raw.MPI_Comm_free(longs(World).ptr))).toBe("MPI_ERR_COMM");
  });

  it("have names", () => {
    const [name, length] = [blank(128), i32(0)];
    ok(raw.MPI_Comm_get_name(World, name.ptr, length.ptr));
    expect([textAt(name), length[0]]).toEqual(["MPI_COMM_WORLD", 14]);
    const comm = made((ptr) => raw.MPI_Comm_dup(World, ptr));
    const long = "a name that is longer than a block of memory of sixty-four bytes, so that it is read in parts";
    ok(raw.MPI_Comm_set_name(comm, text(long)), raw.MPI_Comm_get_name(comm, name.ptr, length.ptr));
    expect([textAt(name), length[0]]).toEqual([long, long.length]);
  });

  it("are never between groups", () => {
    const handle = longs(0).ptr;
    expect(outcome(raw.MPI_Intercomm_create(World, 0, World, 0, 0, handle))).toBe(
      "MPI_ERR_COMM: one rank cannot be in both groups of an intercommunicator",
    );
    expect(classOf(raw.MPI_Intercomm_create(World, 0, World, 1, 0, handle))).toBe("MPI_ERR_RANK");
    expect(outcome(raw.MPI_Comm_remote_size(World, handle))).toBe(
      "MPI_ERR_COMM: the communicator is not an intercommunicator",
    );
    expect(classOf(raw.MPI_Intercomm_merge(World, 0, handle))).toBe("MPI_ERR_COMM");
  });

  it("keep attributes, and pass them on when asked", () => {
    const copied = told((ptr) => raw.MPI_Comm_create_keyval(1, 0, ptr, 0));
    const own = told((ptr) => raw.MPI_Comm_create_keyval(0, 0, ptr, 0));
    ok(raw.MPI_Comm_set_attr(World, copied, 2 ** 40 + 1), raw.MPI_Comm_set_attr(World, own, -3));
    const comm = made((ptr) => raw.MPI_Comm_dup(World, ptr));
    const attribute = (handle: number, key: number) => {
      const [value, flag] = [longs(0), i32(9)];
      ok(raw.MPI_Comm_get_attr(handle, key, value.ptr, flag.ptr));
      return [flag[0], Number(value[0])];
    };
    expect([attribute(World, own), attribute(comm, copied), attribute(comm, own)]).toEqual([
      [1, -3],
      [1, 2 ** 40 + 1],
      [0, 0],
    ]);
    ok(raw.MPI_Comm_delete_attr(comm, copied));
    expect(attribute(comm, copied)).toEqual([0, 0]);
    expect(classOf(raw.MPI_Comm_delete_attr(comm, copied))).toBe("MPI_ERR_KEYVAL");
    const key = i32(own);
    ok(raw.MPI_Comm_free_keyval(key.ptr));
    expect([key[0], classOf(raw.MPI_Comm_set_attr(World, own, 0))]).toEqual([c.MPI_KEYVAL_INVALID, "MPI_ERR_KEYVAL"]);
    expect(classOf(raw.MPI_Comm_set_attr(World, c.MPI_TAG_UB, 0))).toBe("MPI_ERR_KEYVAL");
    // Those of the library are addresses of integers.
    const known = [c.MPI_TAG_UB, c.MPI_WTIME_IS_GLOBAL, c.MPI_UNIVERSE_SIZE, c.MPI_IO].map((one) => {
      const [flag, ptr] = attribute(World, one);
      const value = i32(0);
      ok(raw.MPI_Sendrecv(ptr!, 1, MPI_INT, 0, 0, value.ptr, 1, MPI_INT, 0, 0, World, 0));
      return [flag, value[0]];
    });
    expect(known).toEqual([
      [1, 2 ** 31 - 1],
      [1, 1],
      [1, 1],
      [1, c.MPI_ANY_SOURCE],
    ]);
    expect(attribute(World, c.MPI_APPNUM)[0]).toBe(0);
  });

  it("have groups, which are sets", () => {
    const { MPI_GROUP_EMPTY: none } = c;
    const group = made((ptr) => raw.MPI_Comm_group(World, ptr));
    const size = (handle: number) => told((ptr) => raw.MPI_Group_size(handle, ptr));
    expect([group, none].map((handle) => [size(handle), told((ptr) => raw.MPI_Group_rank(handle, ptr))])).toEqual([
      [1, 0],
      [0, MPI_UNDEFINED],
    ]);
    const sets = (call: "MPI_Group_union" | "MPI_Group_intersection" | "MPI_Group_difference") =>
      [
        [group, group],
        [group, none],
        [none, group],
        [none, none],
      ].map(([first, second]) => size(made((ptr) => raw[call](first!, second!, ptr))));
    expect(sets("MPI_Group_union")).toEqual([1, 1, 1, 0]);
    expect(sets("MPI_Group_intersection")).toEqual([1, 0, 0, 0]);
    expect(sets("MPI_Group_difference")).toEqual([0, 1, 0, 0]);
    expect(size(made((ptr) => raw.MPI_Group_incl(group, 1, i32(0).ptr, ptr)))).toBe(1);
    expect(made((ptr) => raw.MPI_Group_incl(group, 0, 0, ptr))).toBe(none);
    expect(size(made((ptr) => raw.MPI_Group_excl(group, 1, i32(0).ptr, ptr)))).toBe(0);
    expect(classOf(raw.MPI_Group_incl(group, 1, i32(1).ptr, longs(0).ptr))).toBe("MPI_ERR_RANK");
    expect(told((ptr) => raw.MPI_Group_compare(group, none, ptr))).toBe(c.MPI_UNEQUAL);
    expect(told((ptr) => raw.MPI_Group_compare(none, none, ptr))).toBe(c.MPI_IDENT);
    const ranks = i32(9, 9);
    ok(raw.MPI_Group_translate_ranks(group, 2, i32(0, c.MPI_PROC_NULL).ptr, group, ranks.ptr));
    expect([...ranks]).toEqual([0, c.MPI_PROC_NULL]);
    ok(raw.MPI_Group_translate_ranks(group, 1, i32(0).ptr, none, ranks.ptr));
    expect(ranks[0]).toBe(MPI_UNDEFINED);
    const handle = longs(group);
    ok(raw.MPI_Group_free(handle.ptr));
    expect([Number(handle[0]), classOf(raw.MPI_Group_size(group, ranks.ptr))]).toEqual([
      c.MPI_GROUP_NULL,
      "MPI_ERR_GROUP",
    ]);
  });
});
