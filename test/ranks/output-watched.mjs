/**
 * Writes frames until the time is over and whoever looks on has made the file FILE.seen, or ten times as long: cell c of frame t
 * is t + c / 1024 in psi, the negative in rho. Arguments: the file, milliseconds, backend. Rank 0 prints the number of frames.
 */
import { existsSync } from "node:fs";
import { Grid, mpi, Output } from "wasm-mpi";

const comm = mpi.init();
const [path, duration, backend] = process.argv.slice(2);
const grid = new Grid(comm, { shape: [37, 41] });
const [psi, rho] = [grid.field(0), grid.field(0)];
// Room for one frame, so that variables are moved again and again.
const room = backend === "gather" ? {} : { capacity: 1 };
const how = backend === "beside" ? { beside: true } : { backend };
const output = await Output.create(grid, path, { variables: { psi: {}, rho: {} }, ...how, ...room });
const begin = performance.now();
let frame = 0;
for (let goesOn = true; goesOn; frame++) {
  psi.set((x, y) => frame + (Math.floor(x) * 41 + Math.floor(y)) / 1024);
  rho.set((x, y) => -frame - (Math.floor(x) * 41 + Math.floor(y)) / 1024);
  await output.write(frame, { psi, rho });
  const share = (performance.now() - begin) / Number(duration);
  goesOn = comm.bcastObject(share < 1 || (share < 10 && !existsSync(`${path}.seen`)));
}
await output.close();
if (comm.rank === 0) console.log(String(frame));
