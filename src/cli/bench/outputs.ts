/** What `wasm-mpi bench output` times: runs of MPDATA that write a frame every ten steps, and in turn the same without. */
import { join } from "node:path";
import { Mpdata } from "../../advection/mpdata.js";
import { chooseSplit } from "../../grid/decompose.js";
import { Grid } from "../../grid/grid.js";
import { Output } from "../../io/output.js";
import { BACKENDS, type Backend } from "../../io/store.js";
import type { Comm } from "../../mpi/index.js";
import { clock, expectLastFrame, type Files, inNewFolder } from "./frames.js";
import { type Load, repeats } from "./messages.js";

/** Steps from one frame to the next. */
const every = 10;

const halo = 2;

/** What the turns without output are, for people. */
export const withoutOutput = "the same run without output, in turn in the same job";

/** @throws UsageError when there are too many ranks for a square of so many cells along an axis */
export function checkSquare(cells: number, ranks: number): void {
  chooseSplit([cells, cells], ranks, halo, [true, true]);
}

/** The backends, and `posix` beside the run. */
const names = [...BACKENDS.slice(0, 2), "beside", ...BACKENDS.slice(2)];

/** The frames of a repeat at least, so that what is written beside the run is there to meet what it may be in the way of. */
const leastFrames = 4;

/** Each backend, or the one that is asked for, at all sizes. @param hasLibrary false in a world without an MPI library */
export function outputLoads(
  sizes: readonly number[],
  ranks: number,
  asked: Backend | undefined,
  hasLibrary = true,
): Load[] {
  const isMeant = (name: string) => {
    if (asked === undefined) return name !== "mpiio" || hasLibrary;
    return name === asked || (name === "beside" && asked === "posix");
  };
  return names.filter(isMeant).flatMap((name) =>
    sizes.map((size) => {
      // Frames for some 5 ms, from rough times: measured ones would differ from job to job.
      const steps = every * (4e-6 + (4e-9 * size ** 2) / ranks);
      const frame = 4e-4 + (name === "gather" ? 6e-8 : 1e-9) * size ** 2;
      const frames = Math.max(leastFrames, Math.round(5e-3 / (steps + frame)));
      return { name, size, count: every * frames };
    }),
  );
}

/** Bytes that all repeats of a load write. */
export const writtenBytes = ({ size, count }: Load) => (repeats + 1) * (count / every + 1) * 8 * size ** 2;

/**
 * Times a load: the seconds of each repeat for one step, with output and without, from when all ranks begin until all are
 * done. The file is removed. **Collective.**
 * @throws FileError when it cannot be written
 */
export function measureOutput(
  comm: Comm,
  load: Load,
  files: Files,
  threads: number,
): Promise<{ readonly seconds: readonly number[]; readonly plain: readonly number[] }> {
  return inNewFolder(comm, files, async ({ folder }) => {
    const { name, size, count } = load;
    const grid = new Grid(comm, { shape: [size, size], periodic: true, halo, threads });
    const wave = (place: number) => Math.sin((2 * Math.PI * place) / size);
    const runs = [0, 1].map(() => {
      const psi = grid.field((x, y) => 2 + wave(x) * wave(y));
      return { psi, solver: new Mpdata({ psi, courant: [0.3, 0.2] }) };
    });
    const [written, plain] = runs as [(typeof runs)[0], (typeof runs)[0]];
    const how = name === "beside" ? { beside: true } : { backend: name as Backend };
    const output = await Output.create(grid, join(folder, "run.h5"), { variables: { psi: {} }, ...how });
    let frame = 0;
    const write = () => output.write(frame++, { psi: written.psi });
    const times = { seconds: [] as number[], plain: [] as number[] };
    const turns = [
      async () => {
        // A frame is under way when the time begins, as when it ends.
        await write();
        const seconds = await clock(comm, async () => {
          for (let step = 0; step < count; step += every) {
            written.solver.advance(every);
            await write();
          }
        });
        times.seconds.push(seconds / count);
        await output.flush();
      },
      async () => {
        const seconds = await clock(comm, () => {
          for (let step = 0; step < count; step += every) plain.solver.advance(every);
        });
        times.plain.push(seconds / count);
      },
    ];
    // The first repeat does not count, in which the engine compiles. The two go first in turn.
    for (let repeat = 0; repeat <= repeats; repeat++) for (const turn of turns.reverse()) await turn();
    if (written.psi.digest() !== plain.psi.digest()) {
      throw new Error("bench: expected the same field with output and without, got two. Do not trust these times.");
    }
    await expectLastFrame(output, written.psi);
    // Not in a `finally`: where something failed, the other ranks may not reach this collective call.
    await output.close();
    for (const { solver, psi } of runs) {
      solver.free();
      psi.free();
    }
    grid.free();
    return { seconds: times.seconds.slice(1), plain: times.plain.slice(1) };
  });
}
