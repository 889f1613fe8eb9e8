/** The page that computes: both parts of page.html; in a worker of the page, a rank of one of them. */
import { startAdvection } from "./advection.js";
import { element } from "./element.js";
import { startEquations } from "./equations.js";
import { missing, startRank } from "./ranks.js";

if (typeof document === "undefined") startRank();
else {
  element("ranks-note", HTMLElement).textContent =
    missing ||
    "Each rank is a worker with a memory and a block of its own; a toy in place of an MPI library carries the halos.";
  startAdvection();
  startEquations();
}
