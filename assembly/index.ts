/** What the core module exports. */
export { alloc, free } from "./runtime";
export { copyBox, digest, fillBox, maximum, minimum } from "./field";
export { addToSum, carrySum } from "./sum";
export { correctivePass, courantNumber, donorPass } from "./mpdata";
