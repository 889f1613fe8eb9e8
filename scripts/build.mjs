/**
 * Builds dist/: kernels (asc), bundles for Node.js and for browsers and the HDF5 library (esbuild), declarations (tsc) of the
 * package and of the language of kernels, the manual page and the schemas of options, assets (a font, licences). Runs only what is stale.
 *
 *   node scripts/build.mjs [--force]
 *
 * A step is stale when the hash of its inputs differs from the one in dist/.build.json, or when one of the files it
 * wrote is gone. Steps write to dist/.tmp and are moved into place when they have succeeded, under a lock, so that two
 * builds at once do the work once and a reader never sees half a file.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { constants, setPriority } from "node:os";
import { dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";

const self = fileURLToPath(import.meta.url);
const root = dirname(dirname(self));
const dist = join(root, "dist");
const temporary = join(dist, ".tmp", String(process.pid)); // Tools of a killed build may still write to theirs.
const stateFile = join(dist, ".build.json");
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** What each step reads, and how it fills a folder laid out like dist/. package-lock.json stands for the tools. */
const steps = {
  kernels: {
    inputs: ["assembly", "asconfig.json", "package-lock.json", "scripts/transform.mjs", "src/jit/passes"],
    async run(out) {
      const transform = await bundleTransform();
      // Relative and with forward slashes: asc joins these to its base directory itself.
      const folder = relative(root, out).replaceAll("\\", "/");
      const compile = (target, name, end) => {
        const files = ["--outFile", `${folder}/${name}${end}.wasm`, "--textFile", `${folder}/${name}${end}.wat`];
        return run(
          "assembly/",
          "assemblyscript/bin/asc.js",
          [
            `assembly/${name}.ts`,
            "--config",
            "asconfig.json",
            "--target",
            target,
            ...(target === "release" ? ["--transform", transform] : []),
            ...files,
          ],
          target === "release" && name === "kernels",
        );
      };
      // All to the end, so that no compiler still writes when the step is over.
      const results = await Promise.allSettled([
        ...["heap", "kernels"].flatMap((name) => [compile("release", name, ""), compile("debug", name, ".debug")]),
        compile("functions", "functions", ""),
      ]);
      const failed = results.find((result) => result.status === "rejected");
      if (failed) throw failed.reason;
    },
  },
  bundle: { inputs: ["src", "tsconfig.json", "package.json", "package-lock.json"], run: bundle },
  browser: {
    // The modules are in the bundle.
    needs: "kernels",
    inputs: [
      ...["src", "tsconfig.json", "package-lock.json", "scripts/seams.mjs"],
      ...["heap", "kernels", "functions"].map((name) => `dist/${name}.wasm`),
    ],
    async run(out) {
      const { build } = await import("esbuild");
      const { browserOptions } = await import("./seams.mjs");
      const entry = { entryPoints: ["src/browser/index.ts"], format: "esm", outfile: join(out, "browser.js") };
      await build({ ...browserOptions, ...entry }).catch(() => {
        throw new Error("expected src/browser/ to be bundled, got the errors above from esbuild. Mend them.");
      });
    },
  },
  hdf5: {
    inputs: ["package-lock.json", "scripts/hdf5.mjs"],
    async run(out) {
      const { writeHdf5 } = await import("./hdf5.mjs");
      await writeHdf5(join(root, "node_modules", "h5wasm"), out);
    },
  },
  page: {
    inputs: ["src/plot/page", "src/plot/colours.ts", "src/plot/scale.ts", "package-lock.json"],
    run: page,
  },
  types: {
    inputs: ["src", "tsconfig.json", "tsconfig.types.json", "scripts/declarations.mjs", "package-lock.json"],
    async run(out) {
      const { keepReached } = await import("./declarations.mjs");
      const { files } = readJson(join(root, "tsconfig.types.json"));
      await run("src/", "typescript/bin/tsc", ["-p", "tsconfig.types.json", "--outDir", join(out, "types")]);
      keepReached(
        join(out, "types"),
        files.map((file) => file.slice("src/".length, -".ts".length)),
      );
    },
  },
  language: {
    inputs: ["assembly/jit", "tsconfig.kernels.json", "scripts/language.mjs", "package-lock.json"],
    async run(out) {
      const { writeLanguage } = await import("./language.mjs");
      const made = join(temporary, "declarations");
      await run("assembly/jit/", "typescript/bin/tsc", ["-p", "tsconfig.kernels.json", "--outDir", made]);
      writeLanguage(made, join(root, "node_modules", "assemblyscript"), out);
    },
  },
  manual: {
    inputs: ["src", "tsconfig.json", "package.json", "package-lock.json"],
    async run(out) {
      const { build } = await import("esbuild");
      const outfile = join(temporary, "manual.mjs");
      await build({
        entryPoints: [join(root, "src", "cli", "manual", "page.ts")],
        ...{ outfile, bundle: true, format: "esm", platform: "node", logLevel: "warning" },
        packages: "external",
      });
      const { manualPage, schemas } = await import(pathToFileURL(outfile).href);
      writeFileSync(join(out, "wasm-mpi.1"), manualPage());
      for (const [name, schema] of Object.entries(schemas))
        writeFileSync(join(out, `${name}.schema.json`), `${JSON.stringify(schema, undefined, 1)}\n`);
    },
  },
  assets: {
    inputs: ["package-lock.json"],
    run(out) {
      const copy = (from, to) => {
        mkdirSync(dirname(join(out, to)), { recursive: true });
        copyFileSync(join(root, "node_modules", from), join(out, to));
      };
      copy("dejavu-fonts-ttf/ttf/DejaVuSans.ttf", "fonts/DejaVuSans.ttf");
      copy("dejavu-fonts-ttf/LICENSE", "fonts/LICENSE");
      // The licences of what the bundle contains; its minimal comments do not carry them.
      copy("commander/LICENSE", "licenses/commander.txt");
      copy("echarts/LICENSE", "licenses/echarts.txt");
      copy("echarts/NOTICE", "licenses/echarts-notice.txt");
      copy("zrender/LICENSE", "licenses/zrender.txt");
      copy("assemblyscript/LICENSE", "licenses/assemblyscript.txt");
      copy("fflate/LICENSE", "licenses/fflate.txt");
      copy("gifenc/LICENSE.md", "licenses/gifenc.txt");
      copy("h5wasm/LICENSE.txt", "licenses/h5wasm.txt");
      copy("@jridgewell/sourcemap-codec/LICENSE", "licenses/sourcemap-codec.txt");
    },
  },
};

/** The path of scripts/transform.mjs as one file. */
async function bundleTransform() {
  const { build } = await import("esbuild");
  const outfile = join(temporary, "transform.mjs");
  const entryPoints = [join(root, "scripts", "transform.mjs")];
  await build({ entryPoints, outfile, bundle: true, format: "esm", platform: "node", logLevel: "warning" });
  return outfile;
}

/** The page of `view --html`, without what it shows. */
async function page(out) {
  const { build } = await import("esbuild");
  const folder = join(root, "src", "plot", "page");
  const made = async (file) => {
    const target = { target: "es2022", format: "iife", platform: "browser" };
    const entry = { entryPoints: [join(folder, file)], bundle: true, minify: true, write: false, logLevel: "warning" };
    const { outputFiles } = await build({ ...entry, ...target, charset: "utf8" });
    // Neither an end of a script nor a begin of a comment may be in a script of a page.
    return outputFiles[0].text.replace(/<(?=\/script|!--)/gi, "\\x3c").trim();
  };
  const [script, style] = [await made("main.ts"), await made("style.css")];
  const page = readFileSync(join(folder, "page.html"), "utf8")
    .replaceAll(/\n */g, "\n")
    .replace('<link rel="stylesheet" href="style.css">', () => `<style>${style}</style>`)
    .replace('<script src="main.js"></script>', () => `<script>${script}</script>`);
  writeFileSync(join(out, "view.html"), page);
}

/** What is loaded where the library is loaded already, or needs most of it. */
const besideLibrary = [
  ...["cli/bench.ts", "cli/build.ts", "cli/commands.ts", "cli/view/index.ts", "jit/compiler.ts"],
  ...["plot/canvas.ts", "plot/gif.ts", "plot/vector.ts"],
].map((file) => join(root, "src", file));

/**
 * Has these import all of the library. esbuild makes a chunk for each set of entries that use the same files, and a module that
 * is loaded on demand is an entry: the library, in 10 files, would come in 37, and importing it take 124 ms in place of 111.
 */
const withLibrary = {
  name: "with the whole library",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!besideLibrary.includes(path)) return;
      const library = relative(dirname(path), join(root, "src", "index.ts")).replaceAll("\\", "/");
      return { contents: `${readFileSync(path, "utf8")}\nimport "./${library}";\n`, loader: "ts" };
    });
  },
};

/** Has a CommonJS module (commander) import what it requires of Node.js, as a bundle of ES modules has no `require`. */
const builtins = {
  name: "modules of Node.js",
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, kind }) => {
      return kind === "require-call" ? { path, namespace: "builtin" } : undefined;
    });
    build.onLoad({ filter: /^/, namespace: "builtin" }, ({ path }) => {
      return { contents: path === "node:process" ? "module.exports = process;" : `export * from "${path}";` };
    });
  },
};

async function bundle(out) {
  const { build, transform } = await import("esbuild");
  const { dependencies, peerDependencies } = readJson(join(root, "package.json"));
  const options = {
    absWorkingDir: root,
    outdir: out,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: Object.keys({ ...dependencies, ...peerDependencies }),
    // No source maps: the sources are not in the package. Its own code keeps its names; comments and blanks, which nobody steps
    // through, take 0.4 MB. Lines end somewhere, as Node.js prints that of an error that nobody catches.
    minifyWhitespace: true,
    lineLimit: 120,
    metafile: true,
    logLevel: "warning",
  };
  // The programs of threads, which are not for import: a file each, that shares nothing with the others.
  const threads = {
    compiler: "src/jit/worker.ts",
    team: "src/wasm/worker.ts",
    filer: "src/io/beside/thread.ts",
    watch: "src/mpi/library/watch/thread.ts",
  };
  const entryPoints = { index: "src/index.ts", mpi: "src/mpi/index.ts", cli: "src/cli/index.ts" };
  const [{ metafile }] = await Promise.all([
    // Code that two entries use goes to a chunk, so that they share its state: there is one memory and one MPI.
    build({
      ...options,
      entryPoints,
      splitting: true,
      chunkNames: "chunks/[name]-[hash]",
      plugins: [withLibrary, builtins],
    }),
    build({ ...options, entryPoints: threads }),
  ]).catch(() => {
    throw new Error("expected src/ to be bundled, got the errors above from esbuild. Mend them.");
  });
  // What others wrote (ECharts, gifenc) takes half the room.
  const foreign = Object.entries(metafile.outputs).filter(([, { inputs }]) =>
    Object.keys(inputs).some((input) => /^node_modules\/(echarts|gifenc)\//.test(input)),
  );
  for (const [path] of foreign) {
    const file = join(root, path);
    const { code } = await transform(readFileSync(file, "utf8"), {
      minify: true,
      lineLimit: 120,
      format: "esm",
      target: "node20",
    });
    writeFileSync(file, code);
  }
  const cli = join(out, "cli.js");
  const text = readFileSync(cli, "utf8");
  if (!text.startsWith("#!")) writeFileSync(cli, `#!/usr/bin/env node\n${text}`);
  chmodSync(cli, 0o755);
}

const printed = new Set();

/**
 * Runs a tool of node_modules in the root folder; prints what it says, rejects when it fails. The kernels take as long as all
 * else together, so that the other tools stand back for them: 17 s on two cores, not 21.
 */
function run(subject, tool, args, isLongest = false) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "node_modules", tool), ...args], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    if (!isLongest && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    let text = "";
    child.stdout.on("data", (data) => (text += data));
    child.stderr.on("data", (data) => (text += data));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      // Once: both targets of a module find the same mistakes.
      if (text.trim() && !printed.has(text)) process.stderr.write(`${text.trimEnd()}\n`);
      printed.add(text);
      if (code === 0) resolve();
      else
        reject(
          new Error(
            `expected ${subject} to compile, got ${signal ?? `exit code ${code}`} from ${tool}. Mend what its text above says.`,
          ),
        );
    });
  });
}

const listFiles = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .flatMap((name) => listFiles(join(path, name)))
    : [path];

function hashOf(inputs) {
  const hash = createHash("sha256");
  for (const file of [
    self,
    ...inputs
      .map((input) => join(root, input))
      .filter(existsSync)
      .flatMap(listFiles),
  ]) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

function readState() {
  try {
    return readJson(stateFile);
  } catch {
    return {}; // No build yet, or one that was cut short: everything is stale.
  }
}

/** The names of the steps that have to run, with the hash of their inputs now. */
function findStale(force) {
  const state = readState();
  const isStale = ({ name, hash }) => {
    const last = state[name];
    return force || last?.hash !== hash || !last.files.every((file) => existsSync(join(dist, file)));
  };
  const all = Object.entries(steps).map(([name, { inputs }]) => ({ name, hash: hashOf(inputs) }));
  const stale = new Set(all.filter(isStale).map(({ name }) => name));
  // What is made of something stale is stale.
  return all.filter(({ name }) => stale.has(name) || stale.has(steps[name].needs));
}

async function runStep({ name, hash }) {
  const out = join(temporary, name);
  mkdirSync(out, { recursive: true });
  await steps[name].run(out);
  const files = listFiles(out).map((file) => relative(out, file));
  for (const file of files) {
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    renameSync(join(out, file), join(dist, file));
  }
  const state = readState();
  // What this step wrote last time and no longer does, such as a chunk under its old hash.
  for (const old of state[name]?.files ?? []) if (!files.includes(old)) rmSync(join(dist, old), { force: true });
  writeFileSync(join(temporary, "state"), JSON.stringify({ ...state, [name]: { hash, files } }, undefined, 1));
  renameSync(join(temporary, "state"), stateFile);
}

/**
 * Does `work` while no other process of this folder does. A lock whose owner has died, or older than a quarter of an
 * hour (its owner may live where its process number means nothing here), is taken over.
 */
export async function locked(work) {
  const lock = join(dist, ".lock");
  mkdirSync(dist, { recursive: true });
  for (let tries = 0; ; tries++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (isAbandoned(lock)) rmSync(lock, { force: true });
    else {
      if (tries === 20) process.stderr.write("wasm-mpi: waiting for another process in this folder (dist/.lock)…\n");
      await sleep(100);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isAbandoned(lock) {
  try {
    const age = Date.now() - statSync(lock).mtimeMs;
    const owner = Number(readFileSync(lock, "utf8"));
    if (!owner) return age > 5000; // Created, and its number not written yet.
    if (age > 900_000) return true;
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

/** Builds what is stale. Resolves to the names of the steps that ran; rejects when one failed, after all have ended. */
export async function build({ force = false } = {}) {
  if (findStale(force).length === 0) return [];
  return locked(async () => {
    const stale = findStale(force); // Again: another build may have done it while this one waited.
    if (stale.length === 0) return [];
    const names = stale.map(({ name }) => name);
    process.stderr.write(`wasm-mpi: building ${names.join(", ")}…\n`);
    const started = new Map();
    const start = async (step) => {
      const { needs, inputs } = steps[step.name];
      if (!needs) return runStep(step);
      const [before] = await Promise.allSettled([started.get(needs)]);
      if (before.status === "fulfilled") await runStep({ ...step, hash: hashOf(inputs) });
    };
    for (const step of stale) started.set(step.name, start(step));
    const results = await Promise.allSettled(started.values());
    rmSync(dirname(temporary), { recursive: true, force: true }); // What killed builds left included.
    const failed = results.flatMap(({ reason }, i) => (reason ? [`build: ${names[i]}: ${reason.message}`] : []));
    if (failed.length > 0) throw new Error(failed.join("\n"));
    return names;
  });
}

if (process.argv[1] && realpathSync(process.argv[1]) === realpathSync(self)) {
  const unknown = process.argv.slice(2).find((argument) => argument !== "--force");
  try {
    if (unknown) throw new Error(`build: expected no option or --force, got "${unknown}". Leave it out.`);
    const built = await build({ force: process.argv.includes("--force") });
    if (built.length === 0) process.stderr.write("wasm-mpi: dist/ is up to date (--force builds it again).\n");
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
