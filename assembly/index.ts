/** What the core module exports. */

export { copyBox, digest, fillBox, maximum, minimum } from "./field";
export { correctivePass, courantNumber, donorPass } from "./mpdata";
export { alloc, free } from "./runtime";
export { addToSum, carrySum } from "./sum";
