/**
 * Ends of jobs: rank 1 ends, or all do, in the way that is named, while the other ranks wait for a message or a barrier.
 *
 *   job-end.mjs WAY [barrier | recv | wait | await | probe | waitAny] [the same for rank 2]
 *
 * Just before it fails, the rank writes "failing TIME" to standard error; a rank that ends well prints "ok".
 */
import { writeSync } from "node:fs";
import { mpi } from "wasm-mpi/mpi";

const [, , way, ...waiting] = process.argv;
if (way === "before init") mpi.versionInfo();
const comm = mpi.init();
const array = new Float64Array(1);

const failures = {
  throw: () => {
    throw new Error("the pole is flat");
  },
  "throw of the package": () => comm.send(array, { to: 99 }),
  "throw of nothing": () => {
    throw undefined;
  },
  reject: () => Promise.reject(new RangeError("rejected")) && waitForEver(),
  await: waitForEver,
  "exit 0": () => process.exit(0),
  "exit 3": () => process.exit(3),
  "exit code": () => {
    process.exitCode = 4;
  },
  abort: () => mpi.abort(7),
  kill: () => process.kill(process.pid, "SIGKILL"),
};

const ends = {
  end: () => comm.barrier(),
  "wrong on all": () => comm.send(array, { to: 99 }),
  "captured in a callback": () => {
    process.setUncaughtExceptionCaptureCallback((error) => console.log(String(error)));
    setTimeout(comm.send.bind(comm, array, { to: 99 }));
  },
  "wrong in a callback": () => setTimeout(comm.send.bind(comm, array, { to: 99 })),
  finalize: () => mpi.finalize(),
  "exit after finalize": () => {
    mpi.finalize();
    console.log("ok");
    process.exit(0);
  },
  "barrier after finalize": () => {
    mpi.finalize();
    comm.barrier();
  },
  "open requests": () => {
    comm.irecv(array, { tag: 5 });
    comm.recvInit(array).start();
    comm.sendInit(array, { to: 0 });
    comm.dup();
  },
  late: async () => {
    await new Promise((resolve) => setTimeout(resolve, 50 * comm.rank));
    comm.barrier();
  },
  traps,
  race: async () => {
    const requests = await loseRaces();
    // Does not keep the process alive.
    setTimeout(() => requests.map((request) => request.cancel()), 5500).unref();
  },
  "race before finalize": async () => {
    await loseRaces();
    mpi.finalize();
  },
};

const waits = {
  barrier: () => comm.barrier(),
  recv: () => comm.recv(array, { from: 1 }),
  wait: () => comm.irecv(array, { from: 1 }).wait(),
  await: () => comm.irecv(array, { from: 1 }),
  probe: () => comm.probe({ from: 1 }),
  waitAny: () => mpi.waitAny([comm.irecv(array, { from: 1 }), comm.irecv(array, { from: 1, tag: 3 })]),
};

if (failures[way]) {
  comm.barrier();
  if (comm.rank === 1) {
    writeSync(2, `failing ${Date.now()}\n`);
    await failures[way]();
  } else await waits[waiting[comm.rank === 2 ? 1 : 0] ?? waiting[0] ?? "barrier"]();
} else {
  await ends[way]();
  console.log("ok");
}

/** Requests that are awaited and never complete. */
async function loseRaces() {
  const requests = [1, 2].map((tag) => comm.irecv(array, { tag }));
  const begun = comm.recvInit(array, { tag: 3 });
  begun.start();
  requests.push(begun);
  await Promise.race([...requests, new Promise((resolve) => setTimeout(resolve, 300))]);
  return requests;
}

function waitForEver() {
  return new Promise(() => {});
}

/** Traps of compiled code are errors like others, whatever signal handlers the MPI library has set up. */
function traps() {
  // (module (memory 1) (func (export "trap") unreachable)
  //   (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
  const binary = "0061736d010000000109026000006001 7f017f0303020001050301000107 0f0204747261700000046c6f616400 01"
    .concat("0a0d020300000b070020002802000b")
    .replaceAll(" ", "");
  const { trap, load } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(binary, "hex"))).exports;
  for (let i = 0; i < 3; i++) {
    for (const call of [trap, () => load(-1), () => load(65536), () => load(2 ** 30)]) {
      try {
        call();
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) continue;
        throw error;
      }
      throw new Error("expected a trap, got none");
    }
    if (comm.allreduce(load(0) + 1) !== comm.size) throw new Error("expected the ranks to go on");
  }
}
