import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { elementTypes } from "../../src/mpi/data/element.js";
import { type AbiName, abiOf, type Constant, constantsOf, errorClassesOf } from "../../src/mpi/library/abi.js";
import { type Library, loadLibrary } from "../../src/mpi/library/library.js";
import { libraries } from "../harness/launch.js";
import { root } from "../harness/process.js";

const names = ["mpich", "openmpi", "msmpi", "standard"] as const;

/** Stands for the dynamic loader: any symbol is at some address of its own, as addresses are in a process. */
function symbols() {
  const addresses = new Map<string, number>();
  return (symbol: string) => {
    if (!addresses.has(symbol)) addresses.set(symbol, 0x7f00_0000_0000 + 64 * addresses.size);
    return addresses.get(symbol)!;
  };
}
const constants = Object.fromEntries(names.map((name) => [name, constantsOf(name, symbols(), symbols())])) as Record<
  AbiName,
  Record<Constant, number>
>;
/** One constant in all ABIs, in the order of {@link names}. */
const row = (constant: Constant) => names.map((name) => constants[name][constant]);

describe("the records of the ABIs", () => {
  it("know the sizes of handles and statuses, and where a status has its fields", () => {
    expect(names.map((name) => abiOf(name).handleSize)).toEqual([4, 8, 4, 8]);
    expect(names.map((name) => abiOf(name).statusSize)).toEqual([20, 24, 20, 32]);
    expect(names.map((name) => abiOf(name).statusSource)).toEqual([8, 0, 8, 0]);
    expect(names.map((name) => abiOf(name).name)).toEqual(names);
  });

  it("keep apart -1 and -2, which mean something else in each", () => {
    expect(row("MPI_ANY_SOURCE")).toEqual([-2, -1, -2, -1]);
    expect(row("MPI_ANY_TAG")).toEqual([-1, -1, -1, -2]);
    expect(row("MPI_PROC_NULL")).toEqual([-1, -2, -1, -3]);
    expect(row("MPI_ROOT")).toEqual([-3, -4, -3, -4]);
    expect(row("MPI_UNDEFINED")).toEqual([-32766, -32766, -32766, -32766]);
  });

  it("keep apart address 1, which is MPI_IN_PLACE in some and MPI_STATUS_IGNORE in others", () => {
    expect(row("MPI_IN_PLACE")).toEqual([-1, 1, -1, 1]);
    expect(row("MPI_STATUS_IGNORE")).toEqual([1, 0, 1, 0]);
    expect(row("MPI_BOTTOM")).toEqual([0, 0, 0, 0]);
  });

  it("have no null request that is zero", () => {
    expect(row("MPI_REQUEST_NULL").includes(0)).toBe(false);
    expect(constants.mpich.MPI_REQUEST_NULL).toBe(0x2c000000);
    expect(constants.standard.MPI_REQUEST_NULL).toBe(0x180);
  });

  it("do not take MS-MPI for MPICH where the fixed-width types are concerned", () => {
    const fixed = ["INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64"] as const;
    for (const type of fixed) {
      const constant = `MPI_${type}_T` as Constant;
      expect(constants.mpich[constant] - constants.msmpi[constant], constant).toBe(4);
    }
    expect(constants.msmpi.MPI_C_DOUBLE_COMPLEX).not.toBe(constants.mpich.MPI_C_DOUBLE_COMPLEX);
    expect(constants.msmpi.MPI_DOUBLE).toBe(constants.mpich.MPI_DOUBLE);
    // `long` has 4 bytes there.
    expect(constants.mpich.MPI_LONG).toBe(0x4c000807);
    expect(constants.msmpi.MPI_LONG).toBe(0x4c000407);
  });

  it("give MPICH's types their size in bits 8 to 15", () => {
    for (const { datatype, byteLength, kind } of Object.values(elementTypes)) {
      if (kind === "pair") continue; // Those of structures are made otherwise.
      expect((constants.mpich[datatype] >> 8) & 255, datatype).toBe(byteLength);
      expect((constants.msmpi[datatype] >> 8) & 255, datatype).toBe(byteLength);
    }
    expect(constants.mpich.MPI_FLOAT_INT).toBe(0x8c000000 | 0);
  });

  it("order the thread levels, whatever their numbers", () => {
    for (const name of names) {
      const { MPI_THREAD_SINGLE, MPI_THREAD_FUNNELED, MPI_THREAD_SERIALIZED, MPI_THREAD_MULTIPLE } = constants[name];
      const levels = [MPI_THREAD_SINGLE, MPI_THREAD_FUNNELED, MPI_THREAD_SERIALIZED, MPI_THREAD_MULTIPLE];
      expect(levels).toEqual(name === "standard" ? [0, 1024, 2048, 4096] : [0, 1, 2, 3]);
    }
  });

  it("give every handle of an ABI a number of its own", () => {
    const handles = /^MPI_(COMM_(WORLD|SELF|NULL)|REQUEST_NULL|ERRORS_RETURN|SUM|PROD|MAX|MIN|B?L?(AND|OR|XOR))$/;
    for (const name of names) {
      const keys = Object.keys(constants[name]) as Constant[];
      const types = Object.values(elementTypes).map(({ datatype }) => datatype);
      const used = [...new Set([...keys.filter((key) => handles.test(key)), ...types])];
      expect(new Set(used.map((key) => constants[name][key])).size, name).toBe(used.length);
    }
  });

  it("know the numbers of the error classes, which differ", () => {
    const classes = names.map((name) => errorClassesOf(name));
    expect(classes.map((map) => map.get(14))).toEqual([
      "MPI_ERR_TRUNCATE",
      "MPI_ERR_UNKNOWN",
      "MPI_ERR_TRUNCATE",
      "MPI_ERR_UNKNOWN",
    ]);
    expect(classes.map((map) => map.get(15))).toEqual([
      "MPI_ERR_OTHER",
      "MPI_ERR_TRUNCATE",
      "MPI_ERR_OTHER",
      "MPI_ERR_TRUNCATE",
    ]);
    expect(classes.map((map) => map.get(19))).toEqual([
      "MPI_ERR_REQUEST",
      "MPI_ERR_PENDING",
      "MPI_ERR_REQUEST",
      "MPI_ERR_IN_STATUS",
    ]);
    expect(classes.map((map) => map.get(7))).toEqual([
      "MPI_ERR_ROOT",
      "MPI_ERR_REQUEST",
      "MPI_ERR_ROOT",
      "MPI_ERR_REQUEST",
    ]);
    // No two classes of an ABI share a number: then as many numbers as names.
    expect(classes.map((map) => new Set(map.values()).size)).toEqual(classes.map((map) => map.size));
    expect(classes.map((map) => map.size)).toEqual([60, 57, 53, 62]);
  });

  it("have every constant that the bindings use", () => {
    const folder = join(root, "src/mpi");
    const code = readdirSync(folder, { recursive: true, encoding: "utf8" })
      // The world without a library has the standard's constants only.
      .filter((file) => file.endsWith(".ts") && file !== join("library", "abi.ts") && !file.startsWith("solo"))
      .map((file) => readFileSync(join(folder, file), "utf8"))
      .join("\n")
      .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    const words = code.match(/\bMPI_[A-Z0-9][A-Z0-9_]*[A-Z0-9]\b/g) ?? [];
    // MS-MPI lacks MPI_INFO_ENV, and its getter says so.
    const used = [...new Set(words)].filter((word) => !/^MPI_ERR_|^MPI_(LOCALNRANKS|INFO_ENV)$/.test(word));
    expect(used.length).toBeGreaterThan(30);
    // MPICH keeps these in variables of the library.
    const variables = /^MPI_(UNWEIGHTED|WEIGHTS_EMPTY)$/;
    for (const name of names)
      expect(
        used.filter((word) => !(word in constants[name]) && !(name === "mpich" && variables.test(word))),
        name,
      ).toEqual([]);
    const errors = [...new Set(words)].filter((word) => word.startsWith("MPI_ERR_"));
    // MS-MPI, which has MPI 2, lacks some classes.
    const known = new Set(errorClassesOf("standard").values());
    expect(errors.filter((word) => !known.has(word))).toEqual([]);
  });
});

describe("the ABI of a library is told by its symbols, before MPI starts", () => {
  const has = (name: string) => libraries.some((library) => library.name === name && library.available);

  // MPICH first: Open MPI makes its symbols global.
  it.skipIf(!has("mpich"))("MPICH", () => {
    const library: Library = loadLibrary("mpich");
    expect([library.abi.name, library.abi.handleSize]).toEqual(["mpich", 4]);
    expect(library.version).toMatch(/^(MPICH|Intel\(R\) MPI) \d+\.[\w.]+$/);
    expect(library.path).toMatch(/^\/.*mpi/);
    // What it keeps in variables and functions is in no table.
    const { MPI_UNWEIGHTED, MPI_WEIGHTS_EMPTY, MPI_COMM_DUP_FN } = library.constants;
    expect(library.constants).toEqual({ ...constants.mpich, MPI_UNWEIGHTED, MPI_WEIGHTS_EMPTY, MPI_COMM_DUP_FN });
    expect(MPI_COMM_DUP_FN).toBeGreaterThan(4096);
    expect(MPI_UNWEIGHTED).toBeGreaterThan(4096);
    expect(MPI_WEIGHTS_EMPTY).not.toBe(MPI_UNWEIGHTED);
    expect(library.errorClasses.get(14)).toBe("MPI_ERR_TRUNCATE");
    expect(process.env).toMatchObject({ UCX_HANDLE_ERRORS: "none", UCX_MEM_EVENTS: "no" });
  });

  it.skipIf(!has("openmpi"))("Open MPI, whose handles are addresses of the process", () => {
    const library: Library = loadLibrary("openmpi");
    expect([library.abi.name, library.abi.handleSize]).toEqual(["openmpi", 8]);
    expect(library.version).toMatch(/^Open MPI \d+\.[\w.]+$/);
    expect(library.path).toMatch(/^\/.*libmpi/);
    expect(Object.keys(library.constants)).toEqual(Object.keys(constants.openmpi));
    expect(library.constants.MPI_COMM_WORLD).toBeGreaterThan(0x10000);
    expect(library.constants.MPI_COMM_WORLD).not.toBe(library.constants.MPI_COMM_SELF);
    expect(library.constants.MPI_PROC_NULL).toBe(-2);
    expect(library.errorClasses.get(15)).toBe("MPI_ERR_TRUNCATE");
  });
});
