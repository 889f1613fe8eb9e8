// Runs programs one after another in this process, so that what they compile is in the cache: node warm.mjs PROGRAM...
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";

for (const program of process.argv.slice(2)) {
  process.chdir(dirname(program));
  await import(pathToFileURL(program).href).catch(() => undefined);
}
