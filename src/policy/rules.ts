import type { OutputRecord } from '../model/record.ts';

/** How a value is held against its limit. */
export type Comparison = 'above' | 'below' | 'outside';

/** One alerting rule over the engine's records. Times in the records' own time. */
export interface Rule {
  readonly name: string;
  /** Type of the records it looks at. */
  readonly record: 'score' | 'calibration' | 'book';
  /** Numeric field of that record. */
  readonly field: string;
  readonly comparison: Comparison;
  /** In the field's unit; `outside`: the absolute value is above it. */
  readonly limit: number;
  /** The condition ends when the value is back past this; between the two nothing changes. */
  readonly clear: number;
  /** Records in a row of one scope that must show it. */
  readonly consecutive: number;
  readonly severity: 'page' | 'ticket' | 'info';
  /** Empty = all; of book records the sources. */
  readonly models: readonly string[];
  readonly underlyings: readonly string[];
  /** Score records of this horizon alone, s; null = the shortest of each batch, which comes first. */
  readonly horizonSeconds: number | null;
}

/** What a rule said. */
export interface RuleAlert {
  readonly rule: string;
  readonly severity: Rule['severity'];
  /** `svi@BTC:2026-03-27`. */
  readonly scope: string;
  readonly at: string;
  readonly state: 'open' | 'resolved';
  readonly value: number;
}

interface Watch {
  row: number;
  open: boolean;
  at: string;
}

/** Rules with what they remember, by rule and scope. */
export interface RuleBook {
  readonly rules: readonly Rule[];
  readonly watches: Map<string, Watch>;
}

/** Scopes remembered; expired ones leave when the bound is reached. */
const MOST_WATCHES = 20_000;

/** A book that has seen nothing. */
export function openRuleBook(rules: readonly Rule[]): RuleBook {
  return { rules, watches: new Map() };
}

/** Takes one record; returns what the rules say about it. Records of other types and missing values say nothing. */
export function applyRules(book: RuleBook, record: OutputRecord): RuleAlert[] {
  if (record.type !== 'score' && record.type !== 'calibration' && record.type !== 'book') return [];
  const alerts: RuleAlert[] = [];
  for (const rule of book.rules) {
    const model = record.type === 'book' ? record.source : record.model;
    if (rule.record !== record.type || !wanted(rule.models, model)) continue;
    if (!wanted(rule.underlyings, record.underlying)) continue;
    const value = (record as unknown as Record<string, unknown>)[rule.field];
    if (typeof value !== 'number') continue;
    const scope =
      record.type === 'book'
        ? `${model}@${record.underlying}`
        : `${model}@${record.underlying}:${record.expiry.slice(0, 10)}`;
    const key = `${rule.name}|${scope}`;
    const watch = watchOf(book, key);
    if (record.type === 'score') {
      // Several horizons of one batch: the asked one, or the first of them.
      if (rule.horizonSeconds === null ? watch.at === record.at : record.horizon_s !== rule.horizonSeconds) continue;
    }
    watch.at = record.at;
    const alert = judge(rule, watch, value);
    if (alert !== null)
      alerts.push({ rule: rule.name, severity: rule.severity, scope, at: record.at, state: alert, value });
  }
  return alerts;
}

function wanted(list: readonly string[], name: string): boolean {
  return list.length === 0 || list.includes(name);
}

function watchOf(book: RuleBook, key: string): Watch {
  const held = book.watches.get(key);
  if (held !== undefined) return held;
  if (book.watches.size >= MOST_WATCHES)
    for (const oldest of book.watches.keys()) if (book.watches.delete(oldest)) break;
  const made: Watch = { row: 0, open: false, at: '' };
  book.watches.set(key, made);
  return made;
}

function judge(rule: Rule, watch: Watch, value: number): RuleAlert['state'] | null {
  const v = rule.comparison === 'outside' ? Math.abs(value) : value;
  const sign = rule.comparison === 'below' ? -1 : 1;
  const beyond = sign * (v - rule.limit) > 0;
  const clear = sign * (v - rule.clear) <= 0;
  if (watch.open) {
    if (!clear) return null;
    watch.open = false;
    watch.row = 0;
    return 'resolved';
  }
  watch.row = beyond ? watch.row + 1 : 0;
  if (watch.row < rule.consecutive) return null;
  watch.open = true;
  return 'open';
}
