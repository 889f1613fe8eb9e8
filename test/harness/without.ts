/** Programs as on a machine where an optional package is not installed. */

/** Options of Node.js with which packages of a pattern are not found; `text` is what the error of it says. */
export function without(pattern: RegExp, text = "not installed"): string[] {
  const code = `
    import Module from "node:module";
    const resolve = Module._resolveFilename;
    Module._resolveFilename = function (name, ...rest) {
      if (${pattern}.test(name)) throw Object.assign(new Error(${JSON.stringify(text)}), { code: "MODULE_NOT_FOUND" });
      return resolve.call(this, name, ...rest);
    };`;
  return ["--import", `data:text/javascript,${encodeURIComponent(code)}`];
}
