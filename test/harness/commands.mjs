/** Runs the command line with the arguments, and in the folder, of each message of the process that started this one. */
import { command } from "../ranks/inside.mjs";

// Commands listen to signals until the programs that they start have ended.
process.setMaxListeners(0);
process.on("message", async ({ args, cwd }) => {
  process.chdir(cwd);
  process.send(await command(args));
});
process.on("disconnect", () => process.exit(0));
