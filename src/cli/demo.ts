/** `wasm-mpi demo`: a first look, in some seconds, at what this is. */
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { Command } from "commander";
import { FileError, LibraryError } from "../errors.js";
import { checkPicture } from "../plot/index.js";
import { schemeOfCase } from "./advect.js";
import { compareRuns, subjectOf } from "./compare.js";
import { defaultsOf, type OptionsOf } from "./options/index.js";
import { threadsOr1 } from "./run/threads.js";

/** What is shown: some seconds on a laptop. */
const shown = "gaussian";

/** `wasm-mpi demo` */
export async function demo(options: OptionsOf<"demo">, parsed: Command): Promise<void> {
  const { ranks, json = false } = options;
  const folder = made(options.folder ?? "wasm-mpi-demo");
  const plot = await pictureIn(folder);
  const { split, fewer: _, ...usual } = defaultsOf("compare");
  const run = { ...usual, ...schemeOfCase(shown, parsed), case: shown, threads: threadsOr1(undefined) };
  // Its folder is its own: a second demo replaces the files of the first.
  const subject = subjectOf({ ...run, output: join(folder, `${shown}.h5`), overwrite: true });
  const html = join(folder, `${shown}.html`);
  const how = { split, fewer: true, json, plot, html, terminal: !json, command: "demo" };
  await compareRuns(subject, ranks === undefined ? how : { ...how, ranks });
}

/** The folder, as it is printed, where it is or can be made. @throws FileError */
function made(folder: string): string {
  const near = relative(process.cwd(), folder);
  const name = near === "" ? "." : near.startsWith("..") ? folder : near;
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const text = `"--folder" expected a folder that can be written, got "${name}" (${code}). Name another with --folder.`;
    throw new FileError(text, folder, cause);
  }
  return name;
}

/** A picture of pixels, or of lines where the package for pixels is not installed. */
async function pictureIn(folder: string): Promise<string> {
  const [pixels, lines] = ["png", "svg"].map((ending) => join(folder, `${shown}.${ending}`)) as [string, string];
  try {
    await checkPicture(pixels);
    return pixels;
  } catch (error) {
    if (error instanceof LibraryError) return lines;
    throw error;
  }
}
