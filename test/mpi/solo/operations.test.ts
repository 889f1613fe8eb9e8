import { describe, expect, it } from "vitest";
import {
  c,
  classOf,
  f64,
  i32,
  longs,
  MPI_DOUBLE,
  MPI_INT,
  MPI_INT32_T,
  MPI_SUM,
  made,
  ok,
  outcome,
  placed,
  raw,
  told,
  World,
} from "./world.js";

describe("operations", () => {
  const reduce = (op: number, type: number, from: { ptr: number }, into: { ptr: number }, count: number) =>
    outcome(raw.MPI_Reduce_local(from.ptr, into.ptr, count, type, op));
  const names = ["SUM", "PROD", "MAX", "MIN", "LAND", "BAND", "LOR", "BOR", "LXOR", "BXOR"] as const;

  it("reckon with integers as C does", () => {
    const results = (
      type: number,
      Type: typeof Int8Array | typeof Int32Array | typeof Uint32Array,
      a: number,
      b: number,
    ) =>
      names.map((name) => {
        const into = placed(Type as typeof Int32Array, [b]);
        expect(reduce(c[`MPI_${name}`], type, placed(Type as typeof Int32Array, [a]), into, 1)).toBe("ok");
        return into[0];
      });
    expect(results(c.MPI_INT8_T, Int8Array, 100, 100)).toEqual([-56, 16, 100, 100, 1, 100, 1, 100, 0, 0]);
    expect(results(MPI_INT32_T, Int32Array, 2 ** 31 - 1, 3)).toEqual([
      -2147483646, 2147483645, 2147483647, 3, 1, 3, 1, 2147483647, 0, 2147483644,
    ]);
    expect(results(c.MPI_UINT32_T, Uint32Array, 2 ** 32 - 1, 2)).toEqual([
      1, 4294967294, 4294967295, 2, 1, 2, 1, 4294967295, 0, 4294967293,
    ]);
    const big = names.map((name) => {
      const into = placed(BigInt64Array, [2n]);
      expect(reduce(c[`MPI_${name}`], c.MPI_INT64_T, placed(BigInt64Array, [2n ** 63n - 1n]), into, 1)).toBe("ok");
      return into[0];
    });
    const most = 2n ** 63n - 1n;
    expect(big).toEqual([-(2n ** 63n) + 1n, -2n, most, 2n, 1n, 2n, 1n, most, 0n, most - 2n]);
    const unsigned = placed(BigUint64Array, [2n]);
    expect(reduce(MPI_SUM, c.MPI_UINT64_T, placed(BigUint64Array, [2n ** 64n - 1n]), unsigned, 1)).toBe("ok");
    expect(unsigned[0]).toBe(1n);
  });

  it("round to the type", () => {
    const into = placed(Float32Array, [2 ** 24, 3]);
    expect(reduce(MPI_SUM, c.MPI_FLOAT, placed(Float32Array, [1, 0.1]), into, 2)).toBe("ok");
    expect([...into]).toEqual([2 ** 24, Math.fround(3 + Math.fround(0.1))]);
    const complex = f64(1, 2);
    expect(reduce(c.MPI_PROD, c.MPI_C_DOUBLE_COMPLEX, f64(3, 4), complex, 1)).toBe("ok");
    expect([...complex]).toEqual([-5, 10]);
    expect(reduce(MPI_SUM, c.MPI_C_FLOAT_COMPLEX, placed(Float32Array, [1, 2]), placed(Float32Array, [3, 4]), 1)).toBe(
      "ok",
    );
  });

  it("find where the extremes are, of equal ones the first", () => {
    const into = i32(5, 2, 6, 9, 1, 1);
    expect(reduce(c.MPI_MAXLOC, c.MPI_2INT, i32(5, 1, 7, 3, 0, 0), into, 3)).toBe("ok");
    expect([...into]).toEqual([5, 1, 7, 3, 1, 1]);
    const pair = (value: number, index: number) => {
      const data = f64(value, 0);
      new Int32Array(data.buffer, data.byteOffset, 4)[2] = index;
      return data;
    };
    const least = pair(2.5, 4);
    expect(reduce(c.MPI_MINLOC, c.MPI_DOUBLE_INT, pair(1.5, 3), least, 1)).toBe("ok");
    expect([least[0], new Int32Array(least.buffer, least.byteOffset, 4)[2]]).toEqual([1.5, 3]);
  });

  it("replace, or leave as it is", () => {
    const into = i32(1, 2);
    expect([reduce(c.MPI_NO_OP, MPI_INT, i32(3, 4), into, 2), ...into]).toEqual(["ok", 1, 2]);
    expect([reduce(c.MPI_REPLACE, MPI_INT, i32(3, 4), into, 2), ...into]).toEqual(["ok", 3, 4]);
  });

  it("reduce arrays of any length", () => {
    const count = 10_000;
    const [from, into] = [f64(...new Array(count).fill(0).map((_, at) => at)), f64(...new Array(count).fill(1))];
    expect(reduce(MPI_SUM, MPI_DOUBLE, from, into, count)).toBe("ok");
    expect(into.every((value, at) => value === at + 1)).toBe(true);
  });

  it("are refused for types that they are not defined for", () => {
    const refused = "MPI_ERR_OP: invalid operation, or one that is not defined for the datatype";
    const data = f64(1, 2);
    for (const [op, type] of [
      [c.MPI_BAND, MPI_DOUBLE],
      [c.MPI_LAND, c.MPI_FLOAT],
      [c.MPI_MAX, c.MPI_C_DOUBLE_COMPLEX],
      [c.MPI_MAXLOC, MPI_DOUBLE],
      [MPI_SUM, c.MPI_DOUBLE_INT],
      [MPI_SUM, c.MPI_BYTE],
      [MPI_SUM, c.MPI_CHAR],
      [MPI_SUM, c.MPI_C_BOOL],
      [c.MPI_OP_NULL, MPI_INT],
    ] as const) {
      expect(reduce(op, type, data, data, 1)).toBe(refused);
      if (op !== c.MPI_OP_NULL)
        expect(outcome(raw.MPI_Allreduce(data.ptr, data.ptr, 1, type, op, World))).toBe(refused);
    }
    const operation = longs(made((ptr) => raw.MPI_Op_create(0, 0, ptr)));
    expect(told((ptr) => raw.MPI_Op_commutative(Number(operation[0]), ptr))).toBe(0);
    expect(told((ptr) => raw.MPI_Op_commutative(MPI_SUM, ptr))).toBe(1);
    ok(
      raw.MPI_Allreduce(data.ptr, f64(0).ptr, 1, MPI_DOUBLE, Number(operation[0]), World),
      raw.MPI_Op_free(operation.ptr),
    );
    expect(Number(operation[0])).toBe(c.MPI_OP_NULL);
    expect(classOf(raw.MPI_Op_free(longs(MPI_SUM).ptr))).toBe("MPI_ERR_OP");
  });
});
