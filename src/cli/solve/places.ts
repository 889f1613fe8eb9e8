/** What a command line says of places: which cells take part, where sources are, and which flows there are. */

import { splitKeys } from "../../advection/schemes.js";
import { show, wrong } from "../../argument.js";
import type { Advection, Advections } from "../../pde/advection.js";
import type { Faces } from "../../pde/programs/problem.js";
import type { PointSource } from "../../pde/sources/points.js";
import { type Assignment, assignmentOf, type Source, sourceOf } from "../options/kind.js";
import type { Task } from "./task.js";

/** A mask, whose field may still be in a file. */
export interface MaskMeant {
  readonly open: string | Source;
  readonly faces: Faces;
  readonly dynamic: boolean;
}

/** What cells see of closed ones. */
function facesOf(text: string): Faces {
  const [, value] = /^value\s+(.*)$/.exec(text) ?? [];
  if (value !== undefined) return { value: Number(value) };
  return text === "frozen" ? text : { derivative: 0 };
}

/** The mask of a task. @throws UsageError for faces of none */
export function maskIn({ mask, maskFaces, maskDynamic: dynamic = false }: Task): MaskMeant | undefined {
  const open = mask === undefined ? undefined : (sourceOf(mask) ?? mask);
  if (dynamic && typeof open === "object") {
    throw wrong('"--mask-dynamic"', "a text as --mask", show(mask), "Leave it out: a field of a file stays as it is.");
  }
  if (open !== undefined) return { open, faces: facesOf(maskFaces ?? "frozen"), dynamic };
  const alone = maskFaces !== undefined ? "faces" : dynamic ? "dynamic" : undefined;
  if (alone === undefined) return undefined;
  throw wrong(`"--mask-${alone}"`, "--mask with it", "none", 'Add --mask "x > 1", for example, or leave it out.');
}

/** The sources of a task. @throws UsageError for texts without a place */
export function pointsIn({ point }: Task): readonly PointSource[] {
  return point.map((text) => {
    const { name, value } = assignmentOf(text) as Assignment;
    const [, field, place] = /^(\S+)\s+at\s+(.+)$/.exec(name) ?? [];
    const at = place?.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
    if (field === undefined || !at?.every(Number.isFinite)) {
      throw wrong('"--point"', "NAME at COORDINATES before =", show(name), 'For example "c at 3,4 = sin(t)".');
    }
    return { field, at, source: value };
  });
}

/** The value of an option of the scheme: a number, true or false. @throws UsageError */
function schemeValue(name: string, value: string): number | boolean {
  if (value === "true" || value === "false") return value === "true";
  if (Number.isFinite(Number(value))) return Number(value);
  throw wrong('"--advect"', `a number, true or false for ${name}`, show(value), 'For example "c iterations = 3".');
}

/** The flows of a task, beside those of equations with a name. @throws UsageError for texts without an axis */
export function advectionIn({ advect }: Task, usual: Advections = {}): Advections | undefined {
  const flows: Record<string, Record<string, unknown>> = Object.create(null);
  for (const text of advect) {
    const { name, value } = assignmentOf(text) as Assignment;
    const [, field, of] = /^(\S+)\s+(\S+)$/.exec(name) ?? [];
    if (field === undefined || of === undefined) {
      throw wrong('"--advect"', "NAME AXIS before =", show(name), 'For example "c x = 0.5".');
    }
    flows[field] ??= { velocity: Object.create(null) as object };
    const isOfScheme = (splitKeys as readonly string[]).includes(of);
    const table = isOfScheme ? flows[field] : (flows[field].velocity as Record<string, unknown>);
    if (Object.hasOwn(table, of)) {
      throw wrong('"--advect"', `one value of ${field} ${of}`, "two", "Leave out one.");
    }
    table[of] = isOfScheme ? schemeValue(of, value) : Number.isFinite(Number(value)) ? Number(value) : value;
  }
  const entries = Object.entries(flows).map(([field, { velocity, ...scheme }]): [string, Advection] => {
    // Options alone are those of the flow that equations with a name have.
    const before = Object.hasOwn(usual, field) ? usual[field] : undefined;
    const isSaid = Object.keys(velocity as object).length > 0;
    return [field, { ...before, ...scheme, velocity: isSaid || !before ? velocity : before.velocity } as Advection];
  });
  const all = { ...usual, ...Object.fromEntries(entries) };
  return Object.keys(all).length > 0 ? all : undefined;
}

/** Flows as `--advect` has them. */
export function flowsOf(flows: Advections = {}): readonly string[] {
  return Object.entries(flows).flatMap(([field, { velocity, ...scheme }]) =>
    Object.entries({ ...velocity, ...scheme }).map(([of, value]) => `${field} ${of} = ${value}`),
  );
}
