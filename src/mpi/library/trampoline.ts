/**
 * A shorter way to a C function than koffi's own, which takes 7 to 11 ns for each argument: 75 ns for a message with six, while
 * the library itself takes 30. Here koffi runs one function without arguments and result, of machine code; which function that
 * one calls, and with which numbers, stands in a list of doubles that JavaScript fills. So a call takes 20 ns, however many
 * arguments it has. The machine code is what a compiler makes of
 *
 *     void run(void) { list[13] = ((int (*)(int64_t, ...))list[0])(list[1], ..., list[12]); }
 *
 * Arguments that a function does not have are passed and not read. A function may call back into JavaScript, which calls
 * others: its arguments were read before, and its result is written after.
 */
import { machineFunction } from "./machine.js";
import { addressOf } from "./native.js";

/** Arguments that a call has at most: six in registers, six on the stack. */
const most = 12;

/** A C function of integers and addresses that returns an `int`. */
type Call = (...values: number[]) => number;

/** The function, its arguments and its result. Memory at an address does not move. */
const list = new Float64Array(most + 2);

let run: (() => void) | undefined;
let isMade = false;

/**
 * The function at an address; `undefined` where koffi's way to it is the only one: on another machine than x86-64 with Linux,
 * and with more than 12 parameters.
 */
export function trampoline(address: number, parameterCount: number): Call | undefined {
  if (!isMade) {
    isMade = true;
    run = machineFunction(machineCode(addressOf(list)));
  }
  return run && ways(run, list, address)[parameterCount];
}

/**
 * By the number of parameters: arguments that are taken as `...values` become an array, which takes longer than the call. A list that is
 * a parameter here is known to the engine where it compiles a call; one of the module takes 5 to 15 ns more.
 */
// biome-ignore format: one number of parameters a line
function ways(run: () => void, list: Float64Array, address: number): readonly Call[] {
  return [
    () => { list[0] = address; run(); return list[13]!; },
    (a) => { list[0] = address; list[1] = a; run(); return list[13]!; },
    (a, b) => { list[0] = address; list[1] = a; list[2] = b; run(); return list[13]!; },
    (a, b, c) => { list[0] = address; list[1] = a; list[2] = b; list[3] = c; run(); return list[13]!; },
    (a, b, c, d) => { list[0] = address; list[1] = a; list[2] = b; list[3] = c; list[4] = d; run(); return list[13]!; },
    (a, b, c, d, e) => { list[0] = address; list[1] = a; list[2] = b; list[3] = c; list[4] = d; list[5] = e; run(); return list[13]!; },
    (a, b, c, d, e, f) => { list[0] = address; list[1] = a; list[2] = b; list[3] = c; list[4] = d; list[5] = e; list[6] = f; run(); return list[13]!; },
    (a, b, c, d, e, f, g) => { list[0] = address; list[1] = a; list[2] = b; list[3] = c; list[4] = d; list[5] = e; list[6] = f; list[7] = g; run(); return list[13]!; },
    (a, b, c, d, e, f, g, h) => { list[0] = address; list[1] = a; list[2] = b; list[3] = c; list[4] = d; list[5] = e; list[6] = f; list[7] = g; list[8] = h; run(); return list[13]!; },
    (a, b, c, d, e, f, g, h, i) => { list[0] = address; list[1] = a; list[2] = b; list[3] = c; list[4] = d; list[5] = e; list[6] = f; list[7] = g; list[8] = h; list[9] = i; run(); return list[13]!; },
    (a, b, c, d, e, f, g, h, i, j) => { list[0] = address; list[1] = a; list[2] = b; list[3] = c; list[4] = d; list[5] = e; list[6] = f; list[7] = g; list[8] = h; list[9] = i; list[10] = j; run(); return list[13]!; },
    (a, b, c, d, e, f, g, h, i, j, k) => { list[0] = address; list[1] = a; list[2] = b; list[3] = c; list[4] = d; list[5] = e; list[6] = f; list[7] = g; list[8] = h; list[9] = i; list[10] = j; list[11] = k; run(); return list[13]!; },
    (a, b, c, d, e, f, g, h, i, j, k, l) => { list[0] = address; list[1] = a; list[2] = b; list[3] = c; list[4] = d; list[5] = e; list[6] = f; list[7] = g; list[8] = h; list[9] = i; list[10] = j; list[11] = k; list[12] = l; run(); return list[13]!; },
  ];
}

/** In System V's convention. The address of the list is kept in `rbx`, which a function that is called leaves as it is. */
function machineCode(listAddress: number): Uint8Array {
  const numbers = { rax: 0, rcx: 1, rdx: 2, rsi: 6, rdi: 7, r8: 8, r9: 9 };
  /** `cvttsd2si register, [rbx + 8 * index]`: the double as an integer of 64 bits. */
  const load = (register: keyof typeof numbers, index: number) => {
    const number = numbers[register];
    return [0xf2, number < 8 ? 0x48 : 0x4c, 0x0f, 0x2c, 0x43 | ((number & 7) << 3), 8 * index];
  };
  const inRegisters = (["rdi", "rsi", "rdx", "rcx", "r8", "r9"] as const).flatMap((name, k) => load(name, k + 1));
  const onStack = [0, 1, 2, 3, 4, 5].flatMap((k) => [...load("rax", k + 7), 0x48, 0x89, 0x44, 0x24, 8 * k]);
  return Uint8Array.from([
    ...[0x53, 0x48, 0x83, 0xec, 0x30], // push rbx; sub rsp, 48
    ...[0x48, 0xbb, ...new Uint8Array(BigUint64Array.of(BigInt(listAddress)).buffer)], // mov rbx, listAddress
    ...inRegisters,
    ...onStack, // Each: mov [rsp + 8 * k], rax
    ...load("rax", 0),
    ...[0xff, 0xd0], // call rax
    ...[0xf2, 0x0f, 0x2a, 0xc0, 0xf2, 0x0f, 0x11, 0x43, 8 * (most + 1)], // cvtsi2sd xmm0, eax; movsd [rbx + 104], xmm0
    ...[0x48, 0x83, 0xc4, 0x30, 0x5b, 0xc3], // add rsp, 48; pop rbx; ret
  ]);
}
