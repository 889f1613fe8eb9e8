/**
 * Brings this folder to where `npm start` and `npm test` work: dependencies, builds, the `wasm-mpi` command, MPI.
 * Needs Node alone, on any system; silent and quick when nothing is missing.
 *
 *   node scripts/setup.mjs [--test] [--mpi]
 *
 * --test  also what the tests want: Open MPI, MPICH, h5dump and ncdump where apt-get is at hand; with WASM_MPI_TEST_FULL=1
 *         Chromium, too, and for root iproute2 and Slurm
 * --mpi   try to install MPI again although an attempt failed within the last hours
 * WASM_MPI_NO_INSTALL=1 forbids installing system packages.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkSwitches } from "./switches.mjs";

checkSwitches("WASM_MPI_NO_INSTALL");

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const cache = join(modules, ".cache", "wasm-mpi");
const windows = process.platform === "win32";
const npmCi = ["ci", "--include=dev", "--include=optional"];

const say = (text) => process.stderr.write(`${text}\n`);
const read = (path) => (existsSync(path) ? readFileSync(path, "utf8") : "");

function fail(text) {
  say(text);
  process.exit(1);
}

const lockHash = () =>
  createHash("sha256")
    .update(read(join(root, "package-lock.json")))
    .digest("hex");

/** Whether node_modules is what package-lock.json asks for, on this system. */
function isInstalled() {
  const installed = read(join(modules, ".package-lock.json"));
  if (!installed) return false;
  const { packages: wanted } = JSON.parse(read(join(root, "package-lock.json")));
  const { packages: present } = JSON.parse(installed);
  const { dependencies, devDependencies } = wanted[""];
  for (const name of Object.keys({ ...dependencies, ...devDependencies }))
    if (!existsSync(join(modules, name, "package.json"))) return false;
  // npm installs no binary for another system, so one that is there came with a copied folder.
  const fits = (list, value) =>
    !list || list.includes(value) || list.every((entry) => /^!/.test(entry) && entry !== `!${value}`);
  for (const { os, cpu } of Object.values(present))
    if (!fits(os, process.platform) || !fits(cpu, process.arch)) return false;
  // The hash is of the last `npm ci` from here; the comparison accepts what the user installed with npm.
  if (read(join(cache, "lock")) === lockHash()) return true;
  return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
    const entry = present[path];
    return path === "" || (entry ? entry.version === version && entry.integrity === integrity : optional);
  });
}

/** npm of this Node, as the words that start it: its script where it is found, so that no shell is needed. */
function npmCommand() {
  const running = process.env.npm_execpath; // The npm that runs this script, if one does.
  const folder = dirname(process.execPath);
  const scripts = [
    running && basename(running) === "npm-cli.js" ? running : "",
    join(folder, "node_modules", "npm", "bin", "npm-cli.js"),
    join(folder, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
  ];
  const script = scripts.find((path) => path && existsSync(path));
  return script ? [process.execPath, script] : ["npm"];
}

function installDependencies() {
  say("wasm-mpi: installing dependencies (npm ci)…");
  const [command, ...first] = npmCommand();
  const { status, signal, error, stdout, stderr } = spawnSync(command, [...first, ...npmCi], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    shell: windows && command === "npm", // npm is npm.cmd there, which only a shell starts.
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (status !== 0) {
    // npm's own list of options, which it adds when the lock file does not fit, would hide what is wrong.
    const [text] = `${stdout ?? ""}${stderr ?? ""}`.split("npm error Clean install a project");
    say(text.replace(/^npm warn .*\n/gm, "").trimEnd());
    const got = error?.message ?? signal ?? `exit code ${status} with the text above`;
    throw new Error(
      `setup: expected npm to install the dependencies, got ${got}. Mend that, then: npm ${npmCi.join(" ")}`,
    );
  }
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, "lock"), lockHash());
}

/** Puts this package's own command where npm puts those of its dependencies, for `npx wasm-mpi` in this folder. */
function linkCommand() {
  const link = join(modules, ".bin", "wasm-mpi");
  const target = join("..", "..", "dist", "cli.js");
  if (windows) {
    const shims = {
      [`${link}.cmd`]: `@node "%~dp0\\${target}" %*\r\n`,
      [link]: '#!/bin/sh\nexec node "$(dirname "$0")/../../dist/cli.js" "$@"\n',
    };
    for (const [path, text] of Object.entries(shims)) if (read(path) !== text) writeFileSync(path, text);
    return;
  }
  const present = lstatSync(link, { throwIfNoEntry: false });
  if (present?.isSymbolicLink() && readlinkSync(link) === target) return;
  if (present) rmSync(link, { force: true });
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(target, link);
  chmodSync(link, 0o755);
}

const [major] = process.versions.node.split(".");
if (Number(major) < 20)
  fail(
    `setup: expected Node 20 or newer, got ${process.version}. Install one from https://nodejs.org or with your version manager.`,
  );
const options = process.argv.slice(2);
const unknown = options.find((option) => option !== "--test" && option !== "--mpi");
if (unknown) fail(`setup: expected the options --test and --mpi, got "${unknown}". Leave it out.`);

// Not before here: what follows may use all of Node 20.
const { build, locked } = await import("./build.mjs");
const { provideMpi } = await import("./mpi.mjs");
try {
  // Under the lock of the build, and looked at again there: another process may have been at it.
  if (!isInstalled()) await locked(async () => isInstalled() || installDependencies());
  await build();
} catch (error) {
  fail(error.message);
}
linkCommand();
provideMpi({ test: options.includes("--test"), again: options.includes("--mpi"), stamp: join(cache, "mpi-failed") });
