/** Whether a text is the path of a file of source rather than source. */
export function isPath(source: string): boolean {
  return /^[^\s;(){}]+\.ts$/.test(source);
}
