/**
 * The seams between Node.js and a browser: modules of src/, and what a bundle for browsers has in their place. Nothing else of
 * src/ that such a bundle reaches may need Node.js (test/browser/bundle.test.ts).
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Files of src/ by the file of src/browser/ that a browser has in their place. */
export const seams = {
  host: ["host"],
  binary: ["wasm/binary"],
  machine: ["mpi/library/machine"],
  job: ["mpi/library/library", "mpi/library/launcher"],
  hash: ["mpi/comm/hash"],
  serial: ["mpi/data/serial"],
  absent: [
    ...["package", "mpi/library/cores", "mpi/library/departure", "mpi/library/watch/watch"],
    ...[
      "mpi/solo/files",
      "mpi/ending",
      "mpi/alike",
      "wasm/thread",
      "jit/stencil",
      "grid/input",
      "io/output",
      "io/datasets",
    ],
    "pde/trackers/table",
  ],
};

const inPlace = new Map(Object.entries(seams).flatMap(([name, files]) => files.map((file) => [file, name])));

/**
 * The plugin of esbuild that puts them in, and the modules of dist/ as bytes, which src/browser/binary.ts inflates: as they are,
 * in base64, a file with them is 282 kB longer, and 37 kB after a server's compression, which sees no words in base64.
 */
export const forBrowsers = {
  name: "wasm-mpi for browsers",
  setup(build) {
    build.onResolve({ filter: /^wasm:/ }, ({ path }) => ({
      path: join(root, "dist", `${path.slice(5)}.wasm`),
      namespace: "wasm",
    }));
    build.onLoad({ filter: /$/, namespace: "wasm" }, ({ path }) => ({
      contents: deflateRawSync(readFileSync(path), { level: 9 }),
      loader: "binary",
      watchFiles: [path],
    }));
    build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const file = relative(join(root, "src"), join(resolveDir, path)).replaceAll("\\", "/");
      const name = inPlace.get(file.replace(/\.js$/, ""));
      return name && { path: join(root, "src", "browser", `${name}.ts`) };
    });
  },
};

/** What esbuild is to be told for such a bundle. */
export const browserOptions = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  platform: "browser",
  target: "es2022",
  plugins: [forBrowsers],
  keepNames: true, // Error texts name classes.
  logLevel: "warning",
};
