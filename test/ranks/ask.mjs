/** Another process that answers one message after the other, and may hang or die of one. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * Asks a program of this folder, in a process that is made anew after so many messages.
 * @returns `ask`, which sends a message, and gives its answer, or `{ died }` where there is none in so many milliseconds; `end`
 */
export function asker(program, messagesEach) {
  let child;
  let asked = 0;
  const ask = (message, patience) => {
    if (child === undefined || asked++ % messagesEach === 0) {
      child?.disconnect();
      child = fork(fileURLToPath(new URL(program, import.meta.url)), { execArgv: [] });
    }
    const current = child;
    return new Promise((resolve) => {
      const settle = (answer) => {
        clearTimeout(timer);
        current.removeAllListeners();
        if ("died" in answer) child = undefined;
        resolve(answer);
      };
      const timer = setTimeout(() => {
        current.kill("SIGKILL");
        settle({ died: `no answer in ${patience / 1e3} s` });
      }, patience);
      current.once("message", settle);
      current.once("exit", (code, signal) => settle({ died: `the process ended with ${signal ?? code}` }));
      current.send(message);
    });
  };
  return { ask, end: () => child?.disconnect() };
}
