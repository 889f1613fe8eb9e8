/** A terminal: how large it is, and what colours it has. */
import { notFinite, type Rgb } from "../colours.js";

export interface Screen {
  /** Characters in a line, and lines that a picture may have. */
  readonly columns: number;
  readonly rows: number;
  /** Colours of 24 bits, the 256 of xterm, or none, where characters of ASCII take their place. */
  readonly colours: "true" | "256" | "none";
}

/** The end of all colours. */
export const plain = "\u001b[0m";

/** What sets the colour of characters, or that behind them. */
export function colourCode(rgb: Rgb, { colours }: Screen, place: "front" | "back"): string {
  const kind = place === "front" ? 38 : 48;
  return colours === "true" ? `\u001b[${kind};2;${rgb.join(";")}m` : `\u001b[${kind};5;${nearest(rgb)}m`;
}

/** The steps of the 6 x 6 x 6 colours of xterm. */
const steps = [0, 95, 135, 175, 215, 255];

/** The number of the nearest of the 256 colours of xterm: one of the cube, or a grey. */
function nearest(rgb: Rgb): number {
  const near = rgb.map((channel) => {
    const distances = steps.map((step) => Math.abs(step - channel));
    return distances.indexOf(Math.min(...distances));
  });
  const grey = Math.min(23, Math.max(0, Math.round(((rgb[0] + rgb[1] + rgb[2]) / 3 - 8) / 10)));
  const distance = (other: readonly number[]) => other.reduce((sum, channel, c) => sum + (channel - rgb[c]!) ** 2, 0);
  const ofCube = distance(near.map((step) => steps[step]!));
  return distance([0, 1, 2].map(() => 8 + 10 * grey)) < ofCube
    ? 232 + grey
    : 16 + 36 * near[0]! + 6 * near[1]! + near[2]!;
}

/** Where there are no colours: from the least to the greatest value, and for what is no number. */
const shades = " .:-=+*#%@";
const unknown = "?";

/** A row of characters for two rows of pixels, above and below: places from 0 to 1, NaN for none. */
export function blocksOf(
  above: readonly number[],
  below: readonly number[],
  table: readonly Rgb[],
  screen: Screen,
): string {
  if (screen.colours === "none") {
    return above
      .map((place, i) => (place + below[i]!) / 2)
      .map((place) => (Number.isNaN(place) ? unknown : shades[Math.min(9, Math.floor(place * 10))]!))
      .join("");
  }
  const rgbOf = (place: number) => (Number.isNaN(place) ? notFinite : table[Math.round(place * 255)]!);
  let [text, before] = ["", ""];
  for (const [i, place] of above.entries()) {
    const codes = colourCode(rgbOf(place), screen, "front") + colourCode(rgbOf(below[i]!), screen, "back");
    text += codes === before ? "▀" : `${codes}▀`;
    before = codes;
  }
  return text + plain;
}
