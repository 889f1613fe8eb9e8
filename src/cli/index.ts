/** The program `wasm-mpi`: it has the engine keep what it compiles of the commands, and loads them. */
import { mkdirSync } from "node:fs";
import module from "node:module";
import { join } from "node:path";
import { cacheFolder } from "../jit/cache.js";

/** Node.js 22.8 and later keep what they have compiled of modules that are loaded behind this: a third of a short command. */
function keepCompiled(): void {
  const { enableCompileCache } = module as { enableCompileCache?: (folder: string) => unknown };
  if (enableCompileCache === undefined) return;
  try {
    const folder = cacheFolder();
    if (folder === undefined) return;
    const own = join(folder, "commands");
    mkdirSync(own, { recursive: true, mode: 0o700 }); // What lies there runs: it is to be the user's alone.
    enableCompileCache(own);
  } catch {
    // A user without a home, or a folder that cannot be made: compiled again each time.
  }
}

keepCompiled();
const { main } = await import("./main.js");
await main();
