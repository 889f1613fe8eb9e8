/**
 * The main job of `npm start`: `compare` on 1, 2 and 3 ranks, with a picture and HDF5 files in `out/`.
 *
 *   node scripts/start.mjs [ARGUMENTS]
 *
 * Options behind `npm start --` come in place of the job's own: an option may be there once.
 */
const own = [
  ["--ranks", "1,2,3"],
  ["--output", "out/gaussian.h5"],
  ["--plot", "out/gaussian.png"],
  ["--overwrite"],
  ["--fewer"],
];
const cli = new URL("../dist/cli.js", import.meta.url);
const asked = process.argv.slice(2);
const flags = asked.map((argument) => argument.split("=")[0]);
const kept = own.filter(([flag]) => !flags.includes(flag)).flat();
process.argv.splice(2, process.argv.length, "compare", "gaussian", ...kept, ...asked);
await import(cli.href);
