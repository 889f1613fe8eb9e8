/** The pages of messages, files and exchanges: their tables, and pictures of times over sizes. */
import { type Diagram, diagrams } from "../../../plot/index.js";
import { type Page, writePage } from "../../run/page.js";
import { counted, mpiText } from "../../run/report.js";
import { type PeerName, peerTitle, type What } from "../peers.js";
import { aboutVerdicts, acrossOf, pointsOf, type Report, type Row, tableOf, verdictTable } from "../report.js";

/** Writes the page of messages, files and exchanges. @throws FileError */
export async function writeBench(path: string, what: What, report: Report): Promise<void> {
  const table = tableOf(what, report);
  const verdicts = verdictTable(report.toC ?? []);
  const page: Page = {
    title: `wasm-mpi bench ${what}`,
    about: table.about,
    notes: table.notes,
    above: table.above,
    rows: table.rows,
    ...(verdicts.length > 0 ? { further: [{ caption: aboutVerdicts, rows: verdicts }] } : {}),
    pictured: "Times against sizes, on logarithmic scales: the minima of the table.",
    draw: (picture) => drawTimes(picture, what, report),
    mpi: `MPI: ${mpiText(report.mpi)}`,
  };
  await writePage(path, page);
}

/** Times over sizes, and beside them bytes a second where bytes are moved. */
async function drawTimes(path: string, what: What, { rows, ranks, programs, mpi }: Report): Promise<void> {
  const names = [...new Set(rows.map(({ name }) => name))];
  const sizes = [...new Set(rows.map(({ size }) => size))];
  const peers = Object.keys(programs) as PeerName[];
  const diagram = (title: string, label: string, figure: (row: Row, seconds: number) => number): Diagram => ({
    title,
    label,
    across: acrossOf(what),
    points: pointsOf(what, sizes),
    colours: names,
    lines: ["wasm-mpi", ...peers.map((name) => peerTitle[name])],
    curves: names.flatMap((name, colour) =>
      [undefined, ...peers].map((peer, line) => ({
        colour,
        line,
        values: sizes.map((size) => {
          const row = rows.find((each) => each.name === name && each.size === size);
          const seconds = peer === undefined ? row?.seconds : row?.peers[peer];
          return row && seconds !== undefined ? figure(row, seconds) : Number.NaN;
        }),
      })),
    ),
  });
  const isMoving = rows.every(({ bandwidth }) => bandwidth !== null);
  await diagrams(path, {
    title: `${what} on ${counted(ranks, "rank")}, ${mpi.version}`,
    diagrams: [
      diagram("time", "us", (_, seconds) => 1e6 * seconds),
      ...(isMoving
        ? [diagram("throughput", "MB/s", (row, seconds) => (row.bandwidth! * row.seconds) / seconds / 1e6)]
        : []),
    ],
  });
}
