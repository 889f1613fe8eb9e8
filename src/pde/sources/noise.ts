/** Fields of standard normal numbers, the same for any number of ranks: each cell's number comes of its global index. */
import type { ProgramArray } from "../../expression/program.js";
import { normalize } from "../../grid/box.js";
import type { AnyField } from "../../grid/field.js";
import { functions } from "../../wasm/functions.js";
import type { Domain } from "../programs/domain.js";
import { philox, unitOf } from "./philox.js";

/** What tells one sequence of fields from another. */
export interface NoiseKey {
  readonly seed: number;
  /** The text that the numbers are for, and which of its calls. */
  readonly name: string;
}

/** The step whose numbers initial values have. */
export const initialStep = -1;

/** FNV-1a of a text, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Fills the interior of a field with the numbers of a step. **Local.** */
function fillNormal(field: AnyField, { seed, name }: NoiseKey, step: number): void {
  const { log, cos } = functions() as Readonly<Record<"log" | "cos", (value: number) => number>>;
  const { grid, data } = field;
  const [key0, key1] = [seed >>> 0, (hashOf(name) ^ Math.floor(seed / 2 ** 32)) >>> 0];
  const [stepLow, stepHigh] = [step >>> 0, Math.floor(step / 2 ** 32) >>> 0];
  const counter = new Uint32Array(4);
  const [n0, n1, n2] = normalize(grid.blockShape, 1);
  const [start0, start1, start2] = normalize(grid.start, 0);
  const [, total1, total2] = normalize(grid.shape, 1);
  const axes = grid.shape.length;
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < n1; j++) {
      const row = ((start0 + i) * total1 + start1 + j) * total2 + start2;
      const place = field.index(...[i, j, 0].slice(3 - axes));
      for (let k = 0; k < n2; k++) {
        counter[0] = row + k;
        counter[1] = Math.floor((row + k) / 2 ** 32);
        counter[2] = stepLow;
        counter[3] = stepHigh;
        philox(counter, key0, key1);
        // Box and Muller's first number.
        const length = Math.sqrt(-2 * log(unitOf(counter[0], counter[1])));
        data[place + k] = length * cos(2 * Math.PI * unitOf(counter[2], counter[3]));
      }
    }
  }
}

/** The fields of noise that programs ask for. */
export interface NoiseFields {
  /** The field of an array of normal numbers. */
  fieldOf(array: Pick<ProgramArray, "noise">): AnyField;
  /** Draws the numbers of a step. **Local.** */
  draw(step: number): void;
  /** **Local.** */
  free(): void;
}

/** Fields of noise, made when first asked for. @param first the step whose numbers they have before others are drawn */
export function noiseFields({ grid, dtype }: Domain, first = 0): NoiseFields {
  const known = new Map<string, { readonly field: AnyField; readonly key: NoiseKey }>();
  let current = first;
  return {
    fieldOf({ noise }) {
      const { owner, seed, call } = noise!;
      const name = `${owner} ${call}`;
      const id = `${name} ${seed}`;
      const found = known.get(id);
      if (found) return found.field;
      const made = { field: grid.field(0, { dtype }) as AnyField, key: { seed, name } };
      known.set(id, made);
      // It may be asked for after the numbers of the step were drawn.
      fillNormal(made.field, made.key, current);
      return made.field;
    },
    draw(step) {
      // Numbers that are there already: those of one step of 256 x 256 cells take 10 ms.
      if (step === current) return;
      current = step;
      for (const { field, key } of known.values()) fillNormal(field, key, step);
    },
    free() {
      for (const { field } of known.values()) field.free();
      known.clear();
    },
  };
}
