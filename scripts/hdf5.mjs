/**
 * h5wasm as dist/hdf5.js and dist/hdf5.wasm. Its package has the module of WebAssembly as a text of 4 MB, which a process that
 * opens a file would read, decode and turn into bytes: 180 ms of the processor with Node.js 20, and 84 with the module as a file.
 * The package, 15 MB with its builds for browsers, is not needed where this one is installed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";

/**
 * The library without its module, and the module.
 * @param text dist/node/hdf5_util.js of h5wasm, where one text between single quotes has a byte of the module in each letter
 */
export function splitLibrary(text) {
  const call = "binaryDecode(";
  const begin = text.indexOf(`${call}'`) + call.length;
  const end = endOfText(text, begin);
  const decode = /function binaryDecode\(\w+\)\{.*?return \w\}/.exec(text)?.[0];
  if (begin < call.length || text[end] !== ")" || decode === undefined) {
    throw new Error("expected h5wasm to have its module in a text, got none. Adapt scripts/hdf5.mjs to this version.");
  }
  const module = runInNewContext(`${decode}; ${call}${text.slice(begin, end)})`);
  const read = 'readModule(new URL("hdf5.wasm", import.meta.url))';
  const whole = text.slice(0, begin - call.length) + read + text.slice(end + 1);
  // Node.js refuses its own parts where permissions or deprecations are looked at, and has these numbers in public.
  const library = whole.replaceAll('process.binding("constants")["fs"]', "openFlags");
  const names = "constants as openFlags, readFileSync as readModule";
  return { library: `import { ${names} } from "node:fs";\n${library}`, module };
}

/** Where a text that begins at a single quote is over. */
function endOfText(text, begin) {
  let i = begin + 1;
  while (i < text.length && text[i] !== "'") i += text[i] === "\\" ? 2 : 1;
  return i + 1;
}

/** Writes both files. @param folder the one of h5wasm */
export async function writeHdf5(folder, out) {
  const { build } = await import("esbuild");
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const split = {
    name: "the module as a file",
    setup(build) {
      build.onLoad({ filter: /hdf5_util\.js$/ }, ({ path }) => {
        const { library, module } = splitLibrary(readFileSync(path, "utf8"));
        writeFileSync(join(out, "hdf5.wasm"), module);
        return { contents: library };
      });
    },
  };
  await build({
    entryPoints: [join(folder, "dist", "node", "hdf5_hl.js")],
    outfile: join(out, "hdf5.js"),
    ...{ bundle: true, minifyWhitespace: true, minifySyntax: true, lineLimit: 120 },
    ...{ format: "esm", platform: "node", target: "node20", logLevel: "warning" },
    plugins: [split],
    // Asked for by its licence.
    banner: {
      js: `// h5wasm ${version}, see licenses/h5wasm.txt; changed on 2026-11-28: its module of WebAssembly is the file hdf5.wasm, and flags of files come from node:fs.`,
    },
  });
}
