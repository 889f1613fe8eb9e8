/** What importing the package as built loads, and starting the command line: all ranks of a job do one of them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../harness/command.js";
import { root, runNode, wasmMpi } from "../harness/process.js";

it("is imported without koffi, and without the modules of Node.js that few programs need", async () => {
  const code = `
    import { createRequire } from "node:module";
    const before = new Set(process.moduleLoadList);
    const { mpi } = await import("./dist/index.js");
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((file) => /koffi/.test(file)).length > 0;
    const modules = process.moduleLoadList.filter((name) => !before.has(name)).map((name) => name.replace("NativeModule ", ""));
    const seen = ["crypto", "child_process", "v8", "zlib"].filter((name) => modules.includes(name));
    const first = loaded();
    mpi.init({ library: "solo" });
    console.log(JSON.stringify({ seen, koffi: [first, loaded()] }));
  `;
  const { stdout, transcript } = await runNode(["--input-type=module", "-e", code], { cwd: root });
  expect(stdout, transcript).toBe('{"seen":[],"koffi":[false,true]}\n');
});

/** The files of dist/ that a module loads when it is imported, by their bytes. */
function loadedBy(file: string, files = new Map<string, number>()): ReadonlyMap<string, number> {
  if (files.has(file)) return files;
  const text = readFileSync(file, "utf8");
  files.set(file, text.length);
  for (const [, name] of text.matchAll(/(?:^|[;}])import\s*(?:\{[^}]*\}\s*from\s*)?"(\.[^"]+)"/gm))
    loadedBy(join(dirname(file), name!), files);
  return files;
}

it("loads the library in few files, and little of it before a command is known", () => {
  const chunks = join(root, "dist", "chunks");
  const main = readdirSync(chunks).find((name) => name.startsWith("main-"))!;
  const [library, program] = [join(root, "dist", "index.js"), join(chunks, main)].map((file) => loadedBy(file));
  const bytesOf = (files: ReadonlyMap<string, number>) => [...files.values()].reduce((sum, bytes) => sum + bytes, 0);
  expect(bytesOf(library!)).toBeGreaterThan(1e6);
  expect(library!.size).toBeLessThan(13);
  expect(bytesOf(program!)).toBeLessThan(0.2e6);
});

const folder = temporaryFolder();

it("keeps what Node.js has compiled of a command, where Node.js can", async () => {
  const answer = await wasmMpi(["--version"], { env: { WASM_MPI_CACHE: folder } });
  expect(answer.stdout, answer.transcript).toMatch(/^\d+\.\d+\.\d+\n$/);
  const kept = join(folder, "wasm-mpi-cache", "commands");
  const canKeep = "enableCompileCache" in module;
  expect(existsSync(kept)).toBe(canKeep);
  if (canKeep) expect(readdirSync(kept)).toHaveLength(1); // A folder of this version of Node.js.
});
