/** Lines of `wasm-mpi solve` and what is said of them. */
import { Command } from "commander";
import { addOptions } from "../../../src/cli/options/index.js";
import { taskOf } from "../../../src/cli/solve/index.js";
import { checkTask, runTask } from "../../../src/cli/solve/run.js";
import { solo } from "../../harness/run.js";

/** What a command line is refused with, without a process of its own. */
export async function errorOf(args: readonly string[]): Promise<Error | undefined> {
  try {
    const command = addOptions(new Command().exitOverride().argument("[equations...]"), "solve").parse(args, {
      from: "user",
    });
    const task = await taskOf(command.args, command.opts(), command, "solve");
    checkTask(task, 1);
    await runTask(solo(), task);
  } catch (error) {
    return error as Error;
  }
  return undefined;
}

/** A run of two unknowns, which are the flow that its steps fit. */
export const flow = ["u = -u*d_dx(u) + 0.1*laplace(u)", "v = 0.1*laplace(v)", "--shape", "16,12", "--periodic"];
export const whirl = ["--initial", "u = sin(2*pi*x/16)", "--initial", "v = cos(2*pi*x/16)", "--until", "2"];
export const pace = ["--cfl", "0.5", "--velocity", "u,v", "--max-dt", "0.3", "--stepper", "rk4"];
export const extras = ["--save", "w = d_dx(v) - d_dy(u)", "--measure", "E = integral(u^2 + v^2)", "--every", "0.5"];
