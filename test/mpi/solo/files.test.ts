import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Scratch } from "../../../src/mpi/library/native.js";
import {
  blank,
  c,
  classOf,
  committed,
  counted,
  i32,
  longs,
  MPI_INT,
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

describe("files", () => {
  const folder = mkdtempSync(join(tmpdir(), "solo-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  let number = 0;
  const newPath = () => join(folder, `${number++}`);
  const openCode = (path: string, amode: number, ptr = longs(0).ptr) =>
    outcome(raw.MPI_File_open(World, text(path), amode, c.MPI_INFO_NULL, ptr));
  const open = (path: string, amode: number) =>
    made((ptr) => raw.MPI_File_open(World, text(path), amode, c.MPI_INFO_NULL, ptr));
  const close = (file: number) => ok(raw.MPI_File_close(longs(file).ptr));
  const ints = (path: string) => {
    const bytes = readFileSync(path);
    return [...new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)];
  };
  const position = (file: number) => Number(placedLong((ptr) => raw.MPI_File_get_position(file, ptr)));
  const placedLong = (call: (ptr: number) => number) => {
    const value = longs(-7);
    ok(call(value.ptr));
    return value[0]!;
  };
  const { MPI_MODE_CREATE: create, MPI_MODE_RDWR: both, MPI_MODE_RDONLY: reading, MPI_MODE_WRONLY: writing } = c;

  it("are written and read at the rank's position, a given one and the shared one", () => {
    const path = newPath();
    const file = open(path, create | both);
    const [status, into, request] = [newStatus(), i32(0, 0, 0, 0), longs(0)];
    ok(raw.MPI_File_set_view(file, 0, MPI_INT, MPI_INT, text("native"), c.MPI_INFO_NULL));
    ok(raw.MPI_File_write(file, i32(1, 2).ptr, 2, MPI_INT, status.ptr));
    expect([counted(status, MPI_INT), position(file)]).toEqual([2, 2]);
    ok(raw.MPI_File_write_at(file, 3, i32(4).ptr, 1, MPI_INT, 0));
    ok(raw.MPI_File_write_all(file, i32(3).ptr, 1, MPI_INT, 0));
    expect(ints(path)).toEqual([1, 2, 3, 4]);
    ok(raw.MPI_File_seek(file, -2, c.MPI_SEEK_END));
    expect(position(file)).toBe(2);
    ok(raw.MPI_File_read(file, into.ptr, 4, MPI_INT, status.ptr));
    expect([...into, counted(status, MPI_INT), position(file)]).toEqual([3, 4, 0, 0, 2, 4]);
    ok(raw.MPI_File_read(file, into.ptr, 4, MPI_INT, status.ptr));
    expect(counted(status, MPI_INT)).toBe(0);
    ok(raw.MPI_File_seek(file, -3, c.MPI_SEEK_CUR), raw.MPI_File_iread(file, into.ptr, 1, MPI_INT, request.ptr));
    ok(raw.MPI_Wait(request.ptr, status.ptr));
    expect([into[0], counted(status, MPI_INT)]).toEqual([2, 1]);
    ok(
      raw.MPI_File_read_shared(file, into.ptr, 1, MPI_INT, 0),
      raw.MPI_File_read_ordered(file, into.ptr + 4, 1, MPI_INT, 0),
    );
    expect([into[0], into[1]]).toEqual([1, 2]);
    expect(Number(placedLong((ptr) => raw.MPI_File_get_position_shared(file, ptr)))).toBe(2);
    ok(
      raw.MPI_File_seek_shared(file, 0, c.MPI_SEEK_SET),
      raw.MPI_File_iwrite_shared(file, i32(8).ptr, 1, MPI_INT, request.ptr),
    );
    ok(raw.MPI_Wait(request.ptr, 0), raw.MPI_File_iread_at_all(file, 0, into.ptr, 1, MPI_INT, request.ptr));
    ok(raw.MPI_Wait(request.ptr, 0));
    expect(into[0]).toBe(8);
    expect(classOf(raw.MPI_File_seek(file, -9, c.MPI_SEEK_CUR))).toBe("MPI_ERR_ARG");
    expect(classOf(raw.MPI_File_read_at(file, -1, into.ptr, 1, MPI_INT, 0))).toBe("MPI_ERR_ARG");
    expect(classOf(raw.MPI_File_write(file, into.ptr, 1, c.MPI_BYTE, 0))).toBe("MPI_ERR_IO");
    close(file);
    expect(classOf(raw.MPI_File_read(file, into.ptr, 1, MPI_INT, 0))).toBe("MPI_ERR_FILE");
  });

  it("show the part that a view chooses", () => {
    const path = newPath();
    const file = open(path, create | both);
    ok(raw.MPI_File_write(file, i32(...new Array(13).fill(0)).ptr, 13, MPI_INT, 0));
    // The lower right 2 x 2 of a 3 x 4 array behind a header of one integer.
    const part = committed((ptr) =>
      raw.MPI_Type_create_subarray(2, i32(3, 4).ptr, i32(2, 2).ptr, i32(1, 2).ptr, c.MPI_ORDER_C, MPI_INT, ptr),
    );
    ok(raw.MPI_File_set_view(file, 4, MPI_INT, part, text("native"), c.MPI_INFO_NULL));
    ok(
      raw.MPI_File_write_all(file, i32(1, 2, 3).ptr, 3, MPI_INT, 0),
      raw.MPI_File_write_all(file, i32(4).ptr, 1, MPI_INT, 0),
    );
    expect(ints(path)).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4]);
    const offsets = [0, 1, 2, 4].map((offset) =>
      Number(placedLong((ptr) => raw.MPI_File_get_byte_offset(file, offset, ptr))),
    );
    expect(offsets).toEqual([28, 32, 44, 76]);
    ok(raw.MPI_File_seek(file, 0, c.MPI_SEEK_END));
    expect(position(file)).toBe(4);
    const [into, status] = [i32(0, 0, 0, 0, 0), newStatus()];
    ok(raw.MPI_File_read_at(file, 1, into.ptr, 4, MPI_INT, status.ptr));
    expect([...into, counted(status, MPI_INT)]).toEqual([2, 3, 4, 0, 0, 3]);
    const [disp, etype, filetype, datarep] = [longs(0), longs(0), longs(0), blank(128)];
    ok(raw.MPI_File_get_view(file, disp.ptr, etype.ptr, filetype.ptr, datarep.ptr));
    expect([Number(disp[0]), Number(etype[0]), textAt(datarep)]).toEqual([4, MPI_INT, "native"]);
    expect(told((ptr) => raw.MPI_Type_size(Number(filetype[0]), ptr))).toBe(16);
    ok(raw.MPI_Type_free(filetype.ptr));
    const view = (type: number, datarepText = "native", displacement = 0) =>
      classOf(raw.MPI_File_set_view(file, displacement, MPI_INT, type, text(datarepText), c.MPI_INFO_NULL));
    const backwards = committed((ptr) => raw.MPI_Type_create_indexed_block(2, 1, i32(1, 0).ptr, MPI_INT, ptr));
    expect([view(backwards), view(c.MPI_SHORT), view(MPI_INT, "external32"), view(MPI_INT, "native", -4)]).toEqual([
      "MPI_ERR_ARG",
      "MPI_ERR_ARG",
      "MPI_ERR_UNSUPPORTED_DATAREP",
      "MPI_ERR_ARG",
    ]);
    close(file);
  });

  it("of any length travel whole", () => {
    const path = newPath();
    const memory = new Scratch(3 << 20);
    for (let at = 0; at < memory.i32.length; at++) memory.i32[at] = at;
    // Strided in memory, and more than is moved at a time.
    const half = committed((ptr) => raw.MPI_Type_vector(3 << 17, 1, 2, MPI_INT, ptr));
    const file = open(path, create | both);
    ok(raw.MPI_File_write(file, memory.address, 1, half, 0));
    expect(ints(path).every((value, at) => value === 2 * at)).toBe(true);
    memory.i32.fill(-1);
    ok(raw.MPI_File_read_at(file, 0, memory.address, 1, half, 0));
    expect(memory.i32.every((value, at) => value === (at % 2 === 0 ? at : -1))).toBe(true);
    close(file);
  });

  it("are opened in the modes that make sense", () => {
    const path = newPath();
    expect(openCode(path, reading)).toBe("MPI_ERR_NO_SUCH_FILE: the file does not exist");
    expect(openCode(path, both | writing)).toBe(
      "MPI_ERR_AMODE: exactly one of reading, writing and both has to be asked for",
    );
    expect(openCode(path, create | reading)).toBe("MPI_ERR_AMODE: a file that is only read cannot be created");
    expect(openCode(path, both | c.MPI_MODE_SEQUENTIAL)).toBe(
      "MPI_ERR_AMODE: a sequential file is either read or written",
    );
    expect(openCode(folder, reading)).toBe("MPI_ERR_BAD_FILE: the file is a folder");
    writeFileSync(path, "12345678");
    expect(openCode(path, create | c.MPI_MODE_EXCL | writing)).toBe("MPI_ERR_FILE_EXISTS: the file exists");
    const bytes = blank(8);
    const input = open(path, reading);
    expect(outcome(raw.MPI_File_write(input, bytes.ptr, 1, c.MPI_BYTE, 0))).toBe(
      "MPI_ERR_READ_ONLY: the file is open for reading only",
    );
    expect(classOf(raw.MPI_File_set_size(input, 0))).toBe("MPI_ERR_READ_ONLY");
    close(input);
    const output = open(path, writing | c.MPI_MODE_APPEND | c.MPI_MODE_DELETE_ON_CLOSE);
    expect(outcome(raw.MPI_File_read(output, bytes.ptr, 1, c.MPI_BYTE, 0))).toBe(
      "MPI_ERR_ACCESS: the file is open for writing only",
    );
    expect(position(output)).toBe(8);
    expect(told((ptr) => raw.MPI_File_get_amode(output, ptr))).toBe(
      writing | c.MPI_MODE_APPEND | c.MPI_MODE_DELETE_ON_CLOSE,
    );
    close(output);
    expect(existsSync(path)).toBe(false);
    expect(classOf(raw.MPI_File_delete(text(path), c.MPI_INFO_NULL))).toBe("MPI_ERR_NO_SUCH_FILE");
    writeFileSync(path, "12345678");
    const stream = open(path, reading | c.MPI_MODE_SEQUENTIAL);
    expect(outcome(raw.MPI_File_read(stream, bytes.ptr, 1, c.MPI_BYTE, 0))).toBe(
      "MPI_ERR_UNSUPPORTED_OPERATION: the file is sequential",
    );
    ok(raw.MPI_File_read_shared(stream, bytes.ptr, 2, c.MPI_BYTE, 0));
    const current = c.MPI_DISPLACEMENT_CURRENT;
    ok(raw.MPI_File_set_view(stream, current, MPI_INT, MPI_INT, text("native"), c.MPI_INFO_NULL));
    ok(raw.MPI_File_read_shared(stream, bytes.ptr, 1, MPI_INT, 0));
    expect(textAt(bytes)).toBe("3456");
    close(stream);
    ok(raw.MPI_File_delete(text(path), c.MPI_INFO_NULL));
    expect(existsSync(path)).toBe(false);
  });

  it("have sizes and settings", () => {
    const path = newPath();
    const file = open(path, create | both);
    const size = () => Number(placedLong((ptr) => raw.MPI_File_get_size(file, ptr)));
    ok(raw.MPI_File_set_size(file, 10));
    expect(size()).toBe(10);
    ok(raw.MPI_File_preallocate(file, 5));
    expect(size()).toBe(10);
    ok(raw.MPI_File_preallocate(file, 20));
    expect(size()).toBe(20);
    expect(outcome(raw.MPI_File_set_size(file, -1))).toBe("MPI_ERR_ARG: the size is negative");
    ok(raw.MPI_File_sync(file), raw.MPI_File_set_atomicity(file, 5));
    expect(told((ptr) => raw.MPI_File_get_atomicity(file, ptr))).toBe(1);
    const info = made((ptr) => raw.MPI_Info_create(ptr));
    ok(raw.MPI_Info_set(info, text("hint"), text("1")), raw.MPI_File_set_info(file, info));
    expect(
      told((ptr) =>
        raw.MPI_Info_get_nkeys(
          made((used) => raw.MPI_File_get_info(file, used)),
          ptr,
        ),
      ),
    ).toBe(1);
    expect(
      told((ptr) =>
        raw.MPI_Group_size(
          made((group) => raw.MPI_File_get_group(file, group)),
          ptr,
        ),
      ),
    ).toBe(1);
    ok(raw.MPI_File_set_errhandler(file, c.MPI_ERRORS_RETURN));
    close(file);
  });
});
