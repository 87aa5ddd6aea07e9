/** Short names for arithmetic on two doubles at a time, and the select that replaces a branch. */

// @ts-ignore: decorator
@inline
export function all(v: f64): v128 { return f64x2.splat(v); }
// @ts-ignore: decorator
@inline
export function add(a: v128, b: v128): v128 { return f64x2.add(a, b); }
// @ts-ignore: decorator
@inline
export function sub(a: v128, b: v128): v128 { return f64x2.sub(a, b); }
// @ts-ignore: decorator
@inline
export function mul(a: v128, b: v128): v128 { return f64x2.mul(a, b); }
// @ts-ignore: decorator
@inline
export function div(a: v128, b: v128): v128 { return f64x2.div(a, b); }
// @ts-ignore: decorator
@inline
export function sqrt(a: v128): v128 { return f64x2.sqrt(a); }
// @ts-ignore: decorator
@inline
export function neg(a: v128): v128 { return f64x2.neg(a); }
// @ts-ignore: decorator
@inline
export function abs(a: v128): v128 { return f64x2.abs(a); }
/** a + b c, rounded twice: no fused operation, so that the bits are the twin's. */
// @ts-ignore: decorator
@inline
export function addMul(a: v128, b: v128, c: v128): v128 { return f64x2.add(a, f64x2.mul(b, c)); }
/** The larger of the two; a NaN in `a` stays. */
// @ts-ignore: decorator
@inline
export function atLeast(a: v128, b: v128): v128 { return f64x2.pmax(a, b); }
/** The smaller of the two; a NaN in `a` stays. */
// @ts-ignore: decorator
@inline
export function atMost(a: v128, b: v128): v128 { return f64x2.pmin(a, b); }
/** Lane by lane: `yes` where the mask is set, `no` elsewhere. */
// @ts-ignore: decorator
@inline
export function select(mask: v128, yes: v128, no: v128): v128 { return v128.bitselect(yes, no, mask); }
