/**
 * Collective calls of the workers of a page. Each is one round of messages: whoever needs what a rank has gets it from that
 * rank. Reductions combine in the order of the ranks, on each rank that has the result, so that all have the same bits.
 */
import type { Collective } from "../../mpi/library/prototypes.js";
import type { Datatypes } from "../../mpi/solo/datatypes.js";
import { constants, fail, failWith } from "../../mpi/solo/failure.js";
import type { Functions } from "../../mpi/solo/functions.js";
import { Block, readInt } from "../../mpi/solo/memory.js";
import type { Operations } from "../../mpi/solo/operations.js";
import type { Requests } from "../../mpi/solo/requests.js";
import { combine, transfer } from "../../mpi/solo/transfer.js";
import type { Data } from "../../mpi/solo/typemap.js";
import type { Member, Members } from "./members.js";
import { finish, type Plan, type Post, Round } from "./post.js";

const { MPI_IN_PLACE } = constants;

/** Makes the plan of a call, which it checks. */
type Planner = (...values: number[]) => { readonly member: Member; readonly plan: Plan };

function planners(types: Datatypes, ops: Operations, members: Members): { readonly [Name in Collective]?: Planner } {
  const data = (ptr: number, count: number, handle: number, offset = 0) => types.data(ptr, count, handle, offset);
  const others = ({ ranks, rank }: Member) => [...ranks.keys()].filter((peer) => peer !== rank);
  const checked = (root: number, { ranks }: Member) => (root >= 0 && root < ranks.length ? root : fail("ROOT"));
  /** Memory for data of other ranks. */
  const roomFor = (like: Data, count: number) => {
    const block = new Block(count * like.type.extent);
    return { block, data: { ...like, ptr: block.address } };
  };

  /** A reduction to the ranks of a list, of which each gets what all have. */
  const reduced = (roots: readonly number[], [from, to, count, type, op]: number[], member: Member): Plan => {
    const { rank } = member;
    const has = roots.includes(rank);
    const source = from === MPI_IN_PLACE ? data(to!, count!, type!) : data(from!, count!, type!);
    ops.check(op!, source.type);
    const out = roots.filter((root) => root !== rank).map((root) => [root, source] as const);
    if (!has) return { out };
    const target = data(to!, count!, type!);
    const rooms = member.ranks.map(() => roomFor(source, count!));
    return {
      out,
      into: others(member).map((peer) => [peer, rooms[peer]!.data] as const),
      end() {
        transfer(source, rooms[rank]!.data);
        const reduction = ops.reduction(op!, source.type);
        for (let peer = 1; peer < rooms.length; peer++) combine(rooms[peer - 1]!.data, rooms[peer]!.data, reduction);
        transfer(rooms.at(-1)!.data, target);
      },
    };
  };
  /** Parts that all ranks of a list get of all: each a place in an array, the own one copied. */
  const gathered = (
    roots: readonly number[],
    source: Data | undefined,
    member: Member,
    place: (peer: number) => Data,
  ) => {
    const { rank } = member;
    const has = roots.includes(rank);
    const part = source ?? place(rank);
    return {
      out: roots.filter((root) => root !== rank).map((root) => [root, part] as const),
      into: has ? others(member).map((peer) => [peer, place(peer)] as const) : [],
      end: () => {
        if (has && source) transfer(source, place(rank));
      },
    };
  };
  const row = (ptr: number, count: number, handle: number) => {
    const { extent } = types.committed(handle);
    return (peer: number) => data(ptr, count, handle, peer * count * extent);
  };
  const listed = (ptr: number, countsPtr: number, offsetsPtr: number, handle: number) => {
    const { extent } = types.committed(handle);
    return (peer: number) => data(ptr, readInt(countsPtr, peer), handle, readInt(offsetsPtr, peer) * extent);
  };
  const unlessInPlace = (ptr: number, count: number, handle: number) =>
    ptr === MPI_IN_PLACE ? undefined : data(ptr, count, handle);
  const all = ({ ranks }: Member) => [...ranks.keys()];

  return {
    Barrier(comm) {
      const member = members.get(comm!);
      const nothing = others(member).map((peer) => [peer, { ptr: 0, type: types.byte, byteLength: 0 }] as const);
      return { member, plan: { out: nothing, into: nothing } };
    },
    Bcast(ptr, count, type, root, comm) {
      const member = members.get(comm!);
      const from = checked(root!, member);
      const message = data(ptr!, count!, type!);
      if (from !== member.rank) return { member, plan: { into: [[from, message]] } };
      return { member, plan: { out: others(member).map((peer) => [peer, message] as const) } };
    },
    Reduce(from, to, count, type, op, root, comm) {
      const member = members.get(comm!);
      return { member, plan: reduced([checked(root!, member)], [from!, to!, count!, type!, op!], member) };
    },
    Allreduce(from, to, count, type, op, comm) {
      const member = members.get(comm!);
      return { member, plan: reduced(all(member), [from!, to!, count!, type!, op!], member) };
    },
    Gather(from, count, type, to, toCount, toType, root, comm) {
      const member = members.get(comm!);
      const roots = [checked(root!, member)];
      const has = root === member.rank;
      const place = has ? row(to!, toCount!, toType!) : () => fail("BUFFER");
      return { member, plan: gathered(roots, unlessInPlace(from!, count!, type!), member, place) };
    },
    Gatherv(from, count, type, to, countsPtr, offsetsPtr, toType, root, comm) {
      const member = members.get(comm!);
      const roots = [checked(root!, member)];
      const has = root === member.rank;
      const place = has ? listed(to!, countsPtr!, offsetsPtr!, toType!) : () => fail("BUFFER");
      return { member, plan: gathered(roots, unlessInPlace(from!, count!, type!), member, place) };
    },
    Allgather(from, count, type, to, toCount, toType, comm) {
      const member = members.get(comm!);
      const place = row(to!, toCount!, toType!);
      return { member, plan: gathered(all(member), unlessInPlace(from!, count!, type!), member, place) };
    },
    Allgatherv(from, count, type, to, countsPtr, offsetsPtr, toType, comm) {
      const member = members.get(comm!);
      const place = listed(to!, countsPtr!, offsetsPtr!, toType!);
      return { member, plan: gathered(all(member), unlessInPlace(from!, count!, type!), member, place) };
    },
  };
}

/** The functions of the collective calls, all three forms of each. */
export function collectiveFunctions(
  post: Post,
  types: Datatypes,
  ops: Operations,
  members: Members,
  requests: Requests,
): Functions {
  const functions: Record<string, (...values: number[]) => void> = {};
  for (const [name, planner] of Object.entries(planners(types, ops, members))) {
    const made = (persistent: boolean, values: number[]) => {
      const { member, plan } = planner(...values);
      return new Round(post, persistent, member, plan);
    };
    functions[`MPI_${name}`] = (...values) => failWith(finish(post, made(false, values)).code);
    functions[`MPI_I${name.charAt(0).toLowerCase()}${name.slice(1)}`] = (...values) =>
      requests.open(made(false, values.slice(0, -1)), values.at(-1)!);
    // In front of the request is what the program hints at.
    functions[`MPI_${name}_init`] = (...values) => requests.open(made(true, values.slice(0, -2)), values.at(-1)!);
  }
  return functions as Functions;
}
