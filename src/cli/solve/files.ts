/** The files that a task writes. */
import { existsSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { show, wrong } from "../../argument.js";
import { FileError } from "../../errors.js";
import { xdmfPath } from "../../io/xdmf.js";
import { throughLinks } from "../../path.js";
import { type RestartState, restartPath } from "../../pde/restart.js";
import { hyphenated } from "../options/row.js";
import type { Task } from "./task.js";

/** The options that name tables and pictures. */
export const lookKeys = ["data", "probeData", "pictures", "movie", "kymograph"] as const;
export type LookKey = (typeof lookKeys)[number];

/** What the state of a run calls what writes them, before their path. */
const trackers = {
  data: "data",
  probeData: "probe",
  pictures: "picture",
  movie: "movie",
  kymograph: "kymograph",
} as const;

/** The files of tables and pictures by their options, of pictures the first. */
export function looksByFlag(looks: Pick<Task, LookKey>): Readonly<Record<string, string>> {
  const entries = lookKeys.map((key) => [`--${hyphenated(key)}`, looks[key]] as const);
  const named = entries.flatMap(([flag, path]) => (path === undefined ? [] : [[flag, path.replaceAll("*", "00000")]]));
  return Object.fromEntries(named);
}

/** @throws FileError for a table or a picture that there is already */
function checkNew(looks: Pick<Task, LookKey>): void {
  for (const [flag, path] of Object.entries(looksByFlag(looks))) {
    if (!existsSync(path)) continue;
    const text = `"${flag}" expected the name of a new file, got "${path}", which exists. Choose another name, or add --overwrite.`;
    throw new FileError(text, path);
  }
}

/**
 * Looks at the tables and pictures that a restart adds, which are none of the run's before. With `overwrite` those that
 * there are go, as the run would look for its own rows in them. No rank makes one before all have come by here.
 * @param filed what the file of the run says @param known the state of the run, which names what has written for it
 * @throws FileError for one that there is already, without `overwrite`
 */
export async function checkAdded(
  asked: Partial<Task>,
  filed: Partial<Task>,
  known: () => Promise<RestartState | undefined>,
): Promise<void> {
  const others = lookKeys.filter((key) => asked[key] !== undefined && asked[key] !== filed[key]);
  if (others.length === 0) return;
  const names = ((await known())?.trackers ?? []).map(({ name }) => name);
  const added = others.filter((key) => !names.includes(`${trackers[key]} ${asked[key]}`));
  const looks = Object.fromEntries(added.map((key) => [key, asked[key]]));
  if (!asked.overwrite) checkNew(looks);
  else for (const path of Object.values(looksByFlag(looks))) rmSync(path, { force: true });
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
function checkApart(task: Task): void {
  const { output, restart, xdmf } = task;
  const frames = Object.entries({ restart, output }).flatMap(([flag, path]) =>
    path === undefined ? [] : [path, restartPath(path), ...(xdmf ? [xdmfPath(path)] : [])].map((each) => [flag, each]),
  );
  const looks = [...lookKeys, "plot" as const].map((key) => [hyphenated(key), task[key]]);
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
  // A restart goes on in its tables and pictures.
  if (!task.overwrite && task.restart === undefined) checkNew(task);
}
