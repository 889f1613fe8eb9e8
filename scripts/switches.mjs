/** Environment variables that switch something on, as `src/environment.ts` checks them in programs. */

/** Ends the process with a line where one of these is set to something else than 1, 0 or nothing. */
export function checkSwitches(...names) {
  for (const name of names) {
    const value = process.env[name];
    if (["1", "0", "", undefined].includes(value)) continue;
    const text = `${name}: expected 1, or 0 or nothing, got ${JSON.stringify(value)}. Set it to 1, or unset it.`;
    process.stderr.write(`${text}\n`);
    process.exit(1);
  }
}
