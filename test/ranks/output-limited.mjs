/** Runs the command line with a limit on the size of files: node output-limited.mjs BLOCKS ARGUMENTS... */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const [blocks, ...args] = process.argv.slice(2);
const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const command = ["-c", `ulimit -f ${blocks}; exec "$@"`, "sh", process.execPath, cli, ...args];
process.exitCode = spawnSync("sh", command, { stdio: "inherit" }).status ?? 1;
