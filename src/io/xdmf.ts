/**
 * A text beside a file by which ParaView and VisIt read it: an XDMF collection of the frames, which refers to the values in
 * the HDF5 file. It grows by a frame when that counts, and is whole after each.
 *
 * XDMF takes the last axis of a uniform grid for x, so that x and z would change places. The corners of the cells, in the
 * group `mesh` of the file, say where each cell is.
 */

import fs from "node:fs";
import { basename, parse } from "node:path";
import type { File } from "h5wasm/node";
import { wrongFile } from "../argument.js";
import { axisNames } from "../grid/axis.js";
import { escaped } from "../markup.js";
import { byteLengthOf, faceAxisOf, MESH, type SnapshotLayout, type StoredVariable } from "./snapshot.js";

/** Values that are written at a time. */
const SLAB = 2 ** 17;

const tail = "    </Grid>\n  </Domain>\n</Xdmf>\n";

/** `out.xdmf` of `out.h5`. */
export function xdmfPath(path: string): string {
  return `${path.slice(0, path.length - parse(path).ext.length)}.xdmf`;
}

/** Writes the corners of the cells, one array an axis, compressed: nothing of the size of the grid is in memory. */
export function writeMesh(
  file: File,
  { shape, bounds, faces, system }: Pick<SnapshotLayout, "shape" | "bounds" | "faces" | "system">,
): void {
  const group = file.create_group(MESH);
  const corners = shape.map((n) => n + 1);
  const row = corners.slice(1).reduce((product, n) => product * n, 1);
  const rows = Math.max(1, Math.floor(SLAB / row));
  for (const [axis, n] of shape.entries()) {
    const [low, high] = bounds![axis]!;
    const name = axisNames(system)[axis]!;
    const known = faces?.[axis];
    const chunks = [Math.min(rows, corners[0]!), ...corners.slice(1)];
    const empty = { data: new Float64Array(0), shape: [0, ...corners.slice(1)], maxshape: [null, ...corners.slice(1)] };
    const dataset = group.create_dataset({ name, ...empty, dtype: "<d", chunks, compression: 1 });
    dataset.resize([...corners]);
    const inner = corners.slice(axis + 1).reduce((product, count) => product * count, 1);
    for (let begin = 0; begin < corners[0]!; begin += rows) {
      const end = Math.min(begin + rows, corners[0]!);
      const values = Float64Array.from({ length: (end - begin) * row }, (_, cell) => {
        const index = Math.floor((begin * row + cell) / inner) % corners[axis]!;
        return known ? known[index]! : low + (index * (high - low)) / n;
      });
      dataset.write_slice([[begin, end]], values);
    }
  }
}

/** The text of one file. */
export class Xdmf {
  readonly #path: string;
  readonly #source: string;
  readonly #layout: Pick<SnapshotLayout, "shape" | "variables" | "system">;
  #frames = 0;

  /** @param path - of the HDF5 file */
  constructor(path: string, layout: Pick<SnapshotLayout, "shape" | "variables" | "system">) {
    this.#path = xdmfPath(path);
    this.#source = escaped(basename(path));
    this.#layout = layout;
  }

  /** Writes frames behind those before; the first ones as a new text. @throws FileError when the disk does not take them */
  write(times: Iterable<number>): void {
    try {
      if (this.#frames === 0) fs.writeFileSync(this.#path, head + this.#note() + tail);
      const fd = fs.openSync(this.#path, "r+");
      try {
        const text = Array.from(times, (time) => this.#frame(this.#frames++, time)).join("");
        fs.writeSync(fd, text + tail, fs.fstatSync(fd).size - tail.length);
      } finally {
        fs.closeSync(fd);
      }
    } catch (cause) {
      throw wrongFile(this.#path, "a text beside the file that can be written", cause, "Make room, or leave out xdmf.");
    }
  }

  /** What the text leaves out, as what is at faces has no place among cells and corners. */
  #note(): string {
    const atFaces = Object.keys(this.#layout.variables).filter((name) => !this.#isInCells(name));
    return atFaces.length === 0 ? "" : `      <!-- Not here, as the values are at faces: ${atFaces.join(", ")} -->\n`;
  }

  #isInCells(name: string): boolean {
    return faceAxisOf(this.#layout, this.#layout.variables[name]!) < 0;
  }

  #frame(frame: number, time: number): string {
    const { shape, variables } = this.#layout;
    const corners = shape.map((n) => n + 1).join(" ");
    const axes = axisNames(this.#layout.system).slice(0, shape.length);
    const ends = axes.map((axis) => item(corners, "f64", `${this.#source}:/${MESH}/${axis}`));
    const inCells = Object.entries(variables).filter(([name]) => this.#isInCells(name));
    const all = inCells.map(([name, variable]) => this.#attribute(name, variable, frame));
    return [
      `      <Grid Name="frame ${frame}" GridType="Uniform">`,
      `        <Time Value="${time}"/>`,
      `        <Topology TopologyType="${shape.length}DSMesh" Dimensions="${corners}"/>`,
      `        <Geometry GeometryType="${shape.length === 2 ? "X_Y" : "X_Y_Z"}">${ends.join("")}</Geometry>`,
      ...all,
      "      </Grid>\n",
    ].join("\n");
  }

  #attribute(name: string, { dtype, isStatic = false }: StoredVariable, frame: number): string {
    const cells = this.#layout.shape.join(" ");
    const place = `${this.#source}:/${name}`;
    const zeros = this.#layout.shape.map(() => 0).join(" ");
    const ones = this.#layout.shape.map(() => 1).join(" ");
    const slab = `<DataItem Dimensions="3 ${this.#layout.shape.length + 1}" Format="XML">${frame} ${zeros} 1 ${ones} 1 ${cells}</DataItem>`;
    const values = isStatic
      ? item(cells, dtype, place)
      : `<DataItem ItemType="HyperSlab" Type="HyperSlab" Dimensions="${cells}">${slab}${item(`${frame + 1} ${cells}`, dtype, place)}</DataItem>`;
    return `        <Attribute Name="${name}" AttributeType="Scalar" Center="Cell">${values}</Attribute>`;
  }
}

const head = `<?xml version="1.0"?>
<Xdmf Version="2.0">
  <Domain>
    <Grid Name="frames" GridType="Collection" CollectionType="Temporal">
`;

/** Values of the HDF5 file. */
function item(dimensions: string, dtype: StoredVariable["dtype"], place: string): string {
  const type = dtype === "i32" || dtype === "int32" ? "Int" : "Float";
  return `<DataItem Dimensions="${dimensions}" NumberType="${type}" Precision="${byteLengthOf(dtype)}" Format="HDF">${place}</DataItem>`;
}
