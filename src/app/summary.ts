import type { EngineState } from '../engine/state.ts';
import type { CalibrationRecord, OutputRecord, ScoreRecord } from '../model/record.ts';
import { median } from '../numeric/robust.ts';

/** The last line of `--json`: what a run came to. */
export interface SummaryRecord {
  readonly type: 'summary';
  readonly events: number;
  readonly instruments: number;
  readonly expiries: number;
  /** Answers of calibrators of every kind: smiles, credit curves, hedging models. */
  readonly calibrations: number;
  /** Expiries by the model that serves them at the end; those without a fit are in none. */
  readonly serving: Readonly<Record<string, number>>;
  readonly refused_by_reason: Readonly<Record<string, number>>;
  readonly median_rmse_vol: number | null;
  readonly median_inside_share: number | null;
  readonly median_pz: number | null;
  readonly median_next_inside_share: number | null;
  readonly incidents_by_cause: Readonly<Record<string, number>>;
  readonly log_sha256: string;
}

/** Values kept per median; beyond it every second one is dropped and the stride doubles, so memory stays flat. */
const SAMPLE = 200_000;

class Sample {
  private values: number[] = [];
  private stride = 1;
  private seen = 0;

  add(value: number | null): void {
    if (value === null || this.seen++ % this.stride !== 0) return;
    this.values.push(value);
    if (this.values.length < SAMPLE) return;
    this.values = this.values.filter((_, i) => i % 2 === 0);
    this.stride *= 2;
  }

  median(): number | null {
    return this.values.length === 0 ? null : median(this.values);
  }
}

/** Gathers a run's summary from its records as they pass. */
export class SummaryBuilder {
  private readonly champion: string;
  private state: EngineState | null = null;
  private readonly rmse = new Sample();
  private readonly inside = new Sample();
  private readonly pz = new Sample();
  private readonly nextInside = new Sample();
  private readonly causes = new Map<string, number>();
  private readonly instruments = new Set<string>();
  private readonly expiries = new Set<string>();
  private calibrations = 0;

  constructor(champion: string) {
    this.champion = champion;
  }

  /** Asks this engine from now on which model serves an expiry: one that was promoted, or the configured champion. */
  follow(state: EngineState): void {
    this.state = state;
  }

  /** Counts an instrument of the stream. */
  instrument(symbol: string, underlying: string, expiry: number): void {
    this.instruments.add(symbol);
    this.expiries.add(`${underlying}:${expiry}`);
  }

  /** Takes one record. */
  record(record: OutputRecord): void {
    if (record.type === 'credit-calibration' || record.type === 'hedge-calibration') this.calibrations++;
    else if (record.type === 'calibration') {
      this.calibrations++;
      if (record.model !== this.serving(record)) return;
      this.rmse.add(record.rmse_vol);
      this.inside.add(record.inside_share);
    } else if (record.type === 'score' && record.model === this.serving(record)) {
      this.pz.add(record.pz);
      this.nextInside.add(record.inside_share);
    } else if (record.type === 'incident' && record.state === 'open')
      this.causes.set(record.cause, (this.causes.get(record.cause) ?? 0) + 1);
  }

  private serving({ venue, underlying, expiry }: CalibrationRecord | ScoreRecord): string {
    const at = Date.parse(expiry);
    const found = this.state?.underlyings.get(`${venue}:${underlying}`)?.expiries.find((e) => e.expiry === at);
    return found?.loop.champion ?? this.champion;
  }

  /** The finished summary. */
  finish(state: EngineState, digest: string): SummaryRecord {
    return {
      type: 'summary',
      events: state.counts.events,
      instruments: this.instruments.size,
      expiries: this.expiries.size,
      calibrations: this.calibrations,
      serving: sorted(servingCounts(state)),
      refused_by_reason: sorted(state.counts.refused),
      median_rmse_vol: this.rmse.median(),
      median_inside_share: this.inside.median(),
      median_pz: this.pz.median(),
      median_next_inside_share: this.nextInside.median(),
      incidents_by_cause: sorted(this.causes),
      log_sha256: digest,
    };
  }
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].toSorted((a, b) => (a[0] < b[0] ? -1 : 1)));
}

function servingCounts(state: EngineState): Map<string, number> {
  const counts = new Map<string, number>();
  for (const u of state.underlyings.values())
    for (const { loop, models } of u.expiries) {
      const track = models.find((t) => t.model === loop.champion);
      if (track !== undefined && track.versions.length > 0)
        counts.set(loop.champion, (counts.get(loop.champion) ?? 0) + 1);
    }
  return counts;
}
