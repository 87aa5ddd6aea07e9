import type { EngineConfig } from '../engine/config.ts';
import type { JsonObject } from '../store/canonical-json.ts';
import { FIRST_WAIT_MS, MOST_REJECTIONS, PER_DAY, PER_HOUR } from '../policy/budget.ts';
import { MAX_OVERRIDE_MS } from '../policy/oversight.ts';
import { EMERGENCY_MS, PROBATION_MS, PROOF } from '../policy/promotion.ts';
import { MAX_SILENCE_MS } from '../policy/silence.ts';

/** One limit that was in force, with how often the span ran into it. */
export interface Limit {
  readonly limit: string;
  readonly value: string;
  readonly says: string;
  /** Times it was reached in the span; null where the log does not count that. */
  readonly reached: number | null;
}

/** What a span ran into, as its records say. */
export interface LimitCounts {
  readonly incidents: number;
  readonly guards: Readonly<Record<string, number>>;
  readonly ageRefits: number;
  readonly promotions: number;
  readonly overrides: number;
  readonly silences: number;
  readonly bookLimits: number;
}

/** Guards of a calibration, with the limits of the code that wrote the log (`src/surface/surface-guard.ts`). */
const GUARDS: readonly (readonly [guard: string, value: string, says: string])[] = [
  ['butterfly-arbitrage', 'g(k) >= 0', 'no negative implied density in the quoted range'],
  ['wing-slope', '<= 2', "Lee's bound on the slope of total variance"],
  ['quotes', '>= 8, or >= 2 with a shape from a neighbour', 'quotes behind a calibration'],
  ['effective-quotes', '>= 4', 'effective number of quotes'],
  ['coverage', 'both sides', 'quotes on both sides of the forward'],
  ['inside-share', '>= 60 %', 'share of its own quotes that the calibration prices between bid and ask'],
  ['atm-move', '<= 6 standard errors', 'move of the at-the-money volatility that the market does not confirm'],
  ['skew-move', '<= 6 standard errors', 'move of the skew that the market does not confirm'],
  ['curvature-move', '<= 6 standard errors', 'move of the curvature that the market does not confirm'],
];

/** The limits in force under a configuration of a session, in words, with how often each was reached. */
export function limitsOf(raw: JsonObject | undefined, reached: LimitCounts): Limit[] {
  const config = (raw ?? {}) as Partial<EngineConfig>;
  const of = (value: number | undefined, unit = ''): string =>
    value === undefined ? 'not in this log' : `${String(value)}${unit}`;
  const known = new Set(GUARDS.map(([guard]) => guard));
  const others = Object.entries(reached.guards).filter(([guard]) => !known.has(guard));
  return [
    { limit: 'incident', value: of(config.openLogOdds, ' nats'), says: 'log-odds against health from which a diagnosis opens an incident', reached: reached.incidents },
    { limit: 'false pages', value: of(config.pageBudgetPerWeek, ' a week and underlying'), says: 'what the sequential tests are set for', reached: null },
    { limit: 'age', value: of(config.maxAgeSeconds, ' s'), says: 'a calibration older than this is made anew', reached: reached.ageRefits },
    { limit: 'pace', value: of(config.minRefitSeconds, ' s'), says: 'least time between calibrations of one expiry, unless an incident asks', reached: null },
    ...GUARDS.map(([guard, value, says]) => ({ limit: `guard: ${guard}`, value, says, reached: reached.guards[guard] ?? 0 })),
    ...others.map(([guard, n]) => ({ limit: `guard: ${guard}`, value: 'as recorded with each refusal', says: 'see the refused calibrations', reached: n })),
    { limit: 'promotions', value: `${PER_HOUR} an hour, ${PER_DAY} a day and expiry`, says: `changes of the model family; evidence ${PROOF} to 1; probation ${PROBATION_MS / 3_600_000} h, in emergency ${EMERGENCY_MS / 60_000} min`, reached: reached.promotions },
    { limit: 'rejections', value: `${MOST_REJECTIONS} in a row`, says: `each doubles the wait from ${FIRST_WAIT_MS / 60_000} min; then a person must act`, reached: null },
    { limit: 'break-glass', value: `${MAX_OVERRIDE_MS / 60_000} min`, says: 'longest time for which somebody may open a gate by hand', reached: reached.overrides },
    { limit: 'silence', value: `${MAX_SILENCE_MS / 86_400_000} days`, says: 'longest time for which somebody may silence alerts; never those of gate and break-glass', reached: reached.silences },
    ...(config.bookLimits ?? []).map((rule) => ({ limit: `book: ${rule.name}`, value: `${rule.field} ${rule.comparison} ${rule.limit}`, says: 'limit of the book; beyond it the gate allows hedging only', reached: reached.bookLimits })),
  ]; // prettier-ignore
}
