/** Lines over time beside the picture that is to show them, and then inside of it, so that a restart goes on with them. */
import { appendFileSync, existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { wrongFile } from "../../argument.js";
import { FileError } from "../../errors.js";
import { builtin } from "../../package.js";
import { expectThere, type Identity, replaceFile } from "../../path.js";
import { chunkOf, chunksOf, endLength } from "../../plot/chunks.js";

/** Lines of a picture, of equally many values each. */
export interface KeptLines {
  readonly times: readonly number[];
  readonly lines: readonly ArrayLike<number>[];
}

/** A chunk of a PNG that programs which do not know it leave alone: ancillary, private, safe to copy. */
const name = "kyMo";

/** The lines of a picture that is not drawn yet, in a file beside it, so that a run that is killed keeps them. All is **local**. */
export class LineFile {
  readonly #path: string;
  #file: Identity | undefined;

  /** @param picture the path of the picture */
  constructor(picture: string) {
    this.#path = besideOf(picture);
  }

  /** Begins with lines, in place of a file that there may be. @param what says which lines they are @throws FileError */
  begin(what: string, { times, lines }: KeptLines): void {
    this.#write(() => {
      const all = lines.map((line, i) => lineText(times[i]!, line));
      replaceFile(this.#path, [`${JSON.stringify(what)}\n`, ...all].join(""));
      this.#file = statSync(this.#path);
    });
  }

  /** @throws FileError */
  add(time: number, line: ArrayLike<number>): void {
    this.#write(() => {
      expectThere(this.#path, this.#file!);
      appendFileSync(this.#path, lineText(time, line));
    });
  }

  /** Puts lines into the picture, which takes the place of this file. @throws FileError */
  end(picture: string, what: string, { times, lines }: KeptLines): void {
    const text = JSON.stringify({ what, times, lines: lines.map((line) => Array.from(line)) });
    const bytes = readFileSync(picture);
    const [before, end] = [bytes.subarray(0, -endLength), bytes.subarray(-endLength)];
    this.#write(() => {
      replaceFile(picture, Buffer.concat([before, chunkOf(name, builtin("zlib").deflateSync(text)), end]));
      rmSync(this.#path, { force: true });
    });
  }

  #write(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (error instanceof FileError) throw error;
      throw wrongFile(this.#path, "a file that can be written", error, "Make room, or choose another name.");
    }
  }
}

/** `line.png.lines` of `line.png`. */
const besideOf = (picture: string) => `${picture}.lines`;

const lineText = (time: number, line: ArrayLike<number>) => `${JSON.stringify([time, ...Array.from(line)])}\n`;

/** Lines as they are in a file. JSON has null for what is no number, as in closed cells. */
interface Found {
  readonly what: string;
  readonly times: readonly number[];
  readonly lines: readonly (readonly (number | null)[])[];
}

/** The lines in the file beside a picture; the last one may be cut off. */
function beside(text: string): Found {
  const [what, ...lines] = text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  return { what, times: lines.map(([time]) => time), lines: lines.map(([, ...line]) => line) };
}

/** The lines in a picture; undefined where there are none. */
function inside(picture: Buffer): Found | undefined {
  const chunk = [...chunksOf(picture)].find(({ type }) => type === name);
  if (!chunk) return undefined;
  const bytes = picture.subarray(chunk.begin, chunk.begin + chunk.length);
  return JSON.parse(builtin("zlib").inflateSync(bytes).toString("utf8"));
}

/** The lines of the run before, if there are any. **Local.** @throws FileError */
export function keptLines(path: string, what: string): KeptLines {
  const refuse = (got: string) => {
    return wrongFile(path, "the picture of the run before, with its lines", got, "Choose another name.");
  };
  let found: Found | undefined;
  try {
    if (existsSync(besideOf(path))) found = beside(readFileSync(besideOf(path), "utf8"));
    else if (existsSync(path)) found = inside(readFileSync(path));
    else return { times: [], lines: [] };
  } catch {
    throw refuse("one that is damaged");
  }
  if (!found) throw refuse("a file without them");
  if (found.what !== what) throw refuse(`those of ${found.what} in place of ${what}`);
  return { times: found.times, lines: found.lines.map((line) => Float64Array.from(line, (v) => v ?? Number.NaN)) };
}

/** @throws FileError for fewer lines than the state of a restart has, as the others would be gone */
export function expectLines(path: string, before: number, now: number): void {
  if (now >= before) return;
  const expected = `the picture of the run before, or "${besideOf(path)}", with ${before === 1 ? "1 line" : `${before} lines`}`;
  throw wrongFile(path, expected, now === 0 ? "none" : String(now), "Put it back, or choose another name.");
}
