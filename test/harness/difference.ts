/** How far two files of frames are apart. */
import { type Difference, differencesBetween, overallOf } from "../../src/io/difference.js";

/** The difference of all variables in all frames together. */
export async function compareFiles(firstPath: string, secondPath: string): Promise<Difference> {
  return overallOf(await differencesBetween(firstPath, secondPath));
}
