import { log } from '../numeric/exponential.ts';
import { median } from '../numeric/robust.ts';
import { YEAR_MS } from '../market/year-fraction.ts';
import { strengthOf, type Sign } from '../policy/signs.ts';
import { DATA_METRICS } from '../quality/registry.ts';
import { timeOffset } from '../quality/time-offset.ts';
import type { ExpiryState } from './state.ts';

const TIME = DATA_METRICS.indexOf(timeOffset);

/** A clock off by so much counts fully, s; and a single expiry's time, as the logarithm of its ratio to ours. */
const CLOCK_SECONDS = 2_400;
const OTHER_TIME = 0.06;
/** Expiries that must agree on a clock, and by how much, s and share. */
const LEAST_EXPIRIES = 3;
const AGREEMENT = 0.6;
const NEAR_SECONDS = 600;
const NEAR_SHARE = 0.15;

/** The wrong time that most expiries imply together, and what rounding of their marks alone may put it off by, both s. */
export interface CommonOffset {
  readonly seconds: number;
  readonly resolution: number;
}

/** What rounding of an expiry's marks may put its implied time off by, s; 0 where marks are not seen to be rounded. */
function resolutionOf(expiry: ExpiryState): number {
  const resolution = expiry.metrics[TIME]['resolution'];
  return resolution > 0 ? resolution : 0;
}

/**
 * Median time offset of the expiries when most of them agree on it; 0 when they do not. Rounded marks tell the time of an
 * option of years to the hour at best: only expiries that tell it to half of what is looked for are asked, where three do.
 */
export function commonOffset(expiries: readonly ExpiryState[]): CommonOffset {
  const known = expiries
    .map((e) => ({ seconds: timeOffset.read(e.metrics[TIME]), resolution: resolutionOf(e) }))
    .filter((o) => Number.isFinite(o.seconds));
  const fine = known.filter((o) => o.resolution <= 0.5 * CLOCK_SECONDS);
  const asked = fine.length >= LEAST_EXPIRIES ? fine : known;
  if (asked.length < LEAST_EXPIRIES) return { seconds: 0, resolution: 0 };
  const centre = median(asked.map((o) => o.seconds));
  const tolerance = NEAR_SECONDS + NEAR_SHARE * Math.abs(centre);
  const near = asked.filter((o) => Math.abs(o.seconds - centre) <= tolerance).length;
  const agree = near >= AGREEMENT * asked.length;
  return { seconds: agree ? centre : 0, resolution: median(asked.map((o) => o.resolution)) };
}

/** Strength of a common offset: nothing that rounding alone may make counts at all. */
export function strengthOfClock({ seconds, resolution }: CommonOffset): number {
  return strengthOf(seconds, Math.max(CLOCK_SECONDS, 2 * resolution));
}

/** Another time to expiry of one expiry than the common one, ln(T_venue / T), beyond the rounding of its marks. */
export function otherTime(expiry: ExpiryState, years: number, common: CommonOffset): Sign {
  const seconds = timeOffset.read(expiry.metrics[TIME]);
  const value = log(Math.max(1e-9, years + ((seconds - common.seconds) * 1000) / YEAR_MS) / years);
  const resolution = (resolutionOf(expiry) * 1000) / YEAR_MS / years;
  return { value, strength: strengthOf(value, Math.max(OTHER_TIME, 2 * resolution)) };
}
