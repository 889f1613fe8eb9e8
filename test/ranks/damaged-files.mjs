/**
 * Damages HDF5 files that this package wrote, and has each looked at in another process, which gets ten seconds:
 *
 *     damaged-files.mjs COUNT SEED [ONLY]
 *
 * A damaged file is to be refused in words, or read as what it was. Excluded is what no reader can know: the values that
 * a byte was changed in, and, in the earliest format, texts, as neither has a checksum.
 * Prints what is wrong, a line each, a table of what came of the files, and "ok" where nothing is wrong.
 */
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asker } from "./ask.mjs";
import { randomOf } from "./random.mjs";

const [count, seed, only] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), "wasm-mpi-damaged-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Files that a process looks at before the next one takes its place: HDF5 is loaded anew after an error, and stays. */
const filesEach = 20;
/** Milliseconds for a file. */
const patience = 10_000;

const square = (shape) => shape.map((n) => [0, n]);
const kinds = [
  { name: "1D", run: "gaussian --shape 16 --courant 0.5", bounds: square([16]) },
  { name: "2D", run: "gaussian --shape 8,6", bounds: square([8, 6]) },
  { name: "3D", run: "gaussian --shape 5,4,6 --courant 0.2,0.1,0.1 --dtype f32", bounds: square([5, 4, 6]) },
  {
    name: "variables",
    run: "drop --shape 14,12",
    bounds: [
      [-8, 8],
      [-8, 8],
    ],
  },
  { name: "compact", run: "gaussian --shape 8,6 --backend gather", bounds: square([8, 6]) },
  {
    name: "compact variables",
    run: "drop --shape 14,12 --backend gather",
    bounds: [
      [-8, 8],
      [-8, 8],
    ],
  },
  { name: "written", run: "gaussian --shape 8,6", bounds: square([8, 6]), isOpen: true },
  { name: "compact written", run: "gaussian --shape 8,6 --backend gather", bounds: square([8, 6]), isOpen: true },
];
const steps = 4;

const looks = asker("damaged-look.mjs", filesEach);
/** What the other process answers; a run takes longer than a look. */
const ask = (message) => looks.ask(message, patience * (message.run ? 6 : 1));

/** Blocks of a file in which something is. */
const blockLength = 4096;
function blocksOf(bytes) {
  const nothing = Buffer.alloc(blockLength);
  const blocks = [];
  for (let at = 0; at < bytes.length; at += blockLength) {
    const block = bytes.subarray(at, at + blockLength);
    if (!block.equals(nothing.subarray(0, block.length))) blocks.push(at);
  }
  return blocks;
}

/** Where the values of each series and variable are in a file whose values are contiguous. */
function placesOf(bytes, { numbers }) {
  return Object.entries(numbers).map(([name, text]) => {
    // The frames of a variable are one behind the other.
    const values = Buffer.concat(text.split("|").map((frame) => Buffer.from(frame, "base64")));
    const begin = bytes.indexOf(values);
    return { name, begin, end: begin + values.length };
  });
}

/** Makes a file of a kind, and finds out what is in it. */
async function prepare(kind, index) {
  let path = join(folder, `whole-${index}.h5`);
  const { made } = await ask({
    run: ["advect", ...kind.run.split(" "), "--steps", String(steps), "--every", "1", "--output", path, "--json"],
  });
  const shape = made.shape;
  if (kind.isOpen) path = (await ask({ leaveOpen: path, shape, bounds: kind.bounds })).path;
  const whole = readFileSync(path);
  // A file that is being written is much longer than what is in it.
  const blocks = blocksOf(whole);
  const bytes = Buffer.from(whole.subarray(0, blocks.at(-1) + blockLength));
  const { length } = whole;
  const name = join(folder, `truth-${index}.h5`);
  for (const copy of [name, `${name}.copy.h5`]) copyFileSync(path, copy);
  const truth = await ask({ path: name, shape, bounds: kind.bounds, steps: steps + 3, isJson: true });
  const { contents } = truth.open;
  const isCompact = JSON.parse(contents.structure).form === "chunked";
  const places = isCompact ? [] : placesOf(bytes, contents);
  /** Bytes that are neither empty nor values: everything of a compact file. */
  const inside = (at) => places.some(({ begin, end }) => at >= begin && at < end);
  const described = blocks.flatMap((begin) =>
    Array.from({ length: Math.min(blockLength, bytes.length - begin) }, (_, index) => begin + index),
  );
  const metadata = described.filter((at) => !inside(at) && bytes.subarray(at & ~15, (at & ~15) + 16).some(Boolean));
  return { ...kind, shape, bytes, length, blocks, truth, isCompact, places, metadata };
}

/** Changes some bytes of a file: what was done, in words, and the bytes that are others. */
function damage(bytes, { metadata, blocks, length: whole }, { below, pick }) {
  const changed = [];
  const put = (at, value) => {
    if (at >= bytes.length) return;
    if (bytes[at] !== (value & 255)) changed.push(at);
    bytes[at] = value;
  };
  const where = () => pick(metadata);
  const anywhere = () => pick(blocks) + below(blockLength);
  const ways = {
    bit() {
      const at = where();
      put(at, bytes[at] ^ (1 << below(8)));
    },
    "bit anywhere"() {
      const at = Math.min(anywhere(), bytes.length - 1);
      put(at, bytes[at] ^ (1 << below(8)));
    },
    bits() {
      for (let n = 2 + below(15); n > 0; n--) {
        const at = where();
        put(at, bytes[at] ^ (1 << below(8)));
      }
    },
    bytes() {
      for (let n = 1 + below(8); n > 0; n--) put(where(), below(256));
    },
    run() {
      const [at, value] = [where(), pick([0, 255, below(256)])];
      for (let n = 1 + below(64); n > 0; n--) put(at + n - 1, value);
    },
    number() {
      const at = where() & ~7;
      if (at + 8 > bytes.length) return;
      const old = bytes.readBigUInt64LE(at);
      const number = pick([
        0n,
        1n,
        old + 1n,
        old - 1n,
        old * 2n,
        old / 2n,
        old + 8n,
        old - 8n,
        old + 4096n,
        1n << 31n,
        1n << 32n,
        1n << 63n,
        (1n << 64n) - 1n,
        BigInt(bytes.length),
        BigInt(below(bytes.length)),
      ]);
      const patch = Buffer.alloc(8);
      patch.writeBigUInt64LE(BigInt.asUintN(64, number));
      for (const [index, byte] of patch.entries()) put(at + index, byte);
    },
    superblock() {
      put(8 + below(88), below(256));
    },
    copied() {
      const [from, to] = [where(), where()];
      const piece = Buffer.from(bytes.subarray(from, from + 8 + below(120)));
      for (const [index, byte] of piece.entries()) put(to + index, byte);
    },
  };
  const way = pick([...Object.keys(ways), "cut", "cut", "longer"]);
  if (way === "cut") {
    const length = pick([
      below(whole),
      below(bytes.length),
      below(Math.min(bytes.length, 20_000)),
      pick(metadata),
      whole - 1,
    ]);
    return { way, length, changed: [] };
  }
  if (way === "longer") return { way, length: whole + 1 + below(10_000), changed: [] };
  ways[way]();
  return { way, length: whole, changed };
}

function writeSparse(path, bytes, blocks, length) {
  const fd = openSync(path, "w");
  for (const at of blocks)
    if (at < length) writeSync(fd, bytes.subarray(at, Math.min(at + blockLength, length)), 0, undefined, at);
  ftruncateSync(fd, length);
  closeSync(fd);
}

/** What of the truth a file that was opened without a word does not tell: only what nobody can know may be among it. */
function untrue({ contents }, { truth, places, isCompact }, { changed, length }) {
  const whole = truth.open.contents;
  const faults = [];
  if (contents.structure !== whole.structure) faults.push(`takes ${contents.structure} for ${whole.structure}`);
  if (isCompact && contents.texts !== whole.texts) faults.push(`takes ${contents.texts} for ${whole.texts}`);
  for (const [name, text] of Object.entries(whole.numbers)) {
    if (contents.numbers[name] === text || isCompact) continue;
    const own = places.filter((place) => place.name === name);
    const isKnown = !changed.some((at) => own.some(({ begin, end }) => at >= begin && at < end));
    if (isKnown && own.every(({ end }) => end <= length)) faults.push(`takes other values for ${name}`);
  }
  return faults;
}

const prepared = [];
for (const [index, kind] of kinds.entries()) prepared.push(await prepare(kind, index));

const table = new Map();
let failures = 0;
for (let n = 0; n < count; n++) {
  const random = randomOf(seed * 1_000_003 + n);
  const kind = prepared[n % prepared.length];
  const bytes = Buffer.from(kind.bytes);
  const done = damage(bytes, kind, random);
  if (only !== undefined && only !== n) continue;
  const path = join(folder, `${n}.h5`);
  const blocks = [...new Set([...kind.blocks, ...done.changed.map((at) => at - (at % blockLength))])];
  for (const name of [path, `${path}.copy.h5`]) writeSparse(name, bytes, blocks, done.length);
  const answer = await ask({ path, shape: kind.shape, bounds: kind.bounds, steps: steps + 3, isJson: n % 3 > 0 });
  for (const name of [path, `${path}.copy.h5`]) rmSync(name, { force: true });
  const faults = [];
  if (answer.died ?? answer.failed) faults.push(answer.died ?? answer.failed);
  else {
    for (const [call, { raw, breach }] of Object.entries(answer))
      if (raw ?? breach) faults.push(`${call}: ${raw ?? breach}`);
    if (answer.open.contents) faults.push(...untrue(answer.open, kind, done));
    const isSame =
      answer.open.contents && JSON.stringify(answer.open.contents) === JSON.stringify(kind.truth.open.contents);
    if (isSame && answer.restart.code === 0 && answer.restart.digest !== kind.truth.restart.digest) {
      faults.push("goes on to another result");
    }
    const end = answer.open.refused ? "refused" : isSame ? "as it was" : "other values or texts";
    table.set(`${kind.name}: ${end}`, (table.get(`${kind.name}: ${end}`) ?? 0) + 1);
  }
  if (faults.length > 0) failures++;
  const change = `${kind.name}, ${done.way}, ${done.changed.slice(0, 8).join(" ")}, ${done.length} of ${kind.length} bytes`;
  for (const fault of faults) console.log(`${n} (${change}): ${fault}`);
  if (only !== undefined) console.log(JSON.stringify(answer, undefined, 1).slice(0, 3000));
}
looks.end();
for (const [key, number] of [...table].sort()) console.log(`${key}: ${number}`);
console.log(`${failures} of ${count} files`);
if (failures === 0) console.log("ok");
