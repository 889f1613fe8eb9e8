/** What the module of the kernels exports. None of it allocates or keeps anything between calls. */

export { addScaled, copyBox, digest, fillBox, maximum, minimum } from "./field";
export { courantNumber, greatestDivergence } from "./mpdata/courant";
export { diffusiveVelocity } from "./mpdata/diffusion";
export { limitedPass, limitedStep } from "./mpdata/limited";
export { limiterRatios } from "./mpdata/limiter";
export { correctivePass, donorPass, fluxPass } from "./mpdata/sweep";
export { limitedUpdate } from "./mpdata/update";
export { antidiffusiveVelocity } from "./mpdata/velocity";
export { addFigures, carrySum, packFigures } from "./sum";
export { extrapolate, linearWall } from "./wall";
