/** A program as a browser has it: JavaScript with what every browser gives, and without anything of Node.js. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { type BuildOptions, build } from "esbuild";
import type * as Entry from "../../src/browser/index.js";

export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** What the build tells esbuild for browsers. */
export const { browserOptions } = (await import(join(root, "scripts", "seams.mjs"))) as {
  browserOptions: BuildOptions;
};

/** The bundle of a source, as one script that makes a global of what it exports. */
export async function bundled(contents: string, options: BuildOptions = {}): Promise<string> {
  const stdin = { contents, resolveDir: join(root, "src"), loader: "ts" as const };
  const result = await build({ ...browserOptions, stdin, format: "iife", globalName: "it", ...options, write: false });
  return result.outputFiles![0]!.text;
}

/** What a script leaves in a global `it`, with what the page is told about its origin. */
export function opened(script: string, crossOriginIsolated: boolean): typeof Entry {
  const given = { TextDecoder, TextEncoder, atob, console, performance, setTimeout, structuredClone };
  const page = createContext({ ...given, crossOriginIsolated, navigator: { hardwareConcurrency: 2 } });
  if (!crossOriginIsolated) runInContext("delete globalThis.SharedArrayBuffer", page);
  runInContext(script, page);
  return runInContext("it", page) as typeof Entry;
}
