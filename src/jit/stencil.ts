/** Kernels of stencils at work: compiled once for all ranks, and linked for the block of each. */
import { isPlain } from "../environment.js";
import { CompileError, LibraryError } from "../errors.js";
import type { Comm } from "../mpi/comm/comm.js";
import { memory } from "../wasm/memory.js";
import { onAllRanks } from "./broadcast.js";
import { environment } from "./environment.js";
import { moduleOf } from "./kept.js";
import { type Program, programOf } from "./link.js";
import type { Stencil } from "./passes/stencil.js";
import { type Distance, placeholder } from "./passes/sweep.js";
import { partsOf, Reader, skipImmediates } from "./plain/module.js";
import { plainProgram } from "./plain/program.js";
import { type Files, keyOf, readSources } from "./sources.js";
import { told } from "./trap.js";

export type { Stencil } from "./passes/stencil.js";

/** A kernel that is linked to the one memory for fields of one block. */
export interface StencilModule {
  readonly stencil: Stencil;
  /** The source, its files one after the other. */
  readonly text: string;
  /** How many elements before cell 0 of a field its address is to be. */
  readonly bias: number;
  /** The function of `passes/sweep.ts`, which the module exports by this name. */
  sweep(...values: number[]): void;
  /** The module where instances of it can run at the same time: it does nothing when it is linked. */
  readonly module: WebAssembly.Module | undefined;
  /** Gives back the memory of the module. */
  free(): void;
}

type LinkedStencil = Omit<StencilModule, "text">;

/**
 * Compiles a kernel and links it for fields with `strides`, in elements. **Collective.**
 * @param where the caller in error texts
 * @throws CompileError that shows the lines that are wrong; LibraryError without the compiler
 */
export async function compileStencil(
  where: string,
  source: string | URL | Files,
  { comm, strides, debug }: { readonly comm: Comm; readonly strides: readonly number[]; readonly debug: boolean },
): Promise<StencilModule> {
  const plain = isPlain();
  const sources = readSources(source, where);
  const options = { optimize: debug ? 0 : 3, debug, axes: strides.length } as const;
  const key = keyOf(sources, options, plain);
  try {
    const make = () => moduleOf(key, { sources, options, isPlain: plain });
    const bytes = await onAllRanks(key, make, { where, comm, todo: "Call it with the same on all ranks." });
    const made = plain ? linked(plainProgram(bytes, key, sources), 0, false) : placed(where, bytes, strides);
    return { ...made, text: [...sources.files.values()].join("\n") };
  } catch (error) {
    const text = String((error as Error)?.message).replace(/^jit\b/, where);
    if (error instanceof CompileError) throw new CompileError(text, error);
    if (error instanceof LibraryError) throw new LibraryError(text);
    throw error;
  }
}

/** A module with the distances of the offsets in a block written into the code. */
function placed(where: string, bytes: Uint8Array<ArrayBuffer>, strides: readonly number[]): LinkedStencil {
  const { distances } = programOf(bytes, where).signatures.stencil!;
  const flat = ({ offset }: Distance) => offset.reduce((sum, count, axis) => sum + count * strides[axis]!, 0);
  // Distances in code are not negative.
  const bias = Math.max(0, ...distances.map((distance) => -flat(distance)));
  const result = bytes.slice();
  for (const [at, index] of placesOf(bytes, distances.length)) {
    const distance = distances[index]!;
    write(result, at, distance.size * (bias + flat(distance)));
  }
  return linked(programOf(result, where), bias, isRepeatable(bytes));
}

/** What stencils import that threads have, too; the heap only to give back the memory of the module at its end. */
const harmless = ["env.memory", "env.abort", "heap.free"];

/**
 * True where a second instance of a module does no harm. What stencils have outside of functions never changes, so that static
 * data are written anew as they are.
 */
function isRepeatable(bytes: Uint8Array): boolean {
  const { imports, elements, start } = partsOf(bytes);
  if (elements.length > 0 || start !== undefined) return false;
  return imports.every((each) => harmless.includes(`${each.module}.${each.name}`));
}

/** Where the code of a module has numbers that stand for distances, and for which. */
function placesOf(bytes: Uint8Array, count: number): [at: number, index: number][] {
  const places: [number, number][] = [];
  const r = new Reader(bytes);
  for (const { start, end } of partsOf(bytes).bodies) {
    r.at = start;
    while (r.at < end) {
      const opcode = r.byte();
      const isBlock = opcode >= 0x02 && opcode <= 0x04;
      if (isBlock) r.signed(64);
      else if (opcode < 0x28 || opcode > 0x3e) skipImmediates(r, opcode);
      else {
        r.unsigned();
        const { at } = r;
        const index = r.unsigned() - placeholder;
        if (index >= 0 && index < count) places.push([at, index]);
      }
    }
  }
  return places;
}

/** Writes a number in the 5 bytes that a placeholder takes. */
function write(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 5; i++) bytes[at + i] = (Math.floor(value / 2 ** (7 * i)) & 127) | (i < 4 ? 128 : 0);
}

function linked(program: Program, bias: number, isRepeatable: boolean): LinkedStencil {
  const stencil = program.signatures.stencil!;
  const staticPtr = program.byteLength > 0 ? memory.alloc(program.byteLength) : 0;
  const release = () => {
    if (staticPtr !== 0) memory.free(staticPtr);
  };
  try {
    const { module, start } = program.at(staticPtr);
    const { sweep, __end } = start(environment()) as Record<string, (...values: number[]) => void>;
    return {
      stencil,
      bias,
      module: isRepeatable ? module : undefined,
      sweep(...values) {
        try {
          sweep!(...values);
        } catch (error) {
          throw told(stencil.name, error);
        }
      },
      free() {
        __end!();
        release();
      },
    };
  } catch (error) {
    release();
    throw told(stencil.name, error);
  }
}
