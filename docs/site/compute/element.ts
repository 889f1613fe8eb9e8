/** The elements of page.html by their names. */

/** The element of a name. @throws Error where the page has none of that kind */
export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`page: expected an element "${id}" of the kind ${kind.name}`);
}

/** Resolves when the browser draws its next picture. */
export function nextFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

/** How long a page may compute between two pictures, in ms, so that there are 60 a second. */
export const budget = 11;
