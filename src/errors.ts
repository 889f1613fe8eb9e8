/**
 * The errors of wasm-mpi, one class per thing a caller can do about it.
 * Every message reads `where: expected WHAT, got WHAT. What to do.`
 */

/** Lines of a stack, of which the program's may lie below many of the package. */
const stackLines = 100;

/** Has what is made have so many lines of its stack, but where the program wants none. */
function deeply<T>(make: () => T): T {
  const { stackTraceLimit } = Error;
  // Some engines have no limit, and a program may have frozen it.
  if (stackTraceLimit > 0) Reflect.set(Error, "stackTraceLimit", Math.max(stackTraceLimit, stackLines));
  try {
    return make();
  } finally {
    if (stackTraceLimit > 0) Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}

/**
 * What all errors of this package have in common: their message explains itself, without a stack. Which it is says the class.
 *
 * ```js
 * try {
 *   new Grid(comm, { shape: [0] });
 * } catch (error) {
 *   if (error instanceof Error) console.log(error.name); // UsageError
 * }
 * ```
 */
export abstract class WasmMpiError extends Error {
  /** @param options the `cause` */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options);
    deeply(() => Error.captureStackTrace?.(this, new.target));
  }
}

/**
 * Where a call was made of which errors come to be in a later turn of the event loop, with nothing of the program on the stack.
 * Takes some 5 us.
 */
export class CallPlace {
  readonly #mark: { readonly stack?: string } = {};

  constructor() {
    deeply(() => Error.captureStackTrace?.(this.#mark, CallPlace));
  }

  /** An error of this package with the lines of the call below its own; others as they are. */
  of(error: unknown): unknown {
    if (!(error instanceof WasmMpiError)) return error;
    const [stack, below] = [error.stack, this.#mark.stack];
    if (typeof stack !== "string" || typeof below !== "string") return error;
    error.stack = [stack, ...below.split("\n").slice(1)].join("\n");
    return error;
  }

  /** Throws {@link of}: what a promise catches. */
  readonly rethrow = (error: unknown): never => {
    throw this.of(error);
  };
}

/**
 * An argument, option or flag is wrong; the same on every rank. Mend the call.
 *
 * ```js
 * try {
 *   comm.bcast(new Float64Array(1), { root: -1 });
 * } catch (error) {
 *   console.log(error instanceof UsageError); // true
 * }
 * ```
 */
export class UsageError extends WasmMpiError {
  /** The name of the class, by which errors of two copies of the package are told apart as well. */
  override name = "UsageError";
}

/**
 * No usable MPI library or launcher, or an optional package is missing. Install one, or name it.
 *
 * ```js
 * try {
 *   mpi.init();
 * } catch (error) {
 *   if (error instanceof LibraryError) console.error(error.tried.join("\n"));
 *   throw error;
 * }
 * ```
 */
export class LibraryError extends WasmMpiError {
  /** The name of the class. */
  override name = "LibraryError";
  /** Every library or place that was tried, with the reason it was not used. */
  readonly tried: readonly string[];

  /** @param options `tried`, and the `cause` */
  constructor(message: string, options: { tried?: readonly string[]; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.tried = options.tried ?? [];
  }
}

/**
 * The MPI library returned an error.
 *
 * ```js
 * try {
 *   comm.openFile("missing.bin", { read: true });
 * } catch (error) {
 *   if (error instanceof MpiError) console.log(error.call, error.errorClass); // MPI_File_open MPI_ERR_NO_SUCH_FILE
 * }
 * ```
 */
export class MpiError extends WasmMpiError {
  /** The name of the class. */
  override name = "MpiError";
  /** The library's error code. */
  readonly code: number;
  /** The error class by its MPI name, e.g. `MPI_ERR_TRUNCATE`. */
  readonly errorClass: string;
  /** The MPI function that failed. */
  readonly call: string;
  /** The rank in the world on which it failed. */
  readonly rank: number;

  /** @param fields what the error tells: all of its members */
  constructor(message: string, fields: { code: number; errorClass: string; call: string; rank: number }) {
    super(message);
    this.code = fields.code;
    this.errorClass = fields.errorClass;
    this.call = fields.call;
    this.rank = fields.rank;
  }
}

/**
 * A compiled kernel trapped (out of bounds, unreachable, no memory).
 *
 * ```js
 * const { third, free } = await jit("export function third(list: StaticArray<i32>): i32 { return list[2]; }", { debug: true });
 * try {
 *   third(Int32Array.of(1, 2));
 * } catch (error) {
 *   if (error instanceof KernelError) console.log(error.kernel); // third
 * }
 * free();
 * ```
 */
export class KernelError extends WasmMpiError {
  /** The name of the class. */
  override name = "KernelError";
  /** The exported kernel that trapped. */
  readonly kernel: string;

  /** @param kernel the exported function @param cause what the engine threw */
  constructor(message: string, kernel: string, cause: unknown) {
    super(message, { cause });
    this.kernel = kernel;
  }
}

/**
 * A source does not compile. The message shows each wrong line with a caret under the column.
 *
 * ```js
 * try {
 *   await jit("export function twice(x: f64): f64 {\n  return 2 * y;\n}");
 * } catch (error) {
 *   if (error instanceof CompileError) console.log(error.line, error.column); // 2 14
 * }
 * ```
 */
export class CompileError extends WasmMpiError {
  /** The name of the class. */
  override name = "CompileError";
  /** The file of the first error. */
  readonly file: string;
  /** Its line, from 1 on. */
  readonly line: number;
  /** Its column, from 1 on. */
  readonly column: number;

  /** @param place of the first error */
  constructor(message: string, place: { file: string; line: number; column: number }) {
    super(message);
    this.file = place.file;
    this.line = place.line;
    this.column = place.column;
  }
}

/**
 * A file cannot be read or written.
 *
 * ```js
 * try {
 *   await Output.open("missing.h5");
 * } catch (error) {
 *   if (error instanceof FileError) console.log(error.path); // missing.h5
 * }
 * ```
 */
export class FileError extends WasmMpiError {
  /** The name of the class. */
  override name = "FileError";
  /** The file, as it was named. */
  readonly path: string;

  /** @param path of the file @param cause the error of the system */
  constructor(message: string, path: string, cause?: unknown) {
    super(message, { cause });
    this.path = path;
  }
}

/** An error as data, which other ranks can be sent. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly path?: string;
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
}

/** Any value as a text. Objects without a prototype, and proxies that were revoked, have none. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return `${typeof value === "function" ? "a function" : "an object"} that is no text`;
  }
}

/** What other ranks have to know of an error. */
export function recordOf(error: unknown): ErrorRecord {
  if (!(error instanceof Error)) return { name: "Error", message: textOf(error) };
  const { name, message } = error;
  if (error instanceof FileError) return { name, message, path: error.path };
  if (error instanceof CompileError) {
    const { file, line, column } = error;
    return { name, message, place: { file, line, column } };
  }
  return { name, message };
}

/** The error of a record, of the class that it had; one of another package's is an `Error` of its name. */
export function errorOf({ name, message, path, place }: ErrorRecord): Error {
  if (path !== undefined) return new FileError(message, path);
  if (place) return new CompileError(message, place);
  if (name === "UsageError") return new UsageError(message);
  if (name === "LibraryError") return new LibraryError(message);
  return Object.assign(new Error(message), { name });
}
