import type { EngineConfig } from '../engine/config.ts';
import { FIRST_CHAMPION } from '../engine/hedge-contest.ts';
import { modelNamed } from '../engine/models.ts';
import { CALIBRATED_BY } from '../hedge/hedge-model.ts';
import type {
  ActionRecord,
  CalibrationRecord,
  CreditCalibrationRecord,
  CreditScoreRecord,
  HedgeFitRecord,
  HedgeScoreRecord,
  ScoreRecord,
} from '../model/record.ts';
import type { JsonObject } from '../store/canonical-json.ts';
import { smileFamilyNamed } from '../surface/registry.ts';
import { addedUp, Roles, type RoleStretch } from './evidence-roles.ts';
import { scopeOf } from './view/calibration-history.ts';

/** What a model is of. */
export type ModelKind = 'surface' | 'hedge' | 'credit';

/** One model in use in a span. */
export interface InventoryRow {
  readonly kind: ModelKind;
  readonly model: string;
  /** What it was over the span, the most relied on first. */
  readonly roles: readonly RoleStretch[];
  readonly purpose: string;
  /** `BTC`, or the curve of a credit model. */
  readonly underlying: string;
  readonly parameters: readonly string[];
  /** Versions that its owner stated, newest last, at most ten; of our own models the code's is in the log's sessions. */
  readonly stated_versions: readonly string[];
  /** Content id of its last accepted calibration; null without one. */
  readonly latest: string | null;
  readonly expiries: number;
  readonly calibrations: number;
  readonly accepted: number;
  readonly scored: number;
  readonly first: string;
  readonly last: string;
}

interface Gathered {
  readonly kind: ModelKind;
  readonly model: string;
  readonly underlying: string;
  /** By scope when it was first and last calibrated or scored there. */
  readonly scopes: Map<string, { from: string; to: string }>;
  readonly versions: string[];
  latest: string | null;
  calibrations: number;
  accepted: number;
  scored: number;
  first: string;
  last: string;
  pushed: boolean;
}

const MAX_VERSIONS = 10;
type AnyCalibration = CalibrationRecord | HedgeFitRecord | CreditCalibrationRecord;

/** Gathers which models were calibrated or scored, where and when, and what they were relied on for. */
export class Inventory {
  private readonly models = new Map<string, Gathered>();
  private readonly roles = new Roles();

  /** Takes one action, also from before the span. */
  action(record: ActionRecord): void {
    this.roles.action(record);
  }

  /** Takes one calibration; what hedging families borrow stands with each of them. */
  calibration(record: AnyCalibration): void {
    if (record.type === 'calibration') return this.calibrated(this.row('surface', record.model, record.underlying, scopeOf(record), record.at), record); // prettier-ignore
    if (record.type === 'credit-calibration') return this.calibrated(this.row('credit', record.model, record.curve, record.curve, record.at), record); // prettier-ignore
    const families = Object.keys(CALIBRATED_BY).filter((family) => CALIBRATED_BY[family] === record.model);
    for (const family of families.length > 0 ? families : [record.model])
      this.calibrated(this.row('hedge', family, record.underlying, null, record.at), record);
  }

  /** Takes one score. */
  score(record: ScoreRecord | HedgeScoreRecord | CreditScoreRecord): void {
    if (record.type === 'score') this.row('surface', record.model, record.underlying, scopeOf(record), record.at).scored++;
    else if (record.type === 'credit-score') this.row('credit', record.model, record.curve, record.curve, record.at).scored++;
    else {
      const scope = `${record.venue}:${record.underlying}:${record.expiry.slice(0, 10)}`;
      record.models.forEach((model, i) => {
        // Where it had no ratio of its own Black stood in.
        if (record.answered[i] > 0) this.row('hedge', model, record.underlying, scope, record.at).scored++;
      });
    }
  } // prettier-ignore

  /** The rows; `configuration` is that of the last session. */
  rows(configuration: JsonObject | undefined): InventoryRow[] {
    const config = (configuration ?? {}) as Partial<EngineConfig>;
    const order: readonly ModelKind[] = ['surface', 'hedge', 'credit'];
    return [...this.models.values()]
      .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
      .map((row) => ({
        kind: row.kind,
        model: row.model,
        roles: this.rolesOf(row, config),
        purpose: purposeOf(row),
        underlying: row.underlying,
        parameters: parametersOf(row),
        stated_versions: row.versions,
        latest: row.latest,
        expiries: row.scopes.size,
        calibrations: row.calibrations,
        accepted: row.accepted,
        scored: row.scored,
        first: row.first,
        last: row.last,
      }));
  }

  private calibrated(row: Gathered, record: AnyCalibration): void {
    row.calibrations++;
    if (record.status === 'accepted') {
      row.accepted++;
      row.latest = record.content_id ?? row.latest;
    }
    if (!record.reason.startsWith('pushed')) return;
    row.pushed = true;
    const version = 'stated_version' in record ? (record.stated_version ?? null) : null;
    if (version === null || row.versions.includes(version)) return;
    row.versions.push(version);
    if (row.versions.length > MAX_VERSIONS) row.versions.shift();
  }

  private rolesOf(row: Gathered, config: Partial<EngineConfig>): RoleStretch[] {
    const beside = besideRole(row, config);
    if (row.kind === 'credit') return addedUp([...row.scopes].map(([scope, t]) => ({ role: beside, scope, ...t })));
    if (row.kind === 'hedge') return this.hedgingRoles(row, beside);
    const stretches = [...row.scopes].flatMap(([scope, { from, to }]) =>
      this.roles
        .of(scope, row.model, config.champion ?? '', from, to)
        .map((s) => ({ role: s.champion ? 'champion' : beside, scope, from: s.from, to: s.to })),
    );
    return addedUp(stretches).toSorted((a, b) => Number(b.role === 'champion') - Number(a.role === 'champion'));
  }

  /** Hedging models are relied on by bucket of tenor, side and delta; all begin with the same one. */
  private hedgingRoles(row: Gathered, beside: string): RoleStretch[] {
    const seen = [...row.scopes.keys()][0]?.split(':').slice(0, 2).join(':') ?? '';
    const changed = this.roles.scopes(`${seen}:hedge/`).flatMap((scope) =>
      this.roles
        .of(scope, row.model, FIRST_CHAMPION, row.first, row.last)
        .filter((s) => s.champion)
        .map((s) => ({ role: 'hedging champion', scope, from: s.from, to: s.to })),
    );
    const all = { scopes: row.scopes.size, from: row.first, to: row.last };
    if (row.model === FIRST_CHAMPION) return [{ role: 'hedging champion where none was promoted', ...all }, ...addedUp(changed)]; // prettier-ignore
    return [...addedUp(changed), { role: beside, ...all }];
  }

  private row(kind: ModelKind, model: string, underlying: string, scope: string | null, at: string): Gathered {
    const key = `${kind}|${model}|${underlying}`;
    let row = this.models.get(key);
    if (row === undefined) {
      row = {
        kind, model, underlying, scopes: new Map(), versions: [], latest: null, calibrations: 0, accepted: 0, scored: 0,
        first: at, last: at, pushed: false,
      }; // prettier-ignore
      this.models.set(key, row);
    }
    row.last = at;
    if (scope === null) return row;
    const stretch = row.scopes.get(scope);
    if (stretch === undefined) row.scopes.set(scope, { from: at, to: at });
    else stretch.to = at;
    return row;
  }
}

/** What a model is where it is not the one relied on. */
function besideRole({ kind, model, pushed }: Gathered, config: Partial<EngineConfig>): string {
  if (kind === 'credit') return 'hazard, the only one of its curve';
  if (kind === 'hedge') return pushed ? 'pushed, hedging' : model === 'venue' ? 'benchmark, hedging' : 'hedging, competes';
  if (pushed) return 'pushed';
  // What once served and was replaced goes on beside its successor.
  return config.challengers?.includes(model) === true || model === config.champion ? 'challenger' : 'benchmark';
} // prettier-ignore

function parametersOf({ kind, model }: Gathered): string[] {
  const name = kind === 'hedge' ? (CALIBRATED_BY[model] ?? `hedge-${model}`) : model;
  return [...modelNamed(name).parameterNames];
}

function purposeOf({ kind, model, pushed }: Gathered): string {
  if (kind === 'credit') return 'hazard rates of one name, from quotes of credit default swaps';
  if (kind === 'hedge') {
    if (pushed) return "hedge ratios, the user's own, pushed in";
    return model === 'venue' ? "hedge ratios: the venue's own deltas" : 'hedge ratio of every option';
  }
  if (pushed) return "volatility smile of one expiry, the user's own, pushed in";
  if (model === 'venue-mark') return "the venue's own marks: what the models are compared with";
  if (smileFamilyNamed(model) !== undefined) return 'implied volatility smile of one expiry, calibrated here';
  return 'smile of one expiry';
} // prettier-ignore
