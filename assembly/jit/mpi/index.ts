/**
 * MPI for compiled code. Handles and constants are those of the standard ABI of MPI 5, on every library.
 *
 * Data are numbers, by value, or arrays and views, by reference: `StaticArray`, `Array`, typed arrays, and `View` for
 * elements at an address, which need not lie side by side. A call that receives a number returns the number.
 */
export { Data, IN_PLACE, Located, View } from "./data";
export * from "./handles";
export * from "./status";
export * from "./world";
export * from "./messages";
export * from "./requests";
export * from "./collectives";
export * from "./pieces";
export * from "./reductions";
