/** The ends of messages under way. */
import { ptrOf, statusPtr } from "./data";
import { Request } from "./handles";
import { inTestall, inWaitall, noRoom } from "./host";
import { Status } from "./status";

// @ts-ignore: decorator
@external("mpi", "wait")
declare function hostWait(request: Request, status: usize): void;
// @ts-ignore: decorator
@external("mpi", "test")
declare function hostTest(request: Request, status: usize): bool;
// @ts-ignore: decorator
@external("mpi", "waitall")
declare function hostWaitall(requests: usize, count: i32, statuses: usize): void;
// @ts-ignore: decorator
@external("mpi", "testall")
declare function hostTestall(requests: usize, count: i32, statuses: usize): bool;
// @ts-ignore: decorator
@external("mpi", "waitany")
declare function hostWaitany(requests: usize, count: i32, status: usize): i32;
// @ts-ignore: decorator
@external("mpi", "testany")
declare function hostTestany(requests: usize, count: i32, status: usize): i32;

/** Waits for the end of a request. The status of `REQUEST_NULL` and of a request that is over already is empty. */
export function wait(request: Request, status: Status | null = null): void {
  hostWait(request, statusPtr(status));
}

/** True when the request is over. Never waits. */
export function test(request: Request, status: Status | null = null): bool {
  return hostTest(request, statusPtr(status));
}

/** Waits for all requests of an array; each becomes `REQUEST_NULL`. */
export function waitall<A>(requests: A, statuses: StaticArray<Status> | null = null): void {
  hostWaitall(ptrOf<A>(requests), requestCount<A>(requests, statuses, inWaitall), changetype<usize>(statuses));
}

/** True when all requests of an array are over; then each becomes `REQUEST_NULL`. Never waits. */
export function testall<A>(requests: A, statuses: StaticArray<Status> | null = null): bool {
  return hostTestall(ptrOf<A>(requests), requestCount<A>(requests, statuses, inTestall), changetype<usize>(statuses));
}

/** Waits until a request of an array is over, and makes it `REQUEST_NULL`. Returns its index, or `UNDEFINED` if all were. */
export function waitany<A>(requests: A, status: Status | null = null): i32 {
  return hostWaitany(ptrOf<A>(requests), requestCount<A>(requests, null), statusPtr(status));
}

/** As `waitany`, but never waits: returns `NONE` when no request is over. */
export function testany<A>(requests: A, status: Status | null = null): i32 {
  return hostTestany(ptrOf<A>(requests), requestCount<A>(requests, null), statusPtr(status));
}

/** The number of requests in an array; there are to be as many statuses. */
// @ts-ignore: decorator
@inline
function requestCount<A>(requests: A, statuses: StaticArray<Status> | null, call: i32 = inWaitall): i32 {
  if (!isManaged<A>() || sizeof<valueof<A>>() != 4) ERROR("expected an array of Request");
  const count = requests.length;
  if (statuses && statuses.length < count) noRoom(call, count, statuses.length);
  return count;
}
