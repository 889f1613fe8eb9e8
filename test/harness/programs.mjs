// Runs programs one after another in one job: node programs.mjs PROGRAM... Rank 0 prints, as JSON, what each has printed
// on each rank. A program that fails ends the job; on one rank the next one follows.
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { mpi } from "wasm-mpi";

const texts = [];
for (const program of process.argv.slice(2)) {
  let text = "";
  process.chdir(dirname(program));
  process.stdout.write = (part) => {
    text += part;
    return true;
  };
  try {
    await import(pathToFileURL(program).href);
  } catch (error) {
    if (mpi.init().size > 1) throw error;
    text = error.stack;
  } finally {
    delete process.stdout.write;
  }
  texts.push(text);
}
const all = mpi.init().gatherObject(texts);
if (all) console.log(JSON.stringify(all));
