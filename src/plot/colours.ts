/** Colour maps: from a position between 0 and 1 to a colour. Pure. */

export type Rgb = readonly [number, number, number];

/** Cells that hold NaN or an infinity. */
export const notFinite: Rgb = [190, 190, 190];

/**
 * Evenly spaced colours of each map; linear between them. viridis, magma and plasma are every 17th of the 256 colours by
 * Nathaniel Smith and Stefan van der Walt (CC0). coolwarm is computed by the formula of Moreland, Diverging color maps for
 * scientific visualization (2009): its middle, a light grey, stands for 0.
 */
const tables = {
  viridis:
    "440154 481a6c 472f7d 414487 39568c 31688e 2a788e 23888e 1f988b 22a884 35b779 54c568 7ad151 a5db36 d2e21b fde725",
  magma:
    "000004 0b0924 20114b 3b0f70 57157e 721f81 8c2981 a8327d c43c75 de4968 f1605d fa7f5e fe9f6d febf84 fddea0 fcfdbf",
  plasma:
    "0d0887 330597 5002a2 6a00a8 8405a7 9c179e b12a90 c33d80 d35171 e16462 ed7953 f68f44 fca636 fec029 f9dc24 f0f921",
  grey: "000000 ffffff",
  coolwarm:
    "3b4cc0 4e68d7 6282ea 779af7 8db0fe a3c2ff b8d0f9 ccd9ee dddddd ecd3c6 f5c4ad f7b194 f49a7b ec7f63 de614c cb3e38 b40426",
} as const;

/** The name of a colour map. */
export type MapName = keyof typeof tables;

export const mapNames = Object.keys(tables) as MapName[];

/** The map of fields whose zero is a middle, and that of all others. */
export const diverging: MapName = "coolwarm";
export const sequential: MapName = "viridis";

const rgbOf = (hex: string) => [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb;

/** `count` colours of a map, from its first to its last. */
export function coloursOf(name: MapName, count = 256): readonly Rgb[] {
  const table = tables[name].split(" ").map(rgbOf);
  return Array.from({ length: count }, (_, i) => {
    const place = (i / (count - 1)) * (table.length - 1);
    const below = Math.min(Math.floor(place), table.length - 2);
    const [low, high] = [table[below]!, table[below + 1]!];
    return low.map((channel, c) => Math.round(channel + (high[c]! - channel) * (place - below))) as unknown as Rgb;
  });
}
