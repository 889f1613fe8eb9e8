/** A module of `dist/`, deflated: scripts/seams.mjs puts it into the bundle. */
declare module "wasm:*" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
