import {
  initTrailingMedian,
  readTrailingMedian,
  updateTrailingMedian,
  type TrailingMedian,
} from '../detect/trailing-median.ts';

/** What one batch of an expiry shows: two-sided quotes, those that passed the filters, and their vega in units of F sqrt(T / 2 pi). */
export interface Seen {
  readonly twoSided: number;
  readonly used: number;
  readonly coverage: number;
}

/** What an expiry usually shows; NaN where nothing is known. */
export interface Usual {
  readonly twoSided: number;
  readonly coverage: number;
}

/** What an expiry has shown since the stress began, looked at every half minute; plain data. */
export interface Lately {
  /** Epoch ms of the last look; -Infinity before the first. */
  at: number;
  readonly twoSided: TrailingMedian;
  readonly coverage: TrailingMedian;
}

/** Two-sided quotes, and share of the normal, without which stress is sat out. Source: methods.md 5.3. */
const QUORUM_QUOTES = 8;
const QUORUM_SHARE = 0.6;
/** Quotes that can still place a level: two that agree against a third. */
const FEWEST = 3;
/** A quorum that was lost counts again at this many times its size. */
const REGAINED = 1.25;
/** Time between looks, and the looks after which what is shown now is what is usual: ten minutes. */
const LOOK_MS = 30_000;
const LOOKS = 20;

/** Nothing seen under stress yet. */
export function initLately(): Lately {
  return { at: -Infinity, twoSided: initTrailingMedian(LOOKS), coverage: initTrailingMedian(LOOKS) };
}

/** Takes a batch under stress; at most one in half a minute counts. */
export function updateLately(lately: Lately, seen: Seen, at: number): void {
  if (at - lately.at < LOOK_MS) return;
  lately.at = at;
  updateTrailingMedian(lately.twoSided, seen.twoSided);
  updateTrailingMedian(lately.coverage, seen.coverage);
}

/**
 * Whether a batch under stress may move level and skew: eight two-sided quotes and 60 % of the usual vega, or 60 % of the
 * usual quotes where those are fewer than eight quotes' worth, and never below three. `lost` = there was none at the batch before: a quarter more
 * of everything is needed. What is usual is what the calm has shown; after ten minutes of stress what the stress itself
 * shows, where that is less: a market that stays thin is the market there is, and a model that waits for the old one
 * serves what nobody trades at. Source: methods.md 5.3 (the quorum), docs/loop.md (what is usual).
 */
export function hasQuorum(seen: Seen, calm: Usual, lately: Lately, lost: boolean): boolean {
  const margin = lost ? REGAINED : 1;
  const usual = usualNow(calm, lately);
  const share = margin * QUORUM_SHARE;
  const counted = Number.isNaN(usual.twoSided) ? Infinity : share * usual.twoSided;
  const needed = Math.max(FEWEST, Math.min(margin * QUORUM_QUOTES, counted));
  return seen.used > 0 && seen.twoSided >= needed && !(seen.coverage < share * usual.coverage);
}

function usualNow(calm: Usual, lately: Lately): Usual {
  const now = (w: TrailingMedian): number => readTrailingMedian(w, LOOKS)?.centre ?? NaN;
  const lesser = (a: number, b: number): number => (b < a || Number.isNaN(a) ? b : a);
  return {
    twoSided: lesser(calm.twoSided, now(lately.twoSided)),
    coverage: lesser(calm.coverage, now(lately.coverage)),
  };
}
