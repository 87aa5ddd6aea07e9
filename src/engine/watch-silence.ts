import type { ChainEntry } from '../market/chain.ts';
import { diagnose, type ScopeSigns } from '../policy/diagnosis.ts';
import { updateIncidents } from '../policy/incident.ts';
import type { Sign, SignName } from '../policy/signs.ts';
import { deadChannels, deadOptions } from './watch-channels.ts';
import type { Effect } from './effect.ts';
import type { ExpiryState, UnderlyingState } from './state.ts';

/** Closes nearer than this are a stream's, in which silence is judged by rates and not by comparing two closes, ms. */
export const STREAM_MS = 600_000;

/** Causes that silence opens and its end resolves while data stream. */
export const SILENCE_CAUSES: ReadonlySet<string> = new Set(['stale-feed', 'missing-expiry', 'silent-channel']);

/** Closes behind a rate before silence can be told from habit. */
const RATE_MINIMUM = 10;
/**
 * Changes that should have come and did not. All quotes follow one forward, so they stand still together: on the
 * simulated venue runs of silence worth twenty changes are ordinary, of forty-five are not seen in a month.
 */
const MISSED_ENTRY = 45;
/** Silence shorter than this says nothing, ms. */
const SHORTEST_MS = 1_900;
/** Stamps further off than this make the time of a batch itself doubtful, ms. */
const SKEWED_MS = 1_500;
/** Nor does silence of fewer than this many usual intervals between closes: snapshots are silent in between. */
const SHORTEST_CLOSES = 1.9;

/**
 * Looks for silence, whether or not any batch is ready: an expiry whose bids and asks have not changed for so long that
 * its own rate promised forty-five changes. Messages without a change: the feed repeats itself. No message while other
 * expiries have some: the expiry is missing.
 */
export function watchSilence(underlying: UnderlyingState, at: number, openAt: number): Effect[] {
  if (!(at - underlying.watchedAt >= 1000)) return [];
  underlying.watchedAt = at;
  const watched = underlying.expiries.filter((e) => e.rateCloses >= RATE_MINIMUM && e.expiry > at);
  if (watched.length === 0 || underlying.platform !== 'open' || settling(underlying, at)) return [];
  const shortest = Math.max(SHORTEST_MS, SHORTEST_CLOSES * underlying.cadenceMs);
  // Between snapshots silence is what one expects; the close compares them.
  if (!(underlying.cadenceMs < STREAM_MS)) return [];
  if (watched.some((e) => Math.abs(e.skewMs) > SKEWED_MS)) return [];
  const settled = settledAt(underlying, at);
  const missed = watched.map((e) => missedChanges(e, at, shortest, settled));
  const speaking = missed.some((m) => m < 0.25 * MISSED_ENTRY);
  const book = underlying.incidents;
  const everything = missedByAll(watched, at, shortest, settled);
  const none = missed.every((m) => m < MISSED_ENTRY) && everything < MISSED_ENTRY;
  const channels = deadChannels(underlying, at);
  const options = watched.map((e) => deadOptions(e, at));
  const alive = channels.strength === 0 && options.every((s) => s.strength === 0);
  if (none && alive && ![...book.open.values()].some((i) => SILENCE_CAUSES.has(i.cause))) return [];
  const expiries = watched.map((e, i): ScopeSigns => ({
    scope: e.key,
    signs: silenceSigns(e, missed[i], speaking, at).set('silent', options[i]),
  }));
  const own = new Map<SignName, Sign>([
    ['unchanged', { value: everything, strength: everything >= MISSED_ENTRY ? 2 : 0 }],
    ['silent', channels],
  ]);
  const diagnoses = diagnose({
    scope: underlying.key,
    own,
    openAt,
    expiries,
    numbers: {},
    isOpen: (cause, scope) => book.open.has(`${cause}|${scope}`),
  }).filter((d) => SILENCE_CAUSES.has(d.cause));
  const examined = new Set([underlying.key, ...expiries.map((e) => e.scope)]);
  return updateIncidents(
    book,
    underlying.key,
    at,
    diagnoses,
    (scope, cause) => SILENCE_CAUSES.has(cause) && examined.has(scope),
  ).map((record): Effect => ({ type: 'record', record }));
}

function missedChanges(expiry: ExpiryState, at: number, shortest: number, settled: number): number {
  const quiet = at - Math.max(settled, expiry.changedAt);
  return quiet < shortest ? 0 : (expiry.changeRate * quiet) / 1000;
}

/** Changes missed by all expiries together since any of them last changed. */
function missedByAll(watched: readonly ExpiryState[], at: number, shortest: number, settled: number): number {
  let rate = 0;
  let last = settled;
  for (const e of watched) {
    rate += e.changeRate;
    last = Math.max(last, e.changedAt);
  }
  return at - last < shortest ? 0 : (rate * (at - last)) / 1000;
}

const DAY_MS = 86_400_000;
const SETTLING_MS = 120_000;

/**
 * Whether it is the time of day at which this underlying's options expire: books empty for moments while the venue
 * settles. Scheduled life, no incident.
 */
export function settling(underlying: UnderlyingState, at: number): boolean {
  return at < settledAt(underlying, at);
}

/** When the last settlement is over, epoch ms; -Infinity without expiries. Silence of before is no silence of today. */
function settledAt({ expiries }: UnderlyingState, at: number): number {
  if (expiries.length === 0) return -Infinity;
  return at - ((((at - expiries[0].expiry) % DAY_MS) + DAY_MS) % DAY_MS) + SETTLING_MS;
}

function empty(entry: ChainEntry): boolean {
  return entry.quote === null || (entry.quote.bid === null && entry.quote.ask === null);
}

function silenceSigns(expiry: ExpiryState, missed: number, speaking: boolean, at: number): Map<SignName, Sign> {
  const strength = missed >= MISSED_ENTRY ? 2 : 0;
  const silent = at - expiry.messageAt > 0.8 * (at - expiry.changedAt) || expiry.entries.every(empty);
  const signs = new Map<SignName, Sign>();
  signs.set('absent', { value: missed, strength: silent && speaking ? strength : 0 });
  signs.set('unchanged', { value: missed, strength: silent && speaking ? 0 : strength });
  signs.set('stuck', { value: missed, strength: silent && speaking ? 0 : strength });
  return signs;
}
