/** One-sided transfers: put, get and the atomic ones. Of one rank, each is done when its call returns. */
import type { Datatypes } from "./datatypes.js";
import { constants, fail } from "./failure.js";
import type { Functions } from "./functions.js";
import { copy, withBlock } from "./memory.js";
import type { Operations } from "./operations.js";
import { Immediate, type Requests } from "./requests.js";
import { combine, move } from "./transfer.js";
import type { Data } from "./typemap.js";
import type { Windows } from "./windows.js";

const { MPI_NO_OP, MPI_PROC_NULL, MPI_REPLACE } = constants;

type Numbers<Count extends 7 | 8 | 9 | 12> = Count extends 8
  ? [number, number, number, number, number, number, number, number]
  : Count extends 9
    ? [...Numbers<8>, number]
    : Count extends 12
      ? [...Numbers<9>, number, number, number]
      : [number, number, number, number, number, number, number];

/** The functions that access windows. */
export function accessFunctions(windows: Windows, types: Datatypes, ops: Operations, requests: Requests): Functions {
  /** The target in a window that may be accessed; absent when it is the rank that does not exist. */
  const target = (win: number, rank: number, disp: number, count: number, handle: number, passive = false) => {
    const window = windows.get(win);
    if (rank !== 0 && rank !== MPI_PROC_NULL) fail("RANK");
    if (count < 0) fail("COUNT");
    const type = types.committed(handle);
    if (rank === MPI_PROC_NULL) return undefined;
    window.access(passive);
    const data: Data = { ptr: window.base + disp * window.unit, type, byteLength: count * type.size };
    if (data.byteLength > 0) {
      const ends = [0, (count - 1) * type.extent].map((offset) => data.ptr + offset + type.trueLb);
      if (!window.contains(Math.min(...ends), Math.max(...ends) + type.trueExtent)) fail("RMA_RANGE");
    }
    return data;
  };
  const put = (passive: boolean, ...values: Numbers<8>) => {
    const [ptr, count, handle, rank, disp, targetCount, targetHandle, win] = values;
    const to = target(win, rank, disp, targetCount, targetHandle, passive);
    const from = types.data(ptr, count, handle);
    if (to) move(from, to)();
  };
  const get = (passive: boolean, ...values: Numbers<8>) => {
    const [ptr, count, handle, rank, disp, targetCount, targetHandle, win] = values;
    const from = target(win, rank, disp, targetCount, targetHandle, passive);
    const to = types.data(ptr, count, handle);
    if (from) move(from, to)();
  };
  /** The target becomes origin `op` target. */
  const update = (from: Data, to: Data, op: number) => {
    const reduction = ops.reduction(op, to.type);
    if (from.type.unit?.kind !== to.type.unit?.kind) fail("TYPE", "the origin and the target are of different types");
    if (op === MPI_REPLACE) move(from, to)();
    else {
      if (from.byteLength > to.byteLength) fail("TRUNCATE");
      combine(from, to, reduction);
    }
  };
  const accumulate = (passive: boolean, ...values: Numbers<9>) => {
    const [ptr, count, handle, rank, disp, targetCount, targetHandle, op, win] = values;
    const to = target(win, rank, disp, targetCount, targetHandle, passive);
    if (op === MPI_NO_OP) fail("OP");
    ops.reduction(op, types.committed(targetHandle));
    const from = types.data(ptr, count, handle);
    if (to) update(from, to, op);
  };
  const getAccumulate = (passive: boolean, ...values: Numbers<12>) => {
    const [ptr, count, handle, resultPtr, resultCount, resultHandle, rank, disp, targetCount, targetHandle, op, win] =
      values;
    const to = target(win, rank, disp, targetCount, targetHandle, passive);
    const result = types.data(resultPtr, resultCount, resultHandle);
    ops.reduction(op, types.committed(targetHandle));
    // Without an operation, nothing is read from the origin, whose description may be empty.
    const from = op === MPI_NO_OP ? undefined : types.data(ptr, count, handle);
    if (!to) return;
    move(to, result)();
    if (from) update(from, to, op);
  };
  const open = (requestPtr: number, run: () => void) => {
    run();
    requests.open(new Immediate(false, () => undefined), requestPtr);
  };

  return {
    MPI_Put: (...values) => put(false, ...values),
    MPI_Get: (...values) => get(false, ...values),
    MPI_Accumulate: (...values) => accumulate(false, ...values),
    MPI_Get_accumulate: (...values) => getAccumulate(false, ...values),
    MPI_Rput: (a, b, c, d, e, f, g, win, requestPtr) => open(requestPtr, () => put(true, a, b, c, d, e, f, g, win)),
    MPI_Rget: (a, b, c, d, e, f, g, win, requestPtr) => open(requestPtr, () => get(true, a, b, c, d, e, f, g, win)),
    MPI_Raccumulate: (a, b, c, d, e, f, g, op, win, requestPtr) =>
      open(requestPtr, () => accumulate(true, a, b, c, d, e, f, g, op, win)),
    MPI_Rget_accumulate: (a, b, c, d, e, f, g, h, i, j, op, win, requestPtr) =>
      open(requestPtr, () => getAccumulate(true, a, b, c, d, e, f, g, h, i, j, op, win)),
    MPI_Fetch_and_op: (ptr, resultPtr, handle, rank, disp, op, win) => {
      if (!types.get(handle).predefined) fail("TYPE");
      getAccumulate(false, ptr, 1, handle, resultPtr, 1, handle, rank, disp, 1, handle, op, win);
    },
    MPI_Compare_and_swap: (ptr, comparePtr, resultPtr, handle, rank, disp, win) => {
      const { predefined, unit, size } = types.get(handle);
      if (!predefined || !/^(i\d+|u\d+|address|bool|byte)$/.test(unit?.kind ?? "")) fail("TYPE");
      const to = target(win, rank, disp, 1, handle);
      if (!to) return;
      withBlock(size, (now) => {
        withBlock(size, (compared) => {
          copy(now.address, to.ptr, size);
          copy(compared.address, comparePtr, size);
          if (now.bytes.every((byte, i) => byte === compared.bytes[i])) copy(to.ptr, ptr, size);
          copy(resultPtr, now.address, size);
        });
      });
    },
  };
}
