/** What importing the package as built loads: all ranks of a job do it, and each start of the command line. */
import { expect, it } from "vitest";
import { root, runNode } from "../harness/process.js";

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
