/**
 * The pictures of docs/gallery/: each block of code of these pages, a command or a program, makes one.
 *
 * They are made with the built package, on 3 ranks where there is MPI, and again only when the code or the package changes.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const cli = join(root, "dist", "cli.js");

/** The blocks of a page that make pictures: `{ path, code, picture, program }`, with the name of the file each. */
export function blocksOf(path) {
  const text = readFileSync(join(root, path), "utf8").replaceAll("\r\n", "\n");
  return [...text.matchAll(/^```(js|sh)\n([\s\S]*?)^```$/gm)].map(([, language, block]) => {
    const code = block.trimEnd();
    const picture = /[\w-]+\.png\b/.exec(code.split("\n").at(-1))?.[0];
    if (!picture) throw new Error(`${path}: expected a picture in the last line of each block, got none in\n${code}`);
    const program = language === "js" ? /^\/\/ (\w+\.mjs)\n/.exec(code)?.[1] : undefined;
    return { path, code, picture, program };
  });
}

/** The pages that have pictures, as paths from the folder of the package. */
export const picturePages = () =>
  readdirSync(join(root, "docs", "gallery"))
    .filter((file) => file.endsWith(".md"))
    .toSorted()
    .map((file) => `docs/gallery/${file}`);

/** The arguments of `wasm-mpi` that make a picture, in a folder that has the programs; without MPI on one rank. */
export function argsOf({ code, program }, hasMpi) {
  if (program) return ["run", ...(hasMpi ? ["-n", "3"] : []), program];
  const line = code.replaceAll("\\\n", " ").replace(/^npx wasm-mpi /, "");
  const words = Array.from(line.matchAll(/"([^"]*)"|\S+/g), ([word, quoted]) => quoted ?? word);
  const place = words.indexOf("-n");
  if (!hasMpi && place >= 0) words.splice(place, 2);
  return words;
}

/** Runs `wasm-mpi` and gives what it has printed; its end with another code than 0 is an error. */
export function run(args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let [output, errors] = ["", ""];
    child.stdout.on("data", (text) => {
      output += text;
    });
    child.stderr.on("data", (text) => {
      errors += text;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`wasm-mpi ${args.join(" ")}: expected exit code 0, got ${code}.\n${output}${errors}`));
    });
  });
}

/** Makes the pictures that are missing, in a folder; gives the file of a block of code on a page. */
export async function makePictures(folder, { isQuick = false, say = () => {} } = {}) {
  mkdirSync(folder, { recursive: true });
  const blocks = picturePages().flatMap(blocksOf);
  const build = readFileSync(join(root, "dist", ".build.json"), "utf8");
  const hashOf = ({ code }) => createHash("sha256").update(build).update(code).digest("hex");
  const listPath = join(folder, "made.json");
  const made = existsSync(listPath) ? JSON.parse(readFileSync(listPath, "utf8")) : {};
  const isThere = (block) => existsSync(join(folder, block.picture));
  const missing = isQuick ? [] : blocks.filter((block) => made[block.picture] !== hashOf(block) || !isThere(block));

  const hasMpi =
    missing.length > 0 && JSON.parse(await run(["doctor", "--json"])).installations.some(({ works }) => works);
  for (const [place, block] of missing.entries()) {
    say(`picture ${place + 1} of ${missing.length}: ${block.picture}`);
    rmSync(join(folder, block.picture), { force: true });
    if (block.program) writeFileSync(join(folder, block.program), `${block.code}\n`);
    await run(argsOf(block, hasMpi), folder);
    if (!isThere(block))
      throw new Error(`${block.path}: expected ${block.picture} from this, got no file.\n${block.code}`);
    if (block.program) rmSync(join(folder, block.program));
    made[block.picture] = hashOf(block);
    writeFileSync(listPath, JSON.stringify(made));
  }
  const files = new Map(blocks.filter(isThere).map((block) => [block.path + block.code, join(folder, block.picture)]));
  return (path, code) => files.get(path + code);
}
