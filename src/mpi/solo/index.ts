/**
 * A world of one rank without any MPI library: the C functions, in JavaScript, with the constants of the standard ABI.
 * Everything above calls it as it calls a library, so one code serves both. What would wait for ever fails instead.
 */
import { abiOf, errorClassesOf } from "../library/abi.js";
import type { Library } from "../library/library.js";
import { type FunctionName, prototypes } from "../library/prototypes.js";
import { accessFunctions } from "./access.js";
import { collectiveFunctions } from "./collectives.js";
import { Communicators, communicatorFunctions } from "./communicators.js";
import { Datatypes, datatypeFunctions } from "./datatypes.js";
import { environmentFunctions, version } from "./environment.js";
import { codeOf, constants, Failure } from "./failure.js";
import { fileFunctions } from "./files.js";
import type { Functions } from "./functions.js";
import { Groups, groupFunctions } from "./groups.js";
import { Infos, infoFunctions } from "./info.js";
import { Mailbox } from "./mailbox.js";
import { openMemory } from "./memory.js";
import { messagingFunctions } from "./messages.js";
import { Operations, operationFunctions } from "./operations.js";
import { Requests, requestFunctions } from "./requests.js";
import { topologyFunctions } from "./topologies.js";
import { Windows, windowFunctions } from "./windows.js";

/** The world of one rank. */
export function soloLibrary(): Library {
  openMemory();
  const functions: Record<string, ((...values: number[]) => void) | undefined> = allFunctions();
  const raw = {} as Record<FunctionName, (...values: number[]) => number>;
  for (const name of Object.keys(prototypes) as FunctionName[]) {
    const run = functions[name];
    raw[name] = run ? returning(run) : unsupported;
  }
  raw.MPI_Wtime = () => performance.now() / 1e3;
  raw.MPI_Wtick = () => 1e-9;
  return { path: "solo", version, abi: abiOf("standard"), constants, errorClasses: errorClassesOf("standard"), raw };
}

function unsupported(): number {
  return codeOf("UNSUPPORTED_OPERATION");
}

/** A function as C has it: it returns an error code. */
export function returning(run: (...values: number[]) => void): (...values: number[]) => number {
  return (...values) => {
    try {
      run(...values);
      return 0;
    } catch (error) {
      if (error instanceof Failure) return error.code;
      throw error;
    }
  };
}

function allFunctions(): Functions {
  const types = new Datatypes();
  const ops = new Operations();
  const infos = new Infos();
  const groups = new Groups();
  const comms = new Communicators();
  const requests = new Requests();
  const windows = new Windows();
  return {
    ...environmentFunctions(),
    ...infoFunctions(infos),
    ...datatypeFunctions(types),
    ...operationFunctions(types, ops),
    ...groupFunctions(groups),
    ...communicatorFunctions(comms, groups, infos),
    ...topologyFunctions(comms),
    ...requestFunctions(requests),
    ...messagingFunctions(new Mailbox(types, comms), requests),
    ...collectiveFunctions(types, ops, comms, requests),
    ...windowFunctions(windows, comms, groups, infos),
    ...accessFunctions(windows, types, ops, requests),
    ...fileFunctions({ types, comms, groups, infos, requests }),
  };
}
