import { resolve } from "node:path";
import { wrong } from "../argument.js";
import { buildModule } from "../jit/build.js";
import { detectJob } from "../mpi/library/launcher.js";
import { throughLinks } from "../path.js";
import type { OptionsOf } from "./options/index.js";
import { writeFor } from "./output.js";

type Options = OptionsOf<"build">;

/** `wasm-mpi build` */
export async function build(file: string, options: Options): Promise<void> {
  const { debug = false, optimize = debug ? 0 : 3, json } = options;
  if (!file.endsWith(".ts")) {
    throw wrong('"file"', "a .ts file", file, "Name the source.");
  }
  if (optimize > 3) throw wrong('"--optimize"', "0, 1, 2 or 3", optimize, "Leave it out for 3.");
  if ((detectJob()?.rank ?? 0) !== 0) return; // Once for all ranks.
  const output = options.output ?? file.replace(/\.ts$/, ".wasm");
  const bytes = await buildModule(file, { optimize: optimize as 0 | 1 | 2 | 3, debug });
  writeFor("--output", throughLinks(resolve(output)), bytes);
  const { length: byteLength } = bytes;
  process.stdout.write(json ? `${JSON.stringify({ file, output, byteLength })}\n` : `${output}: ${byteLength} bytes\n`);
}
