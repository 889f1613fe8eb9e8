/** The files that a task writes. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { show, wrong } from "../../argument.js";
import { FileError } from "../../errors.js";
import { xdmfPath } from "../../io/xdmf.js";
import { throughLinks } from "../../path.js";
import { restartPath } from "../../pde/restart.js";
import type { Task } from "./task.js";

/** @throws FileError for a table or a picture that there is already */
function checkNew({ data, probeData, pictures, movie, kymograph, overwrite, restart }: Task): void {
  if (overwrite || restart !== undefined) return;
  const files = { data, "probe-data": probeData, pictures: pictures?.replaceAll("*", "00000"), movie, kymograph };
  for (const [flag, path] of Object.entries(files)) {
    if (path === undefined || !existsSync(path)) continue;
    const text = `"--${flag}" expected the name of a new file, got "${path}", which exists. Choose another name, or add --overwrite.`;
    throw new FileError(text, path);
  }
}

/** A file of a task, or with stars many, by where they really are. */
interface Place {
  readonly flag: string;
  readonly path: string;
  readonly target: string;
}

/** Whether one of two names is the other, or a number of it. */
function overlap(a: string, b: string): boolean {
  return a === b || [[a, b] as const, [b, a] as const].some(([stars, name]) => isNumbered(stars, name));
}

/** Whether a name is that of a picture of a name with stars. */
function isNumbered(stars: string, name: string): boolean {
  const [first, ...rest] = stars.split("*").map((part) => part.replace(/[^\w]/g, "\\$&"));
  if (rest.length === 0) return false;
  return new RegExp(`^${first}(\\d{5,})${rest.join("\\1")}$`).test(name);
}

/** @throws UsageError for two files of one name */
function checkApart({ output, restart, xdmf, data, probeData, pictures, movie, kymograph, plot }: Task): void {
  const frames = Object.entries({ restart, output }).flatMap(([flag, path]) =>
    path === undefined ? [] : [path, restartPath(path), ...(xdmf ? [xdmfPath(path)] : [])].map((each) => [flag, each]),
  );
  const looks = Object.entries({ data, "probe-data": probeData, pictures, movie, kymograph, plot });
  const places: Place[] = [];
  for (const [flag, path] of [...frames, ...looks] as [string, string | undefined][]) {
    if (path === undefined) continue;
    const target = resolve(throughLinks(path));
    const same = places.find((before) => overlap(before.target, target));
    if (same)
      throw wrong(`"--${flag}"`, `another file than that of --${same.flag}`, show(path), "Choose another name.");
    places.push({ flag, path, target });
  }
}

/** @throws UsageError for two files of one name; FileError for one that there is already */
export function checkFiles(task: Task): void {
  checkApart(task);
  checkNew(task);
}
