/** Names in texts: which mean something by themselves, and which are free. */
import { wrong } from "../../argument.js";
import { ofComplex, pointwise } from "./functions.js";
import { namesOfOperators } from "./operators.js";
import type { Scope } from "./space.js";

/** Names that mean something by themselves, in any text. */
export const reserved = ["x", "y", "z", "t", "pi"];
const reservedOfComplex = ["i", ...Object.keys(ofComplex)];

/** What a name means by itself in texts: fields and numbers cannot have it. */
export function takenBy(
  name: string,
  { axes, complex, use }: Pick<Scope, "axes" | "complex" | "use">,
): string | undefined {
  // Assigning to it in an object sets no entry.
  if (name === "__proto__") return "a meaning";
  if (Object.hasOwn(pointwise, name) || namesOfOperators(axes).includes(name)) return "a function";
  // At a kernel's run all numbers are passed by name, the time too.
  const isReserved = reserved.includes(name) && !(use === "kernel" && name === "t");
  if (isReserved || axes.some((axis) => axis.name === name)) return "a meaning";
  return complex && reservedOfComplex.includes(name) ? "a meaning" : undefined;
}

/** Checks the names of a scope. @throws UsageError */
export function checkNames(scope: Scope): void {
  const { where, fields, constants, parts = {} } = scope;
  const seen = new Set<string>();
  for (const name of [...Object.keys(fields), ...constants, ...Object.keys(parts)]) {
    if (!/^[\p{L}_][\p{L}\p{M}\p{Nd}_]*$/u.test(name)) {
      const rate = /^[d∂](.+)\/[d∂]t$/u.exec(name)?.[1];
      const todo = rate === undefined ? "Rename it." : `Write ${rate}: what stands there is the rate.`;
      throw wrong(where, "a name of letters, digits and _", JSON.stringify(name), todo);
    }
    const taken = takenBy(name, scope);
    if (taken) throw wrong(where, "a name that is free", `${JSON.stringify(name)}, ${taken} of its own`, "Rename it.");
    if (seen.has(name))
      throw wrong(where, "each name once", JSON.stringify(name), "Rename a field, a constant or a part.");
    seen.add(name);
  }
  for (const [name, kind] of Object.entries(fields)) {
    if (kind === "real") continue;
    const part = [`${name}_re`, `${name}_im`].find((array) => fields[array] === "real");
    if (part === undefined) continue;
    const got = `${JSON.stringify(part)}, a part of the complex ${JSON.stringify(name)} as well`;
    throw wrong(where, "each name once", got, "Rename a field.");
  }
}
