import type { OutputRecord } from '../model/record.ts';
import { scopeOf } from './view/calibration-history.ts';

/** What an incident is about: which model where, and which records speak of it. */
export interface ExplainScope {
  readonly kind: 'surface' | 'hedge' | 'credit' | 'book';
  /** The model that the scope names before its place, or behind `hedge/`; null: the one that serves there. */
  readonly model: string | null;
  /** Expiry, underlying or credit curve. */
  readonly place: string;
}

/**
 * Reads a scope: `deribit:BTC:2026-03-27`, `desk@deribit:BTC` (a model's own), `deribit:BTC:hedge/desk/BUCKET`,
 * `simulated:acme/b` (a contributor of a credit curve). `cause` tells a book from its underlying.
 */
export function explainScope(scope: string, id: string, credit: boolean): ExplainScope {
  const at = scope.indexOf('@');
  const place = scope.slice(at + 1);
  const [before, hedge] = place.split(':hedge/');
  if (hedge !== undefined) return { kind: 'hedge', model: hedge.split('/')[0], place: before };
  if (credit) return { kind: 'credit', model: 'hazard', place: place.split('/')[0] };
  if (/-book-\d+$/.test(id)) return { kind: 'book', model: null, place };
  return { kind: 'surface', model: at < 0 ? null : scope.slice(0, at), place };
}

/** Whether a record speaks of the place, of one within it, or is the gate of either. */
export function speaksOf(scope: ExplainScope, record: OutputRecord): boolean {
  const where = placeOf(scope, record);
  return where !== null && (where === scope.place || where.startsWith(`${scope.place}:`));
}

function placeOf({ kind }: ExplainScope, record: OutputRecord): string | null {
  switch (record.type) {
    case 'gate':
      return record.scope.slice(record.scope.indexOf('@') + 1).split(':hedge')[0];
    case 'score':
    case 'calibration':
      return kind === 'surface' || kind === 'book' ? scopeOf(record) : null;
    case 'hedge-score':
    case 'hedge-calibration':
      return kind === 'hedge' ? `${record.venue}:${record.underlying}` : null;
    case 'book':
      return kind === 'book' ? record.scope : null;
    case 'credit-score':
    case 'credit-calibration':
      return kind === 'credit' ? record.curve : null;
    default:
      return null;
  }
}
