/**
 * Builds the documentation as static files, which work from a folder and from any web server.
 *
 *   node scripts/docs.mjs [--quick] [--serve [PORT]]
 *
 * --quick  without the pictures that are not there yet: they take some minutes, on 3 ranks where there is MPI
 * --serve  shows the pages on http://127.0.0.1:8000, with the headers that shared memory needs
 */
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(root, "out", "docs");

function fail(text) {
  process.stderr.write(`docs: ${text}\n`);
  process.exit(2);
}

const args = process.argv.slice(2);
const known = ["--quick", "--serve"];
const stranger = args.find(
  (arg, place) => !known.includes(arg) && !(/^\d+$/.test(arg) && args[place - 1] === "--serve"),
);
if (stranger) fail(`expected options among ${known.join(", ")}, got "${stranger}". Correct it.`);
const port = args.includes("--serve") ? Number(args[args.indexOf("--serve") + 1] ?? 8000) : undefined;
if (port !== undefined && !(port <= 65535)) fail(`"--serve" expected a port up to 65535, got ${port}. Name another.`);

const built = spawnSync(process.execPath, [join(root, "scripts", "setup.mjs")], { stdio: "inherit" });
if (built.status !== 0) process.exit(built.status ?? 1);

const { makePictures } = await import("./docs/pictures.mjs");
const { writeSite } = await import("./docs/site.mjs");
const { computePage, writeCompute } = await import("./docs/compute.mjs");
const pictures = await makePictures(join(out, "pictures"), {
  isQuick: args.includes("--quick"),
  say: (text) => process.stderr.write(`docs: ${text}\n`),
});
const { pages, sections } = writeSite(out, { pictures, menu: [computePage] });
await writeCompute(out);

const bytes = readdirSync(out, { recursive: true, encoding: "utf8" })
  .map((file) => statSync(join(out, file)))
  .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
const size = `${(bytes / 1e6).toFixed(1)} MB`;
process.stdout.write(
  `${pages} pages, ${sections} sections, ${size}: ${relative(process.cwd(), join(out, "index.html"))}\n`,
);

if (port !== undefined) {
  const { serve } = await import("./docs/serve.mjs");
  const { address } = await serve(out, port).catch((error) =>
    fail(`${error.message}. Name another port: --serve 8001.`),
  );
  process.stdout.write(`${address} (Ctrl-C ends it)\n`);
}
