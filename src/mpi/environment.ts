import { currentWorld, threadLevel } from "./job.js";

/** What a bug report needs to know about the MPI in use. */
export interface VersionInfo {
  /** The library's file, or `solo`. */
  readonly library: string;
  /** For example `Open MPI 4.1.4`. */
  readonly version: string;
  /** `openmpi`, `mpich`, `msmpi` or `standard`. */
  readonly abi: string;
  /** Version of the MPI standard, for example `3.1`. */
  readonly standard: string;
  /** `SINGLE`, `FUNNELED`, `SERIALIZED` or `MULTIPLE`. */
  readonly threadLevel: string;
  readonly processor: string;
  /** True when the node has more ranks than cores, so that waiting ranks yield their core. */
  readonly crowded: boolean;
}

/** Describes the MPI in use. **Local.** @throws UsageError before `mpi.init()`. */
export function versionInfo(): VersionInfo {
  const world = currentWorld();
  const { raw, scratch, crowded } = world;
  world.check(raw.MPI_Get_version(scratch.address, scratch.address + 4), "MPI_Get_version");
  const standard = `${scratch.i32[0]}.${scratch.i32[1]}`;
  world.check(raw.MPI_Get_processor_name(scratch.address + 128, scratch.address), "MPI_Get_processor_name");
  const processor = scratch.text(128, scratch.i32[0]!);
  const { path, version, abi } = world.library;
  return { library: path, version, abi: abi.name, standard, threadLevel: threadLevel(), processor, crowded };
}
