import type { EngineConfig } from '../engine/config.ts';
import { modelNamed } from '../engine/models.ts';
import type { CalibrationRecord, ScoreRecord } from '../model/record.ts';
import type { JsonObject } from '../store/canonical-json.ts';
import { smileFamilyNamed } from '../surface/registry.ts';

/** One model in use in a span. */
export interface InventoryRow {
  readonly model: string;
  /** `champion`, `challenger` (tried beside it), `benchmark` (scored, never relied on) or `pushed` (the user's own). */
  readonly role: string;
  readonly purpose: string;
  readonly underlying: string;
  readonly parameters: readonly string[];
  readonly expiries: number;
  readonly calibrations: number;
  readonly accepted: number;
  readonly scored: number;
  readonly first: string;
  readonly last: string;
}

interface Gathered {
  readonly expiries: Set<string>;
  calibrations: number;
  accepted: number;
  scored: number;
  first: string;
  last: string;
  pushed: boolean;
}

/** Gathers which models were calibrated or scored, where and when. */
export class Inventory {
  private readonly models = new Map<string, Gathered>();

  /** Takes one calibration. */
  calibration(record: CalibrationRecord): void {
    const row = this.row(record);
    row.calibrations++;
    if (record.status === 'accepted') row.accepted++;
    if (record.reason.startsWith('pushed')) row.pushed = true;
  }

  /** Takes one score. */
  score(record: ScoreRecord): void {
    this.row(record).scored++;
  }

  /** The rows; `configuration` is that of the last session. */
  rows(configuration: JsonObject | undefined): InventoryRow[] {
    const config = (configuration ?? {}) as Partial<EngineConfig>;
    return [...this.models].map(([key, { expiries, pushed, ...row }]) => {
      const [model, underlying] = key.split('|');
      const role = pushed
        ? 'pushed'
        : model === config.champion
          ? 'champion'
          : config.challengers?.includes(model) === true
            ? 'challenger'
            : 'benchmark';
      return {
        model,
        role,
        purpose: purposeOf(model, pushed),
        underlying,
        parameters: [...modelNamed(model).parameterNames],
        expiries: expiries.size,
        ...row,
      };
    });
  }

  private row(record: CalibrationRecord | ScoreRecord): Gathered {
    const key = `${record.model}|${record.underlying}`;
    let row = this.models.get(key);
    if (row === undefined) {
      const { at } = record;
      row = { expiries: new Set(), calibrations: 0, accepted: 0, scored: 0, first: at, last: at, pushed: false };
      this.models.set(key, row);
    }
    row.expiries.add(record.expiry);
    row.last = record.at;
    return row;
  }
}

function purposeOf(model: string, pushed: boolean): string {
  if (pushed) return "volatility smile of one expiry, the user's own, pushed in";
  if (model === 'venue-mark') return "the venue's own marks: what the models are compared with";
  if (smileFamilyNamed(model) !== undefined) return 'implied volatility smile of one expiry, calibrated here';
  const { kind } = modelNamed(model);
  return kind === 'hedge' ? 'hedge ratios' : kind === 'credit' ? 'hazard rates of one name' : 'smile of one expiry';
}
