/** How the calls of the world of one rank fail: with an error code, which has a class and a text. */
import { constantsOf, errorClassesOf } from "../library/abi.js";

/** The constants of the standard ABI, which this world has. */
export const constants = constantsOf("standard", () => undefined);

/** The classes that are returned, without `MPI_ERR_`, and their texts. */
const texts = {
  BUFFER: "invalid buffer",
  COUNT: "invalid count",
  TYPE: "invalid datatype",
  TAG: "invalid tag",
  COMM: "invalid communicator",
  RANK: "invalid rank",
  REQUEST: "invalid request",
  ROOT: "invalid root",
  GROUP: "invalid group",
  OP: "invalid operation, or one that is not defined for the datatype",
  TOPOLOGY: "the communicator has no such topology",
  DIMS: "the dimensions do not fit one rank",
  ARG: "invalid argument",
  TRUNCATE: "message truncated",
  OTHER: "no rank can send this message, so waiting for it would never end",
  IN_STATUS: "the error codes are in the statuses",
  ACCESS: "permission denied",
  AMODE: "invalid mode of access",
  BAD_FILE: "invalid file name",
  CONVERSION: "a data conversion failed",
  DISP: "invalid displacement",
  FILE_EXISTS: "the file exists",
  FILE: "invalid file",
  INFO_KEY: "the key is empty or too long",
  INFO_NOKEY: "the info object does not have this key",
  INFO_VALUE: "the value is too long",
  INFO: "invalid info object",
  IO: "input or output failed",
  KEYVAL: "invalid attribute key",
  LOCKTYPE: "invalid type of lock",
  NO_MEM: "not enough memory",
  NO_SPACE: "not enough space",
  NO_SUCH_FILE: "the file does not exist",
  QUOTA: "the quota is exceeded",
  READ_ONLY: "the file or the file system is read-only",
  RMA_ATTACH: "the memory cannot be attached",
  RMA_RANGE: "the target is not in the memory of the window",
  RMA_SYNC: "the epoch does not allow this call",
  RMA_FLAVOR: "the window is of another flavor",
  SIZE: "invalid size",
  UNSUPPORTED_DATAREP: "unknown data representation",
  UNSUPPORTED_OPERATION: "not supported in a world of one rank without a library",
  WIN: "invalid window",
} as const;

/** An error class without `MPI_ERR_`. */
export type ErrorName = keyof typeof texts;

const classes = new Map([...errorClassesOf("standard")].map(([number, name]) => [name, number]));
const textOf = new Map<number, string>();
for (const [name, text] of Object.entries(texts)) textOf.set(classes.get(`MPI_ERR_${name}`)!, text);

// Codes are classes with the number of a more precise text in the bits above.
const classCount = 256;
const codeOfText = new Map<string, number>();

/** The code of an error of class `name`, with a text of its own where the one of the class says too little. */
export function codeOf(name: ErrorName, text?: string): number {
  const number = classes.get(`MPI_ERR_${name}`)!;
  if (text === undefined || text === texts[name]) return number;
  const key = `${name} ${text}`;
  let code = codeOfText.get(key);
  if (code === undefined) {
    code = (codeOfText.size + 1) * classCount + number;
    codeOfText.set(key, code);
    textOf.set(code, text);
  }
  return code;
}

/** The class of an error code. */
export function classOf(code: number): number {
  return code % classCount;
}

/** The text of an error code. */
export function textOfCode(code: number): string {
  return code === 0 ? "no error" : (textOf.get(code) ?? `error ${code}`);
}

/** Thrown inside a call, which then returns the code. */
export class Failure extends Error {
  constructor(readonly code: number) {
    super(textOfCode(code));
  }
}

/** Ends the call with an error of class `name`. */
export function fail(name: ErrorName, text?: string): never {
  throw new Failure(codeOf(name, text));
}

/** Ends the call with an error if there is one. */
export function failWith(code: number): void {
  if (code !== 0) throw new Failure(code);
}

/** Why a receive, probe or wait would never end. */
export const noSender: string = texts.OTHER;
/** Why a synchronous send would never end. */
export const noReceiver = "no rank can receive this message, so sending it would never end";
