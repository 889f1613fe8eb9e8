/** A heat solver in compiled code, split over the ranks along x and along y, with halo exchange by hand. */
import assert from "node:assert/strict";
import { Grid, jit, mpi } from "wasm-mpi";

const comm = mpi.init();
const { rank, size } = comm;
const [n, steps] = [24, 20];
const kernel = await jit(`
  import { Array2 } from "field";
  import { irecv, isend, PROC_NULL, Request, View, waitall } from "mpi";

  // Rows to and from the ranks before and after, or columns where the grid is split along y.
  function exchange(u: Array2<f64>, before: i32, after: i32, alongX: bool): void {
    const edges: StaticArray<View<f64>> = alongX
      ? [u.row(-1), u.row(u.nx), u.row(0), u.row(u.nx - 1)]
      : [u.column(-1), u.column(u.ny), u.column(0), u.column(u.ny - 1)];
    const requests: StaticArray<Request> = [
      irecv(edges[0], before, 1), irecv(edges[1], after, 2), isend(edges[2], before, 2), isend(edges[3], after, 1),
    ];
    waitall(requests);
    for (let i = 0; i < edges.length; i++) heap.free(changetype<usize>(edges[i]));
  }

  export function run(up: usize, vp: usize, nx: i32, ny: i32, before: i32, after: i32, alongX: bool, steps: i32): void {
    const u = new Array2<f64>(up, nx, ny, 1), v = new Array2<f64>(vp, nx, ny, 1);
    for (let step = 0; step < steps; step++) {
      exchange(u, before, after, alongX);
      for (let i = 0; i < nx; i++) {
        for (let j = 0; j < ny; j++) {
          const around = u.get(i - 1, j) + u.get(i + 1, j) + (u.get(i, j - 1) + u.get(i, j + 1));
          v.set(i, j, u.get(i, j) + 0.2 * (around - 4 * u.get(i, j)));
        }
      }
      for (let i = 0; i < nx; i++) for (let j = 0; j < ny; j++) u.set(i, j, v.get(i, j));
    }
    u.free();
    v.free();
  }
`);

const start = (x, y) => Math.sin(0.7 * x) * Math.cos(0.4 * y) + x / 10;
// The same by JavaScript, all of it on each rank.
let expected = Array.from({ length: n + 2 }, (_, i) =>
  Array.from({ length: n + 2 }, (_, j) => (i && j && i <= n && j <= n ? start(i - 0.5, j - 0.5) : 0)),
);
for (let step = 0; step < steps; step++) {
  const u = expected;
  expected = u.map((row, i) =>
    row.map((value, j) => {
      if (!i || !j || i > n || j > n) return 0;
      const around = u[i - 1][j] + u[i + 1][j] + (u[i][j - 1] + u[i][j + 1]);
      return value + 0.2 * (around - 4 * value);
    }),
  );
}
for (const split of [
  [size, 1],
  [1, size],
]) {
  const grid = new Grid(comm, { shape: [n, n], halo: 1, split });
  const [u, v] = [grid.field(start), grid.field(0)];
  const [before, after] = [rank > 0 ? rank - 1 : mpi.PROC_NULL, rank < size - 1 ? rank + 1 : mpi.PROC_NULL];
  // Cells beyond the walls are 0.
  for (let i = -1; i <= grid.blockShape[0]; i++) {
    for (let j = -1; j <= grid.blockShape[1]; j++) {
      const inside = i >= 0 && j >= 0 && i < grid.blockShape[0] && j < grid.blockShape[1];
      if (!inside) u.data[u.index(i, j)] = 0;
    }
  }
  kernel.run(u, v, ...grid.blockShape, before, after, split[0] === size, steps);
  for (let i = 0; i < grid.blockShape[0]; i++) {
    for (let j = 0; j < grid.blockShape[1]; j++) {
      const cell = expected[i + grid.start[0] + 1][j + grid.start[1] + 1];
      assert.ok(Object.is(u.data[u.index(i, j)], cell), `${split} [${i}, ${j}]: ${u.data[u.index(i, j)]} and ${cell}`);
    }
  }
}
kernel.free();
