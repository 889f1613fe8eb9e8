/** Traps in compiled code as errors with the name of the function that was called. */
import { KernelError } from "../errors.js";

/** What `abort` in compiled code throws, so that the call from JavaScript ends. */
export class Aborted extends Error {}

/** A trap of a function as a {@link KernelError}; errors that imports throw as they are. */
export function told(name: string, error: unknown): unknown {
  return isTrap(error) ? trapped(name, error) : error;
}

function isTrap(error: unknown): error is Error {
  if (error instanceof Aborted || error instanceof WebAssembly.RuntimeError) return true;
  return error instanceof RangeError && error.message.startsWith("Maximum call stack");
}

/** The compiled functions in a stack trace, by the names of a debug build; in plain mode with their lines. */
function pathOf(error: Error): string {
  const frames = Array.from(String(error.stack).matchAll(/^ +at (\S+) \((.*)\)$/gm), ([, name, place]) => {
    const line = /[^/\\]+\.ts:\d+:\d+$/.exec(place!)?.[0];
    return { name: name!, text: line ? `${name} (${line})` : name! };
  });
  const inner = frames.filter(({ name }) => name.includes("/") && !name.startsWith("~lib/"));
  const texts = inner.slice(0, 3).map(({ text }) => text);
  return texts.length > 0 ? ` in ${texts.join(", called by ")}` : "";
}

function trapped(name: string, error: Error): KernelError {
  const what = error instanceof RangeError ? "stack overflow" : error.message;
  const path = pathOf(error);
  const action = path ? "Mend that function." : "Compile it with { debug: true } to see where.";
  const kind = error instanceof Aborted ? "abort" : "trap";
  const text = `${name}: expected the function to return, got the ${kind} "${what}"${path}. ${action}`;
  return new KernelError(text, name, error);
}
