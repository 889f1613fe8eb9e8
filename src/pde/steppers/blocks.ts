/** Unknowns that depend on one another, directly or through others: the rest of a matrix adds nothing to its eigenvalues. */

/**
 * The indices from 0 below `count` in groups: two are in one where each depends on the other, through whatever others.
 * @param dependencies pairs of an index and one that it depends on
 */
export function blocksOf(
  count: number,
  dependencies: readonly { readonly row: number; readonly column: number }[],
): number[][] {
  const reaches = Array.from({ length: count }, (_, i) => Array.from({ length: count }, (_, j) => i === j));
  for (const { row, column } of dependencies) reaches[row]![column] = true;
  for (let middle = 0; middle < count; middle++) {
    for (const row of reaches) {
      for (let j = 0; row[middle] && j < count; j++) row[j] ||= reaches[middle]![j]!;
    }
  }
  const blocks: number[][] = [];
  for (let i = 0; i < count; i++) {
    const block = blocks.find(([first]) => reaches[first!]![i] && reaches[i]![first!]);
    if (block) block.push(i);
    else blocks.push([i]);
  }
  return blocks;
}
