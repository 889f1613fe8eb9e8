/** The commands that compute: they share most of their code, so that it is loaded as one. */
export { advect } from "./advect.js";
export { compare } from "./compare.js";
export { converge } from "./converge.js";
export { demo } from "./demo.js";
export { doctor } from "./doctor.js";
export { compareSolve } from "./solve/compare.js";
export { solve } from "./solve/index.js";
