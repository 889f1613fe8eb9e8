/** Kernels of stencils in AssemblyScript. */

import { wrong } from "../../argument.js";
import type { Files } from "../../jit/sources.js";
import { compileStencil } from "../../jit/stencil.js";
import { type Code, type FieldUse, type KernelSource, type NumberUse, stridesOf } from "../code.js";
import type { Grid } from "../grid.js";
import { Shares } from "./shares.js";

/** Compiles a kernel for the blocks of a grid. **Collective.** @throws CompileError */
export async function assemblyScriptSource(
  where: string,
  source: string | URL | Files,
  grid: Grid,
  debug: boolean,
): Promise<KernelSource> {
  const strides = stridesOf(grid);
  const module = await compileStencil(where, source, { comm: grid.comm, strides, debug });
  const { name, parameters, isPlaced, centres } = module.stencil;
  const stretched = centres.find((axis) => grid.axes[axis]?.faces !== undefined);
  if (stretched !== undefined) {
    module.free();
    const todo = "Pass a field of the coordinates, or write the kernel as a text.";
    throw wrong(
      `${where}: "source"`,
      `cells of one size along an axis whose x(${stretched}) it asks for`,
      `a stretched ${grid.axes[stretched]!.name}`,
      todo,
    );
  }
  const fields = parameters.flatMap((parameter): FieldUse[] => {
    if (parameter.kind !== "field") return [];
    const { name, type: dtype, reads, isSet } = parameter;
    return [{ name, dtype, reads, isSet }];
  });
  const numbers = parameters.flatMap((parameter): NumberUse[] => (parameter.kind === "number" ? [parameter] : []));
  const axes = grid.shape.length;
  const { bounds, spacing, start } = grid;
  const place = isPlaced ? [...start, ...bounds.flatMap(([low], axis) => [low, spacing[axis]!])] : [];
  const shares = new Shares(
    { ...module, title: name, name: "sweep", call: module.sweep },
    { threads: grid.threads, axes },
  );
  const code: Code = {
    fields,
    numbers,
    bind(bound, values) {
      const addresses = bound.map(({ originPtr, elementLength }) => originPtr - module.bias * elementLength);
      const args = parameters.map(({ kind }) => (kind === "field" ? addresses.shift()! : 0));
      const places = [...parameters.keys()].filter((at) => parameters[at]!.kind === "number");
      const first = args.length;
      args.push(...new Array<number>(2 * axes).fill(0), ...strides.slice(0, -1), ...place);
      const run = shares.bind(args, first);
      return (box) => {
        for (let i = 0; i < places.length; i++) args[places[i]!] = values[i]!;
        run(box);
      };
    },
  };
  return {
    name,
    names: parameters.map((parameter) => parameter.name),
    candidates: fields,
    codeOf: () => code,
    text: () => module.text,
    free() {
      shares.free();
      module.free();
    },
  };
}
