import type { VenueAdapter } from '../venue/adapter.ts';
import { adapter as deribit } from '../venue/deribit.ts';

const VENUES: ReadonlyMap<string, VenueAdapter> = new Map([deribit].map((v) => [v.venue, v]));

/** Names of the venues that can be watched. */
export const VENUE_NAMES: readonly string[] = [...VENUES.keys()];

/** The venue of that name; unknown names have been refused by the command line. */
export function venueNamed(name: string): VenueAdapter {
  const venue = VENUES.get(name);
  if (venue === undefined) throw new Error(`no venue is called ${name}`);
  return venue;
}
