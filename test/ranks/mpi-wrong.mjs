/** What the programs of wrong use share: they run it, note what it throws, and rank 0 prints the notes. */

/** The error (class and text) of each wrong call, by name. */
export const texts = {};

/** Notes what a wrong call throws, on every rank; `name` says what is wrong. */
export function wrong(name, call) {
  try {
    call();
  } catch (error) {
    texts[name] = `${error.name}: ${error.message}`;
    return;
  }
  throw new Error(`${name}: expected an error, got none`);
}
