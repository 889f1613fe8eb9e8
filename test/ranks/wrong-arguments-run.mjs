/**
 * Runs the command line with the arguments in each message of the process that started this one. Where the arguments
 * are right and the run would take long, or would start other processes, it ends when it begins.
 */
import childProcess from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { Grid, Mpdata } from "wasm-mpi";
import { command } from "./inside.mjs";

/** Thrown in place of a run. */
class Reached extends Error {
  constructor(told) {
    super("a run begins");
    reached = told;
  }
}
let reached;
/** Steps of the command. */
let taken = 0;

/** More cells times steps take more than a moment. */
const most = 2e5;

// Commands listen to signals until the programs that they start have ended.
process.setMaxListeners(0);
childProcess.spawn = (_, args) => {
  throw new Reached({ args: args.map(String) });
};
syncBuiltinESMExports();

const { field } = Grid.prototype;
Grid.prototype.field = function (...args) {
  if (this.shape.reduce((product, n) => product * n, 1) > most) throw new Reached({ options: { shape: this.shape } });
  return field.apply(this, args);
};
const { advance } = Mpdata.prototype;
Mpdata.prototype.advance = function (steps) {
  const { shape } = this.fields[0].grid;
  // Runs take a step at first, and more when they know how long one takes.
  taken += steps;
  if (taken > 20 || shape.reduce((product, n) => product * n, taken) > most) throw new Reached({ options: { shape } });
  return advance.call(this, steps);
};

process.on("message", async ({ args, folder }) => {
  const work = join(folder, "work");
  process.chdir(folder);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  for (const name of readdirSync(join(folder, "kept")))
    cpSync(join(folder, "kept", name), join(work, name), { recursive: true });
  process.chdir(work);
  [reached, taken] = [undefined, 0];
  const { thrown, ...rest } = await command(args);
  process.send({ ...rest, ...(reached ? { reached } : { thrown }) });
});
process.on("disconnect", () => process.exit(0));
