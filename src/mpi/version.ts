import { expectWhole, show, wrong } from "../argument.js";
import { largestInt } from "./data/buffer.js";
import { threadLevel } from "./job.js";
import { errorClass as classNameOf, errorText } from "./library/failure.js";
import { addressOf } from "./library/native.js";
import type { World } from "./library/world.js";
import { currentWorld } from "./library/world.js";

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
  /** The library's name for the machine, mostly that of the host. */
  readonly processor: string;
  /** True when the node has more ranks than cores, so that waiting ranks yield their core. */
  readonly crowded: boolean;
}

/** Describes the MPI in use. **Local.** @throws UsageError before `mpi.init()`. */
export function versionInfo(): VersionInfo {
  const world = currentWorld();
  const { scratch, waiting } = world;
  world.call("MPI_Get_version", world.outPtr, scratch.address + 4);
  const standard = `${world.out}.${scratch.i32[1]}`;
  const namePtr = world.textPtr(world.constants.MPI_MAX_PROCESSOR_NAME);
  world.call("MPI_Get_processor_name", namePtr, world.outPtr);
  const processor = world.readText(world.out);
  const { path, version, abi } = world.library;
  return {
    library: path,
    version,
    abi: abi.name,
    standard,
    threadLevel: threadLevel(),
    processor,
    crowded: waiting.crowded,
  };
}

/**
 * Gives the library memory for the messages of `bsend`: the sum of their lengths, and `bsendOverhead` more for each.
 * **Local.**
 * @throws MpiError when a buffer is attached already
 */
export function attachBuffer(byteLength: number): void {
  const world = currentWorld();
  if (!Number.isSafeInteger(byteLength) || byteLength < 0 || byteLength > largestInt) {
    throw wrong(
      'mpi.attachBuffer: "byteLength"',
      `a whole number of bytes up to ${largestInt}`,
      show(byteLength),
      "Count in bytes.",
    );
  }
  const buffer = new Uint8Array(Math.max(1, byteLength)); // One of no length has no address.
  world.check(bufferCode(world, world.raw.MPI_Buffer_attach(addressOf(buffer), byteLength)), "MPI_Buffer_attach");
  world.attached = buffer;
}

/** Open MPI 4 returns a code of its own, which it has no text for. */
function bufferCode(world: World, code: number): number {
  const classes = world.library.errorClasses;
  return code < 0 ? [...classes.keys()].find((one) => classes.get(one) === "MPI_ERR_BUFFER")! : code;
}

/** Waits until the messages in the buffer of `attachBuffer` are sent, and takes it back. **Blocking.** */
export function detachBuffer(): void {
  const world = currentWorld();
  const { address } = world.scratch;
  world.check(bufferCode(world, world.raw.MPI_Buffer_detach(address, address + 16)), "MPI_Buffer_detach");
  world.attached = undefined;
}

/** Bytes that a message of `bsend` takes in the buffer beside its data. **Local.** */
export function bsendOverhead(): number {
  return currentWorld().constants.MPI_BSEND_OVERHEAD;
}

/** The MPI name of the class of an error code, such as `MPI_ERR_TRUNCATE`; an `MpiError` has it too. **Local.** */
export function errorClass(code: number): string {
  expectCode("mpi.errorClass", code);
  return classNameOf(currentWorld(), code);
}

/** The library's text for an error code. **Local.** */
export function errorString(code: number): string {
  expectCode("mpi.errorString", code);
  return errorText(currentWorld(), code);
}

function expectCode(where: string, code: unknown): void {
  expectWhole(`${where}: "code"`, code, { least: -(2 ** 31), most: largestInt }, "Pass the code of an MpiError.");
}
