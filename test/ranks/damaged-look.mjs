/**
 * Looks at HDF5 files that may be damaged, one a message of the process that started this one: reads them, appends to
 * them, shows them with `view` and goes on with `advect --restart`. Answers with what came of each.
 */
import { copyFileSync } from "node:fs";
import { FileError, Grid, mpi, Output, UsageError } from "wasm-mpi";
import { breachOf, command } from "./inside.mjs";

const world = mpi.init();

/** Everything that a file holds, each as a text that can be compared. */
async function contentsOf(path) {
  const file = await Output.open(path);
  try {
    const { shape, times, coordinates, layout, form, gzip } = file;
    const frames = [...times.keys()];
    const { variables, coordinateUnits, timeUnits, attributes } = layout;
    const bits = (values) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
    const types = Object.fromEntries(Object.entries(variables).map(([name, { dtype }]) => [name, dtype]));
    const diagnostics = frames.map((frame) => Object.entries(file.diagnostics(frame)));
    return {
      structure: JSON.stringify({ shape, frames: times.length, types, form, gzip }),
      texts: JSON.stringify({ variables, coordinateUnits, timeUnits, attributes }),
      numbers: {
        time: bits(times),
        ...Object.fromEntries(coordinates.map((centres, axis) => ["xyz"[axis], bits(centres)])),
        ...Object.fromEntries(
          ["min", "max", "sum", "walltime"].map((name) => [
            name,
            bits(Float64Array.from(diagnostics, (entries) => Object.fromEntries(entries)[name])),
          ]),
        ),
        ...Object.fromEntries(
          Object.keys(variables).map((name) => [
            name,
            frames.map((frame) => Array.from(file.readParts(name, frame), bits).join()).join("|"),
          ]),
        ),
      },
      types,
    };
  } finally {
    file.close();
  }
}

/** The words of an error of this package; the error itself where it is none. */
function toldBy(error) {
  const { message } = error;
  const isTold =
    (error instanceof FileError || error instanceof UsageError) && /\bexpected .+, got .+\. .+\.$/s.test(message);
  if (!isTold || /\n|H5[A-Z]\w*\(|error stack/.test(message)) return { raw: String(error?.stack ?? error) };
  return { refused: message };
}

/** Appends a frame to a copy, and looks at what the file then holds. */
async function append(path, { shape, bounds, before }) {
  const grid = new Grid(world, { shape, bounds });
  const output = await Output.append(grid, path);
  const fields = fieldsOf(output, grid, 17);
  const time = output.times.at(-1) + 1;
  await output.write(time, fields);
  await output.close();
  for (const field of Object.values(fields)) field.free();
  grid.free();
  const after = await contentsOf(path);
  // The frames before stay as they were read.
  for (const [name, text] of Object.entries(before.numbers)) {
    if (!"xyz".includes(name) && !after.numbers[name].startsWith(text.replace(/[^|]?={0,2}$/, ""))) {
      return { raw: `another ${name} after a frame was appended` };
    }
  }
  const frames = JSON.parse(after.structure).frames - JSON.parse(before.structure).frames;
  return frames === 1 ? { done: true } : { raw: `${frames} frames more after one was appended` };
}

/** A copy of a file as it is while it is being written. */
async function leaveOpen({ leaveOpen: path, shape, bounds }) {
  const grid = new Grid(world, { shape, bounds, periodic: true });
  const output = await Output.append(grid, path);
  await output.write(output.times.at(-1) + 1, fieldsOf(output, grid, 17));
  const copy = `${path}.open.h5`;
  copyFileSync(path, copy);
  await output.close();
  return copy;
}

/** Fields for a frame of a file. */
function fieldsOf({ variables }, grid, value) {
  const entries = Object.entries(variables);
  return Object.fromEntries(entries.map(([name, dtype]) => [name, grid.field(value, { dtype })]));
}

async function look({ path, shape, bounds, steps, isJson }) {
  const result = {};
  try {
    result.open = { contents: await contentsOf(path) };
  } catch (error) {
    result.open = toldBy(error);
  }
  const before = result.open.contents;
  // The process that damages files made a copy as well: it knows what is empty in them.
  const copy = `${path}.copy.h5`;
  try {
    result.append = before ? await append(copy, { shape, bounds, before }) : toldBy(await errorOf(shape, bounds, copy));
  } catch (error) {
    result.append = toldBy(error);
  }
  const shown = await command(["view", path, ...(isJson ? ["--json"] : [])]);
  result.view = { breach: breachOf(shown), code: shown.code };
  const ran = await command(["advect", "--restart", path, "--steps", String(steps), "--json"]);
  result.restart = { breach: breachOf(ran), code: ran.code, stderr: ran.stderr };
  if (ran.code === 0) result.restart.digest = JSON.parse(ran.stdout).digest;
  return result;
}

/** What `append` says to a file that cannot be read. */
async function errorOf(shape, bounds, path) {
  const grid = new Grid(world, { shape, bounds });
  try {
    const output = await Output.append(grid, path);
    await output.close();
    return new Error("append takes a file that cannot be opened");
  } catch (error) {
    return error;
  } finally {
    grid.free();
  }
}

process.on("message", async (message) => {
  try {
    if (message.run) {
      const made = await command(message.run);
      process.send({ made: made.code === 0 ? JSON.parse(made.stdout) : made });
    } else if (message.leaveOpen) process.send({ path: await leaveOpen(message) });
    else process.send(await look(message));
  } catch (error) {
    process.send({ failed: String(error?.stack ?? error) });
  }
});
process.on("disconnect", () => process.exit(0));
