/** The lines of a table for people: each cell at the right of its column, or at the left in the last one if that is text. */
export function aligned(rows: readonly (readonly string[])[], last: "right" | "left" = "right"): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const isText = (column: number) => last === "left" && column === widths.length - 1;
  return rows.map((row) =>
    row
      .map((cell, column) => (isText(column) ? cell : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}
