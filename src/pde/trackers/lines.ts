/** Lines over time inside of the picture that shows them, so that a restart goes on with those of the run before. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { wrongFile } from "../../argument.js";
import { builtin } from "../../package.js";

/** Lines of a picture, of equally many values each. */
export interface KeptLines {
  readonly times: readonly number[];
  readonly lines: readonly ArrayLike<number>[];
}

/** A chunk of a PNG that programs which do not know it leave alone: ancillary, private, safe to copy. */
const name = "kyMo";
const [headLength, typeLength, signatureLength] = [8, 4, 8];

/** The end of a PNG: an empty chunk with its check sum. */
const endLength = 12;

/** The check sum of a chunk: CRC-32 of ISO 3309, as the specification of PNG has it. */
function checkSum(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/** Puts lines into a picture. **Local.** @param what says which lines they are */
export function keepLines(path: string, what: string, { times, lines }: KeptLines): void {
  const text = JSON.stringify({ what, times, lines: lines.map((line) => Array.from(line)) });
  const typed = Buffer.concat([Buffer.from(name), builtin("zlib").deflateSync(text)]);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(typed.length - typeLength, 0);
  numbers.writeUInt32BE(checkSum(typed), 4);
  const picture = readFileSync(path);
  const [before, end] = [picture.subarray(0, -endLength), picture.subarray(-endLength)];
  writeFileSync(path, Buffer.concat([before, numbers.subarray(0, 4), typed, numbers.subarray(4), end]));
}

/** The lines in a picture; none where there is no picture, as after a run that was killed. **Local.** @throws FileError */
export function keptLines(path: string, what: string): KeptLines {
  if (!existsSync(path)) return { times: [], lines: [] };
  const refuse = (got: string) => {
    return wrongFile(path, "the picture of the run before, with its lines", got, "Choose another name.");
  };
  const chunk = chunkOf(readFileSync(path));
  if (!chunk) throw refuse("a file without them");
  const kept = JSON.parse(builtin("zlib").inflateSync(chunk).toString("utf8")) as {
    readonly what: string;
    readonly times: readonly number[];
    readonly lines: readonly (readonly (number | null)[])[];
  };
  if (kept.what !== what) throw refuse(`those of ${kept.what} in place of ${what}`);
  // JSON has null for what is no number, as in closed cells.
  const lines = kept.lines.map((line) => Float64Array.from(line, (value) => value ?? Number.NaN));
  return { times: kept.times, lines };
}

/** The bytes of the chunk of lines. */
function chunkOf(picture: Buffer): Buffer | undefined {
  for (let at = signatureLength; at + endLength <= picture.length; ) {
    const length = picture.readUInt32BE(at);
    const begin = at + headLength;
    if (picture.toString("latin1", at + typeLength, begin) === name) return picture.subarray(begin, begin + length);
    at = begin + length + 4;
  }
  return undefined;
}
