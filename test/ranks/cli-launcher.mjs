/**
 * Stands for a launcher whose ranks compute something else: node cli-launcher.mjs -n RANKS COMMAND... runs the command
 * once and then flips the last bit of one cell in the last frame of the file that it wrote.
 */
import { spawnSync } from "node:child_process";
import h5wasm from "h5wasm/node";

const [, ranks, command, ...args] = process.argv.slice(2);
process.exitCode = spawnSync(command, args, { stdio: "inherit" }).status ?? 1;
await h5wasm.ready;
const file = new h5wasm.File(args[args.indexOf("--output") + 1], "a");
const psi = file.get("psi");
const cell = [
  [psi.shape[0] - 1, psi.shape[0]],
  [Number(ranks), Number(ranks) + 1],
];
const value = psi.slice(cell);
new BigUint64Array(value.buffer)[0] ^= 1n;
psi.write_slice(cell, value);
file.close();
