/** Where hedges are compared: tenor x delta x side of an underlying. */

/** Upper ends of the tenors, days; the last is open. */
export const TENOR_DAYS = [2, 8, 31, 93] as const;
/** Names of the tenors, in order. */
export const TENORS = ['0-2d', '2-8d', '8-31d', '31-93d', '93d+'] as const;
/** Names of the |Black delta| classes, in order: below 2 % a price is its tick. */
export const DELTAS = ['2-10', '10-25', '25-50', '50-98'] as const;

/** One of {@link TENORS}. */
export type Tenor = (typeof TENORS)[number];
/** One of {@link DELTAS}. */
export type DeltaClass = (typeof DELTAS)[number];

/** A bucket. */
export interface Bucket {
  readonly underlying: string;
  readonly side: 'call' | 'put';
  readonly tenor: Tenor;
  readonly delta: DeltaClass;
}

/** Tenor of a time to expiry in years. */
export function tenorOf(years: number): Tenor {
  const days = years * 365;
  const at = TENOR_DAYS.findIndex((d) => days < d);
  return TENORS[at < 0 ? TENORS.length - 1 : at];
}

/** Class of a Black delta by its size; undefined below 2 % and above 98 %. */
export function deltaClassOf(delta: number): DeltaClass | undefined {
  const size = Math.abs(delta);
  if (!(size >= 0.02) || size > 0.98) return undefined;
  return size < 0.1 ? '2-10' : size < 0.25 ? '10-25' : size < 0.5 ? '25-50' : '50-98';
}

/** Text form, unique and sortable: `BTC call 8-31d 10-25`. */
export function bucketKey(b: Bucket): string {
  return `${b.underlying} ${b.side} ${b.tenor} ${b.delta}`;
}
