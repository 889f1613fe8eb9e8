/** The program of the thread that writes files, see filer.ts: one request after the other, until the process ends. */
import fs from "node:fs";
import { receiveMessageOnPort, workerData } from "node:worker_threads";
import type { Core } from "../../wasm/core.js";
import { FRAME_PIECE, writeBytes } from "../bytes.js";
import { at, type Failure, type Request, type Start, type Write } from "./request.js";

const { memory, kernels, words, port } = workerData as Start;
const abort = (_message: number, _file: number, line: number, column: number) => {
  throw new Error(`assertion failed at line ${line}, column ${column}`);
};
const { addFigures } = new WebAssembly.Instance(kernels, { env: { memory, abort } }).exports as unknown as Core;

function tell(): void {
  Atomics.add(words, at.news, 1);
  Atomics.notify(words, at.news);
}

function bytesAt(ptr: number, byteLength: number): Uint8Array {
  // The memory may have grown since this thread has looked last.
  if (ptr + byteLength > memory.buffer.byteLength) memory.grow(0);
  return new Uint8Array(memory.buffer, ptr, byteLength);
}

function write(fd: number, { ptr, byteLength, position, counts, steps, figures }: Write): void {
  let from = ptr;
  for (let i = 0; i < counts[0]; i++) {
    for (let j = 0; j < counts[1]; j++) {
      const to = position + i * steps[0] + j * steps[1];
      for (let done = 0; done < byteLength; done += FRAME_PIECE) {
        const bytes = bytesAt(from + done, Math.min(FRAME_PIECE, byteLength - done));
        if (figures) {
          const { ptr: sumPtr, type, elementLength } = figures;
          addFigures(sumPtr, from + done, 0, 0, 1, 1, bytes.length / elementLength, type);
        }
        writeBytes(fd, bytes, to + done);
        tell();
      }
      from += byteLength;
    }
  }
}

process.on("exit", () => {
  Atomics.store(words, at.hasEnded, 1);
  tell();
});

for (let done = 0; ; ) {
  Atomics.wait(words, at.asked, done);
  const got = receiveMessageOnPort(port);
  if (!got) continue;
  const { number, fd, writes, sync } = got.message as Request;
  try {
    for (const each of writes) write(fd, each);
    if (sync) fs.fsyncSync(fd);
  } catch (error) {
    const isTrap = error instanceof WebAssembly.RuntimeError;
    port.postMessage({ number, text: String((error as Error).message), isTrap } satisfies Failure);
  }
  done = number;
  Atomics.store(words, at.done, done);
  tell();
}
