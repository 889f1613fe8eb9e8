/** The pictures that `view` makes, one entry an option. */
import { wrong } from "../../argument.js";
import { checkMoving, checkPath, checkPicture, plot } from "../../plot/index.js";
import type { OptionsOf } from "../options/index.js";
import { drawMovie } from "./movie.js";
import { checkPage, drawPage } from "./page.js";
import { pictureOptions, terminalLines } from "./picture.js";
import type { Scene } from "./scene.js";
import { checkOrder, drawKymograph, drawSeries, lineOf } from "./timeline.js";

type Options = OptionsOf<"view">;

/** Draws, and returns what is said of it. */
type Draw = () => Promise<readonly string[]>;

/** A kind of picture. */
interface Output {
  readonly key: "plot" | "movie" | "html" | "series" | "kymograph" | "terminal";
  /** Its option has the name of a file. */
  readonly isFile: boolean;
  /** Looks at the name of the file, before another one is read. @throws UsageError, FileError, LibraryError */
  check?(options: Options): Promise<void>;
  /** Looks at what is to be drawn. @throws UsageError, FileError */
  prepare(scene: Scene, options: Options): Draw;
}

/** Frames a second of a GIF at most: browsers show what is to last less than 20 ms for 100 ms. */
const mostOfGif = 50;

/** Panels of a picture at most. */
const mostPanels = 64;

/** The numbers of the frames beside each other. */
function panelFrames(scene: Scene, options: Options, usual: readonly number[]): readonly number[] {
  const frames = scene.framesOf(options.frames, usual);
  if (frames.length > mostPanels) {
    throw wrong('"--frames"', `at most ${mostPanels} frames in a picture`, frames.length, "Choose some of them.");
  }
  scene.checkRoom(frames.length);
  return frames;
}

/** Frames as panels, those that are known behind all others. */
function panelsOf(scene: Scene, frames: readonly number[], hasBlocks = false) {
  const all = frames.flatMap((frame) => scene.panelsOf(frame, hasBlocks));
  return [...all.filter(({ dotted }) => !dotted), ...all.filter(({ dotted }) => dotted)];
}

/** In the order in which they are made and told. */
export const outputs: readonly Output[] = [
  {
    key: "plot",
    isFile: true,
    check: (options) => checkPicture(options.plot!),
    prepare(scene, options) {
      const frames = panelFrames(scene, options, scene.ends);
      if (options.blocks) scene.blocks;
      return async () => {
        const panels = panelsOf(scene, frames, options.blocks);
        await plot(options.plot!, panels, pictureOptions(scene, panels, options));
        return [`picture: ${options.plot}`];
      };
    },
  },
  {
    key: "movie",
    isFile: true,
    check({ movie, rate }) {
      if (movie!.endsWith(".gif") && rate !== undefined && rate > mostOfGif) {
        const expected = `at most ${mostOfGif} frames a second of a GIF`;
        throw wrong('"--rate"', expected, rate, "Draw a movie.png, or choose less.");
      }
      return checkMoving(movie!);
    },
    prepare(scene, options) {
      const frames = scene.framesOf(options.frames, "all");
      scene.checkRoom(1);
      if (options.blocks) scene.blocks;
      return async () => {
        await drawMovie(options.movie!, scene, frames, options);
        return [`movie: ${options.movie}`];
      };
    },
  },
  {
    key: "html",
    isFile: true,
    check: async (options) => checkPath(options.html!, [".html"]),
    prepare(scene, options) {
      const frames = scene.framesOf(options.frames, "all");
      checkPage(scene, frames);
      if (options.blocks) scene.blocks;
      return async () => {
        await drawPage(options.html!, scene, frames, options);
        return [`page: ${options.html}`];
      };
    },
  },
  {
    key: "series",
    isFile: true,
    check: (options) => checkPicture(options.series!),
    prepare(scene, options) {
      const frames = scene.framesOf(options.frames, "all");
      checkOrder("--series", scene, frames);
      return async () => {
        await drawSeries(options.series!, scene, frames, options);
        return [`series: ${options.series}`];
      };
    },
  },
  {
    key: "kymograph",
    isFile: true,
    check: (options) => checkPicture(options.kymograph!),
    prepare(scene, options) {
      const frames = scene.framesOf(options.frames, "all");
      checkOrder("--kymograph", scene, frames);
      lineOf(scene, options);
      return async () => {
        await drawKymograph(options.kymograph!, scene, frames, options);
        return [`kymograph: ${options.kymograph}`];
      };
    },
  },
  {
    key: "terminal",
    isFile: false,
    prepare(scene, options) {
      const isLine = scene.section.shape.length === 1;
      // Maps stand below each other in a terminal: the last one is what remains in sight.
      const frames = panelFrames(scene, options, isLine ? scene.ends : [-1]);
      return async () => terminalLines(scene, panelsOf(scene, frames), options);
    },
  },
];
