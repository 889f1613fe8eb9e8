/** What a library says about a call that failed, as an error. */
import { MpiError } from "../../errors.js";
import type { FunctionName } from "./prototypes.js";
import type { World } from "./world.js";

/** What to do about an error, by its class. */
const advice: Readonly<Record<string, string>> = {
  MPI_ERR_TRUNCATE: "Receive at least as many elements as were sent.",
  MPI_ERR_RANK: "Ranks go from 0 to size - 1 of the communicator.",
  MPI_ERR_TAG: "Tags are whole numbers from 0 to MPI_TAG_UB.",
  MPI_ERR_COMM: "The communicator was freed or never made.",
  MPI_ERR_TYPE: "Use one element type on both sides.",
  MPI_ERR_COUNT: "Counts are below 2^31 elements.",
  MPI_ERR_OP: "Use an operation that is defined for the element type.",
  MPI_ERR_REQUEST: "The request was freed or never made.",
  MPI_ERR_DIMS: "The product of the dimensions may not exceed the number of ranks.",
  MPI_ERR_BUFFER: "Attach a buffer for bsend with mpi.attachBuffer(), large enough for all messages in it.",
  MPI_ERR_GROUP: "The group was freed or never made.",
  MPI_ERR_RMA_SYNC:
    "Call it between the calls that open and close an epoch: fence, lock and unlock, start and complete.",
  MPI_ERR_RMA_RANGE: "Stay within the memory of the window on the target.",
  MPI_ERR_WIN: "The window was freed or never made.",
  MPI_ERR_NO_SUCH_FILE: "Check the path, or open the file with create.",
  MPI_ERR_FILE_EXISTS: "Choose another path, or open the file without exclusive.",
  MPI_ERR_ACCESS: "Check the permissions of the file and of its folder; open it for reading to read it.",
  MPI_ERR_BAD_FILE: "Check the path: it has to be that of a file, not of a folder.",
  MPI_ERR_IO: "Check that there is room on the disk, and that the data is a whole number of elements of the view.",
  MPI_ERR_UNSUPPORTED_DATAREP: "Leave out datarep, or use external32.",
  MPI_ERR_READ_ONLY: "Open the file for writing.",
  MPI_ERR_AMODE: "Open with one of read, write and both; create and exclusive are for writing.",
  MPI_ERR_NO_SPACE: "Make room on the disk.",
  MPI_ERR_QUOTA: "Make room within the quota.",
  MPI_ERR_FILE: "The file was closed or never opened.",
};

/** The error of a call that failed; `detail` gets the general advice for the class and returns what to say instead. */
export function failureOf(
  world: World,
  code: number,
  call: FunctionName,
  detail?: (advice: string) => string,
): MpiError {
  const { rank, size } = world;
  const { name: errorClass, number } = classOf(world, code);
  const said = shorten(errorText(world, code));
  const general = advice[errorClass] ?? "The text before is the library's.";
  const todo = detail?.(general) ?? general;
  const message = `${call} on rank ${rank} of ${size}: ${errorClass} (${number}): ${said}. ${todo}`;
  return new MpiError(message, { code, errorClass, call, rank });
}

/** The MPI name of the class of an error code. */
export function errorClass(world: World, code: number): string {
  return classOf(world, code).name;
}

function classOf(world: World, code: number): { readonly name: string; readonly number: number } {
  const { raw, scratch, library } = world;
  const known = raw.MPI_Error_class(code, scratch.address) === 0;
  const number = known ? scratch.i32[0]! : code;
  return { name: library.errorClasses.get(number) ?? `error class ${number}`, number };
}

/** The library's text for an error code. */
export function errorText(world: World, code: number): string {
  const { raw, scratch, constants } = world;
  const textPtr = world.textPtr(constants.MPI_MAX_ERROR_STRING);
  // Open MPI lets codes slip out that it does not know itself.
  if (raw.MPI_Error_string(code, textPtr, scratch.address) !== 0) return "an error without a text";
  return world.readText(scratch.i32[0]!);
}

/** A library's text on one line: of MPICH's error stacks only the first line and the reason at the bottom. */
function shorten(text: string): string {
  const lines = text.trim().split(/\s*\n\s*/);
  const first = lines[0]!.replace(/\s*, error stack:$/, "");
  const last = lines.at(-1)!.replace(/^.*\)\.*:\s*/, "");
  return (last === first || lines.length === 1 ? first : `${first}; ${last}`).replace(/\.$/, "");
}
