import { constants, fail } from "./failure.js";
import type { Functions } from "./functions.js";
import type { Groups } from "./groups.js";
import type { Info, Infos } from "./info.js";
import { Block, readInt, readLong, readText, writeInt, writeLong, writeText } from "./memory.js";
import { Table } from "./table.js";
import type { Topology } from "./topologies.js";

const { MPI_COMM_NULL, MPI_COMM_SELF, MPI_COMM_TYPE_SHARED, MPI_COMM_WORLD, MPI_KEYVAL_INVALID } = constants;
const { MPI_CONGRUENT, MPI_IDENT, MPI_MAX_OBJECT_NAME, MPI_UNDEFINED } = constants;

/** A communicator of this rank. */
export interface Communicator {
  name: string;
  info: Info;
  readonly topology?: Topology | undefined;
  /** Values by key. */
  readonly attributes: Map<number, number>;
}

function communicator(topology?: Topology, name = ""): Communicator {
  return { name, info: new Map(), topology, attributes: new Map() };
}

/** The communicators. */
export class Communicators extends Table<Communicator> {
  /** Told when one is freed. */
  onFree: (handle: number) => void = () => {};

  constructor() {
    super("COMM", [
      [MPI_COMM_WORLD, communicator(undefined, "MPI_COMM_WORLD")],
      [MPI_COMM_SELF, communicator(undefined, "MPI_COMM_SELF")],
    ]);
  }

  /** Writes the handle of a new communicator made from another one. */
  open(from: number, ptr: number, topology?: Topology): Communicator {
    this.get(from);
    const made = communicator(topology);
    writeLong(ptr, this.add(made));
    return made;
  }
}

/** What is known of the world: integers whose addresses are the values of these keys. */
const known: readonly (readonly [key: number, value: number])[] = [
  [constants.MPI_TAG_UB, 2 ** 31 - 1],
  [constants.MPI_HOST, constants.MPI_PROC_NULL],
  [constants.MPI_IO, constants.MPI_ANY_SOURCE],
  [constants.MPI_WTIME_IS_GLOBAL, 1],
  [constants.MPI_UNIVERSE_SIZE, 1],
  [constants.MPI_LASTUSEDCODE, 62], // The last error class.
];

/** The functions on communicators and their attributes. */
export function communicatorFunctions(comms: Communicators, groups: Groups, infos: Infos): Functions {
  /** True for the keys whose values a duplicate gets. */
  const keys = new Table<boolean>("KEYVAL");
  const values = new Block(4 * known.length);
  for (const [index, [, value]] of known.entries()) writeInt(values.address, value, index);

  const answer = (handle: number, ptr: number, value: number) => {
    comms.get(handle);
    writeInt(ptr, value);
  };
  const create = (handle: number, group: number, newcommPtr: number) => {
    comms.get(handle);
    if (groups.get(group).size === 1) comms.open(handle, newcommPtr);
    else writeLong(newcommPtr, MPI_COMM_NULL);
  };
  const split = (handle: number, color: number, newcommPtr: number) => {
    if (color !== MPI_UNDEFINED) comms.open(handle, newcommPtr);
    else writeLong(newcommPtr, MPI_COMM_NULL);
  };
  const dup = (handle: number, newcommPtr: number) => {
    const { topology, attributes } = comms.get(handle);
    const made = comms.open(handle, newcommPtr, topology);
    for (const [key, value] of attributes) {
      if (keys.has(key) && keys.get(key)) made.attributes.set(key, value);
    }
  };
  const noRemote = (handle: number): never => {
    comms.get(handle);
    return fail("COMM", "the communicator is not an intercommunicator");
  };

  return {
    MPI_Comm_rank: (handle, ptr) => answer(handle, ptr, 0),
    MPI_Comm_size: (handle, ptr) => answer(handle, ptr, 1),
    MPI_Comm_test_inter: (handle, ptr) => answer(handle, ptr, 0),
    MPI_Comm_remote_size: noRemote,
    MPI_Comm_remote_group: noRemote,
    MPI_Intercomm_merge: noRemote,
    MPI_Intercomm_create: (local, localLeader, peer, remoteLeader) => {
      comms.get(local);
      comms.get(peer);
      if (localLeader !== 0 || remoteLeader !== 0) fail("RANK");
      fail("COMM", "one rank cannot be in both groups of an intercommunicator");
    },
    MPI_Comm_set_errhandler: (handle) => {
      comms.get(handle);
    },
    MPI_Comm_dup: dup,
    MPI_Comm_dup_with_info: (handle, info, newcommPtr) => {
      const entries = infos.copyOf(info);
      dup(handle, newcommPtr);
      comms.get(readLong(newcommPtr)).info = entries;
    },
    MPI_Comm_split: (handle, color, _key, newcommPtr) => {
      comms.get(handle);
      if (color < 0 && color !== MPI_UNDEFINED) fail("ARG", "the color is negative");
      split(handle, color, newcommPtr);
    },
    MPI_Comm_split_type: (handle, type, _key, _info, newcommPtr) => {
      comms.get(handle);
      if (type !== MPI_COMM_TYPE_SHARED && type !== MPI_UNDEFINED) fail("ARG", "the type to split by is unknown");
      split(handle, type, newcommPtr);
    },
    MPI_Comm_create: create,
    MPI_Comm_create_group: (handle, group, tag, newcommPtr) => {
      if (tag < 0) fail("TAG");
      create(handle, group, newcommPtr);
    },
    MPI_Comm_compare: (first, second, resultPtr) => {
      comms.get(first);
      comms.get(second);
      writeInt(resultPtr, first === second ? MPI_IDENT : MPI_CONGRUENT);
    },
    MPI_Comm_group: (handle, groupPtr) => {
      comms.get(handle);
      groups.open(true, groupPtr);
    },
    MPI_Comm_free: (commPtr) => {
      const handle = readLong(commPtr);
      comms.remove(handle);
      comms.onFree(handle);
      writeLong(commPtr, MPI_COMM_NULL);
    },
    MPI_Comm_set_name: (handle, namePtr) => {
      comms.get(handle).name = readText(namePtr);
    },
    MPI_Comm_get_name: (handle, namePtr, lengthPtr) =>
      writeText(namePtr, comms.get(handle).name, MPI_MAX_OBJECT_NAME, lengthPtr),
    MPI_Comm_set_info: (handle, info) => {
      comms.get(handle).info = infos.copyOf(info);
    },
    MPI_Comm_get_info: (handle, infoPtr) => writeLong(infoPtr, infos.add(new Map(comms.get(handle).info))),
    // Only the functions of MPI itself are given: the null copy function is 0, the one that copies 1.
    MPI_Comm_create_keyval: (copyFunction, _delete, keyPtr) => writeInt(keyPtr, keys.add(copyFunction === 1)),
    MPI_Comm_free_keyval: (keyPtr) => {
      keys.remove(readInt(keyPtr));
      writeInt(keyPtr, MPI_KEYVAL_INVALID);
    },
    MPI_Comm_set_attr: (handle, key, value) => {
      const { attributes } = comms.get(handle);
      keys.get(key);
      attributes.set(key, value);
    },
    MPI_Comm_get_attr: (handle, key, valuePtr, flagPtr) => {
      const { attributes } = comms.get(handle);
      const index = known.findIndex(([one]) => one === key);
      if (index < 0 && key !== constants.MPI_APPNUM) keys.get(key);
      const value = index < 0 ? attributes.get(key) : values.address + 4 * index;
      writeInt(flagPtr, Number(value !== undefined));
      if (value !== undefined) writeLong(valuePtr, value);
    },
    MPI_Comm_delete_attr: (handle, key) => {
      const { attributes } = comms.get(handle);
      keys.get(key);
      if (!attributes.delete(key)) fail("KEYVAL", "the communicator has no attribute of this key");
    },
  };
}
