/** What the core module exports. */

export { addScaled, copyBox, digest, fillBox, maximum, minimum } from "./field";
export { diffusiveVelocity } from "./mpdata/diffusion";
export { limiterRatios, limitVelocity } from "./mpdata/limiter";
export { correctivePass, courantNumber, donorPass, fluxPass, greatestDivergence } from "./mpdata/sweep";
export { antidiffusiveVelocity } from "./mpdata/velocity";
export { alloc, free } from "./runtime";
export { addFigures, carrySum } from "./sum";
export { extrapolate, negateBox } from "./wall";
