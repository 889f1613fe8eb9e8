import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./harness/process.js";

/** Names that a module exports: values, and types, which no program sees. */
interface Names {
  readonly values: readonly string[];
  readonly types: readonly string[];
}

/** What `export { ... } from` and `export type { ... } from` of a file of src/ name, with those of `export * from`. */
function namesOf(file: string): Names {
  const text = readFileSync(join(root, "src", file), "utf8");
  const all = Array.from(text.matchAll(/^export (type )?\{([^}]*)\}/gm), ([, type, list]) =>
    list!
      .split(",")
      .map((entry) => entry.trim())
      .filter(Boolean)
      .map((entry) => ({ name: entry.replace(/^type |.* as /, ""), isType: !!type || entry.startsWith("type ") })),
  ).flat();
  const constants = Array.from(text.matchAll(/^export (?:const|function|class) (\w+)/gm), ([, name]) => name!);
  const rest = Array.from(text.matchAll(/^export \* from "\.\/(.*)\.js"/gm), ([, name]) => namesOf(`${name}.ts`));
  const named = (isType: boolean) => all.filter((entry) => entry.isType === isType).map(({ name }) => name);
  return {
    values: [...named(false), ...constants, ...rest.flatMap(({ values }) => values)],
    types: [...named(true), ...rest.flatMap(({ types }) => types)],
  };
}

const words = (text: string) => text.trim().split(/\s+/);

const mpi: Names = {
  values: words(`
    CartComm Comm Datatype GraphComm Group Info Intercomm Keyval LibraryError MatchedMessage MemoryComm MpiError
    MpiFile ObjectRequest Op Pairs Request TopologyComm UsageError View Window mpi
  `),
  types: words(`
    AccumulateOptions Accumulation AdjacentOptions AlltoallvOptions BaseType Bounds CartOptions CheckOptions
    Combine CombineObjects Completed CompletionOptions CreateWindowOptions Data DatatypeViewOptions ElementName Elements FenceOptions FetchOptions
    FileMode FileOptions FileView GetAccumulateOptions GraphOptions Hints IndexedBlockOptions IndexedOptions
    InitOptions Input IntercommOptions KeyvalOptions LockOptions Operation OperationName Pair PairValue Pieces
    LogicalOptions PostOptions PredefinedAttributes Probed RecvOptions ReduceOptions ReduceScatterOptions Relation RootOptions
    RootedReduceOptions SeekOptions SendOptions SendrecvOptions Status StructPart SubarrayOptions SwapOptions
    TargetOptions ThreadLevel TypedArray VectorOptions VersionInfo ViewOptions Viewable WindowFlavor WindowOptions
  `),
};

const solver: Names = {
  values: words(`
    CompileError FileError Grid KernelError Mpdata Output Pde callback conservation consistency data evaluate frames heap jit kymograph loadModule movie
    picture plot print probe progress solveLaplace solvePoisson steadyState storage
  `),
  types: words(`
    Advection AppendOptions Backend Boundary Condition ConservationOptions Constant Coordinates CourantBoundary DataOptions EvaluateOptions Every Faces Field FieldValue
    Files Flow FlowValue Frame GBoundary GridOptions Halo HaloOptions HeapArrays Imports Initial Interval JitOptions Jitted
    Kernel KernelBoundary KernelOptions KernelValues KymographOptions LoadOptions Mask Moment MovieOptions MpdataOptions OutputOptions Panel PdeBoundary
    PdeCondition PdeField PdeOptions Place PictureOptions PlotOptions PointSource PoissonOptions ProbeOptions Rates ReadOptions ResumedState Row RunOptions SnapshotReader
    Solution SolveOptions Source SteadyStateOptions StepperName StorageOptions Stream Tracker Variable
  `),
};

describe("the public names", () => {
  it.each([
    ["wasm-mpi/mpi", "mpi/index.ts", mpi],
    ["wasm-mpi", "index.ts", { values: [...mpi.values, ...solver.values], types: [...mpi.types, ...solver.types] }],
  ])("of %s are these", (_, file, expected) => {
    const names = namesOf(file);
    expect(names.values.toSorted()).toEqual(expected.values.toSorted());
    expect(names.types.toSorted()).toEqual(expected.types.toSorted());
  });

  it("are different ones in the MPI of the package and beside it, so that none is hidden", () => {
    const { values, types } = namesOf("index.ts");
    const all = [...values, ...types];
    expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
  });

  it("of wasm-mpi/browser mean what they do in wasm-mpi, and are on the page", () => {
    const { values, types } = namesOf("browser/index.ts");
    expect(values.length).toBeGreaterThan(15);
    const known = [...mpi.values, ...mpi.types, ...solver.values, ...solver.types];
    // What workers become ranks with: there are none in Node.js.
    const ofBrowsers = ["joinWorld", "newWorld"];
    expect(values).toEqual(expect.arrayContaining(ofBrowsers));
    known.push(...ofBrowsers);
    expect([...values, ...types].filter((name) => !known.includes(name))).toEqual([]);
    const page = readFileSync(join(root, "docs", "reference", "api.md"), "utf8");
    const [, chapter] = /## Names of wasm-mpi\/browser\n(.*?)\n## /s.exec(page)!;
    const named = Array.from(chapter!.matchAll(/`(\w+)`/g), ([, name]) => name!);
    const members = ["init", "initialized", "finalize", "abort", "wtime"];
    expect(named.toSorted()).toEqual([...values, ...members].toSorted());
  });

  it("of values are what a program gets", async () => {
    expect(Object.keys(await import("../src/mpi/index.js")).toSorted()).toEqual(mpi.values.toSorted());
    const all = [...mpi.values, ...solver.values];
    expect(Object.keys(await import("../src/index.js")).toSorted()).toEqual(all.toSorted());
  });
});
