/**
 * Writes frames until the disk is full, and lets another file take the room meanwhile. Arguments: the file, backend. Every
 * rank prints its error.
 */
import { Grid, mpi, Output } from "wasm-mpi";

const comm = mpi.init();
const [path, backend] = process.argv.slice(2);
const grid = new Grid(comm, { shape: [256, 512] });
const psi = grid.field((x, y) => 1000 * x + y);
const how = { beside: { beside: true }, gzip: { gzip: 1 } }[backend] ?? { backend };
const output = await Output.create(grid, path, { variables: { psi: {} }, ...how });
try {
  for (let frame = 0; ; frame++) await output.write(frame, { psi });
} catch (error) {
  comm.barrier();
  const texts = comm.gatherObject(`${error.name}: ${error.message}`);
  await output.close();
  if (comm.rank === 0) console.log(JSON.stringify(texts));
}
