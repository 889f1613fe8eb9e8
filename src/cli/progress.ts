import type { Progress } from "./run/simulate.js";

/**
 * A line that is rewritten as steps are done, on the standard error of one rank, if that is a terminal. Under a launcher
 * that this program started, only the parent process knows whether it is, and says so in WASM_MPI_PROGRESS.
 */
export function progressLine(shown: boolean, title: string): Progress {
  const told = process.env.WASM_MPI_PROGRESS;
  if (!shown || (told === undefined ? !process.stderr.isTTY : told !== "1")) return () => {};
  const begin = performance.now();
  let last = 0;
  return (done, steps) => {
    const now = performance.now();
    if (done < steps && now - last < 100) return;
    last = now;
    const left = ((now - begin) / 1e3) * (steps / done - 1);
    const percent = Math.floor((100 * done) / steps);
    process.stderr.write(`\r${title}: step ${done} of ${steps}, ${percent} %, ${left.toFixed(1)} s left \u001b[K`);
    if (done === steps) process.stderr.write("\r\u001b[K");
  };
}
