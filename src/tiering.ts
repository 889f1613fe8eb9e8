/** When the engine compiles a module of WebAssembly a second time, with optimizations. */
const flag = "--wasm-tiering-budget";
/** What a function has to run before it is compiled again, in about bytes of code: until V8 11, and from V8 12 on. */
const usual = Number.parseInt(process.versions.v8, 10) < 12 ? 1_800_000 : 13_000_000;
/** Some tenths of a second: what runs shorter is not worth the second compilation. */
const patient = 1_000_000_000;

/** How many loads are under way. */
let loads = 0;

/**
 * Loads modules that are large and run briefly (a compiler, a library of files), whose functions are compiled again later
 * than others. For a module keeps the budget that it was loaded with. Cold, on Node 20 and 24, a source of one loop takes
 * `jit` 1.06 and 1.06 s of a processor instead of 1.45 and 1.22 s, and h5wasm loads in 116 instead of 146 ms. What others
 * load meanwhile is compiled again that much later as well, once.
 */
export async function patiently<T>(load: () => Promise<T>): Promise<T> {
  if (process.execArgv.some((word) => /tiering.budget/.test(word))) return load();
  const { setFlagsFromString } = await import("node:v8");
  if (loads++ === 0) setFlagsFromString(`${flag}=${patient}`);
  try {
    return await load();
  } finally {
    if (--loads === 0) setFlagsFromString(`${flag}=${usual}`);
  }
}
