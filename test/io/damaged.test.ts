/** Files in which something has changed: told in words, or read as what they were. */
import fs from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FileError } from "../../src/errors.js";
import { Grid } from "../../src/grid/grid.js";
import { bytesOf } from "../../src/io/bytes.js";
import { type Header, readHeader } from "../../src/io/header.js";
import { Output } from "../../src/io/output.js";
import { temporaryFolder } from "../harness/command.js";
import { isFull } from "../harness/effort.js";
import { root, runNode, wasmMpi } from "../harness/process.js";
import { solo } from "../harness/run.js";

const folder = temporaryFolder();
let count = 0;
const frames = 4;

/** A whole file, its bytes, and the header of each dataset. */
async function whole(backend: "posix" | "gather" = "posix") {
  const path = join(folder, `${count++}.h5`);
  const grid = new Grid(solo(), { shape: [6, 5] });
  const psi = grid.field((x, y) => x + 10 * y);
  const output = await Output.create(grid, path, { variables: { psi: {} }, backend });
  for (let t = 0; t < frames; t++) output.write(t, { psi });
  await output.close();
  const file = await Output.open(path);
  const fd = fs.openSync(path, "r");
  const headers = ["time", "x", "y", "min", "max", "sum", "walltime", "psi"].map((name) => {
    return [name, backend === "posix" ? readHeader(bytesOf(fd), file.headerAddress(name)) : undefined] as const;
  });
  fs.closeSync(fd);
  file.close();
  return { path, bytes: fs.readFileSync(path), headers: Object.fromEntries(headers) as Record<string, Header> };
}

type Change = (bytes: Buffer, headers: Readonly<Record<string, Header>>) => void;
const number = (bytes: Buffer, at: number, change: (value: number) => number) =>
  bytes.writeBigUInt64LE(BigInt(change(Number(bytes.readBigUInt64LE(at)))), at);

describe("a file with a number changed that HDF5 takes", () => {
  const faults: readonly (readonly [string, Change, string])[] = [
    [
      "the place of the coordinates",
      (bytes, { y }) => number(bytes, y!.placePosition, (address) => address + 8),
      "cell centres along y that are not evenly spaced",
    ],
    [
      "the place of a series",
      (bytes, { time, min }) => number(bytes, time!.placePosition, () => min!.address!),
      '"time" and "min" in one place',
    ],
    [
      "the place of a variable",
      (bytes, { psi }) => number(bytes, psi!.placePosition, (address) => address - 4096),
      '"walltime" and "psi" in one place',
    ],
    [
      "the end of a variable",
      (bytes, { psi }) => number(bytes, psi!.placePosition + 8, (byteLength) => 2 * byteLength),
      '"psi" beyond the end of the file',
    ],
    [
      "the number of times",
      (bytes, { time }) => number(bytes, time!.extentPosition, () => 2),
      `"psi" of ${frames} frames beside 2 times`,
    ],
    ["a time", (bytes, { time }) => bytes.writeDoubleLE(0.5, time!.address! + 16), "times that do not rise"],
    [
      "a time that is none",
      (bytes, { time }) => bytes.writeDoubleLE(Number.NaN, time!.address! + 8),
      "times that do not rise",
    ],
    [
      "a coordinate",
      (bytes, { x }) => bytes.writeDoubleLE(2.501, x!.address! + 16),
      "cell centres along x that are not evenly spaced",
    ],
  ];
  it.each(faults)("is refused: %s", async (_, change, fault) => {
    const { path, bytes, headers } = await whole();
    change(bytes, headers);
    fs.writeFileSync(path, bytes);
    const text = `file "${path}": expected a sound snapshot file of wasm-mpi, got one with ${fault}. The file is damaged or incomplete; use another copy.`;
    await expect(Output.open(path)).rejects.toThrow(new FileError(text, path));
  });

  it("is read where a stop left a variable one frame ahead of the times", async () => {
    const { path, bytes, headers } = await whole();
    number(bytes, headers.time!.extentPosition, () => frames - 1);
    fs.writeFileSync(path, bytes);
    const file = await Output.open(path);
    expect([...file.times]).toEqual([0, 1, 2]);
    file.close();
  });
});

describe("words of HDF5", () => {
  it("for those who call it are left out", async () => {
    const { path, bytes, headers } = await whole();
    // The size of an element, in the message of the type before that of the place: 8 bytes of a head, then 4 before it.
    const type = bytes.lastIndexOf(Buffer.from([0x11, 0x20, 0x3f, 0, 8, 0, 0, 0]), headers.psi!.placePosition);
    bytes.writeUInt32LE(264, type + 4);
    fs.writeFileSync(path, bytes);
    const text = `file "${path}": expected a whole HDF5 file, got "datatype has unusually large # of unused bits (prec = 64 bits, size = 264 bytes), possibly corrupted file". The file is damaged or incomplete; use another copy.`;
    await expect(Output.open(path)).rejects.toThrow(new FileError(text, path));
  });
});

it("a name that is no text is told, and no warning printed beside it", async () => {
  const { path, bytes } = await whole();
  for (let at = bytes.indexOf("units"); at >= 0; at = bytes.indexOf("units", at + 1)) bytes[at] = 0x93;
  fs.writeFileSync(path, bytes);
  const { code, stdout, stderr } = await wasmMpi(["view", path]);
  const text = `file "${path}": expected a whole HDF5 file, got "error - name not defined!". The file is damaged or incomplete; use another copy.`;
  expect([code, stdout, stderr]).toEqual([1, "", `wasm-mpi view: ${text}\n`]);
});

const seconds = isFull ? 3600 : 100;
describe("files damaged at random", { timeout: 1000 * (seconds + 10) }, () => {
  it("are refused in words, or read as what they were, by everything that reads files", async () => {
    const program = join(root, "test", "ranks", "damaged-files.mjs");
    const args = [program, isFull ? "3000" : "8", "1"];
    const { code, stdout, transcript } = await runNode(args, { timeoutMs: 1000 * seconds });
    expect(code, transcript).toBe(0);
    expect(stdout.split("\n"), transcript).toContain("ok");
  });
});
