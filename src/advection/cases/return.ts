/** When a field that is carried round comes back to where it began. */

/** A coordinate on an axis of length n that wraps. */
export function wrapped(x: number, n: number): number {
  const rest = x % n;
  return rest < 0 ? rest + n : rest;
}

/** Whether an angle in radians is a number of whole turns, to the nearest step, or to a thousandth as published. */
export function isWholeTurn(angle: number, perStep: number): boolean {
  const turns = Math.round(angle / (2 * Math.PI));
  const off = Math.abs(angle - 2 * Math.PI * turns);
  return turns >= 1 && off <= Math.max(angle / 1000, 0.501 * perStep);
}
