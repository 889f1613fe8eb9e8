/** The page that computes: both parts of page.html; in a worker of the page, a rank of the first. */
import { startAdvection } from "./advection.js";
import { startEquations } from "./equations.js";
import { startRank } from "./ranks.js";

if (typeof document === "undefined") startRank();
else {
  startAdvection();
  startEquations();
}
