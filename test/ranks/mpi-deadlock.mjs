/** Programs that wait for each other for ever, each a kind of it, and some that only wait for long. */
import { Grid, jit, mpi } from "wasm-mpi";

const { OMPI_COMM_WORLD_RANK, PMI_RANK } = process.env;
// As on a host to which the launcher has not passed the variable.
if (process.argv[2] === "mixed" && (OMPI_COMM_WORLD_RANK ?? PMI_RANK) === "1") delete process.env.WASM_MPI_TIMEOUT;

const comm = mpi.init();
const { rank, size } = comm;
const [next, last] = [(rank + 1) % size, (rank + size - 1) % size];
const few = new Float64Array(4);
/** More than any library sends before it is received. */
const many = new Float64Array(1e6);
const busy = (ms) => {
  for (const end = Date.now() + ms; Date.now() < end; );
};

const source = `
  import { rank, recv, send, size } from "mpi";
  export function wait(): void {
    const a = new StaticArray<f64>(2);
    recv(a, (rank() + 1) % size(), 5);
  }`;

const kinds = {
  early: async () => {
    if (comm.rank > 0) comm.barrier();
  },
  circle: () => comm.recv(few, { from: last, tag: 7 }),
  sends: () => comm.send(many, { to: next }),
  tags: () => (rank === 0 ? comm.send(many, { to: 1, tag: 3 }) : comm.recv(many, { from: 0, tag: 4 })),
  collectives: () => (rank === 1 ? comm.bcast(few) : comm.allreduce(few, few.slice())),
  roots: () => comm.bcast(many, { root: rank }),
  absent: () => (rank === 1 ? busy(60_000) : comm.barrier()),
  requests: () => mpi.waitAll([comm.irecv(few, { from: next, tag: 1 }), comm.irecv(many, { from: next, tag: 2 })]),
  any: () => comm.recv(few, { from: mpi.ANY_SOURCE, tag: mpi.ANY_TAG }),
  probe: () => comm.probe({ from: last, tag: 5 }),
  halo() {
    const grid = new Grid(comm, { shape: [32, 32], periodic: true, split: [size, 1] });
    const halo = grid.halo([grid.field(1)]);
    if (rank === 0) halo.exchange();
    comm.barrier();
  },
  /** Of a call that returns a promise; by then the event loop is empty but for it. */
  awaits: async () => (rank === 0 ? comm.recv(few, { from: 1, tag: 9 }) : await comm.irecv(few, { from: 0, tag: 8 })),
  /** As the last, where all of them await, as on a host that is cut off. */
  awaited: async () => await comm.irecv(few, { from: next, tag: 6 }),
  async compiled() {
    const { wait } = await jit(source);
    wait();
  },
  /** So that nobody compiles while others await it. */
  compiles: () => jit(source),
  /** Longer than the limit: by computing, in the event loop, and in many calls. */
  async slow() {
    busy(1500);
    await new Promise((done) => setTimeout(done, 1500));
    for (let i = 0; i < 30; i++) {
      comm.barrier();
      if (rank === 0) busy(60);
    }
    // Awaiting while there is something else to do, and with a limit of its own.
    setTimeout(() => comm.send(few, { to: next, tag: 1 }), 1500);
    await comm.irecv(few, { from: next, tag: 1 });
    const signal = AbortSignal.timeout(1500);
    await comm
      .irecv(few, { from: next, tag: 2 })
      .completion({ signal })
      .catch(() => {});
    comm.barrier();
    const barrier = comm.ibarrier();
    while (!barrier.test()) busy(1);
    console.log("ok");
  },
};
await kinds[process.argv[2]]();
