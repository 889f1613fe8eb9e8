/** The compiler on a thread of its own, see apart.ts: does one task after another. */
import { parentPort } from "node:worker_threads";
import { CompileError } from "../errors.js";
import type { Outcome, Task } from "./apart.js";
import { compile, compilePlain } from "./compiler.js";

async function outcomeOf({ sources, options, isPlain }: Task): Promise<Outcome> {
  try {
    return { bytes: await (isPlain ? compilePlain(sources, options) : compile(sources.files, options)) };
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const { message, file, line, column } = error;
    return { failure: { message, file, line, column } };
  }
}

parentPort!.on("message", async (task: Task) => {
  const outcome = await outcomeOf(task);
  parentPort!.postMessage(outcome, "bytes" in outcome ? [outcome.bytes.buffer] : []);
});
