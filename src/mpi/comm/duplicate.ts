import { expectKeys, keysOf } from "../../argument.js";
import { adoptAttributes } from "../calls/attribute.js";
import type { Communicator } from "../calls/communicator.js";
import { type Hints, withHints } from "../library/info.js";

/** Options of {@link Comm.dup}. */
export interface DupOptions {
  /** Hints for the new communicator. */
  readonly info?: Hints;
}

const dupKeys = keysOf<DupOptions>({ info: true });

/** Makes a copy of a communicator, with its attributes. */
export function duplicate(comm: Communicator, options: DupOptions): number {
  expectKeys("MPI_Comm_dup", options, dupKeys);
  const { world } = comm;
  const { raw, scratch } = world;
  const { info: hints } = options;
  const call = hints === undefined ? "MPI_Comm_dup" : "MPI_Comm_dup_with_info";
  const handle = withHints(world, hints, call, (info) => {
    const { address } = scratch;
    const code = call === "MPI_Comm_dup" ? raw[call](comm.handle, address) : raw[call](comm.handle, info, address);
    world.check(code, call);
    return world.readHandle(0);
  });
  adoptAttributes(world, handle);
  return handle;
}
