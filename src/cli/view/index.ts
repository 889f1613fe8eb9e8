import type { Command } from "commander";
import { wrong } from "../../argument.js";
import { SnapshotReader } from "../../io/reader.js";
import { detectJob } from "../../mpi/library/launcher.js";
import { checkPicture, type Panel, plot } from "../../plot/index.js";
import { addOptions, type OptionsOf } from "../options/index.js";
import { fileArgument } from "../options/kind.js";
import { documentOf, listing } from "./listing.js";
import { noTerminal, pictureOptions, terminalLines } from "./picture.js";
import { checkScale } from "./scale.js";
import { Scene } from "./scene.js";

type Options = OptionsOf<"view">;

/** What draws. */
const drawing = ["plot", "terminal"] as const satisfies readonly (keyof Options)[];

/** Of these, what is a file. */
const files = ["plot"] as const satisfies readonly (keyof Options)[];

/** `wasm-mpi view` */
export function addView(program: Command): void {
  const command = program
    .command("view")
    .description("List the frames of an HDF5 file, and draw some of them.")
    .argument("<file>", "a file that wasm-mpi wrote", fileArgument);
  addOptions(command, "view").action(async (path: string, options: Options) => {
    // One rank reads and prints all of it, which needs no MPI.
    if ((detectJob()?.rank ?? 0) !== 0) return;
    checkScale(options);
    if (options.terminal && options.json) throw noTerminal();
    if (options.plot !== undefined) await checkPicture(options.plot);
    const reader = await SnapshotReader.open(path);
    try {
      const idle = idleOption(options);
      const isDrawn = drawing.some((key) => options[key] !== undefined);
      const scene = isDrawn || idle !== undefined ? await Scene.of(reader, options) : undefined;
      try {
        await show(reader, scene, options, idle);
      } finally {
        scene?.close();
      }
    } finally {
      reader.close();
    }
  });
}

/** Draws, and says what is in a file. What is not in the file is told before what is missing to draw it. */
async function show(
  reader: SnapshotReader,
  scene: Scene | undefined,
  options: Options,
  idle: string | undefined,
): Promise<void> {
  const { json = false } = options;
  const meant = scene && meantOf(scene, options);
  if (idle !== undefined)
    throw wrong(`"${idle}"`, "a picture", "none", "Add --plot FILE.png or --terminal, or leave it out.");
  const told: string[] = [];
  // Pictures first: what cannot be drawn is told in place of the list.
  if (options.plot !== undefined) {
    const panels = meant!.panels();
    await plot(options.plot, panels, pictureOptions(scene!, panels, options));
    told.push(`picture: ${options.plot}`);
  }
  if (options.terminal) told.push(...terminalLines(scene!, meant!.terminal(), options));
  const drawn = Object.fromEntries(files.map((key) => [key, options[key] ?? null]));
  const text = json ? `${JSON.stringify(documentOf(reader, drawn))}\n` : listing(reader);
  process.stdout.write(text + (json || told.length === 0 ? "" : `\n${told.join("\n")}\n`));
}

/** The first option that says how to draw where nothing is drawn. */
function idleOption(options: Options): string | undefined {
  if (drawing.some((key) => options[key] !== undefined)) return undefined;
  const others = Object.keys(options).filter((key) => key !== "json");
  return others[0] === undefined ? undefined : `--${others[0]}`;
}

/** Panels of a picture at most. */
const mostPanels = 64;

/** Looks at what is to be drawn, before something is written. @throws UsageError */
function meantOf(scene: Scene, options: Options): Record<"panels" | "terminal", () => readonly Panel[]> {
  const frames = scene.framesOf(options.frames, scene.ends);
  if (frames.length > mostPanels) {
    throw wrong('"--frames"', `at most ${mostPanels} frames in a picture`, frames.length, "Choose some of them.");
  }
  scene.checkRoom(frames.length);
  const blocks = options.blocks ? scene.blocks : {};
  const panelsOf = (some: readonly number[]) => {
    const panels = some.map((frame) => ({ ...scene.panelOf(frame), ...blocks }));
    return [...panels, ...some.flatMap((frame) => scene.exactOf(frame) ?? [])];
  };
  const isLine = scene.section.shape.length === 1;
  return {
    panels: () => panelsOf(frames),
    // Maps stand below each other in a terminal: the last one is what remains in sight.
    terminal: () => panelsOf(options.frames === undefined && !isLine ? scene.framesOf(undefined, [-1]) : frames),
  };
}
