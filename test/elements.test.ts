import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { numbers, toLong, toShort } from "../src/elements.js";
import { Grid, heap, mpi, Output } from "../src/index.js";

const comm = mpi.init({ library: "solo" });

describe("the names of elements", () => {
  const all = Object.entries(numbers) as [keyof typeof numbers, (typeof numbers)[keyof typeof numbers]][];

  it("lead from one to the other", () => {
    for (const [short, { long }] of all) expect([toShort(long), toLong(short)]).toEqual([short, long]);
    for (const name of ["complex64", "float16", "constructor", 3, undefined]) {
      expect([toShort(name), toLong(name)]).toEqual([name, name]);
    }
  });

  it.each(all)("%s and its long form mean one array in MPI and on the heap", (short, { long, array }) => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    for (const name of [short, long]) {
      expect(String(mpi.view(memory, { type: name, shape: [2] }))).toBe(`view of 2 ${long}`);
      expect(String(comm.on(memory, name))).toContain(`${long} in WebAssembly memory`);
      const type = mpi.datatype.contiguous(2, name);
      expect(String(type)).toContain(`contiguous of ${long}`);
      type.free();
      const window = comm.allocateWindow(name, 2);
      expect(window.array).toBeInstanceOf(array);
      expect(window.byteLength).toBe(2 * array.BYTES_PER_ELEMENT);
      window.free();
      const onHeap = heap.array(name, 2);
      expect(onHeap).toBeInstanceOf(array);
      heap.free(onHeap);
    }
  });

  it("mean one view of a file", () => {
    const path = join(tmpdir(), `wasm-mpi-elements-${process.pid}.bin`);
    const file = comm.openFile(path, { read: true, write: true, create: true, deleteOnClose: true });
    file.writeAt(0, Float64Array.of(1, 2));
    for (const type of ["f64", "float64"] as const) {
      file.setView({ type });
      const read = new Float64Array(1);
      file.readAt(1, read);
      expect(read[0]).toBe(2);
    }
    file.close();
  });

  it("mean one kind of pairs", () => {
    for (const value of ["f64", "float64"] as const) expect(String(mpi.pairs(value, 2))).toBe("view of 2 float64int32");
    for (const value of ["i32", "int32"] as const) expect(String(mpi.pairs(value, 2))).toBe("view of 2 int32int32");
  });

  it("that are unknown are told the known ones", () => {
    expect(() => mpi.pairs("f16" as never, 1)).toThrow(
      'mpi.pairs: "value" expected one of float64, float32, int32, got "f16". Name one of them.',
    );
    expect(() => mpi.view(new ArrayBuffer(8), { type: "f16" as never })).toThrow(
      'mpi.view: "type" expected one of int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64, complex64, complex128, byte, int32int32, float32int32, float64int32, packed, got "f16". Name one of them.',
    );
    expect(() => heap.array("f16" as never, 1)).toThrow(
      'heap.array: "type" expected one of i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, got "f16". Name one of them.',
    );
  });
});

describe("the types of a field and of a variable", () => {
  it("have both names", async () => {
    const grid = new Grid(comm, { shape: [4, 4] });
    const field = grid.field(1, { dtype: "float32" });
    expect([field.dtype, field.data]).toEqual(["f32", expect.any(Float32Array)]);
    const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-elements-"));
    const output = await Output.create(grid, join(folder, "single.h5"), { variables: { psi: { dtype: "float32" } } });
    await output.write(0, { psi: field });
    expect(output.variables).toEqual({ psi: "f32" });
    await output.close();
    rmSync(folder, { recursive: true });
    expect(() => grid.field(0, { dtype: "float16" as never })).toThrow(
      'Grid.field: "dtype" expected one of f64, f32, i32, got "float16". Leave it out for f64.',
    );
  });
});
