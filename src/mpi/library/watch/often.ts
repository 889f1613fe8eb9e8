/**
 * The calls of which programs make the most, each as a function of its own: V8 compiles a call of a function that it knows to
 * take 40 ns less than one of a function that differs from time to time.
 */
import type { Library } from "../library.js";
import type { FunctionName, Raw } from "../prototypes.js";
import { absent, calls } from "./board.js";
import type { Pen } from "./record.js";

export function often({ raw, bind }: Library, pen: Pen): Partial<Raw> {
  const numberOf = (name: FunctionName) => calls.indexOf(name) + 1;
  const bound = <Name extends FunctionName>(name: Name) => (bind ? bind(name) : raw[name]) as Raw[Name];
  const names = ["MPI_Send", "MPI_Isend", "MPI_Recv", "MPI_Irecv", "MPI_Test", "MPI_Testall", "MPI_Waitall"] as const;
  const [sends, isends, recvs, irecvs, tests, testalls, waitalls] = names.map(numberOf) as number[];
  const more = ["MPI_Startall", "MPI_Barrier", "MPI_Bcast", "MPI_Allreduce", "MPI_Reduce", "MPI_Iprobe"] as const;
  const [startalls, barriers, bcasts, allreduces, reduces, iprobes] = more.map(numberOf) as number[];
  const [send, isend, recv, irecv] = [bound("MPI_Send"), bound("MPI_Isend"), bound("MPI_Recv"), bound("MPI_Irecv")];
  const [test, testall, waitall] = [bound("MPI_Test"), bound("MPI_Testall"), bound("MPI_Waitall")];
  const [startall, barrier, bcast] = [bound("MPI_Startall"), bound("MPI_Barrier"), bound("MPI_Bcast")];
  const [allreduce, reduce, iprobe] = [bound("MPI_Allreduce"), bound("MPI_Reduce"), bound("MPI_Iprobe")];
  const [sendrecv, sendrecvs] = [bound("MPI_Sendrecv"), numberOf("MPI_Sendrecv")];
  return {
    MPI_Send: (buf, count, type, to, tag, comm) => {
      pen.call(sends!, to, absent, tag, comm);
      const code = send(buf, count, type, to, tag, comm);
      pen.returned();
      return code;
    },
    MPI_Isend: (buf, count, type, to, tag, comm, request) => {
      pen.call(isends!, to, absent, tag, comm);
      const code = isend(buf, count, type, to, tag, comm, request);
      pen.begun(request);
      pen.returned();
      return code;
    },
    MPI_Recv: (buf, count, type, from, tag, comm, status) => {
      pen.call(recvs!, absent, from, tag, comm);
      const code = recv(buf, count, type, from, tag, comm, status);
      pen.returned();
      return code;
    },
    MPI_Irecv: (buf, count, type, from, tag, comm, request) => {
      pen.call(irecvs!, absent, from, tag, comm);
      const code = irecv(buf, count, type, from, tag, comm, request);
      pen.begun(request);
      pen.returned();
      return code;
    },
    MPI_Sendrecv: (buf, count, type, to, sendtag, into, room, intoType, from, tag, comm, status) => {
      pen.call(sendrecvs, to, from, tag, comm);
      const code = sendrecv(buf, count, type, to, sendtag, into, room, intoType, from, tag, comm, status);
      pen.returned();
      return code;
    },
    MPI_Test: (request, flag, status) => {
      pen.ask(tests!, 1, request);
      return test(request, flag, status);
    },
    MPI_Testall: (count, requests, flag, statuses) => {
      pen.ask(testalls!, count, requests);
      return testall(count, requests, flag, statuses);
    },
    MPI_Waitall: (count, requests, statuses) => {
      pen.call(waitalls!, absent, absent, absent, absent);
      pen.requests(count, requests);
      const code = waitall(count, requests, statuses);
      pen.returned();
      return code;
    },
    MPI_Startall: (count, requests) => {
      pen.call(startalls!, absent, absent, absent, absent);
      const code = startall(count, requests);
      pen.returned();
      return code;
    },
    MPI_Barrier: (comm) => {
      pen.collective(barriers!, absent, comm);
      const code = barrier(comm);
      pen.returned();
      return code;
    },
    MPI_Bcast: (buf, count, type, root, comm) => {
      pen.collective(bcasts!, root, comm);
      const code = bcast(buf, count, type, root, comm);
      pen.returned();
      return code;
    },
    MPI_Allreduce: (from, into, count, type, op, comm) => {
      pen.collective(allreduces!, absent, comm);
      const code = allreduce(from, into, count, type, op, comm);
      pen.returned();
      return code;
    },
    MPI_Reduce: (from, into, count, type, op, root, comm) => {
      pen.collective(reduces!, root, comm);
      const code = reduce(from, into, count, type, op, root, comm);
      pen.returned();
      return code;
    },
    MPI_Iprobe: (from, tag, comm, flag, status) => {
      pen.probe(iprobes!, from, tag, comm);
      return iprobe(from, tag, comm, flag, status);
    },
  };
}
