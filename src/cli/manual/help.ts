/** What stands below the options in the help of a command. */
import { examples } from "./examples.js";

/** What the exit codes of this program mean. */
export const exitCodes: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "done"],
  ["1", "bits that differ (compare), no library or launcher, a file, an error at run time"],
  ["2", "wrong use: an unknown command, option or value, an equation that is wrong"],
  ["124", "a rank waited longer than --timeout or WASM_MPI_TIMEOUT"],
  ["128 + n", "ended by signal n: 130 by SIGINT (Ctrl-C), 143 by SIGTERM, 129 by SIGHUP"],
];

/** The lines below the options of a command: examples, exit codes where it is the whole program, and launchers. */
export function endingOf(name: string): string {
  const shown = (examples[name] ?? []).flatMap(({ about, line }) => [
    `  # ${about}`,
    `  npx ${line}`.replace("npx eval", "eval"),
  ]);
  const codes = exitCodes.map(([code, meaning]) => `  ${code.padEnd(8)} ${meaning}`);
  return [
    "",
    ...(shown.length > 0 ? ["Examples:", ...shown, ""] : []),
    ...(name === "" ? ["Exit codes:", ...codes, ""] : []),
    ...(name === "completion" ? [] : ["Also works under a launcher: mpiexec -n 3 node_modules/.bin/wasm-mpi ..."]),
  ].join("\n");
}
