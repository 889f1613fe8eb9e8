import { describe, expect, it } from "vitest";
import {
  blank,
  c,
  classOf,
  committed,
  counted,
  f64,
  i32,
  longs,
  MPI_DOUBLE,
  MPI_INT,
  MPI_UNDEFINED,
  made,
  newStatus,
  ok,
  outcome,
  raw,
  text,
  textAt,
  told,
  World,
} from "./world.js";

describe("datatypes", () => {
  const extent = (type: number, call: "MPI_Type_get_extent" | "MPI_Type_get_true_extent" = "MPI_Type_get_extent") => {
    const [lb, length] = [longs(0), longs(0)];
    ok(raw[call](type, lb.ptr, length.ptr));
    return [Number(lb[0]), Number(length[0])];
  };
  const size = (type: number) => told((ptr) => raw.MPI_Type_size(type, ptr));
  /** Which of twelve integers a type sends. */
  const sent = (type: number, count = 1): number[] => {
    const packed = i32(...new Array(12).fill(-1));
    const values = i32(...Array.from({ length: 12 }, (_, index) => index));
    const position = i32(0);
    ok(raw.MPI_Pack(values.ptr, count, type, packed.ptr, 48, position.ptr, World));
    return [...packed.subarray(0, position[0]! / 4)];
  };

  it("have the sizes and extents of C", () => {
    const pairs = [c.MPI_FLOAT_INT, c.MPI_DOUBLE_INT, c.MPI_LONG_INT, c.MPI_SHORT_INT, c.MPI_2INT];
    expect(pairs.map((type) => [size(type), ...extent(type)])).toEqual([
      [8, 0, 8],
      [12, 0, 16],
      [12, 0, 16],
      [6, 0, 8],
      [8, 0, 8],
    ]);
    expect([c.MPI_BYTE, MPI_DOUBLE, c.MPI_C_DOUBLE_COMPLEX, c.MPI_LONG, c.MPI_C_BOOL].map(size)).toEqual([
      1, 8, 16, 8, 1,
    ]);
  });

  it("pick what they say", () => {
    const vector = committed((ptr) => raw.MPI_Type_vector(2, 2, 3, MPI_INT, ptr));
    expect([size(vector), ...extent(vector), sent(vector, 2)]).toEqual([16, 0, 20, [0, 1, 3, 4, 5, 6, 8, 9]]);
    const bytes = committed((ptr) => raw.MPI_Type_create_hvector(3, 1, 8, MPI_INT, ptr));
    expect(sent(bytes)).toEqual([0, 2, 4]);
    const indexed = committed((ptr) => raw.MPI_Type_indexed(2, i32(1, 2).ptr, i32(4, 1).ptr, MPI_INT, ptr));
    expect([...extent(indexed), sent(indexed)]).toEqual([4, 16, [4, 1, 2]]);
    const hindexed = committed((ptr) => raw.MPI_Type_create_hindexed(2, i32(1, 1).ptr, longs(8, 0).ptr, MPI_INT, ptr));
    expect(sent(hindexed)).toEqual([2, 0]);
    const block = committed((ptr) => raw.MPI_Type_create_indexed_block(2, 2, i32(6, 0).ptr, MPI_INT, ptr));
    expect(sent(block)).toEqual([6, 7, 0, 1]);
    const contiguous = committed((ptr) => raw.MPI_Type_contiguous(2, vector, ptr));
    expect([size(contiguous), ...extent(contiguous)]).toEqual([32, 0, 40]);
    const resized = committed((ptr) => raw.MPI_Type_create_resized(MPI_INT, 0, 12, ptr));
    expect([extent(resized), extent(resized, "MPI_Type_get_true_extent"), sent(resized, 4)]).toEqual([
      [0, 12],
      [0, 4],
      [0, 3, 6, 9],
    ]);
    const copied = committed((ptr) => raw.MPI_Type_dup(resized, ptr));
    expect([extent(copied), sent(copied, 2)]).toEqual([
      [0, 12],
      [0, 3],
    ]);
  });

  it("pick parts of arrays in the order of C and of Fortran", () => {
    const part = (order: number) =>
      committed((ptr) =>
        raw.MPI_Type_create_subarray(2, i32(3, 4).ptr, i32(2, 2).ptr, i32(1, 2).ptr, order, MPI_INT, ptr),
      );
    const inC = part(c.MPI_ORDER_C);
    expect([...extent(inC), sent(inC)]).toEqual([0, 48, [6, 7, 10, 11]]);
    expect(extent(inC, "MPI_Type_get_true_extent")).toEqual([24, 24]);
    expect(sent(part(c.MPI_ORDER_FORTRAN))).toEqual([7, 8, 10, 11]);
    const code = raw.MPI_Type_create_subarray(1, i32(3).ptr, i32(2).ptr, i32(2).ptr, c.MPI_ORDER_C, MPI_INT, 0);
    expect(outcome(code)).toBe("MPI_ERR_ARG: the part is not in the array");
  });

  it("of structures end where a C compiler ends them", () => {
    const types = longs(MPI_DOUBLE, MPI_INT);
    const record = committed((ptr) => raw.MPI_Type_create_struct(2, i32(1, 1).ptr, longs(0, 8).ptr, types.ptr, ptr));
    expect([size(record), ...extent(record)]).toEqual([12, 0, 16]);
    const from = f64(1.5, 0, 2.5, 0);
    new Int32Array(from.buffer, from.byteOffset, 8).set([7, -1], 2);
    new Int32Array(from.buffer, from.byteOffset, 8).set([8, -1], 6);
    const into = f64(0, 0, 0, 0);
    const status = newStatus();
    ok(raw.MPI_Sendrecv(from.ptr, 2, record, 0, 0, into.ptr, 2, record, 0, 0, World, status.ptr));
    const integers = new Int32Array(into.buffer, into.byteOffset, 8);
    expect([into[0], integers[2], integers[3], into[2], integers[6], integers[7]]).toEqual([1.5, 7, 0, 2.5, 8, 0]);
    expect([counted(status, record), counted(status, c.MPI_BYTE)]).toEqual([2, 24]);
  });

  it("count what was received in part", () => {
    const types = longs(MPI_DOUBLE, MPI_INT);
    const record = committed((ptr) => raw.MPI_Type_create_struct(2, i32(1, 1).ptr, longs(0, 8).ptr, types.ptr, ptr));
    const [bytes, into, status] = [blank(24), blank(64), newStatus()];
    const elements = (byteLength: number) => {
      ok(raw.MPI_Send(bytes.ptr, byteLength, c.MPI_BYTE, 0, 0, World));
      ok(raw.MPI_Recv(into.ptr, 4, record, 0, 0, World, status.ptr));
      return [counted(status, record), told((ptr) => raw.MPI_Get_elements(status.ptr, record, ptr))];
    };
    expect([0, 8, 12, 20, 22, 24].map(elements)).toEqual([
      [0, 0],
      [MPI_UNDEFINED, 1],
      [1, 2],
      [MPI_UNDEFINED, 3],
      [MPI_UNDEFINED, MPI_UNDEFINED],
      [2, 4],
    ]);
  });

  it("travel between different layouts", () => {
    const column = committed((ptr) => raw.MPI_Type_vector(3, 1, 3, MPI_INT, ptr));
    const from = i32(0, 1, 2, 3, 4, 5, 6, 7, 8);
    const into = i32(...new Array(9).fill(-1));
    ok(raw.MPI_Sendrecv(from.ptr + 4, 1, column, 0, 0, into.ptr, 1, column, 0, 0, World, 0));
    expect([...into]).toEqual([1, -1, -1, 4, -1, -1, 7, -1, -1]);
    const status = newStatus();
    ok(raw.MPI_Sendrecv(from.ptr, 2, MPI_INT, 0, 0, into.ptr + 4, 1, column, 0, 0, World, status.ptr));
    expect([...into]).toEqual([1, 0, -1, 4, 1, -1, 7, -1, -1]);
    expect([counted(status, column), counted(status, MPI_INT)]).toEqual([MPI_UNDEFINED, 2]);
  });

  it("are packed and unpacked one after the other", () => {
    const [packed, position, total] = [blank(16), i32(0), i32(0)];
    ok(raw.MPI_Pack_size(3, MPI_INT, World, total.ptr));
    expect(total[0]).toBe(12);
    ok(raw.MPI_Pack(i32(5).ptr, 1, MPI_INT, packed.ptr, 16, position.ptr, World));
    ok(raw.MPI_Pack(f64(2.5).ptr, 1, MPI_DOUBLE, packed.ptr, 16, position.ptr, World));
    expect(position[0]).toBe(12);
    expect(outcome(raw.MPI_Pack(f64(2.5).ptr, 1, MPI_DOUBLE, packed.ptr, 16, position.ptr, World))).toBe(
      "MPI_ERR_TRUNCATE: the packed data do not fit the buffer",
    );
    position[0] = 0;
    const [integer, number] = [i32(0), f64(0)];
    ok(raw.MPI_Unpack(packed.ptr, 12, position.ptr, integer.ptr, 1, MPI_INT, World));
    ok(raw.MPI_Unpack(packed.ptr, 12, position.ptr, number.ptr, 1, MPI_DOUBLE, World));
    expect([integer[0], number[0], position[0]]).toEqual([5, 2.5, 12]);
    expect(outcome(raw.MPI_Unpack(packed.ptr, 12, position.ptr, integer.ptr, 1, MPI_INT, World))).toBe(
      "MPI_ERR_TRUNCATE: the buffer holds less packed data",
    );
  });

  it("have to be committed, and last until they are freed", () => {
    const handle = longs(made((ptr) => raw.MPI_Type_contiguous(2, MPI_INT, ptr)));
    const type = Number(handle[0]);
    const code = () => outcome(raw.MPI_Send(i32(1, 2).ptr, 1, type, c.MPI_PROC_NULL, 0, World));
    expect(code()).toBe("MPI_ERR_TYPE: the datatype is not committed");
    ok(raw.MPI_Type_commit(handle.ptr));
    expect(code()).toBe("ok");
    const [name, length] = [blank(128), i32(0)];
    ok(raw.MPI_Type_set_name(type, text("pair")), raw.MPI_Type_get_name(type, name.ptr, length.ptr));
    expect([textAt(name), length[0]]).toEqual(["pair", 4]);
    ok(raw.MPI_Type_free(handle.ptr));
    expect([code(), Number(handle[0])]).toEqual(["MPI_ERR_TYPE: invalid datatype", c.MPI_DATATYPE_NULL]);
    expect(classOf(raw.MPI_Type_free(longs(MPI_INT).ptr))).toBe("MPI_ERR_TYPE");
  });
});
