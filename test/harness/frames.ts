/** Frames of a file that is being written. */
import { existsSync } from "node:fs";
import { SnapshotReader } from "../../src/io/reader.js";

/** How many frames count in a file now; 0 while it is not there, or is being begun. */
export async function framesOf(path: string): Promise<number> {
  if (!existsSync(path)) return 0;
  try {
    const reader = await SnapshotReader.open(path);
    reader.close();
    return reader.times.length;
  } catch {
    return 0;
  }
}
