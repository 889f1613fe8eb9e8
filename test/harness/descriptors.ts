/** The files that this process has open, where the system tells: Linux. */
import { readdirSync, readlinkSync } from "node:fs";

/** The paths of open files that begin so, one for each time that they are open; of those that are gone with a word of that behind them. */
export function openFiles(beginning: string): string[] {
  const folder = "/proc/self/fd";
  const paths = readdirSync(folder).map((name) => {
    try {
      return readlinkSync(`${folder}/${name}`);
    } catch {
      return ""; // It was the folder itself.
    }
  });
  return paths.filter((path) => path.startsWith(beginning));
}
