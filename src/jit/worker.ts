/** The compiler on a thread of its own, see apart.ts: does one task after another. */
import { parentPort } from "node:worker_threads";
import { CompileError } from "../errors.js";
import type { Outcome } from "./apart.js";
import { compileTask, type Task } from "./compiler.js";

async function outcomeOf(task: Task): Promise<Outcome> {
  try {
    return { bytes: await compileTask(task) };
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
