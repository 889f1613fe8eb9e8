import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eachLibrary, type LibraryName, runRanks } from "../harness/launch.js";
import { expectTexts } from "../harness/texts.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wasm-mpi-files-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("every call on files reads and writes the bytes that it says", () => {
  eachLibrary([1, 2, 3, 4], ({ library, ranks }) => {
    it("in every form, and leaves no file behind", async () => {
      const result = await runRanks({ library, ranks, program: "mpi-files.mjs", args: [library, folder] });
      expect(result.code, result.transcript).toBe(0);
      expect(result.stdout, result.transcript).toBe("ok\n".repeat(ranks));
      expect(readdirSync(folder)).toEqual([]);
    });
  });
});

/** What the advice of an error class is. */
const advice: Record<string, string> = {
  MPI_ERR_NO_SUCH_FILE: "Check the path, or open the file with create.",
  MPI_ERR_FILE_EXISTS: "Choose another path, or open the file without exclusive.",
  MPI_ERR_BAD_FILE: "Check the path: it has to be that of a file, not of a folder.",
  MPI_ERR_ACCESS: "Check the permissions of the file and of its folder; open it for reading to read it.",
  MPI_ERR_READ_ONLY: "Open the file for writing.",
  MPI_ERR_IO: "Check that there is room on the disk, and that the data is a whole number of elements of the view.",
  MPI_ERR_UNSUPPORTED_DATAREP: "Leave out datarep, or use external32.",
};

/** Every text of the bindings' own errors, and of the library's with any words of its own, on `n` ranks. */
function textsOf(library: LibraryName, n: number): Record<string, string | RegExp> {
  const usage = (text: string) => `UsageError: ${text}`;
  const path = (call: string, got: string) =>
    usage(`${call}: "path" expected the name of a file, got ${got}. Pass it as a text.`);
  const data = (call: string, got: string) =>
    usage(`${call}: "data" expected a typed array, got ${got}. Pass for example a Float64Array.`);
  const offset = (call: string, got: string, from = " from 0", unit = "elements of the view") =>
    usage(`${call}: "offset" expected a whole number${from}, got ${got}. Count in ${unit}.`);
  const byteLength = (call: string, got: string) =>
    usage(`${call}: "byteLength" expected a whole number from 0, got ${got}. Count in bytes.`);
  const axes = (name: string, got: string) =>
    usage(
      `MPI_File_set_view: "${name}" expected whole numbers from 0, one an axis, got ${got}. Give globalShape, start and shape.`,
    );
  const quote = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const failure = (call: string, errorClass: string, file: string) =>
    new RegExp(
      `^MpiError: ${call} on rank 0 of ${n}: ${errorClass} \\(\\d+\\): [^\\n]+\\. The file is ${quote(JSON.stringify(file))}\\. ${quote(
        advice[errorClass] ?? "The text before is the library's.",
      )}$`,
    );
  const file = join(folder, "file");
  const closed = usage(`MpiFile: expected an open file, got a closed one (${JSON.stringify(file)}). Open it again.`);
  const full = process.platform === "linux" && library !== "solo";
  const texts: Record<string, string | RegExp> = {
    "delete before init": usage("mpi: expected a job that has begun, got none. Call mpi.init() first."),
    "path: missing": path("MPI_File_open", "undefined"),
    "path: empty": path("MPI_File_open", '""'),
    "path: zero byte": path("MPI_File_open", '"a\\u0000b"'),
    "path: list": path("MPI_File_delete", '["a"]'),
    "mode: unknown": usage(
      'MPI_File_open: expected options among read, write, create, exclusive, append, deleteOnClose, unique, sequential, info, got "wirte". Did you mean write?',
    ),
    "mode: neither": usage("MPI_File_open: expected read, write or both, got neither. Set one of them to true."),
    "mode: no boolean": usage('MPI_File_open: "write" expected true or false, got "yes". Give one of them.'),
    "mode: create to read": usage(
      'MPI_File_open: "create" expected write with it, got a file to read only. Open it with write.',
    ),
    "mode: exclusive alone": usage(
      'MPI_File_open: "exclusive" expected create with it, got a file that has to be there. Open it with create.',
    ),
    "mode: sequential both ways": usage(
      'MPI_File_open: "sequential" expected one of read and write, got both. Leave out one of the three.',
    ),
    "info: number": usage('MPI_File_open: "info" expected a text for "cb_nodes", got 2. Write it as a text.'),
    "open: no such file": failure("MPI_File_open", "MPI_ERR_NO_SUCH_FILE", file),
    "open: no such folder": failure("MPI_File_open", "MPI_ERR_NO_SUCH_FILE", join(folder, "none", "file")),
    "open: a folder": failure("MPI_File_open", "MPI_ERR_BAD_FILE", folder),
    "delete: no such file": failure("MPI_File_delete", "MPI_ERR_NO_SUCH_FILE", file),
    "open: exists": failure("MPI_File_open", "MPI_ERR_FILE_EXISTS", file),
    "view: unknown": usage(
      'MPI_File_set_view: expected options among offset, type, globalShape, start, shape, filetype, datarep, info, got "etype". Did you mean type?',
    ),
    "view: offset": offset("MPI_File_set_view", "-8", undefined, "bytes"),
    "view: type":
      /^UsageError: MPI_File_set_view: "type" expected one of int8, [a-z0-9, ]+, got "double"\. Name one of them\.$/,
    "view: part of a block": axes("shape", "undefined"),
    "view: no axis": axes("globalShape", "[]"),
    "view: axes": usage(
      "MPI_File_set_view: expected a block within [4, 4], got start [0], shape [2]. Mend start or shape.",
    ),
    "view: outside": usage(
      "MPI_File_set_view: expected a block within [4, 4], got start [0, 3], shape [4, 2]. Mend start or shape.",
    ),
    "view: filetype": usage(
      'MPI_File_set_view: "filetype" expected a datatype, got "float64". Make it with mpi.datatype.',
    ),
    "view: filetype and block": usage(
      'MPI_File_set_view: expected a block or "filetype", got both. Leave out one of them.',
    ),
    "view: info": usage('MPI_File_set_view: "info" expected a text for "cb_nodes", got null. Write it as a text.'),
    "view: datarep": failure("MPI_File_set_view", "MPI_ERR_UNSUPPORTED_DATAREP", file),
    "data: list": data("MPI_File_write", "Array"),
    "data: buffer": data("MPI_File_iread", "ArrayBuffer"),
    "data: missing": data("MPI_File_read_at_all", "undefined"),
    "offset: negative": offset("MPI_File_read_at", "-1"),
    "offset: fraction": offset("MPI_File_iwrite_at", "0.5"),
    "offset: missing": offset("MPI_File_write_at_all", "Float64Array"),
    "offset: beyond 2^53": offset("MPI_File_iread_at_all", "9007199254740992"),
    "seek: from": usage('MPI_File_seek: "from" expected one of start, current, end, got "middle". Name one of them.'),
    "seek: negative": offset("MPI_File_seek", "-1"),
    "seek: fraction": offset("MPI_File_seek_shared", "0.5", ""),
    "seek: before the start": failure("MPI_File_seek", "MPI_ERR_ARG", file),
    byteOffset: offset("MPI_File_get_byte_offset", '"0"'),
    setSize: byteLength("MPI_File_set_size", "-1"),
    setAtomic: usage('MPI_File_set_atomicity: "atomic" expected true or false, got 1. Give one of them.'),
    preallocate: byteLength("MPI_File_preallocate", "1.5"),
    "data: part of an element": failure("MPI_File_write_at", "MPI_ERR_IO", file),
    "data: for an empty block": usage(
      `MPI_File_write_all: "data" expected no elements, because this rank's block of the view has none, got 2 float64. Pass an empty array.`,
    ),
    closed,
    "closed twice": closed,
    "write to read": failure("MPI_File_write", "MPI_ERR_READ_ONLY", file),
    "iwrite to read": failure("MPI_File_iwrite_at", "MPI_ERR_READ_ONLY", file),
    "cut to read": failure("MPI_File_set_size", "MPI_ERR_READ_ONLY", file),
    "read to write": failure("MPI_File_read_at", "MPI_ERR_ACCESS", file),
    "iread to write": failure("MPI_File_iread", "MPI_ERR_ACCESS", file),
    "sequential: at": failure("MPI_File_read_at", "MPI_ERR_UNSUPPORTED_OPERATION", file),
  };
  if (process.geteuid && process.geteuid() !== 0) {
    texts["open: forbidden"] = failure("MPI_File_open", "MPI_ERR_ACCESS", join(folder, "secret"));
  }
  if (full) texts["full disk"] = failure("MPI_File_write", "MPI_ERR_IO", "/dev/full");
  if (full) texts["full disk, all"] = failure("MPI_File_write_all", "MPI_ERR_IO", "/dev/full");
  texts["after finalize"] = usage(
    "MPI_File_open: expected a job that has not ended, got a call after mpi.finalize(). Finalize last.",
  );
  return texts;
}

describe("wrong use of files is told in one line, and the ranks live on", () => {
  eachLibrary([1, 2], ({ library, ranks }) => {
    it("every text", async () => {
      const result = await runRanks({ library, ranks, program: "mpi-file-errors.mjs", args: [library, folder] });
      expectTexts(result, textsOf(library, ranks));
      expect(readdirSync(folder)).toEqual([]);
    });
  });
});
