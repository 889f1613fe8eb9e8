/** The page that computes: both parts of page.html. */
import { startAdvection } from "./advection.js";
import { startEquations } from "./equations.js";

startAdvection();
startEquations();
