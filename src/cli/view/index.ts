import { resolve } from "node:path";
import { wrong } from "../../argument.js";
import { SnapshotReader } from "../../io/reader.js";
import { detectJob } from "../../mpi/library/launcher.js";
import { throughLinks } from "../../path.js";
import type { OptionsOf } from "../options/index.js";
import { hyphenated } from "../options/row.js";
import { documentOf, listing } from "./listing.js";
import { outputs } from "./outputs.js";
import { noTerminal } from "./picture.js";
import { checkScale } from "./scale.js";
import { Scene } from "./scene.js";

type Options = OptionsOf<"view">;

/** `wasm-mpi view` */
export async function view(path: string, options: Options): Promise<void> {
  // One rank reads and prints all of it, which needs no MPI.
  if ((detectJob()?.rank ?? 0) !== 0) return;
  checkScale(options);
  if (options.terminal && options.json) throw noTerminal();
  const asked = outputs.filter(({ key }) => options[key] !== undefined);
  checkCompany(
    options,
    asked.map(({ key }) => key),
  );
  for (const { check } of asked) await check?.(options);
  const reader = await SnapshotReader.open(path);
  try {
    await show(reader, options, asked);
  } finally {
    reader.close();
  }
}

/** Draws, and says what is in a file. */
async function show(reader: SnapshotReader, options: Options, asked: typeof outputs): Promise<void> {
  const { json = false } = options;
  const others = Object.keys(options).filter((key) => key !== "json");
  const told = others.length === 0 ? [] : await drawn(reader, options, asked, others[0]!);
  const files = outputs.filter(({ isFile }) => isFile).map(({ key }) => [key, options[key] ?? null]);
  const text = json ? `${JSON.stringify(documentOf(reader, Object.fromEntries(files)))}\n` : listing(reader);
  process.stdout.write(text + (json || told.length === 0 ? "" : `\n${told.join("\n")}\n`));
}

/**
 * Draws what was asked for, before anything is printed. @returns what is said of it
 * @throws UsageError for what is not in the file, which is told before what is missing to draw it
 */
async function drawn(
  reader: SnapshotReader,
  options: Options,
  asked: typeof outputs,
  first: string,
): Promise<readonly string[]> {
  const scene = await Scene.of(reader, options);
  try {
    if (asked.length === 0) {
      scene.framesOf(options.frames, []);
      const ways = first === "contours" || first === "vectors" ? "--plot FILE.png" : "--plot FILE.png or --terminal";
      throw wrong(`"--${first}"`, "a picture", "none", `Add ${ways}, or leave it out.`);
    }
    // All are looked at before the first is written.
    const prepared = asked.map(({ prepare }) => prepare(scene, options));
    const told: string[] = [];
    for (const draw of prepared) told.push(...(await draw()));
    return [...told, ...scene.leftOut];
  } finally {
    scene.close();
  }
}

/** Options that change some of the pictures alone. */
const company: Readonly<Partial<Record<keyof Options, readonly (typeof outputs)[number]["key"][]>>> = {
  rate: ["movie", "html"],
  kymographAxis: ["kymograph"],
  blocks: ["plot", "movie", "html"],
  contours: ["plot", "movie", "html", "kymograph"],
  vectors: ["plot", "movie", "html"],
};

/** @throws UsageError for an option that would be ignored, or pictures of which one would replace another */
function checkCompany(options: Options, asked: readonly string[]): void {
  if (asked.length === 0) return;
  const places = new Map<string, string>();
  for (const { key, isFile } of outputs) {
    const path = options[key];
    if (!isFile || typeof path !== "string") continue;
    const target = resolve(throughLinks(path));
    const other = places.get(target);
    if (other !== undefined) {
      throw wrong(`"--${key}"`, `another file than --${other}`, path, "Give each a name of its own.");
    }
    places.set(target, key);
  }
  for (const [key, known] of Object.entries(company)) {
    if (options[key as keyof Options] === undefined || known.some((name) => asked.includes(name))) continue;
    const flags = known.map((name) => `--${name}`);
    const names = [...flags.slice(0, -2), flags.slice(-2).join(" or ")].join(", ");
    throw wrong(`"--${hyphenated(key)}"`, `${names} with it`, "none", `Add ${names}, or leave it out.`);
  }
}
