import { describe, expect, it } from "vitest";
import { blank, c, classOf, i32, longs, made, ok, raw, text, textAt, told, World } from "./world.js";

describe("info objects", () => {
  it("keep pairs in order", () => {
    const info = made((ptr) => raw.MPI_Info_create(ptr));
    ok(raw.MPI_Info_set(info, text("b"), text("2")), raw.MPI_Info_set(info, text("a"), text("one")));
    ok(raw.MPI_Info_set(info, text("b"), text("three")));
    expect(told((ptr) => raw.MPI_Info_get_nkeys(info, ptr))).toBe(2);
    const keys = [0, 1].map((index) => {
      const key = blank(256);
      ok(raw.MPI_Info_get_nthkey(info, index, key.ptr));
      return textAt(key);
    });
    expect(keys).toEqual(["b", "a"]);
    const [value, flag, length] = [blank(8), i32(9), i32(9)];
    ok(raw.MPI_Info_get(info, text("b"), 3, value.ptr, flag.ptr));
    expect([textAt(value), flag[0]]).toEqual(["thr", 1]);
    ok(raw.MPI_Info_get_valuelen(info, text("b"), length.ptr, flag.ptr));
    expect(length[0]).toBe(5);
    ok(raw.MPI_Info_get(info, text("c"), 3, value.ptr, flag.ptr));
    expect(flag[0]).toBe(0);
    const copy = longs(made((ptr) => raw.MPI_Info_dup(info, ptr)));
    ok(raw.MPI_Info_delete(info, text("b")));
    expect(told((ptr) => raw.MPI_Info_get_nkeys(Number(copy[0]), ptr))).toBe(2);
    expect(classOf(raw.MPI_Info_delete(info, text("b")))).toBe("MPI_ERR_INFO_NOKEY");
    expect(classOf(raw.MPI_Info_get_nthkey(info, 1, value.ptr))).toBe("MPI_ERR_ARG");
    expect(classOf(raw.MPI_Info_set(info, text(""), text("1")))).toBe("MPI_ERR_INFO_KEY");
    expect(classOf(raw.MPI_Info_set(info, text("x".repeat(256)), text("1")))).toBe("MPI_ERR_INFO_KEY");
    expect(classOf(raw.MPI_Info_set(info, text("x"), text("1".repeat(1024))))).toBe("MPI_ERR_INFO_VALUE");
    ok(raw.MPI_Info_free(copy.ptr));
    expect(Number(copy[0])).toBe(c.MPI_INFO_NULL);
    expect(classOf(raw.MPI_Info_free(copy.ptr))).toBe("MPI_ERR_INFO");
    ok(raw.MPI_Comm_set_info(World, info));
    expect(
      told((ptr) =>
        raw.MPI_Info_get_nkeys(
          made((used) => raw.MPI_Comm_get_info(World, used)),
          ptr,
        ),
      ),
    ).toBe(1);
  });
});
