/**
 * Writes where the package is kept into package.json: `repository`, `homepage` and `bugs`, from the one place that knows it,
 * the repository whose workflow publishes. npm compares the first with the statement of provenance.
 *
 *   GITHUB_SERVER_URL=https://github.com GITHUB_REPOSITORY=owner/name node scripts/address.mjs [FILE]
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const { GITHUB_SERVER_URL: server = "", GITHUB_REPOSITORY: name = "" } = process.env;
const file = process.argv[2] ?? join(dirname(dirname(fileURLToPath(import.meta.url))), "package.json");
if (!/^https:\/\/[\w.-]+$/.test(server) || !/^[\w.-]+\/[\w.-]+$/.test(name)) {
  const got = `"${server}" and "${name}"`;
  process.stderr.write(
    `address: GITHUB_SERVER_URL and GITHUB_REPOSITORY expected https://HOST and OWNER/NAME, got ${got}. Run it in a workflow.\n`,
  );
  process.exit(1);
}
const address = `${server}/${name}`;
const manifest = JSON.parse(readFileSync(file, "utf8"));
Object.assign(manifest, {
  repository: { type: "git", url: `git+${address}.git` },
  homepage: `${address}#readme`,
  bugs: { url: `${address}/issues` },
});
writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
