/** `wasm-mpi run` of a program in TypeScript: Node.js runs it, or by tsx where the project has that. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../harness/command.js";
import { wasmMpi } from "../harness/process.js";

const folder = temporaryFolder();

/** What stands for tsx: TypeScript without any types. */
const loader = `
import { register } from "node:module";
const hooks = \`export async function load(url, context, next) {
  return url.endsWith(".mts") ? next(url, { ...context, format: "module" }) : next(url, context);
}\`;
register("data:text/javascript," + encodeURIComponent(hooks));
`;

describe("a program in TypeScript", () => {
  it("runs with its arguments, by tsx where Node.js needs it", async () => {
    const tsx = join(folder, "node_modules", "tsx");
    mkdirSync(tsx, { recursive: true });
    writeFileSync(join(tsx, "package.json"), '{ "name": "tsx", "exports": { ".": "./loader.mjs" } }');
    writeFileSync(join(tsx, "loader.mjs"), loader);
    const program = join(folder, "program.mts");
    writeFileSync(program, 'import { argv } from "node:process";\nconsole.log(argv.slice(2).join());\n');
    const result = await wasmMpi(["run", program, "a", "--json"]);
    expect([result.code, result.stdout], result.transcript).toEqual([0, "a,--json\n"]);
  });
});
