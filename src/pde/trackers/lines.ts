/** Lines over time inside of the picture that shows them, so that a restart goes on with those of the run before. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { wrongFile } from "../../argument.js";
import { builtin } from "../../package.js";
import { chunkOf, chunksOf, endLength } from "../../plot/chunks.js";

/** Lines of a picture, of equally many values each. */
export interface KeptLines {
  readonly times: readonly number[];
  readonly lines: readonly ArrayLike<number>[];
}

/** A chunk of a PNG that programs which do not know it leave alone: ancillary, private, safe to copy. */
const name = "kyMo";

/** Puts lines into a picture. **Local.** @param what says which lines they are */
export function keepLines(path: string, what: string, { times, lines }: KeptLines): void {
  const text = JSON.stringify({ what, times, lines: lines.map((line) => Array.from(line)) });
  const picture = readFileSync(path);
  const [before, end] = [picture.subarray(0, -endLength), picture.subarray(-endLength)];
  writeFileSync(path, Buffer.concat([before, chunkOf(name, builtin("zlib").deflateSync(text)), end]));
}

/** The lines in a picture; none where there is no picture, as after a run that was killed. **Local.** @throws FileError */
export function keptLines(path: string, what: string): KeptLines {
  if (!existsSync(path)) return { times: [], lines: [] };
  const refuse = (got: string) => {
    return wrongFile(path, "the picture of the run before, with its lines", got, "Choose another name.");
  };
  const picture = readFileSync(path);
  const chunk = [...chunksOf(picture)].find(({ type }) => type === name);
  if (!chunk) throw refuse("a file without them");
  const bytes = picture.subarray(chunk.begin, chunk.begin + chunk.length);
  const kept = JSON.parse(builtin("zlib").inflateSync(bytes).toString("utf8")) as {
    readonly what: string;
    readonly times: readonly number[];
    readonly lines: readonly (readonly (number | null)[])[];
  };
  if (kept.what !== what) throw refuse(`those of ${kept.what} in place of ${what}`);
  // JSON has null for what is no number, as in closed cells.
  const lines = kept.lines.map((line) => Float64Array.from(line, (value) => value ?? Number.NaN));
  return { times: kept.times, lines };
}
