import { describe, expect, it } from "vitest";
import { c, classOf, i32, longs, MPI_UNDEFINED, made, ok, outcome, raw, told, World } from "./world.js";

describe("grids", () => {
  const grid = made((ptr) => raw.MPI_Cart_create(World, 2, i32(1, 1).ptr, i32(1, 0).ptr, 0, ptr));
  const shift = (comm: number, axis: number, by: number) => {
    const ranks = i32(9, 9);
    return raw.MPI_Cart_shift(comm, axis, by, ranks.ptr, ranks.ptr + 4) || [...ranks];
  };

  it("of one rank have it as its own neighbour along periodic axes", () => {
    const { MPI_PROC_NULL: nobody } = c;
    expect([shift(grid, 0, 1), shift(grid, 1, 1), shift(grid, 1, 0), shift(grid, 1, -2)]).toEqual([
      [0, 0],
      [nobody, nobody],
      [0, 0],
      [nobody, nobody],
    ]);
    const coords = i32(9, 9);
    ok(raw.MPI_Cart_coords(grid, 0, 2, coords.ptr));
    expect([...coords]).toEqual([0, 0]);
    expect(told((ptr) => raw.MPI_Cart_rank(grid, i32(-4, 0).ptr, ptr))).toBe(0);
    expect(outcome(raw.MPI_Cart_rank(grid, i32(0, 1).ptr, coords.ptr))).toBe(
      "MPI_ERR_RANK: the coordinates are outside the grid",
    );
    expect(told((ptr) => raw.MPI_Topo_test(grid, ptr))).toBe(c.MPI_CART);
    expect(told((ptr) => raw.MPI_Topo_test(World, ptr))).toBe(MPI_UNDEFINED);
    expect(
      told((ptr) =>
        raw.MPI_Topo_test(
          made((copy) => raw.MPI_Comm_dup(grid, copy)),
          ptr,
        ),
      ),
    ).toBe(c.MPI_CART);
    const row = made((ptr) => raw.MPI_Cart_sub(grid, i32(0, 1).ptr, ptr));
    expect(shift(row, 0, 1)).toEqual([nobody, nobody]);
  });

  it("are checked", () => {
    const code = (dims: number) => outcome(raw.MPI_Cart_create(World, 1, i32(dims).ptr, i32(0).ptr, 0, longs(0).ptr));
    expect([2, 0, -1].map(code)).toEqual(new Array(3).fill("MPI_ERR_DIMS: the dimensions do not fit one rank"));
    expect(outcome(shift(grid, 2, 1) as number)).toBe("MPI_ERR_DIMS: there is no such dimension");
    expect(classOf(shift(World, 0, 1) as number)).toBe("MPI_ERR_TOPOLOGY");
    expect(classOf(raw.MPI_Cart_coords(grid, 1, 2, i32(0, 0).ptr))).toBe("MPI_ERR_RANK");
  });

  it("are as even as can be", () => {
    const dims = (nodes: number, ...fixed: number[]) => {
      const lengths = i32(...fixed);
      return classOf(raw.MPI_Dims_create(nodes, fixed.length, lengths.ptr)) === "ok" ? [...lengths] : "MPI_ERR_DIMS";
    };
    expect([dims(1, 0, 0), dims(12, 0, 0), dims(12, 0, 0, 0), dims(7, 0, 0), dims(36, 0, 3, 0), dims(6, 3, 2)]).toEqual(
      [
        [1, 1],
        [4, 3],
        [3, 2, 2],
        [7, 1],
        [4, 3, 3],
        [3, 2],
      ],
    );
    expect(dims(2 ** 31 - 1, 0, 0)).toEqual([2 ** 31 - 1, 1]); // A prime number.
    expect([dims(1, 2, 0), dims(7, 2, 0), dims(6, 3, 1), dims(6, -1, 0)]).toEqual(new Array(4).fill("MPI_ERR_DIMS"));
  });
});
