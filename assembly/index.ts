/** What the core module exports. */

export { copyBox, digest, fillBox, maximum, minimum } from "./field";
export { limiterRatios, limitVelocity } from "./mpdata/limiter";
export { correctivePass, courantNumber, donorPass, fluxPass } from "./mpdata/sweep";
export { antidiffusiveVelocity } from "./mpdata/velocity";
export { alloc, free } from "./runtime";
export { addToSum, carrySum } from "./sum";
export { extrapolate, negateBox } from "./wall";
