import { exit, hostName } from "../../host.js";
import { classOf, constants, textOfCode } from "./failure.js";
import type { Functions } from "./functions.js";
import { writeInt, writeText } from "./memory.js";

/** What the world calls itself. */
export const version = "none (one rank without an MPI library)";

/** The functions on the environment. */
export function environmentFunctions(): Functions {
  let initialized = 0;
  return {
    MPI_Init_thread: (_argc, _argv, required, providedPtr) => {
      initialized = 1;
      writeInt(providedPtr, required);
    },
    MPI_Initialized: (flagPtr) => writeInt(flagPtr, initialized),
    MPI_Finalize: () => {},
    MPI_Abort: (_comm, code) => exit(code),
    MPI_Get_library_version: (ptr, lengthPtr) =>
      writeText(ptr, version, constants.MPI_MAX_LIBRARY_VERSION_STRING, lengthPtr),
    MPI_Get_version: (versionPtr, subversionPtr) => {
      writeInt(versionPtr, 5);
      writeInt(subversionPtr, 0);
    },
    MPI_Get_processor_name: (ptr, lengthPtr) => writeText(ptr, hostName(), constants.MPI_MAX_PROCESSOR_NAME, lengthPtr),
    MPI_Error_class: (code, classPtr) => writeInt(classPtr, classOf(code)),
    MPI_Error_string: (code, ptr, lengthPtr) =>
      writeText(ptr, textOfCode(code), constants.MPI_MAX_ERROR_STRING, lengthPtr),
  };
}
