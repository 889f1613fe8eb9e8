/** Reading and writing files, at the three kinds of positions: a given one, the rank's own, the shared one. */
import { readSync, writeSync } from "node:fs";
import type { Datatypes } from "./datatypes.js";
import { onDisk } from "./disk.js";
import { constants, fail } from "./failure.js";
import type { File, Pointer } from "./files.js";
import type { Functions } from "./functions.js";
import { Block } from "./memory.js";
import { Immediate, type Requests } from "./requests.js";
import { nothing, type Outcome, report } from "./status.js";
import type { Table } from "./table.js";
import { type Data, pack, unpack } from "./typemap.js";

const { MPI_MODE_RDONLY, MPI_MODE_WRONLY } = constants;

type Direction = "read" | "write";

const roomLength = 1024 * 1024;
let room: Block | undefined;

/** Reads or writes visible data of a file from a position on; gives the bytes, fewer at the end of the file. */
function transfer(direction: Direction, file: File, position: number, data: Data): number {
  room ??= new Block(roomLength);
  const { bytes, address } = room;
  let done = 0;
  for (let ended = false; done < data.byteLength && !ended; ) {
    const end = Math.min(data.byteLength, done + roomLength);
    if (direction === "write") pack(data, address, done, end);
    let moved = 0;
    file.view.eachRun(position + done, position + end, (offset, byteLength) => {
      if (ended) return;
      const target = moved + byteLength;
      while (moved < target && !ended) {
        const at = offset + byteLength - (target - moved);
        const count = onDisk(() =>
          direction === "read"
            ? readSync(file.descriptor, bytes, moved, target - moved, at)
            : writeSync(file.descriptor, bytes, moved, target - moved, at),
        );
        moved += count;
        if (count === 0) ended = true;
      }
    });
    if (direction === "read") unpack(data, address, done, done + moved);
    done += moved;
  }
  return done;
}

/** The functions that read and write: every direction, kind of position and form. */
export function fileAccessFunctions(
  files: Table<File>,
  types: Datatypes,
  requests: Requests,
  random: (file: File) => void,
): Functions {
  type Place = (file: File) => { position: number; pointer?: Pointer };
  const access = (direction: Direction, handle: number, place: Place, ...values: [number, number, number]): Outcome => {
    const file = files.get(handle);
    const { position, pointer } = place(file);
    if (pointer !== "shared") random(file);
    if (direction === "read" && (file.amode & MPI_MODE_WRONLY) !== 0)
      fail("ACCESS", "the file is open for writing only");
    if (direction === "write" && (file.amode & MPI_MODE_RDONLY) !== 0)
      fail("READ_ONLY", "the file is open for reading only");
    const data = types.data(...values);
    if (data.byteLength % file.view.etype.size !== 0) fail("IO", "the data are not whole elements of the view");
    const byteLength = transfer(direction, file, position, data);
    if (pointer) file.positions[pointer] = position + byteLength;
    return { ...nothing, byteLength };
  };
  const at = (pointer: Pointer): Place => {
    return (file) => ({ position: file.positions[pointer], pointer });
  };
  const atOffset = (offset: number): Place => {
    if (offset < 0) fail("ARG", "the offset is negative");
    return (file) => ({ position: offset * file.view.etype.size });
  };
  /** The blocking and the nonblocking form. */
  const forms = (direction: Direction, suffix: string, pointer: Pointer | undefined) => {
    const run = (values: number[]) => {
      const [handle, ...rest] = values as [number, ...number[]];
      const place = pointer ? at(pointer) : atOffset(rest.shift()!);
      const [ptr, count, type] = rest as [number, number, number];
      return access(direction, handle, place, ptr, count, type);
    };
    return {
      [`MPI_File_${direction}${suffix}`]: (...values: number[]) => {
        report(values.at(-1)!, run(values));
      },
      [`MPI_File_i${direction}${suffix}`]: (...values: number[]) => {
        const outcome = run(values);
        requests.open(new Immediate(false, () => outcome), values.at(-1)!);
      },
    };
  };

  const functions: Record<string, (...values: number[]) => void> = {};
  for (const direction of ["read", "write"] as const) {
    for (const suffix of ["", "_all"]) Object.assign(functions, forms(direction, suffix, "own"));
    for (const suffix of ["_at", "_at_all"]) Object.assign(functions, forms(direction, suffix, undefined));
    for (const suffix of ["_shared", "_ordered"]) Object.assign(functions, forms(direction, suffix, "shared"));
  }
  return functions as Functions;
}
