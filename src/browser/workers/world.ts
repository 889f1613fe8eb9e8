/**
 * The world of the workers of a page: the functions of MPI that grids, MPDATA and equations use, between memories that share
 * wires. A toy beside a library: it copies, knows one machine, and has a part of MPI alone. The rest is refused.
 */
import { abiOf, errorClassesOf } from "../../mpi/library/abi.js";
import type { Library } from "../../mpi/library/library.js";
import { type FunctionName, prototypes } from "../../mpi/library/prototypes.js";
import { Communicators } from "../../mpi/solo/communicators.js";
import { Datatypes, datatypeFunctions } from "../../mpi/solo/datatypes.js";
import { environmentFunctions } from "../../mpi/solo/environment.js";
import { codeOf, constants, fail, failWith } from "../../mpi/solo/failure.js";
import type { Functions } from "../../mpi/solo/functions.js";
import { returning } from "../../mpi/solo/index.js";
import { Infos, infoFunctions } from "../../mpi/solo/info.js";
import { openMemory, writeText } from "../../mpi/solo/memory.js";
import { Operations, operationFunctions } from "../../mpi/solo/operations.js";
import { type Request, Requests, requestFunctions } from "../../mpi/solo/requests.js";
import { report } from "../../mpi/solo/status.js";
import { topologyFunctions } from "../../mpi/solo/topologies.js";
import { collectiveFunctions } from "./collectives.js";
import { Members, memberFunctions } from "./members.js";
import { finish, Post, Receive, Send } from "./post.js";
import type { Wires } from "./wires.js";

const { MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_PROC_NULL } = constants;

/** What the world calls itself. */
const version = "workers of a page (a toy without an MPI library)";

/** Requests that are waited for until other ranks have done their part. */
class WaitedRequests extends Requests {
  readonly #post: Post;

  constructor(post: Post) {
    super();
    this.#post = post;
  }

  override abandon(ptr: number, request: Request, statusPtr: number): number {
    finish(this.#post, request);
    return this.finish(ptr, request, statusPtr)!;
  }
}

/** The messages between two ranks. */
function messageFunctions(post: Post, types: Datatypes, members: Members, requests: Requests): Functions {
  type Arguments = [ptr: number, count: number, datatype: number, peer: number, tag: number, comm: number];
  const envelope = (peer: number, tag: number, comm: number, isReceive: boolean) => {
    const member = members.get(comm);
    if (tag < 0 && !(isReceive && tag === MPI_ANY_TAG)) fail("TAG");
    const isKnown = peer === MPI_PROC_NULL || (isReceive && peer === MPI_ANY_SOURCE);
    if (!isKnown && (peer < 0 || peer >= member.ranks.length)) fail("RANK");
    return { member, context: member.context, peer, tag };
  };
  const send = (persistent: boolean, ...[ptr, count, datatype, peer, tag, comm]: Arguments) =>
    new Send(post, persistent, envelope(peer, tag, comm, false), types.data(ptr, count, datatype));
  const receive = (persistent: boolean, ...[ptr, count, datatype, peer, tag, comm]: Arguments) =>
    new Receive(post, persistent, envelope(peer, tag, comm, true), types.data(ptr, count, datatype));

  return {
    MPI_Send: (...values) => failWith(finish(post, send(false, ...values)).code),
    MPI_Isend: (...[ptr, count, datatype, peer, tag, comm, requestPtr]) =>
      requests.open(send(false, ptr, count, datatype, peer, tag, comm), requestPtr),
    MPI_Send_init: (...[ptr, count, datatype, peer, tag, comm, requestPtr]) =>
      requests.open(send(true, ptr, count, datatype, peer, tag, comm), requestPtr),
    MPI_Recv: (...[ptr, count, datatype, peer, tag, comm, statusPtr]) =>
      failWith(report(statusPtr, finish(post, receive(false, ptr, count, datatype, peer, tag, comm)))),
    MPI_Irecv: (...[ptr, count, datatype, peer, tag, comm, requestPtr]) =>
      requests.open(receive(false, ptr, count, datatype, peer, tag, comm), requestPtr),
    MPI_Recv_init: (...[ptr, count, datatype, peer, tag, comm, requestPtr]) =>
      requests.open(receive(true, ptr, count, datatype, peer, tag, comm), requestPtr),
  };
}

/** The world of the ranks at the ends of these wires, and what a rank does while it waits. */
export function workersLibrary(wires: Wires): { readonly library: Library; rest(): void } {
  openMemory();
  const post = new Post(wires);
  const types = new Datatypes();
  const ops = new Operations();
  const members = new Members(post, types);
  const requests = new WaitedRequests(post);
  const functions: Record<string, ((...values: number[]) => void) | undefined> = {
    ...(environmentFunctions() as object),
    ...infoFunctions(new Infos()),
    ...datatypeFunctions(types),
    ...operationFunctions(types, ops),
    ...requestFunctions(requests),
    // Where there are several ranks the package asks again and again with the forms that do not wait.
    MPI_Waitany: undefined,
    MPI_Waitsome: undefined,
    ...messageFunctions(post, types, members, requests),
    ...collectiveFunctions(post, types, ops, members, requests),
    MPI_Dims_create: topologyFunctions(new Communicators()).MPI_Dims_create,
    ...memberFunctions(members),
    MPI_Get_library_version: (ptr: number, lengthPtr: number) =>
      writeText(ptr, version, constants.MPI_MAX_LIBRARY_VERSION_STRING, lengthPtr),
  };
  const raw = {} as Record<FunctionName, (...values: number[]) => number>;
  const refused = codeOf("UNSUPPORTED_OPERATION", "not among what the workers of a page have of MPI");
  for (const name of Object.keys(prototypes) as FunctionName[]) {
    const run = functions[name];
    raw[name] = run ? returning(run) : () => refused;
  }
  raw.MPI_Wtime = () => performance.now() / 1e3;
  raw.MPI_Wtick = () => 1e-9;
  const library = { path: "workers", version, abi: abiOf("standard"), constants, raw };
  return { library: { ...library, errorClasses: errorClassesOf("standard") }, rest: () => wires.rest(50) };
}
