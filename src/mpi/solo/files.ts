import * as fs from "node:fs";
import type { Communicators } from "./communicators.js";
import type { Datatypes } from "./datatypes.js";
import { duplicate } from "./datatypes.js";
import { onDisk } from "./disk.js";
import { constants, fail } from "./failure.js";
import { fileAccessFunctions } from "./fileaccess.js";
import { View } from "./fileview.js";
import type { Functions } from "./functions.js";
import type { Groups } from "./groups.js";
import type { Info, Infos } from "./info.js";
import { readLong, readText, writeInt, writeLong, writeText } from "./memory.js";
import type { Requests } from "./requests.js";
import { Table } from "./table.js";
import type { Datatype } from "./typemap.js";

const { MPI_DISPLACEMENT_CURRENT, MPI_FILE_NULL, MPI_MODE_APPEND, MPI_MODE_CREATE, MPI_MODE_DELETE_ON_CLOSE } =
  constants;
const { MPI_MODE_EXCL, MPI_MODE_RDONLY, MPI_MODE_RDWR, MPI_MODE_SEQUENTIAL, MPI_MODE_UNIQUE_OPEN, MPI_MODE_WRONLY } =
  constants;
const { MPI_SEEK_CUR, MPI_SEEK_END, MPI_SEEK_SET } = constants;

/** Positions in bytes of the data that the view shows: this rank's own, and the one that all ranks share. */
export type Pointer = "own" | "shared";

/** An open file. */
export interface File {
  readonly descriptor: number;
  readonly path: string;
  readonly amode: number;
  view: View;
  info: Info;
  atomic: boolean;
  readonly positions: Record<Pointer, number>;
}

/** The flags of the operating system for a mode of access. */
function flagsOf(amode: number): number {
  const known = MPI_MODE_APPEND | MPI_MODE_CREATE | MPI_MODE_DELETE_ON_CLOSE | MPI_MODE_EXCL | MPI_MODE_RDONLY;
  const others = MPI_MODE_RDWR | MPI_MODE_SEQUENTIAL | MPI_MODE_UNIQUE_OPEN | MPI_MODE_WRONLY;
  const has = (mode: number) => (amode & mode) !== 0;
  const kinds = [MPI_MODE_RDONLY, MPI_MODE_WRONLY, MPI_MODE_RDWR].filter(has);
  if ((amode & ~(known | others)) !== 0 || kinds.length !== 1) {
    fail("AMODE", "exactly one of reading, writing and both has to be asked for");
  }
  if (has(MPI_MODE_RDONLY) && (has(MPI_MODE_CREATE) || has(MPI_MODE_EXCL))) {
    fail("AMODE", "a file that is only read cannot be created");
  }
  if (has(MPI_MODE_RDWR) && has(MPI_MODE_SEQUENTIAL)) fail("AMODE", "a sequential file is either read or written");
  const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_WRONLY } = fs.constants;
  const access = has(MPI_MODE_RDONLY) ? O_RDONLY : has(MPI_MODE_WRONLY) ? O_WRONLY : O_RDWR;
  if (!has(MPI_MODE_CREATE)) return access;
  return access | O_CREAT | (has(MPI_MODE_EXCL) ? O_EXCL : 0);
}

/** The objects that files refer to. */
export interface FileNeeds {
  readonly types: Datatypes;
  readonly comms: Communicators;
  readonly groups: Groups;
  readonly infos: Infos;
  readonly requests: Requests;
}

/** The functions on files. */
export function fileFunctions({ types, comms, groups, infos, requests }: FileNeeds): Functions {
  const files = new Table<File>("FILE");
  const lengthOf = ({ descriptor }: File) => onDisk(() => fs.fstatSync(descriptor).size);
  const random = (file: File) => {
    if ((file.amode & MPI_MODE_SEQUENTIAL) !== 0) fail("UNSUPPORTED_OPERATION", "the file is sequential");
  };
  const resize = (handle: number, choose: (length: number) => number) => {
    const file = files.get(handle);
    random(file);
    if ((file.amode & MPI_MODE_RDONLY) !== 0) fail("READ_ONLY");
    const length = lengthOf(file);
    const wanted = choose(length);
    if (wanted !== length) onDisk(() => fs.ftruncateSync(file.descriptor, wanted));
  };
  const seek = (pointer: Pointer) => (handle: number, offset: number, whence: number) => {
    const file = files.get(handle);
    random(file);
    const { view, positions } = file;
    const start =
      whence === MPI_SEEK_SET
        ? 0
        : whence === MPI_SEEK_CUR
          ? positions[pointer]
          : whence === MPI_SEEK_END
            ? view.endOf(lengthOf(file))
            : fail("ARG", "the kind of seek is unknown");
    const position = start + offset * view.etype.size;
    if (position < 0) fail("ARG", "the position is before the beginning of the file");
    positions[pointer] = position;
  };
  const tell = (pointer: Pointer) => (handle: number, offsetPtr: number) => {
    const file = files.get(handle);
    random(file);
    writeLong(offsetPtr, Math.floor(file.positions[pointer] / file.view.etype.size));
  };
  /** A handle for a type of a view: its own if predefined, else one that the program has to free. */
  const handleOf = (type: Datatype) => (type.predefined ? type.unit!.handle : types.add(duplicate(type)));

  return {
    MPI_File_open: (comm, pathPtr, amode, info, filePtr) => {
      comms.get(comm);
      const flags = flagsOf(amode);
      const path = readText(pathPtr);
      const hints = infos.copyOf(info);
      const descriptor = onDisk(() => fs.openSync(path, flags, 0o666));
      const stat = onDisk(() => fs.fstatSync(descriptor));
      if (stat.isDirectory()) {
        fs.closeSync(descriptor);
        fail("BAD_FILE", "the file is a folder");
      }
      const start = (amode & MPI_MODE_APPEND) !== 0 ? stat.size : 0;
      const view = new View(0, types.byte, types.byte, "native");
      const positions = { own: start, shared: start };
      writeLong(filePtr, files.add({ descriptor, path, amode, view, info: hints, atomic: false, positions }));
    },
    MPI_File_close: (filePtr) => {
      const handle = readLong(filePtr);
      const { descriptor, path, amode } = files.get(handle);
      files.remove(handle);
      writeLong(filePtr, MPI_FILE_NULL);
      onDisk(() => fs.closeSync(descriptor));
      if ((amode & MPI_MODE_DELETE_ON_CLOSE) !== 0) onDisk(() => fs.unlinkSync(path));
    },
    MPI_File_delete: (pathPtr) => onDisk(() => fs.unlinkSync(readText(pathPtr))),
    MPI_File_set_errhandler: (handle) => {
      if (handle !== MPI_FILE_NULL) files.get(handle);
    },
    MPI_File_set_view: (handle, disp, etype, filetype, datarepPtr, info) => {
      const file = files.get(handle);
      const sequential = (file.amode & MPI_MODE_SEQUENTIAL) !== 0;
      if (sequential !== (disp === MPI_DISPLACEMENT_CURRENT)) {
        fail("ARG", "the current displacement is for sequential files, and only for them");
      }
      const start = sequential ? file.view.offsetOf(file.positions.shared) : disp;
      file.view = new View(
        start,
        types.committed(etype),
        types.committed(filetype),
        readText(datarepPtr).toLowerCase(),
      );
      for (const [key, value] of infos.copyOf(info)) file.info.set(key, value);
      Object.assign(file.positions, { own: 0, shared: 0 });
    },
    MPI_File_get_view: (handle, dispPtr, etypePtr, filetypePtr, datarepPtr) => {
      const { disp, etype, filetype, datarep } = files.get(handle).view;
      writeLong(dispPtr, disp);
      writeLong(etypePtr, handleOf(etype));
      writeLong(filetypePtr, handleOf(filetype));
      writeText(datarepPtr, datarep, 128);
    },
    MPI_File_set_size: (handle, size) => resize(handle, () => (size < 0 ? fail("ARG", "the size is negative") : size)),
    MPI_File_preallocate: (handle, size) =>
      resize(handle, (length) => (size < 0 ? fail("ARG", "the size is negative") : Math.max(size, length))),
    MPI_File_get_size: (handle, sizePtr) => writeLong(sizePtr, lengthOf(files.get(handle))),
    MPI_File_get_amode: (handle, amodePtr) => writeInt(amodePtr, files.get(handle).amode),
    MPI_File_get_group: (handle, groupPtr) => {
      files.get(handle);
      groups.open(true, groupPtr);
    },
    MPI_File_set_info: (handle, info) => {
      const file = files.get(handle);
      for (const [key, value] of infos.copyOf(info)) file.info.set(key, value);
    },
    MPI_File_get_info: (handle, infoPtr) => writeLong(infoPtr, infos.add(new Map(files.get(handle).info))),
    MPI_File_set_atomicity: (handle, flag) => {
      files.get(handle).atomic = flag !== 0;
    },
    MPI_File_get_atomicity: (handle, flagPtr) => writeInt(flagPtr, Number(files.get(handle).atomic)),
    MPI_File_sync: (handle) => {
      const { descriptor } = files.get(handle);
      onDisk(() => fs.fsyncSync(descriptor));
    },
    MPI_File_seek: seek("own"),
    MPI_File_seek_shared: seek("shared"),
    MPI_File_get_position: tell("own"),
    MPI_File_get_position_shared: tell("shared"),
    MPI_File_get_byte_offset: (handle, offset, dispPtr) => {
      const { view } = files.get(handle);
      if (offset < 0) fail("ARG", "the offset is negative");
      writeLong(dispPtr, view.offsetOf(offset * view.etype.size));
    },
    ...fileAccessFunctions(files, types, requests, random),
  };
}
