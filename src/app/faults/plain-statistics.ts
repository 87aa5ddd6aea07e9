/** What trivial monitors look at: one number per snapshot, alarmed by a threshold and nothing else. */
import { metricOf } from '../../engine/read-signs.ts';
import type { EngineState } from '../../engine/state.ts';
import type { OutputRecord } from '../../model/record.ts';
import { log } from '../../numeric/exponential.ts';
import { median } from '../../numeric/robust.ts';
import type { ChainSnapshot } from './chain-snapshot.ts';

/** Statistics of the trivial monitors; NaN when there was nothing to look at. */
export interface PlainStatistics {
  /** Median in-sample rmse of the fits of the snapshot, volatility (fraction). */
  readonly fitError: number;
  /** Largest |ln(quote volatility / venue mark volatility)| over the expiries. */
  readonly markGap: number;
  /** Median ln PZ over the expiries: what the CUSUM sums. */
  readonly logPz: number;
}

/** Reads them off one run's records and state. */
export function plainStatistics(
  state: EngineState,
  records: readonly OutputRecord[],
  snapshot: ChainSnapshot,
): PlainStatistics {
  const fits: number[] = [];
  const pz: number[] = [];
  for (const r of records) {
    if (r.type === 'calibration' && r.model === state.config.champion && r.rmse_vol !== null) fits.push(r.rmse_vol);
    if (r.type === 'score' && r.model === state.config.champion && r.pz > 0) pz.push(log(r.pz));
  }
  const underlying = state.underlyings.get(`${snapshot.venue}:${snapshot.underlying}`);
  const gaps = (underlying?.expiries ?? []).map((e) => Math.abs(metricOf(e, 'mark_gap_log'))).filter(Number.isFinite);
  return {
    fitError: fits.length === 0 ? NaN : median(fits),
    markGap: gaps.length === 0 ? NaN : Math.max(...gaps),
    logPz: pz.length === 0 ? NaN : median(pz),
  };
}
