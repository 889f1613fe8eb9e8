import { type Result, type RunOptions, type TestJob } from "./launch.js";
/** Runs `wasm-mpi args...`. */
export declare function wasmMpi(args: readonly string[], options?: RunOptions): Promise<Result>;
/** Runs `mpiexec -n ranks wasm-mpi args...`. */
export declare function inJob(job: TestJob, args: readonly string[], options?: RunOptions): Promise<Result>;
/** The libraries with a launcher on this machine, in the form of `it.each`. */
export declare const launched: {
  name: import("./launch.js").LibraryName;
  title: string;
  launcher: import("../src/mpi/launcher.js").Launcher;
}[];
/** An environment in which no launcher is found. */
export declare const noLauncher: {
  WASM_MPI_LAUNCHER: string;
};
/** The one JSON document of a command that succeeded; anything else on standard output fails the test. */
export declare function documentOf<T>(result: Result): T;
/** A folder for the files of a test file, removed after its tests. */
export declare function temporaryFolder(): string;
