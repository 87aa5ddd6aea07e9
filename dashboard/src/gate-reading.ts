import { day, fixed, moment, words } from './format.ts';
import { GATE_LOOK, type Look } from './gate-look.ts';
import type { Table } from './table.ts';
import type { ExpiryGlance, GateWord, Maybe } from './wire.ts';

/** The gate of one model on one expiry, or on a wing of it. */
export interface GateItem {
  readonly scope: string;
  readonly model: string;
  readonly state: GateWord;
  readonly reasons: readonly string[];
  readonly since: string | null;
}

/** What a trading engine is handed: `svi@deribit:BTC:2026-03-27`, with `:put`, `:centre` or `:call` behind for a wing. */
export interface Lease {
  readonly scope: string;
  readonly state: GateWord;
  /** By how much to widen; null where nothing may be quoted. */
  readonly multiplier: Maybe;
  readonly reasons: readonly string[];
  readonly override: { readonly by: string; readonly until: string } | null;
}

/** One calibration of the registry. */
export interface RegistryItem {
  readonly id: string;
  readonly job: string;
  readonly model: string;
  readonly scope: string;
  readonly inputs: { readonly to: string; readonly quotes: number };
  readonly parent: string | null;
  readonly status: string;
  readonly reason: string;
  readonly guards: readonly string[];
  readonly approver: string;
  readonly scores: { readonly batches: number; readonly mean_pz: Maybe };
  readonly serving: boolean;
}

/** One model on one expiry as it is looked at. */
export interface GateCell {
  readonly state: GateWord;
  readonly reasons: readonly string[];
  readonly since: string | null;
  /** 1 where nothing is widened, null where nothing may be quoted. */
  readonly multiplier: Maybe;
  /** Wings that say something else than the whole: `put HEDGE ONLY`, `call ×3.0`. */
  readonly wings: readonly string[];
  /** Who broke the glass; empty when nobody did. */
  readonly brokenBy: string;
}

/** Models in columns: those that serve first, then by name. */
export function gateModels(items: readonly GateItem[], glances: readonly ExpiryGlance[]): string[] {
  const serving = new Set(glances.map((g) => g.model));
  return [...new Set(items.map((i) => i.model))].toSorted(
    (a, b) => Number(serving.has(b)) - Number(serving.has(a)) || (a < b ? -1 : 1),
  );
}

/** The cell of a model on an expiry; null where that model is not watched. */
export function gateCell(
  items: readonly GateItem[],
  leases: ReadonlyMap<string, Lease>,
  model: string,
  scope: string,
): GateCell | null {
  const item = items.find((i) => i.model === model && i.scope === scope);
  if (item === undefined) return null;
  const lease = leases.get(`${model}@${scope}`);
  const state = lease?.state ?? item.state;
  const wings = ['put', 'centre', 'call'].flatMap((wing) => {
    const of = leases.get(`${model}@${scope}:${wing}`);
    if (of === undefined) return [];
    if (of.state !== state) return [`${wing} ${GATE_LOOK[of.state].word}`];
    const wider = Math.abs((of.multiplier ?? 1) - (lease?.multiplier ?? 1)) > 0.05;
    return wider ? [`${wing} ×${fixed(of.multiplier, 1)}`] : [];
  });
  return {
    state,
    reasons: (lease?.reasons ?? item.reasons).map(words),
    since: item.since,
    multiplier: lease === undefined ? 1 : lease.multiplier,
    wings,
    brokenBy: lease?.override?.by ?? '',
  };
}

/** A state of the loop: word, shape, colour, and what it does meanwhile. */
export function loopLook(state: string): Look {
  return (
    LOOKS[state] ?? { word: words(state), shape: 'ring', colour: 'quiet', says: 'a state this page does not know' }
  );
}

const look = (word: string, shape: Look['shape'], colour: Look['colour'], says: string): Look => ({
  word, shape, colour, says,
}); // prettier-ignore
const LOOKS: Readonly<Record<string, Look>> = {
  WARMUP: look('warming up', 'ring', 'quiet', 'no fit is live yet'),
  HEALTHY: look('healthy', 'circle', 'ok', 'predictions hold; refreshed with age'),
  DRIFT: look('drift', 'triangle', 'widen', 'predictions are off; a refit is asked for'),
  RECALIBRATING: look('recalibrating', 'ring', 'quiet', 'a fit of the same family is under way'),
  SHADOW: look('trial', 'ring', 'quiet', 'challengers are scored beside the champion'),
  QUARANTINE: look('quarantine', 'cross', 'stop', 'the data are at fault: nothing is fitted to them'),
  STRESS: look('stress', 'square', 'hedge', 'structure frozen; only level and skew move'),
  HOLD: look('hold', 'cross', 'stop', 'too few quotes under stress: nothing is fitted'),
  MANUAL: look('manual', 'square', 'widen', 'a person has taken over: nothing is fitted by itself'),
};

/** What led the loop where it is, as a reader takes it in. */
export function loopReason(why: string | null): string {
  return why === null ? '' : (REASONS[why] ?? words(why));
}

const REASONS: Readonly<Record<string, string>> = {
  quiet: 'nothing left to answer',
  warning: 'score beyond its warning level',
  breach: 'an incident asks for re-estimation',
  shape: 'a shape error that stays on clean data',
  'data-fault': 'the data are at fault',
  stress: 'market-wide stress',
  'no-quorum': 'market-wide stress, too few quotes',
  accepted: 'a fit passed the guards',
  refused: 'a guard refused the fit',
  failed: 'the fit gave nothing usable',
  won: 'a challenger proved better',
  lost: 'the trial ended without a winner',
  reversed: 'the promoted family proved worse',
  simpler: 'the simpler family would do',
  manual: 'a person took over',
  resume: 'a person gave it back',
  approve: 'a person approved the challenger',
  reject: 'a person rejected the challenger',
};

/** The trial of an expiry in words; empty when there is none. */
export function trialText({ trial, proposed }: Pick<ExpiryGlance, 'trial' | 'proposed'>): string {
  if (proposed !== null) return `${proposed} waits for approval`;
  if (trial === null) return '';
  const rivals = trial.rivals.join(', ');
  return trial.mode === 'shadow' ? `on trial: ${rivals}` : `on probation; ${rivals} stands by`;
}

/** The whole matrix as numbers and words. */
export function gateTable(
  glances: readonly ExpiryGlance[],
  items: readonly GateItem[],
  leases: ReadonlyMap<string, Lease>,
): Table {
  const models = gateModels(items, glances);
  return {
    caption: 'Loop and gate of every expiry',
    columns: [
      { name: 'expiry' },
      { name: 'loop' },
      { name: 'since (UTC)' },
      { name: 'why' },
      { name: 'incident' },
      { name: 'trial' },
      ...models.flatMap((m) => [{ name: m }, { name: `${m}: reasons` }, { name: `${m}: widen by`, decimals: 2 }]),
    ],
    rows: glances.map((g) => [
      g.expiry.slice(0, 10),
      g.loop,
      g.loop_since === null ? '' : moment(g.loop_since),
      loopReason(g.loop_why),
      g.loop_incident ?? '',
      trialText(g),
      ...models.flatMap((m): (string | number | null)[] => {
        const cell = gateCell(items, leases, m, g.scope);
        return cell === null
          ? ['', '', null]
          : [cell.state, [...cell.reasons, ...cell.wings].join(', '), cell.multiplier];
      }),
    ]),
  };
}

/** What changed: newest first, as the registry has it. */
export function registryTable(items: readonly RegistryItem[]): Table {
  return {
    caption: 'Calibrations on register, newest first; PZ of batches predicted before they were seen',
    columns: [
      { name: 'data until (UTC)' },
      { name: 'scope' },
      { name: 'model' },
      { name: 'outcome' },
      { name: 'asked for by' },
      { name: 'guards' },
      { name: 'approved by' },
      { name: 'quotes', decimals: 0 },
      { name: 'batches', decimals: 0 },
      { name: 'mean PZ', unit: 'sd', decimals: 2 },
      { name: 'serves' },
      { name: 'id' },
      { name: 'parent' },
    ],
    rows: items.map((c) => [
      moment(c.inputs.to),
      placeOf(c.scope),
      c.model,
      words(c.status),
      words(c.reason),
      c.guards.map(words).join(', ') || 'passed',
      c.approver,
      c.inputs.quotes,
      c.scores.batches,
      c.scores.mean_pz,
      c.serving ? 'yes' : '',
      c.id.slice(0, 12),
      c.parent === null ? 'none' : c.parent.slice(0, 12),
    ]),
  };
}

function placeOf(scope: string): string {
  const parts = scope.split(':');
  return parts.length > 2 && !Number.isNaN(Date.parse(parts[2])) ? `${parts[1]} ${day(parts[2])}` : scope;
}
