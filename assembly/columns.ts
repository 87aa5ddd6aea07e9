/** Where the host and the kernels exchange columns of doubles: column c, option i at `COLUMNS + (c * CAPACITY + i) * 8`. */

/** Options a call may carry. */
export const CAPACITY: i32 = 512;
/** Byte stride between columns. */
export const STRIDE: usize = <usize>CAPACITY * 8;

/** The first of 22 columns: six inputs and sixteen results for greeks, fewer elsewhere. */
export const COLUMNS: usize = memory.data(22 * 512 * 8, 16);

/** Address of the first column, for the host. */
export function columns(): usize { return COLUMNS; }
/** Options a call may carry, for the host. */
export function capacity(): i32 { return CAPACITY; }
