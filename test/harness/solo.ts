/** Begins the job of one rank without an MPI library: test files that share a process share its job, in any order. */
import { mpi } from "../../src/mpi/index.js";

mpi.init({ library: "solo" });
