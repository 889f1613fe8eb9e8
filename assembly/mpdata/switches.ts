/** Compile-time switches are types, told apart by their size, so that no cell pays for an option. */

/** How psi stands in fractions: as it is, of the gauge left out, its absolute value (variable sign). */
export type Plain = u8;
export type Gauge = u16;
export type Variable = u32;

/** The number of axes. */
export type D1 = u8;
export type D2 = u16;
export type D3 = u32;

/** Whether there is something; `Perhaps`: as a pointer tells. */
export type No = u8;
export type Yes = u16;
export type Perhaps = u32;
