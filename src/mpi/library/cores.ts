/** The cores that a rank may run on. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** What a rank knows of its cores. */
export interface Cores {
  /** How many there are. */
  readonly count: number;
  /** Those of a list that the launcher has given this rank; `undefined` where it has the cores that the launcher has. */
  readonly bound: string | undefined;
}

/** The cores that this process may run on. **Local.** */
export function coresOfRank(): Cores {
  const [here, above] = [allowedCores("self"), allowedCores(String(process.ppid))];
  return { count: availableParallelism(), bound: here === above || above === undefined ? undefined : here };
}

/** The list of cores of a process, as `0-3,8`, where the system tells it. */
function allowedCores(process: string): string | undefined {
  try {
    return /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(`/proc/${process}/status`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

/** True where so many threads in each of the ranks on this node are more than there are cores for. **Local.** */
export function isCrowded(threads: number, ranksHere: number): boolean {
  const { count, bound } = coresOfRank();
  // Cores that are bound belong to one rank; others are shared by all.
  return threads * (bound === undefined ? ranksHere : 1) > count;
}
