/** A module of `dist/` as bytes: scripts/build.mjs writes it into the bundle. */
declare module "wasm:*" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}
