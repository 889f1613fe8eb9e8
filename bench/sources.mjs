/** What the package keeps to itself, for benchmarks of its parts: in a clone, from the sources. */
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The exports of a module of this text, whose imports begin at the root of the clone: `./src/index.js`. */
export async function sources(entry) {
  const { build } = await import("esbuild");
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: root },
    bundle: true,
    format: "esm",
    platform: "node",
    external: ["koffi", "assemblyscript", "@napi-rs/canvas"],
    write: false,
  });
  const file = join(root, "dist", `.bench-${process.pid}.mjs`);
  writeFileSync(file, outputFiles[0].text);
  return import(file).finally(() => rmSync(file));
}
