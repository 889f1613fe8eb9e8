/** What compiled code gets of this package: memory, printing, clocks, and MPI. */
import { wrong } from "../argument.js";
import { allocator } from "../wasm/core.js";
import { textAt } from "./border/result.js";
import { mpiImports } from "./mpi/host.js";
import { Aborted, MemoryFull } from "./trap.js";

/** All that a module may import, by module and name. */
export type Table = Record<string, Record<string, unknown>>;

/** The functions of `console` that print a text, or tell the time since a label. */
const printers = ["log", "debug", "info", "warn", "error", "time", "timeLog", "timeEnd"] as const;

/** Calls of MPI that have less room than they need, as `assembly/jit/mpi/host.ts` counts them, and what lacks room. */
const narrow = [
  ["allreduce", "elements"],
  ["reduce", "elements"],
  ["waitall", "statuses"],
  ["testall", "statuses"],
  ["scan", "elements"],
] as const;

/** The imports that this package provides to each module. */
export function environment(): Table {
  const { memory: linear, alloc, free } = allocator();
  return {
    env: {
      memory: linear,
      abort(message: number, file: number, line: number, column: number) {
        throw new Aborted(`${textAt(message) || "abort"} (${textAt(file) || "source"}:${line}:${column})`);
      },
      trace(message: number, count: number, ...numbers: number[]) {
        console.log([textAt(message), ...numbers.slice(0, count)].join(" "));
      },
      noRoom(call: number, needed: number, room: number) {
        const [name, what] = narrow[call]!;
        throw wrong(name, `room for ${needed} ${what}`, room, `Make what receives ${needed} long.`);
      },
      seed: Math.random,
      "Date.now": Date.now,
      "performance.now": () => performance.now(),
      "console.assert": (condition: number, text: number) => console.assert(condition !== 0, textAt(text)),
      ...Object.fromEntries(printers.map((name) => [`console.${name}`, (text: number) => console[name](textAt(text))])),
    },
    heap: {
      alloc(byteLength: number) {
        try {
          return alloc(byteLength);
        } catch (cause) {
          throw new MemoryFull(byteLength >>> 0, cause);
        }
      },
      free,
    },
    mpi: mpiImports(),
  };
}
