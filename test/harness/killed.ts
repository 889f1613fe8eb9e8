/** Finds and kills the processes of a job. Linux, where /proc tells what they are. */
import { readdirSync, readFileSync } from "node:fs";

/** The Node processes that have a word among their arguments, in order of their start: the ranks of a job. */
export function ranksWith(word: string): number[] {
  const found: [pid: number, start: number][] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      if (!words.includes(word) || !/\/node$/.test(words[0]!)) continue;
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      found.push([Number(name), Number(stat.slice(stat.lastIndexOf(")")).split(" ")[20])]);
    } catch {
      // The process has ended.
    }
  }
  return found.sort((a, b) => a[1] - b[1]).map(([pid]) => pid);
}
