/** Runs the command line, or other programs, in this process, again and again: in a tenth of the time of a process of their own. */
import { fileURLToPath, pathToFileURL } from "node:url";
import { mpi } from "wasm-mpi";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
let count = 0;
/** Ends the job. */
export const finalize = mpi.finalize;
/** MPI goes on for the next command. */
mpi.finalize = () => {};
process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);

/** What a command did: its exit code, what it printed, and the error that it did not catch. */
export const command = (args) => run(cli, args);

/** The same of a program. */
export async function run(program, args) {
  const { argv } = process;
  const streams = [process.stdout, process.stderr];
  const texts = ["", ""];
  for (const [index, stream] of streams.entries()) {
    stream.write = (text) => {
      texts[index] += text;
      return true;
    };
  }
  process.argv = [...argv.slice(0, 1), program, ...args];
  process.exitCode = undefined;
  let thrown;
  try {
    // Another address is another instance of the module, which runs anew.
    await import(`${pathToFileURL(program)}?${count++}`);
  } catch (error) {
    thrown = String(error?.stack ?? error);
  } finally {
    for (const stream of streams) delete stream.write;
    process.argv = argv;
  }
  const code = process.exitCode ?? 0;
  process.exitCode = undefined;
  return { code, stdout: texts[0], stderr: texts[1], thrown };
}

/** What is wrong with how a command ended: it says an error in one line of words, and nothing besides. */
export function breachOf({ code, stdout, stderr, thrown }) {
  if (thrown !== undefined) return `throws ${thrown}`;
  if (/^ +at .*:\d+:\d+\)?$|H5[A-Z]+|HDF5-DIAG|\berror stack/m.test(stderr)) return `prints raw text: ${stderr}`;
  const isLogged = /^([^\n]+: step \d+ of \d+, [^\n]*\n)*$/.test(stderr);
  if (code === 0) return isLogged ? undefined : `ends with 0 and says ${stderr}`;
  if (code !== 1 && code !== 2) return `ends with ${code}: ${stderr}`;
  const isLine = /^wasm-mpi[^\n]*: [^\n]*\bexpected [^\n]+, got [^\n]+\. [^\n]+\n$/.test(stderr);
  if (!isLine) return `ends with ${code} and says ${JSON.stringify(stderr)}`;
  return stdout === "" ? undefined : `ends with ${code} behind ${JSON.stringify(stdout.slice(0, 200))}`;
}
