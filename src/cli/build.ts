import { resolve } from "node:path";
import type { Command } from "commander";
import { wrong } from "../argument.js";
import { buildModule } from "../jit/build.js";
import { detectJob } from "../mpi/library/launcher.js";
import { throughLinks } from "../path.js";
import { addOptions, type OptionsOf } from "./options/index.js";
import { fileArgument } from "./options/kind.js";
import { writeFor } from "./output.js";

type Options = OptionsOf<"build">;

/** `wasm-mpi build` */
export function addBuild(program: Command): void {
  const command = program
    .command("build")
    .description("Compile AssemblyScript with MPI to a file for loadModule().")
    .argument("<file>", "the source, a .ts file; it may import others in its folder", fileArgument);
  addOptions(command, "build").action(async (file: string, options: Options) => {
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
    process.stdout.write(
      json ? `${JSON.stringify({ file, output, byteLength })}\n` : `${output}: ${byteLength} bytes\n`,
    );
  });
}
