/** Finding an MPI library, telling which ABI it has, and binding its functions. Nothing here calls `MPI_Init`. */
import { readFileSync, realpathSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join, sep } from "node:path";
import type { LibraryHandle } from "koffi";
import { LibraryError } from "../../errors.js";
import {
  type Abi,
  type AbiName,
  abiOf,
  type Constant,
  constantsOf,
  errorClassesOf,
  type Family,
  familyOf,
  familyTitle,
} from "./abi.js";
import { avoiding } from "./differences.js";
import { detectJob, findLaunchers, installHint } from "./launcher.js";
import { koffi, system } from "./machine.js";
import { Scratch } from "./native.js";
import { doubles, type FunctionName, parameterType, prototypes, type Raw } from "./prototypes.js";
import { setUnasked } from "./settings.js";
import { trampoline } from "./trampoline.js";

/** An MPI library (or the built-in world of one rank) that is ready to be called. */
export interface Library {
  /** The file, or `solo`. */
  readonly path: string;
  /** For example `Open MPI 4.1.4`. */
  readonly version: string;
  /** All that it says of itself, also how it was built; a world without a library says nothing. */
  readonly text?: string;
  readonly abi: Abi;
  readonly constants: Readonly<Record<Constant, number>>;
  readonly errorClasses: ReadonlyMap<number, string>;
  readonly raw: Raw;
  /** A function that is not bound yet. */
  bind?(name: FunctionName): (...values: number[]) => number;
}

/** File names by family, the usual one first. */
const fileNames: Record<Family, readonly string[]> =
  process.platform === "win32"
    ? { openmpi: [], mpich: ["impi.dll"], msmpi: ["msmpi.dll"] }
    : process.platform === "darwin"
      ? { openmpi: ["libmpi.40.dylib", "libmpi.dylib"], mpich: ["libmpi.12.dylib", "libmpich.dylib"], msmpi: [] }
      : {
          openmpi: ["libmpi.so.40", "libmpi.so.80", "libmpi.so"],
          mpich: ["libmpi.so.12", "libmpich.so.12", "libmpi.so.0", "libmpich.so"],
          msmpi: [],
        };
const standardNames = process.platform === "darwin" ? ["libmpi_abi.0.dylib"] : ["libmpi_abi.so.0", "libmpi_abi.so.1"];

/** Folders beside the launchers, where systems keep libraries that are not on the loader's path. */
function besideLaunchers(family: Family | undefined): string[] {
  return findLaunchers()
    .filter((launcher) => family === undefined || launcher.family === family)
    .flatMap((launcher) => [
      join(dirname(launcher.path), "..", "lib"),
      join(dirname(realpathSync(launcher.path)), "..", "lib"),
    ]);
}

/** The files to try, in order, for a family (`undefined`: any). */
function candidates(family: Family | undefined): { names: string[]; folders: () => string[] } {
  const families: Family[] = family ? [family] : ["openmpi", "mpich", "msmpi"];
  return {
    names: [...families.flatMap((name) => fileNames[name]), ...standardNames],
    folders: () => besideLaunchers(family),
  };
}

const families: readonly string[] = ["openmpi", "mpich", "msmpi"];

/**
 * Loads an MPI library: the one asked for by file or by family name, else the launcher's, else any. **Local.**
 * @param asked a file, or `openmpi`, `mpich`, `msmpi`; default the environment variable `WASM_MPI_LIBRARY`
 * @throws LibraryError naming everything that was tried
 */
export function loadLibrary(asked: string | undefined = process.env.WASM_MPI_LIBRARY): Library {
  const job = detectJob();
  const family = asked && families.includes(asked) ? (asked as Family) : undefined;
  const tried: string[] = [];
  if (asked && !family) {
    const library = tryLoad(asked, undefined, tried);
    if (library) return library;
  } else {
    const wanted = family ?? job?.family;
    const { names, folders } = candidates(wanted);
    for (const name of names) {
      const library = tryLoad(name, wanted, tried);
      if (library) return library;
    }
    for (const folder of folders()) {
      for (const name of names) {
        const library = tryLoad(join(folder, name), wanted, tried);
        if (library) return library;
      }
    }
  }
  const wanted = family
    ? `a library of ${familyTitle[family]}`
    : asked
      ? `an MPI library at ${asked}`
      : job?.family
        ? `a library of the launcher's MPI (${familyTitle[job.family]})`
        : "an MPI library";
  throw new LibraryError(
    `mpi.init: expected ${wanted}, got none. Tried ${tried.join("; ")}. Install one (${installHint()}) or name its file in WASM_MPI_LIBRARY.`,
    { tried },
  );
}

/** Loads one file if it is there and of the family, and says in `tried` why not otherwise. */
function tryLoad(file: string, family: Family | undefined, tried: string[]): Library | undefined {
  let handle: LibraryHandle;
  setEnvironment();
  const loader = koffi(); // Without it there is none to be found.
  try {
    // Open MPI's plug-ins look its symbols up in the global scope.
    handle = loader.load(file, { global: !/mpich|\.so\.12/.test(file) });
  } catch (error) {
    const text = (error as Error).message;
    tried.push(
      `${file} (${/no such file|cannot open shared|not found|could not find/i.test(text) ? "not found" : text})`,
    );
    return undefined;
  }
  const abi = identify(handle);
  const belongs = abi && familyOf(abi);
  if (!abi || (family && belongs && belongs !== family)) {
    tried.push(`${file} (${abi ? `is ${familyTitle[belongs!]}` : "not an MPI library"})`);
    handle.unload();
    return undefined;
  }
  return bind(handle, file, abi);
}

/** Settings that have to be in the environment before the library is loaded. */
function setEnvironment(): void {
  const ranksHere = Number(process.env.OMPI_COMM_WORLD_LOCAL_SIZE ?? 1);
  const isCrowded = ranksHere > cpus().length;
  setUnasked(process.env, { ...avoiding, ...(isCrowded ? { OMPI_MCA_mpi_yield_when_idle: "1" } : {}) });
}

/** The ABI by the symbols a library exports; `undefined` when it is no MPI library. */
function identify(handle: LibraryHandle): AbiName | undefined {
  if (hasSymbol(handle, "MPI_Abi_get_version")) {
    const scratch = new Scratch(64);
    handle.func("MPI_Abi_get_version", "int", ["int64_t", "int64_t"])(scratch.address, scratch.address + 4);
    if (scratch.i32[0]! > 0) return "standard";
  }
  if (hasSymbol(handle, "ompi_mpi_comm_world")) return "openmpi";
  if (hasSymbol(handle, "MSMPI_Get_version")) return "msmpi";
  return hasSymbol(handle, "MPI_Init_thread") ? "mpich" : undefined;
}

function hasSymbol(handle: LibraryHandle, name: string): boolean {
  try {
    handle.symbol(name);
    return true;
  } catch {
    return false;
  }
}

/** Binds every prototype; a function that the library lacks throws when it is called. */
function bind(handle: LibraryHandle, file: string, abiName: AbiName): Library {
  const abi = abiOf(abiName);
  const raw = {} as Record<FunctionName, (...values: number[]) => number>;
  const bindTo = (name: FunctionName) => bindOne(handle, file, name, prototypes[name], abi);
  for (const name of Object.keys(prototypes) as FunctionName[]) {
    // Bound when it is first called: there are hundreds, and a program uses a few.
    raw[name] = (...values) => {
      raw[name] = bindTo(name);
      return raw[name](...values);
    };
  }
  const addressOfSymbol = (symbol: string) => (hasSymbol(handle, symbol) ? Number(handle.symbol(symbol)) : undefined);
  const constants = constantsOf(abiName, addressOfSymbol, (symbol) => {
    const address = addressOfSymbol(symbol);
    if (address === undefined) return undefined;
    const scratch = new Scratch(8);
    system().memcpy(scratch.address, address, 8);
    return scratch.pointer(0);
  });
  const errorClasses = errorClassesOf(abiName);
  const text = textOf(raw as Raw, constants);
  return {
    path: pathOf(file),
    version: versionOf(text),
    text,
    abi,
    constants,
    errorClasses,
    raw: raw as Raw,
    bind: bindTo,
  };
}

/** One function; where the library lacks it, one that says so. */
function bindOne(handle: LibraryHandle, file: string, name: string, parameters: string, abi: Abi) {
  const types =
    parameters === "void" ? [] : parameters.split(",").map((parameter) => parameterType(parameter, abi.handleSize));
  // Open MPI 4 has the persistent collectives of MPI 4 under another prefix.
  for (const symbol of [name, name.replace("MPI_", "MPIX_")]) {
    if (!hasSymbol(handle, symbol)) continue;
    if (doubles.has(name)) return handle.func(symbol, "double", types) as () => number;
    const short = trampoline(Number(handle.symbol(symbol)), types.length);
    return short ?? (handle.func(symbol, "int32_t", types) as (...values: number[]) => number);
  }
  return () => {
    throw new LibraryError(`${name}: expected a library that has it, got ${file}. Use a newer MPI library.`);
  };
}

function textOf(raw: Raw, constants: Readonly<Record<Constant, number>>): string {
  const scratch = new Scratch(16 + constants.MPI_MAX_LIBRARY_VERSION_STRING);
  raw.MPI_Get_library_version(scratch.address + 16, scratch.address);
  return scratch.text(16, scratch.i32[0]!);
}

/** `Open MPI 4.1.4` from the library's own text. */
function versionOf(text: string): string {
  const [, title, number] =
    /^(Open MPI) v([\w.]+)/.exec(text) ??
    /(MPICH) Version:\s*([\w.]+)/.exec(text) ??
    /(Intel\(R\) MPI) Library ([\w.]+)/.exec(text) ??
    /^(Microsoft MPI) ([\w.]+)/.exec(text) ??
    [];
  return title ? `${title} ${number}` : text.split("\n")[0]!.trim();
}

/** The full path of a loaded library where the system tells it. */
function pathOf(file: string): string {
  if (file.includes(sep) || process.platform !== "linux") return file;
  const line = readFileSync("/proc/self/maps", "utf8")
    .split("\n")
    .find((entry) => `${entry.slice(entry.lastIndexOf("/") + 1)}.`.startsWith(`${file}.`));
  return line ? line.slice(line.indexOf("/")) : file;
}
