/** Starts MPI and prints the version of the library, or the error; the argument is `init`'s `library`. */
import { mpi } from "wasm-mpi/mpi";

try {
  mpi.init(process.argv[2] ? { library: process.argv[2] } : {});
  console.log(mpi.versionInfo().version);
} catch (error) {
  console.log(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}
