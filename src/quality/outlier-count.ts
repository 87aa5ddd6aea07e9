import { tickAt } from '../market/instrument.ts';
import { median } from '../numeric/robust.ts';
import type { DataBatch } from './batch.ts';
import { batchMetric } from './metric.ts';

/** A quote is an outlier when the mark lies outside it by this share of the mark... */
const SHARE = 0.35;
/** ...and by this many ticks. */
const TICKS = 6;
/** ...and by this many half-spreads: wide quotes are made around values that nobody knows better. */
const HALF_SPREADS = 1;

/**
 * Quotes far away from the venue's mark of the same option: fat fingers and misprints. The mark is first moved by what
 * all quotes of the expiry lie away from theirs in volatility, and the one published with the quote's last change is
 * asked as well: a quote that has not yet followed its mark is late, not wrong.
 */
export const outlierCount = batchMetric(
  'outlier_count',
  'count',
  "quotes whose whole spread is far away from the venue's mark of the same option",
  (batch) => {
    let n = 0;
    let common = NaN;
    for (const { quote, instrument, markAtChange } of batch.entries) {
      if (quote === null || quote.mark === null || quote.bid === null || quote.ask === null || quote.bid > quote.ask)
        continue;
      const { bid, ask } = quote;
      const tick = tickAt(instrument.ticks, quote.mark);
      const half = 0.5 * (ask - bid);
      const away = (mark: number): boolean => {
        const outside = Math.max(bid - mark, mark - ask);
        return outside > SHARE * mark && outside > TICKS * tick && outside > HALF_SPREADS * half;
      };
      if (!away(quote.mark) || !away(Number.isFinite(markAtChange) ? markAtChange : quote.mark)) continue;
      if (Number.isNaN(common)) common = commonGap(batch);
      const unit = instrument.settlement === 'inverse' ? (quote.forward ?? batch.forward) : 1;
      const moved = quote.mark + (common * 100 * (quote.vega ?? 0)) / unit;
      if (away(Math.max(0, Number.isFinite(moved) ? moved : quote.mark))) n++;
    }
    return n;
  },
);

/** Median of quoted minus mark volatility over the usable quotes, fraction; 0 without any. */
function commonGap(batch: DataBatch): number {
  const { value, venueValue } = batch.observations;
  const gaps: number[] = [];
  for (let i = 0; i < value.length; i++) if (venueValue[i] > 0) gaps.push(value[i] - venueValue[i]);
  return gaps.length === 0 ? 0 : median(gaps);
}
