import type { Collective, FunctionName, Raw } from "../library/prototypes.js";

/** Functions of MPI: they return nothing, and fail by throwing a `Failure`. */
export type Functions = { [Name in FunctionName]?: (...values: Parameters<Raw[Name]>) => void };

/** The collective calls: each checks its arguments, and gives what it does. */
export type Plans = { [Name in Collective]: (...values: Parameters<Raw[`MPI_${Name}`]>) => () => void };
