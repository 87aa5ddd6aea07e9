import { EXPLAIN_TERMS } from '../engine/hedge-explain.ts';
import { hoursOf, slopeOf, totalsOf } from '../engine/hedge-contest.ts';
import { pairTotals } from '../engine/hedge-pair.ts';
import type { HedgeBucket, HedgeRegime, HedgeWatch } from '../engine/hedge-state.ts';
import { hedgeTarget } from '../engine/hedge-target.ts';
import type { EngineState, UnderlyingState } from '../engine/state.ts';
import { DELTAS, TENORS } from '../hedge/bucket.ts';
import { CALIBRATED_BY, HEDGE_MODELS, HEDGE_PREFIX, hedgeModel } from '../hedge/hedge-model.ts';
import { HOUR_MS, totalSince } from '../hedge/hour-sums.ts';
import { MINIMUM_CLUSTERS, MINIMUM_ROWS } from '../hedge/slope.ts';
import type { MarketEvent } from '../market/event.ts';
import { isoTime } from '../market/iso-time.ts';
import { median } from '../numeric/robust.ts';
import type { HedgeSource } from '../server/hedge-room.ts';
import type { GreeksAnswer, HedgeGlance, HedgeShown, HedgeTargetShown, PushedGreeks } from '../server/wire/hedge.ts';
import { epochMs } from '../server/wire/scalars.ts';

/** What the desk needs of a running monitor. */
export interface HedgeDeskPorts {
  readonly state: () => EngineState | null;
  /** Takes events through the log; null where nothing can be taken (a replay). */
  readonly accept: ((events: readonly MarketEvent[]) => void) | null;
}

const REGIMES: readonly HedgeRegime[] = ['volatility-against-spot', 'volatility-with-spot', 'unclear', 'stress'];
const LN10 = 2.302585092994046;
const EXPLAINED_MS = 24 * HOUR_MS;

/** Hedging between engine and server: reads what the engine knows, takes the user's own deltas. */
export class HedgeDesk implements HedgeSource {
  private readonly ports: HedgeDeskPorts;

  constructor(ports: HedgeDeskPorts) {
    this.ports = ports;
  }

  overview(): HedgeGlance[] {
    return [...(this.ports.state()?.underlyings.values() ?? [])].map(glance);
  }

  hedge(key: string): HedgeShown | null {
    const u = this.ports.state()?.underlyings.get(key);
    if (u === undefined) return null;
    const { hedge: watch } = u;
    const names = [...[...HEDGE_MODELS.keys()].map((n) => n.slice(HEDGE_PREFIX.length)), ...watch.pushed.keys()];
    return {
      ...glance(u),
      at: Number.isFinite(u.closedAt) ? isoTime(u.closedAt) : null,
      models: names.map((model) => {
        const made = watch.pushed.get(model)?.at ?? watch.calibrations.get(CALIBRATED_BY[model] ?? '')?.at;
        const convention = watch.pushed.get(model)?.convention ?? null;
        return { model, calibrated_at: made === undefined ? null : isoTime(made), convention };
      }),
      calibrations: [...watch.calibrations].map(([model, fit]) => ({
        model,
        at: isoTime(fit.at),
        parameters: named(hedgeModel(model).parameterNames, fit.parameters),
      })),
      buckets: [...watch.buckets.values()].toSorted(inOrder).map((b) => bucketShown(watch, b)),
      pairs: pairsShown(watch),
      minimum: { hours: MINIMUM_CLUSTERS, rows: MINIMUM_ROWS },
      explained: explained(watch),
    };
  }

  target(key: string, cost: number, riskAversion: number): HedgeTargetShown | string {
    const state = this.ports.state();
    const u = state?.underlyings.get(key);
    if (state === null || u === undefined) return `${key} is not watched`;
    const t = hedgeTarget(state, u, { cost, riskAversion });
    if (t === null) return `${key}: no horizon has begun yet`;
    return {
      key,
      as_of: isoTime(t.asOf),
      age_s: Math.max(0, (u.watermark - t.asOf) / 1000),
      gate: { state: t.gate.state, reasons: [...t.gate.reasons] },
      options: t.options,
      unpriced: t.unpriced,
      delta: t.delta,
      net_delta: t.netDelta,
      black_delta: t.blackDelta,
      futures_delta: t.futuresDelta,
      cash: t.cash,
      target_coin: t.targetCoin,
      target_usd: t.targetUsd,
      standard_error: t.standardError,
      gamma_coin_per_usd: t.gamma,
      whalley_wilmott: t.whalleyWilmott,
      zakamouline: t.zakamouline,
      trade: t.trade,
      option_trades: [...t.optionTrades],
    };
  }

  push(message: PushedGreeks, by: string): GreeksAnswer | string {
    const { accept } = this.ports;
    const state = this.ports.state();
    if (accept === null || state === null)
      return 'nothing can be pushed here: this is a replay, or the watch has not begun';
    const { model, venue, underlying, convention, greeks } = message;
    if (!state.underlyings.has(`${venue}:${underlying}`)) return `${venue}:${underlying} is not watched`;
    if (HEDGE_MODELS.has(HEDGE_PREFIX + model)) return `model ${model}: this name is built in`;
    const now = Date.now();
    const at = message.at === undefined ? now : epochMs(message.at);
    accept([
      {
        type: 'pushed-greeks',
        at,
        receivedAt: now,
        model,
        venue,
        underlying,
        convention,
        symbols: greeks.map((g) => g.instrument),
        deltas: greeks.map((g) => g.delta),
        ...(message.version === undefined ? {} : { version: message.version }),
        by,
      },
    ]);
    return { accepted: greeks.length, at: isoTime(at) };
  }
}

function named(names: readonly string[], values: readonly number[]): Record<string, number> {
  return Object.fromEntries(names.flatMap((name, i) => (i < values.length ? [[name, values[i]]] : [])));
}

function inOrder(a: HedgeBucket, b: HedgeBucket): number {
  const place = ({ bucket }: HedgeBucket): number =>
    100 * TENORS.indexOf(bucket.tenor) + (bucket.side === 'put' ? 0 : 10) + DELTAS.indexOf(bucket.delta);
  return place(a) - place(b);
}

const finite = (v: number): number | null => (Number.isFinite(v) ? v : null);

function glance(u: UnderlyingState): HedgeGlance {
  const { hedge: watch } = u;
  const champions: Record<string, number> = {};
  for (const b of watch.buckets.values()) champions[b.champion] = (champions[b.champion] ?? 0) + 1;
  return {
    key: u.key,
    gate: { state: watch.gate.state, reasons: [...watch.gate.reasons] },
    regime: watch.regimes.at(-1)?.regime ?? 'unclear',
    judged_at: Number.isFinite(watch.judgedAt) ? isoTime(watch.judgedAt) : null,
    champions,
    open: [...watch.incidents.open.values()].map((i) => ({
      id: i.id,
      cause: i.cause,
      scope: i.scope,
      opened: isoTime(i.openedAt),
    })),
    funding: [...watch.funding.values()].map((f) => ({
      symbol: f.symbol,
      rate_8h: u.futures.get(f.symbol)?.funding8h ?? null,
      usual_8h: finite(median(f.rates)),
      basis: finite(f.bases.at(-1) ?? NaN),
      usual_basis: finite(median(f.bases)),
      samples: f.rates.length,
    })),
  };
}

function bucketShown(watch: HedgeWatch, b: HedgeBucket): HedgeShown['buckets'][number] {
  const totals = totalsOf(b, b.champion);
  return {
    side: b.bucket.side,
    tenor: b.bucket.tenor,
    delta: b.bucket.delta,
    champion: b.champion,
    former: b.former,
    since: Number.isFinite(b.since) ? isoTime(b.since) : null,
    proposed: b.proposed,
    saved: totals === null ? null : totals.rawCoin - totals.coin,
    cost: totals === null ? null : totals.cost,
    members: [...b.hours.keys()].flatMap((model) => {
      const t = totalsOf(b, model);
      if (t === null) return [];
      const c = b.comparisons.get(model);
      return [
        {
          model,
          n: t.n,
          answered: t.answered,
          reduction_coin: 1 - t.coin / t.rawCoin,
          reduction_usd: 1 - t.usd / t.rawUsd,
          turnover: t.turnover,
          cost_bp: 1e4 * t.cost,
          net_reduction_coin: 1 - t.netCoin / t.rawCoin,
          net_reduction_usd: 1 - t.netUsd / t.rawUsd,
          better: c === undefined ? null : c.logBetter / LN10,
          worse: c === undefined ? null : c.logWorse / LN10,
          slopes: [null, ...REGIMES].flatMap((regime) => {
            const s = slopeOf(b, model, regime === null ? null : hoursOf(watch, regime));
            if (s === undefined) return [];
            return [
              {
                regime: regime ?? 'any',
                beta: s.beta,
                se: s.standardError,
                naive_se: s.naiveError,
                hours: s.clusters,
                n: s.n,
              },
            ];
          }),
        },
      ];
    }),
  };
}

/** Delta alone against delta and vega, expiry by expiry, on all options and on what is held. */
function pairsShown(watch: HedgeWatch): HedgeShown['pairs'] {
  return [...watch.pairs].flatMap(([scope, pair]) => {
    const start = watch.starts.get(scope);
    const second = start?.symbols[start.vegaHedge.second] ?? null;
    return (['book', 'chain'] as const).flatMap((basis) => {
      const t = pairTotals(pair, basis, second ?? '');
      if (t === null) return [];
      const { instrument: _now, n, ...figures } = t;
      const hours = pair[basis].cells.length;
      const saved = 1 - (t.delta_vega_net * t.delta_vega_net) / (t.delta_net * t.delta_net);
      return [{ scope, basis, instrument: second, rows: n, hours, ...figures, saved_net: finite(saved) }];
    });
  });
}

function explained(watch: HedgeWatch): HedgeShown['explained'] {
  const basis = watch.explained.book.cells.length > 0 ? 'book' : 'chain';
  const sums = watch.explained[basis];
  const last = sums.cells.at(-1);
  const since = (last?.hour ?? 0) - EXPLAINED_MS + HOUR_MS;
  const totals = totalSince(sums, since);
  const first = sums.cells.find((c) => c.hour >= since);
  return {
    basis,
    from: first === undefined ? null : isoTime(first.hour),
    to: last === undefined ? null : isoTime(last.hour + HOUR_MS),
    terms: EXPLAIN_TERMS.map((name, i) => ({ name, coin: totals[i] })),
  };
}
