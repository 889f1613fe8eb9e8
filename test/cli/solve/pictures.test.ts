/** Which unknown `wasm-mpi solve` draws, which files it names, and where equations with a name start. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addOptions } from "../../../src/cli/options/index.js";
import { subjectOf } from "../../../src/cli/solve/compare.js";
import { taskOf } from "../../../src/cli/solve/index.js";
import { describeSolve } from "../../../src/cli/solve/report.js";
import { checkTask, runTask } from "../../../src/cli/solve/run.js";
import { meaningOf, type Task } from "../../../src/cli/solve/task.js";
import { temporaryFolder } from "../../harness/command.js";
import { isQuick } from "../../harness/effort.js";
import { solo } from "../../harness/run.js";

// As on a machine without fonts; read when the canvas is loaded, which only pictures do.
Object.assign(process.env, { DISABLE_SYSTEM_FONTS_LOAD: "1" });

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

/** What a command line asks for. */
function taskFrom(...args: string[]): Promise<Task> {
  const command = addOptions(new Command().exitOverride().argument("[equations...]"), "solve").parse(args, {
    from: "user",
  });
  return taskOf(command.args, command.opts(), command, "solve");
}

it("a comparison of equations with a name suggests a picture of them", async () => {
  const { suggestion } = subjectOf(await taskFrom("gray-scott"), undefined);
  expect(suggestion("9,9")).toEqual(["solve gray-scott --plot out.png", "the first and the last field"]);
  const texts = await taskFrom("c = laplace(c)", "--initial", "c = x", "--until", "1", "--dt", "0.1");
  expect(subjectOf(texts, undefined).suggestion("9,9")).toBe(undefined);
});

describe("pictures", () => {
  const options = ["--shape", "9,8", "--until", "0.2", "--dt", "0.1", "--initial", "u = 0", "--initial", "v = x"];
  const files = {
    plot: at("v.png"),
    pictures: at("v-*.png"),
    movie: at("v.film.png"),
    kymograph: at("line.png"),
    data: at("m.csv"),
  };
  const asked = Object.entries(files).flatMap(([flag, path]) => [`--${flag}`, path]);
  const bytesOf = (name: string) => readFileSync(at(name)).toString("base64");

  it.skipIf(isQuick)("are of the unknown that is asked for, and the report names them", async () => {
    const measured = [...options, ...asked, "--measure", "m = integral(v)", "--range", "0,9", "--overwrite"];
    const task = await taskFrom("u = 0*u", "v = laplace(v)", ...measured, "--variable", "v");
    checkTask(task, 1);
    const { report, draw } = await runTask(solo(), task);
    await draw!();
    expect(describeSolve(report)).toContain(
      `% of it exchanging halos or waiting; with files ${report.seconds.toPrecision(3)} s\n`,
    );
    const { data, pictures, movie, kymograph } = files;
    expect(describeSolve(report)).toContain(
      `\ntable: ${data}\npictures: ${pictures}\nmovie: ${movie}\nkymograph: ${kymograph}\n`,
    );
    const names = ["v-00001.png", "v.film.png", "line.png"];
    const drawn = names.map(bytesOf);
    // The first unknown, where nothing is asked for.
    await runTask(solo(), await taskFrom("v = laplace(v)", "u = 0*u", ...measured));
    expect(names.map(bytesOf)).toEqual(drawn);
  });

  it("have the units of what they show, not those of further values of the file", async () => {
    const quantum = ["psi = i*laplace(psi)", "--shape", "9", "--initial", "psi = x", "--until", "0", "--dt", "0.1"];
    const draw = async (...args: string[]) => {
      const task = await taskFrom(...quantum, ...args, "--variable", "psi_im", "--overwrite");
      await runTask(solo(), task);
      return bytesOf("psi-00000.png");
    };
    const asked = ["--pictures", at("psi-*.png"), "--unit", "x=m", "--unit", "t=s"];
    const shown = await draw(...asked, "--unit", "psi=K");
    const kept = ["--output", at("units.h5"), "--save", "w = abs(psi)", "--unit", "w=J"];
    expect(await draw(...asked, ...kept, "--unit", "psi_im=K")).toBe(shown);
    expect(await draw(...asked, "--unit", "psi=V")).not.toBe(shown);
  });

  it("of complex unknowns are of one of their parts", async () => {
    const quantum = [
      "psi = i*laplace(psi)",
      "--shape",
      "9",
      "--initial",
      "psi = x + 2*i",
      "--until",
      "0",
      "--dt",
      "0.1",
    ];
    for (const variable of ["psi_im", "psi_re"]) {
      const line = at(`${variable}.png`);
      const task = await taskFrom(...quantum, "--kymograph", line, "--variable", variable);
      checkTask(task, 1);
      await runTask(solo(), task);
      expect(readFileSync(line).toString("latin1")).toContain("kyMo");
    }
  });
});

describe("the start of equations with a name", () => {
  const initialOf = async (...args: string[]) => meaningOf(await taskFrom("gray-scott", ...args)).initial.u;

  it("is stretched to the ends of the grid", async () => {
    expect(await initialOf()).toBe("1 - 0.5 * (abs(x - 64) < 8)");
    expect(await initialOf("--shape", "48,40")).toBe("1 - 0.5 * (abs((x * 2.6666666666666665) - 64) < 8)");
    const bounds = ["--shape", "48,40", "--bounds", "-1,1,0,2"];
    expect(await initialOf(...bounds)).toBe("1 - 0.5 * (abs(((x + 1) * 64) - 64) < 8)");
    expect(await initialOf("--shape", "48,40", "--initial", "u = x")).toBe("x");
  });
});
