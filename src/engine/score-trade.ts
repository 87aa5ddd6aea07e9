import { hitsOwnOrder } from '../market/chain.ts';
import type { TradeEvent } from '../market/event.ts';
import { tickAt } from '../market/instrument.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import type { Observations, Predictions } from '../model/contract.ts';
import { blackGreeks } from '../numeric/black.ts';
import { log } from '../numeric/exponential.ts';
import { collectPackage, updateTradeScore } from '../score/trade-score.ts';
import { modelNamed } from './models.ts';
import type { EngineConfig } from './config.ts';
import type { InstrumentPlace, ModelTrack } from './state.ts';
import { versionLiveAt } from './versions.ts';

/** Versions younger than this have not predicted the print, ms. */
const HORIZON_MS = 1_000;

/**
 * Scores a print against every model of its expiry with the version live a second before. Only screen trades test a
 * model; liquidations and late prints are counted apart, legs of blocks, RFQs and combos by the price of their package. Prints of our own orders test nothing.
 */
export function scoreTrade(config: EngineConfig, place: InstrumentPlace, event: TradeEvent): void {
  const own =
    place.underlying.ownTrades.has(`${event.symbol}|${event.tradeId}`) ||
    (event.kind === 'screen' && hitsOwnOrder(place.entry, event.direction, event.price, event.at));
  for (const track of place.expiry.models) {
    if (own) {
      track.trades.apart.own++;
      continue;
    }
    if (event.late) track.trades.apart.late++;
    else if (event.kind !== 'screen') track.trades.apart[event.kind]++;
    if (event.late || event.kind === 'liquidation') continue;
    const price = modelPrice(place, track, event.at);
    if (price === null) continue;
    if (event.kind === 'screen' && event.packageId === null)
      updateTradeScore(track.trades, {
        ...price,
        price: event.price,
        amount: event.amount,
        direction: event.direction,
      });
    else if (event.packageId !== null && track.model === config.champion) {
      const signed = event.direction === 'buy' ? event.amount : -event.amount;
      for (const p of collectPackage(
        place.underlying.packages,
        event.packageId,
        event.at,
        signed,
        event.price - price.model,
      ))
        place.underlying.packageErrors.push((p.error / p.firstAmount) * price.unitUsd);
      if (place.underlying.packageErrors.length > PACKAGES_KEPT) place.underlying.packageErrors.shift();
    }
  }
}

/** Package errors remembered per underlying. */
const PACKAGES_KEPT = 100;

interface ModelPrice {
  readonly model: number;
  readonly modelSd: number;
  readonly halfSpread: number;
  readonly tick: number;
  readonly vega: number;
  readonly unitUsd: number;
}

/** The model's price of one option from the version live a second ago, with what makes its error bar; null without a quote or a version. */
function modelPrice(place: InstrumentPlace, track: ModelTrack, at: number): ModelPrice | null {
  const { instrument, quote } = place.entry;
  if (quote === null || quote.bid === null || quote.ask === null || quote.bid >= quote.ask || quote.forward === null)
    return null;
  const version = versionLiveAt(track, at - HORIZON_MS);
  const years = yearsBetween(at, instrument.expiry);
  if (version === null || !(years > 0)) return null;
  const { forward } = quote;
  const k = Float64Array.of(log(instrument.strike / forward));
  const one: Observations = {
    at, years, forward, k, x: k, strike: Float64Array.of(instrument.strike), value: Float64Array.of(NaN),
    noise: Float64Array.of(NaN), low: Float64Array.of(NaN), high: Float64Array.of(NaN), venueValue: Float64Array.of(NaN),
  }; // prettier-ignore
  const out: Predictions = { mean: new Float64Array(1), sd: new Float64Array(1) };
  modelNamed(track.model).predict(version.fit, one, out);
  const greeks = blackGreeks({ side: instrument.side, forward, strike: instrument.strike, years, sigma: out.mean[0] });
  const unit = instrument.settlement === 'inverse' ? forward : 1;
  const vega = greeks.vega / unit;
  const horizon = Math.sqrt(track.noise.variancePerSecond * Math.max(0, (at - version.fit.at) / 1000));
  return {
    model: greeks.price / unit,
    modelSd: vega * Math.sqrt(out.sd[0] * out.sd[0] + horizon * horizon),
    halfSpread: 0.5 * (quote.ask - quote.bid),
    tick: tickAt(instrument.ticks, quote.ask),
    vega,
    unitUsd: unit,
  };
}
