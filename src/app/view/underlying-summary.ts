import { moneyEvidence } from '../../engine/watch-book.ts';
import { metricOf } from '../../engine/read-signs.ts';
import type { ExpiryState, ModelTrack, UnderlyingState } from '../../engine/state.ts';
import { isoTime } from '../../market/iso-time.ts';
import type { Incident } from '../../policy/incident.ts';
import type { Underlying } from '../../server/wire/watch.ts';
import type { CalibrationHistory } from './calibration-history.ts';
import type { QuoteTable } from './quote-table.ts';
import type { ScoreHistory } from './score-history.ts';
import { finite } from './smile-builder.ts';

/** What the drift on a scope is worth to the book; null without one, or while it is in doubt. */
function moneyOn(u: UnderlyingState, scope: string): number | null {
  const money = moneyEvidence(u, scope)['money_usd'];
  return typeof money === 'number' ? money : null;
}

const GATES = ['OK', 'WIDEN', 'HEDGE_ONLY', 'DO_NOT_USE'] as const;
const SEVERITIES = ['info', 'warning', 'critical'] as const;
const KINDS = ['book', 'model', 'market', 'data'] as const;
/** Squared quartile of the normal distribution: half of all draws lie within 0.6745 standard deviations. */
const QUARTILE_SQUARED = 0.45493642311957;

/** The top strip's answer for one underlying. */
export function underlyingSummary(
  u: UnderlyingState,
  table: QuoteTable,
  scores: ScoreHistory,
  calibrations: CalibrationHistory,
  at: number,
): Underlying {
  const scopes = new Map(table.scopes.map((s) => [s.expiry, s]));
  const expiries = u.expiries
    .filter((e) => e.expiry > at)
    .map((e): Underlying['expiries'][number] => {
      const { champion, trial } = e.loop;
      const turn = calibrations.turnOf(e.key);
      const track = e.models.find((t) => t.model === champion);
      const version = track?.versions.at(-1);
      const scope = scopes.get(e);
      return {
        scope: e.key,
        expiry: isoTime(e.expiry),
        model: champion,
        loop: e.loop.machine.state,
        loop_since: Number.isFinite(e.loop.machine.since) ? isoTime(e.loop.machine.since) : null,
        loop_why: turn?.to === e.loop.machine.state ? turn.why : null,
        loop_incident: turn?.to === e.loop.machine.state ? turn.incident : null,
        trial: trial === null ? null : { mode: trial.mode, rivals: [...trial.rivals], since: isoTime(trial.since) },
        proposed: e.loop.trial?.proposed?.model ?? null,
        years: scope !== undefined && scope.years > 0 ? scope.years : 0,
        forward: finite(scope?.forward ?? NaN),
        atm_vol: finite(scope?.atmVol ?? NaN),
        gate: {
          state: track?.gate.state ?? 'DO_NOT_USE',
          reasons: [...(track?.gate.reasons ?? ['warming-up'])],
        },
        age_s: version === undefined ? null : Math.max(0, (at - version.fit.at) / 1000),
        half_life_s: track === undefined ? null : halfLife(e, track),
        pz: scores.newest(e.key, champion, 'pz'),
        inside_share: scores.newest(e.key, champion, 'inside_share'),
        quoted: scope?.quoted ?? 0,
        two_sided: scope?.twoSided ?? 0,
      };
    });
  const worst = expiries.toSorted((a, b) => GATES.indexOf(b.gate.state) - GATES.indexOf(a.gate.state))[0];
  const known = (values: (number | null)[]): number[] => values.filter((v) => v !== null);
  const ages = known(expiries.map((e) => e.age_s));
  const lives = known(expiries.map((e) => e.half_life_s));
  const open = [u.incidents, u.hedge.incidents, u.book.incidents].flatMap((b) => [...b.open.values()]);
  const incident = worstOf(open);
  return {
    key: u.key,
    venue: u.venue,
    underlying: u.underlying,
    index: finite(u.index?.price ?? u.quotedIndex),
    at: Number.isFinite(u.closedAt) ? isoTime(u.closedAt) : null,
    feed: u.feed,
    platform: u.platform,
    gate: worst?.gate ?? { state: 'DO_NOT_USE', reasons: ['warming-up'] },
    model: servingModels(expiries),
    model_age_s: ages.length === 0 ? null : Math.max(...ages),
    half_life_s: lives.length === 0 ? null : Math.min(...lives),
    open_incidents: open.length,
    worst_incident:
      incident === null
        ? null
        : {
            id: incident.id,
            cause: incident.cause,
            severity: incident.severity,
            scope: incident.scope,
            opened: isoTime(incident.openedAt),
            money: moneyOn(u, incident.scope),
          },
    expiries,
  };
}

/**
 * Age, s, at which half of a fit's predictions have left the bid-ask: the horizon's standard deviation s_R sqrt(t)
 * times 0.6745 equals the median half-spread h, so t = (h / s_R)^2 / 0.455. Null without a spread.
 */
export function halfLife(expiry: ExpiryState, track: ModelTrack): number | null {
  const half = metricOf(expiry, 'half_spread_vol');
  const seconds = (half * half) / (track.noise.variancePerSecond * QUARTILE_SQUARED);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}

/** Which models serve, the most frequent first: `svi`, or `svi, sabr` after a promotion. */
function servingModels(expiries: readonly { readonly model: string }[]): string {
  const counts = new Map<string, number>();
  for (const { model } of expiries) counts.set(model, (counts.get(model) ?? 0) + 1);
  return [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .map(([model]) => model)
    .join(', ');
}

/** The most severe, of equals the one nearest to the data, of equals the oldest. */
function worstOf(open: readonly Incident[]): Incident | null {
  const rank = (i: Incident): number => 10 * SEVERITIES.indexOf(i.severity) + KINDS.indexOf(i.kind);
  return open.toSorted((a, b) => rank(b) - rank(a) || a.openedAt - b.openedAt)[0] ?? null;
}
