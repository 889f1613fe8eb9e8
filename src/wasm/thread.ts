/** Starting the threads of team.ts; a browser has none. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { packageRoot } from "../package.js";
import type { Start } from "./worker.js";

export type { MessagePort } from "node:worker_threads";

/** The program of threads. */
export const threadProgram: string = join(packageRoot, "dist", "team.js");

/**
 * Starts a thread, for which the process does not wait. Returns the port to it.
 * @param ended told how the thread has ended, which it should not
 * @throws when there is no such program, or the system has no room
 */
export function startThread(
  program: string,
  name: string,
  start: Omit<Start, "port">,
  ended: (got: string) => void,
): MessagePort {
  if (!existsSync(program)) throw new Error(`no file ${program}`);
  const { port1, port2: port } = new MessageChannel();
  const workerData: Start = { ...start, port };
  const worker = new Worker(program, { name, workerData, transferList: [port], env: {}, execArgv: [] });
  worker.unref();
  worker.on("error", (error) => ended(`"${error.message}"`));
  worker.on("exit", (code) => ended(`exit code ${code}`));
  return port1;
}

/** What a thread has sent next, if anything. */
export function heardFrom(port: MessagePort): unknown {
  return receiveMessageOnPort(port)?.message;
}
