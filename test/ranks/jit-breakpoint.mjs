/** Sets a breakpoint in a line of a source, as a debugger does, and prints what is seen there: plain mode. */
import { Session } from "node:inspector";
import { SourceMap } from "node:module";
import { pathToFileURL } from "node:url";
import { heap, jit } from "wasm-mpi";

const [, , source, line] = process.argv;
const session = new Session();
session.connect();
const post = (method, parameters) => {
  let result;
  session.post(method, parameters, (error, value) => {
    if (error) throw new Error(error.message);
    result = value;
  });
  return result;
};
const scripts = [];
session.on("Debugger.scriptParsed", ({ params }) => scripts.push(params));
post("Debugger.enable");
const kernel = await jit({ files: { "mean.ts": pathToFileURL(source) } });

const { url, sourceMapURL } = scripts.find((script) => script.url.endsWith("module.cjs"));
const payload = JSON.parse(Buffer.from(sourceMapURL.split("base64,")[1], "base64").toString());
const map = new SourceMap(payload);
// The first place of the text that is from the line.
let place;
for (let lineNumber = 0; !place; lineNumber++) {
  for (let columnNumber = 0; columnNumber < 120 && !place; columnNumber++) {
    const { originalSource, originalLine, generatedLine, generatedColumn } = map.findEntry(lineNumber, columnNumber);
    const isThere = generatedLine === lineNumber && originalSource === pathToFileURL(source).href;
    if (isThere && originalLine === Number(line) - 1) place = { lineNumber, columnNumber: generatedColumn };
  }
}
post("Debugger.setBreakpointByUrl", { url, ...place });

const seen = [];
session.on("Debugger.paused", ({ params }) => {
  const [{ functionName, scopeChain }] = params.callFrames;
  const local = scopeChain.find(({ type }) => type === "local");
  const { result } = post("Runtime.getProperties", { objectId: local.object.objectId, ownProperties: true });
  const values = Object.fromEntries(result.map(({ name, value }) => [name, value.value]));
  seen.push({ functionName, i: values.i, sum: values.sum, n: values.n });
});
const array = heap.array("f64", 3);
array.set([1, 2, 4]);
const result = kernel.mean(array, 3);
process.stdout.write(JSON.stringify({ result, seen }));
