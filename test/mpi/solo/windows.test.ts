import { describe, expect, it } from "vitest";
import {
  blank,
  c,
  classOf,
  committed,
  f64,
  i32,
  longs,
  MPI_DOUBLE,
  MPI_INT,
  MPI_SUM,
  made,
  ok,
  outcome,
  raw,
  text,
  textAt,
  World,
} from "./world.js";

describe("windows", () => {
  const { MPI_INFO_NULL: none } = c;
  const over = (memory: { ptr: number; byteLength: number }, unit = 4) =>
    made((ptr) => raw.MPI_Win_create(memory.ptr, memory.byteLength, unit, none, World, ptr));

  it("are put into, got from and accumulated to", () => {
    const memory = i32(1, 2, 3, 4);
    const win = over(memory);
    const [from, into] = [i32(10, 20), i32(0, 0)];
    ok(raw.MPI_Win_fence(0, win));
    ok(raw.MPI_Put(from.ptr, 2, MPI_INT, 0, 1, 2, MPI_INT, win));
    ok(raw.MPI_Accumulate(from.ptr, 1, MPI_INT, 0, 0, 1, MPI_INT, MPI_SUM, win));
    ok(raw.MPI_Get(into.ptr, 2, MPI_INT, 0, 2, 2, MPI_INT, win));
    ok(raw.MPI_Win_fence(c.MPI_MODE_NOSUCCEED, win));
    expect([[...memory], [...into]]).toEqual([
      [11, 10, 20, 4],
      [20, 4],
    ]);
    ok(raw.MPI_Win_lock(c.MPI_LOCK_EXCLUSIVE, 0, 0, win));
    ok(raw.MPI_Get_accumulate(from.ptr, 2, MPI_INT, into.ptr, 2, MPI_INT, 0, 0, 2, MPI_INT, c.MPI_MAX, win));
    expect([[...memory], [...into]]).toEqual([
      [11, 20, 20, 4],
      [11, 10],
    ]);
    ok(raw.MPI_Fetch_and_op(from.ptr, into.ptr, MPI_INT, 0, 3, c.MPI_REPLACE, win), raw.MPI_Win_flush(0, win));
    ok(raw.MPI_Fetch_and_op(0, into.ptr + 4, MPI_INT, 0, 3, c.MPI_NO_OP, win));
    expect([memory[3], ...into]).toEqual([10, 4, 10]);
    ok(raw.MPI_Compare_and_swap(i32(7).ptr, i32(10).ptr, into.ptr, MPI_INT, 0, 3, win));
    ok(raw.MPI_Compare_and_swap(i32(8).ptr, i32(10).ptr, into.ptr + 4, MPI_INT, 0, 3, win));
    expect([memory[3], ...into]).toEqual([7, 10, 7]);
    const request = longs(0);
    ok(raw.MPI_Rput(from.ptr, 1, MPI_INT, 0, 0, 1, MPI_INT, win, request.ptr), raw.MPI_Wait(request.ptr, 0));
    ok(raw.MPI_Rget(into.ptr, 1, MPI_INT, 0, 0, 1, MPI_INT, win, request.ptr), raw.MPI_Wait(request.ptr, 0));
    expect([memory[0], into[0]]).toEqual([10, 10]);
    const column = committed((ptr) => raw.MPI_Type_vector(2, 1, 2, MPI_INT, ptr));
    ok(raw.MPI_Accumulate(from.ptr, 2, MPI_INT, 0, 0, 1, column, MPI_SUM, win));
    expect([...memory]).toEqual([20, 20, 40, 7]);
    expect(classOf(raw.MPI_Accumulate(from.ptr, 1, MPI_INT, 0, 0, 1, MPI_INT, c.MPI_NO_OP, win))).toBe("MPI_ERR_OP");
    expect(outcome(raw.MPI_Accumulate(from.ptr, 1, c.MPI_FLOAT, 0, 0, 1, MPI_INT, MPI_SUM, win))).toBe(
      "MPI_ERR_TYPE: the origin and the target are of different types",
    );
    ok(raw.MPI_Win_unlock(0, win), raw.MPI_Win_free(longs(win).ptr));
  });

  it("are not left", () => {
    const memory = i32(1, 2, 3, 4);
    const win = over(memory);
    ok(raw.MPI_Win_lock_all(0, win));
    const put = (disp: number, count: number, rank = 0) =>
      outcome(raw.MPI_Put(i32(9, 9, 9).ptr, count, MPI_INT, rank, disp, count, MPI_INT, win));
    const outside = "MPI_ERR_RMA_RANGE: the target is not in the memory of the window";
    expect([put(3, 2), put(-1, 1), put(4, 1), put(4, 0), put(9, 1, c.MPI_PROC_NULL)]).toEqual([
      ...new Array(3).fill(outside),
      "ok",
      "ok",
    ]);
    expect(put(0, 1, 1)).toBe("MPI_ERR_RANK: invalid rank");
    expect([...memory]).toEqual([1, 2, 3, 4]);
    ok(raw.MPI_Win_unlock_all(win));
  });

  it("are accessed in epochs only", () => {
    const win = over(i32(1));
    const group = made((ptr) => raw.MPI_Win_get_group(win, ptr));
    const put = () => raw.MPI_Put(i32(9).ptr, 1, MPI_INT, 0, 0, 1, MPI_INT, win);
    const request = longs(0).ptr;
    const lock = () => raw.MPI_Win_lock(c.MPI_LOCK_SHARED, 0, 0, win);
    const sync = (text: string) => `MPI_ERR_RMA_SYNC: ${text}`;
    expect(outcome(put())).toBe(sync("no epoch is open"));
    expect(outcome(raw.MPI_Win_unlock(0, win))).toBe(sync("the window is not locked"));
    expect(outcome(raw.MPI_Win_unlock_all(win))).toBe(sync("the window is not locked"));
    expect(outcome(raw.MPI_Win_flush(0, win))).toBe(sync("the window is not locked"));
    expect(outcome(raw.MPI_Win_complete(win))).toBe(sync("MPI_Win_start was not called"));
    expect(outcome(raw.MPI_Win_wait(win))).toBe(sync("MPI_Win_post was not called"));
    expect(classOf(raw.MPI_Win_lock(0, 0, 0, win))).toBe("MPI_ERR_LOCKTYPE");
    ok(lock());
    expect(outcome(lock())).toBe(sync("the window is locked already"));
    expect(outcome(raw.MPI_Win_free(longs(win).ptr))).toBe(sync("an epoch is open"));
    ok(put(), raw.MPI_Win_unlock(0, win));
    ok(raw.MPI_Win_fence(0, win), put());
    expect(outcome(lock())).toBe(sync("an epoch of another kind is open"));
    expect(classOf(raw.MPI_Rput(i32(9).ptr, 1, MPI_INT, 0, 0, 1, MPI_INT, win, request))).toBe("MPI_ERR_RMA_SYNC");
    ok(raw.MPI_Win_fence(0, win));
    const flag = i32(9);
    ok(raw.MPI_Win_post(group, 0, win), raw.MPI_Win_start(group, 0, win), put());
    ok(raw.MPI_Win_test(win, flag.ptr));
    expect(flag[0]).toBe(0);
    expect(classOf(raw.MPI_Win_wait(win))).toBe("MPI_ERR_RMA_SYNC");
    ok(raw.MPI_Win_complete(win), raw.MPI_Win_wait(win));
    expect(classOf(raw.MPI_Win_start(group, 0, win))).toBe("MPI_ERR_RMA_SYNC");
    expect(classOf(put())).toBe("MPI_ERR_RMA_SYNC");
    ok(raw.MPI_Win_free(longs(win).ptr));
    expect(classOf(put())).toBe("MPI_ERR_WIN");
  });

  it("allocate memory that stays where it is", () => {
    const base = longs(0);
    const win = made((ptr) => raw.MPI_Win_allocate_shared(64, 8, none, World, base.ptr, ptr));
    const [size, unit, again] = [longs(0), i32(0), longs(0)];
    ok(raw.MPI_Win_shared_query(win, c.MPI_PROC_NULL, size.ptr, unit.ptr, again.ptr));
    expect([Number(size[0]), unit[0], again[0]]).toEqual([64, 8, base[0]]);
    const from = f64(1.5);
    const into = f64(0);
    ok(raw.MPI_Win_lock_all(0, win), raw.MPI_Put(from.ptr, 1, MPI_DOUBLE, 0, 7, 1, MPI_DOUBLE, win));
    ok(raw.MPI_Get(into.ptr, 1, MPI_DOUBLE, 0, 7, 1, MPI_DOUBLE, win), raw.MPI_Win_unlock_all(win));
    expect(into[0]).toBe(1.5);
    const attribute = (key: number) => {
      const [value, flag] = [longs(0), i32(0)];
      ok(raw.MPI_Win_get_attr(win, key, value.ptr, flag.ptr));
      return Number(value[0]);
    };
    const integer = (ptr: number, type: number) => {
      const value = longs(0);
      ok(raw.MPI_Sendrecv(ptr, 1, type, 0, 0, value.ptr, 1, type, 0, 0, World, 0));
      return Number(value[0]);
    };
    expect(attribute(c.MPI_WIN_BASE)).toBe(Number(base[0]));
    expect(integer(attribute(c.MPI_WIN_SIZE), c.MPI_AINT)).toBe(64);
    expect(integer(attribute(c.MPI_WIN_DISP_UNIT), MPI_INT)).toBe(8);
    expect(integer(attribute(c.MPI_WIN_CREATE_FLAVOR), MPI_INT)).toBe(c.MPI_WIN_FLAVOR_SHARED);
    expect(integer(attribute(c.MPI_WIN_MODEL), MPI_INT)).toBe(c.MPI_WIN_UNIFIED);
    expect(classOf(raw.MPI_Win_get_attr(win, 7, size.ptr, unit.ptr))).toBe("MPI_ERR_KEYVAL");
    const alone = made((ptr) => raw.MPI_Win_allocate(0, 1, none, World, base.ptr, ptr));
    expect(classOf(raw.MPI_Win_shared_query(alone, 0, size.ptr, unit.ptr, again.ptr))).toBe("MPI_ERR_RMA_FLAVOR");
    expect(classOf(raw.MPI_Win_allocate(-1, 1, none, World, base.ptr, size.ptr))).toBe("MPI_ERR_SIZE");
    expect(outcome(raw.MPI_Win_allocate(2 ** 52, 1, none, World, base.ptr, size.ptr))).toBe(
      "MPI_ERR_NO_MEM: not enough memory",
    );
    expect(classOf(raw.MPI_Win_allocate(8, 0, none, World, base.ptr, size.ptr))).toBe("MPI_ERR_DISP");
    const [name, length] = [blank(128), i32(0)];
    ok(raw.MPI_Win_set_name(win, text("shared")), raw.MPI_Win_get_name(win, name.ptr, length.ptr));
    expect([textAt(name), length[0]]).toEqual(["shared", 6]);
  });

  it("that are dynamic reach what is attached to them, at its address", () => {
    const win = made((ptr) => raw.MPI_Win_create_dynamic(none, World, ptr));
    const memory = i32(1, 2);
    const put = (ptr: number) => classOf(raw.MPI_Put(i32(9).ptr, 1, MPI_INT, 0, ptr, 1, MPI_INT, win));
    ok(raw.MPI_Win_fence(0, win));
    expect(put(memory.ptr)).toBe("MPI_ERR_RMA_RANGE");
    ok(raw.MPI_Win_attach(win, memory.ptr, 8));
    expect([put(memory.ptr + 4), put(memory.ptr + 8), memory[1]]).toEqual(["ok", "MPI_ERR_RMA_RANGE", 9]);
    expect(classOf(raw.MPI_Win_attach(win, memory.ptr + 4, 8))).toBe("MPI_ERR_RMA_ATTACH");
    ok(raw.MPI_Win_detach(win, memory.ptr));
    expect(classOf(raw.MPI_Win_detach(win, memory.ptr))).toBe("MPI_ERR_RMA_ATTACH");
    expect(classOf(raw.MPI_Win_attach(over(memory), memory.ptr, 8))).toBe("MPI_ERR_RMA_FLAVOR");
  });
});
