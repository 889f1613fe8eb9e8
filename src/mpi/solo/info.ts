import { program } from "../../host.js";
import { bytesOfText } from "../library/native.js";
import { constants, fail } from "./failure.js";
import type { Functions } from "./functions.js";
import { readLong, readText, writeInt, writeLong, writeText } from "./memory.js";
import { Table } from "./table.js";

const { MPI_INFO_ENV, MPI_INFO_NULL, MPI_MAX_INFO_KEY, MPI_MAX_INFO_VAL } = constants;

/** Pairs of a key and a value, in the order in which the keys were set first. */
export type Info = Map<string, string>;

/** The info objects. */
export class Infos extends Table<Info> {
  constructor() {
    const { command, argv, host, arch, folder } = program();
    const environment: Info = new Map([
      ["command", command],
      ["argv", argv],
      ["maxprocs", "1"],
      ["host", host],
      ["arch", arch],
      ["wdir", folder],
      ["thread_level", "MPI_THREAD_MULTIPLE"],
    ]);
    super("INFO", [[MPI_INFO_ENV, environment]]);
  }

  /** A copy of the pairs; none for `MPI_INFO_NULL`. */
  copyOf(handle: number): Info {
    return handle === MPI_INFO_NULL ? new Map() : new Map(this.get(handle));
  }
}

/** The functions on info objects. */
export function infoFunctions(infos: Infos): Functions {
  const readKey = (ptr: number): string => {
    const key = readText(ptr);
    const { length } = bytesOfText(key);
    return length > 0 && length < MPI_MAX_INFO_KEY ? key : fail("INFO_KEY");
  };
  const writable = (handle: number): Info => (handle === MPI_INFO_ENV ? fail("INFO") : infos.get(handle));
  return {
    MPI_Info_create: (infoPtr) => writeLong(infoPtr, infos.add(new Map())),
    MPI_Info_set: (handle, keyPtr, valuePtr) => {
      const info = writable(handle);
      const key = readKey(keyPtr);
      const value = readText(valuePtr);
      if (bytesOfText(value).length >= MPI_MAX_INFO_VAL) fail("INFO_VALUE");
      info.set(key, value);
    },
    MPI_Info_get: (handle, keyPtr, length, valuePtr, flagPtr) => {
      const value = infos.get(handle).get(readKey(keyPtr));
      if (length < 0) fail("ARG");
      writeInt(flagPtr, Number(value !== undefined));
      if (value !== undefined) writeText(valuePtr, value, length + 1);
    },
    MPI_Info_get_valuelen: (handle, keyPtr, lengthPtr, flagPtr) => {
      const value = infos.get(handle).get(readKey(keyPtr));
      writeInt(flagPtr, Number(value !== undefined));
      if (value !== undefined) writeInt(lengthPtr, bytesOfText(value).length);
    },
    MPI_Info_get_nkeys: (handle, countPtr) => writeInt(countPtr, infos.get(handle).size),
    MPI_Info_get_nthkey: (handle, index, keyPtr) =>
      writeText(keyPtr, [...infos.get(handle).keys()][index] ?? fail("ARG"), MPI_MAX_INFO_KEY),
    MPI_Info_delete: (handle, keyPtr) => {
      if (!writable(handle).delete(readKey(keyPtr))) fail("INFO_NOKEY");
    },
    MPI_Info_dup: (handle, newinfoPtr) => writeLong(newinfoPtr, infos.add(new Map(infos.get(handle)))),
    MPI_Info_free: (infoPtr) => {
      infos.remove(readLong(infoPtr));
      writeLong(infoPtr, MPI_INFO_NULL);
    },
  };
}
