/** The HDF5 library of dist/, made of the package h5wasm by scripts/hdf5.mjs. */
import { expect, it } from "vitest";

const script = new URL("../../scripts/hdf5.mjs", import.meta.url).href;
const { splitLibrary } = (await import(script)) as {
  splitLibrary(text: string): { readonly library: string; readonly module: Uint8Array };
};

const decode =
  "function binaryDecode(s){const o=new Uint8Array(s.length);for(let i=0;i<s.length;++i)o[i]=s.charCodeAt(i);return o}";

it("takes the module of WebAssembly out of the text that h5wasm has it in, and flags from where all may read them", () => {
  const flags = 'process.binding("constants")["fs"]';
  const text = `${decode}function find(){return binaryDecode('\\0asm\\'\\\\')}var flags=${flags};`;
  const { library, module } = splitLibrary(text);
  expect([...module]).toEqual([0, 97, 115, 109, 39, 92]);
  expect(library).toBe(
    `import { constants as openFlags, readFileSync as readModule } from "node:fs";\n${decode}function find(){return readModule(new URL("hdf5.wasm", import.meta.url))}var flags=openFlags;`,
  );
});

it("refuses an h5wasm that has it in another way", () => {
  for (const text of [
    `${decode}function find(){return fetch("hdf5.wasm")}`,
    "binaryDecode('asm')",
    `${decode}binaryDecode('asm`,
  ]) {
    expect(() => splitLibrary(text)).toThrow(
      "expected h5wasm to have its module in a text, got none. Adapt scripts/hdf5.mjs to this version.",
    );
  }
});
