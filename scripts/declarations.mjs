/** Declarations: those that a program can see. tsc writes one for each source, of which a third is named by no other. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

/** Removes the declarations in a folder that these of it lead to by no import. */
export function keepReached(folder, entries) {
  const reached = new Set();
  const visit = (file) => {
    // Examples in comments import files of a user's.
    if (reached.has(file) || !existsSync(file)) return;
    reached.add(file);
    const imports = readFileSync(file, "utf8").matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)\.js"/g);
    for (const [, name] of imports) visit(join(dirname(file), `${name}.d.ts`));
  };
  for (const name of entries) visit(join(folder, `${name}.d.ts`));
  const all = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const { parentPath, name } of all) {
    const file = join(parentPath, name);
    if (!reached.has(file)) rmSync(file);
  }
}
