import type { Cell, Table } from './table.ts';
import type { GateWord, Maybe } from './wire.ts';

/** One credit curve at a glance, as the server tells it. */
export interface CreditGlance {
  readonly key: string;
  readonly model: string;
  readonly at: string | null;
  readonly gate: { readonly state: GateWord; readonly reasons: readonly string[] };
  readonly loop: string;
  readonly incidents: readonly { readonly id: string; readonly cause: string; readonly scope: string }[];
  readonly pz: Maybe;
  readonly inside_share: Maybe;
  readonly fit_at: string | null;
  readonly unexplained_move_se: Maybe;
  readonly contributors: number;
}

/** One node of a curve: its quote, what was predicted for it, and what the certificate says. */
export interface CreditNode {
  readonly node: string;
  readonly maturity: string;
  readonly quote_type: 'par' | 'quoted' | 'upfront';
  readonly mid: number;
  readonly half_spread: number;
  readonly predicted: Maybe;
  readonly innovation_half_spreads: Maybe;
  readonly contributors: number;
  readonly residual_half_spreads: Maybe;
  readonly survival: Maybe;
  readonly survival_se: Maybe;
  readonly to_arbitrage_half_spreads: Maybe;
  readonly without_it_half_spreads: Maybe;
}

/** One scored update. */
export interface CreditPoint {
  readonly at: string;
  readonly pz: number;
  readonly rms_half_spreads: number;
  readonly hazard_5y: Maybe;
  readonly quote_5y: Maybe;
}

/** A curve with everything the server knows of it. */
export interface CreditCurve extends CreditGlance {
  readonly terms: {
    readonly event_definition: string;
    readonly recovery: number;
    readonly accrual: string;
    readonly roll: string;
    readonly since: string;
  } | null;
  readonly hazards: readonly { readonly maturity: string; readonly hazard: number; readonly se: number }[];
  readonly nodes: readonly CreditNode[];
  readonly contributors_known: readonly {
    readonly name: string;
    readonly said_at: string;
    readonly nodes: number;
    readonly offset: number;
    readonly sd: number;
    readonly incidents: readonly string[];
  }[];
  readonly certificate: {
    readonly rms_half_spreads: number;
    readonly largest_half_spreads: number;
    readonly inside_share: number;
    readonly to_arbitrage_half_spreads: number;
    readonly nearest_arbitrage: string;
    readonly roughness: number;
    readonly oldest_quote_s: Maybe;
  } | null;
  readonly history: readonly CreditPoint[];
}

/** `simulated:high-yield` without its source. */
export const curveName = (key: string): string => key.slice(key.indexOf(':') + 1);

/** A quote as its market says it: basis points of spread, points upfront. */
export function quoteText(value: Maybe, type: CreditNode['quote_type']): string {
  if (value === null || !Number.isFinite(value)) return '–';
  return type === 'upfront' ? `${(100 * value).toFixed(2)} pt` : `${(1e4 * value).toFixed(1)} bp`;
}

/** Basis points of spread, or points upfront: whatever the curve is quoted in. */
function quoteUnit(curve: CreditCurve | null): { unit: string; by: number; decimals: number } {
  const upfront = curve?.nodes[0]?.quote_type === 'upfront';
  return upfront ? { unit: 'pt', by: 100, decimals: 2 } : { unit: 'bp', by: 1e4, decimals: 1 };
}

const scaled = (value: Maybe, by: number): Cell => (value === null ? null : by * value);

/** Nodes with quote, prediction and certificate. */
export function nodeTable(curve: CreditCurve | null): Table {
  const { unit, by, decimals } = quoteUnit(curve);
  return {
    caption: 'Nodes: the next quote against its prediction, and the certificate; a half is the half-spread',
    columns: [
      { name: 'node' },
      { name: 'maturity' },
      { name: 'type' },
      { name: 'quote', unit, decimals },
      { name: 'half', unit, decimals },
      { name: 'predicted', unit, decimals },
      { name: 'innovation', unit: 'halves', decimals: 2 },
      { name: 'survival', unit: '%', decimals: 2 },
      { name: '± 1 sd', unit: '%', decimals: 2 },
      { name: 'to arbitrage', unit: 'halves', decimals: 1 },
      { name: 'without it', unit: 'halves', decimals: 1 },
      { name: 'contributors', decimals: 0 },
    ],
    rows: (curve?.nodes ?? []).map((n) => [
      n.node,
      n.maturity,
      n.quote_type,
      by * n.mid,
      by * n.half_spread,
      scaled(n.predicted, by),
      n.innovation_half_spreads,
      scaled(n.survival, 100),
      scaled(n.survival_se, 100),
      n.to_arbitrage_half_spreads,
      n.without_it_half_spreads,
      n.contributors,
    ]),
  };
}

/** Forward hazards in force with one standard error. */
export function hazardTable(curve: CreditCurve | null): Table {
  return {
    caption: 'Forward hazard rates in force, with one standard error from the half-spreads',
    columns: [
      { name: 'to' },
      { name: 'hazard', unit: '% a year', decimals: 3 },
      { name: '± 1 sd', unit: '% a year', decimals: 3 },
    ],
    rows: (curve?.hazards ?? []).map((h) => [h.maturity, 100 * h.hazard, 100 * h.se]),
  };
}

/** Who quotes the curve, and how. */
export function contributorTable(curve: CreditCurve | null): Table {
  return {
    caption: 'Who quotes, and by how much each lies off the others',
    columns: [
      { name: 'contributor' },
      { name: 'last said' },
      { name: 'nodes', decimals: 0 },
      { name: 'own offset', unit: '% of spread', decimals: 2 },
      { name: 'sd about it', unit: '% of spread', decimals: 2 },
      { name: 'open causes' },
    ],
    rows: (curve?.contributors_known ?? []).map((c) => [
      c.name,
      c.said_at.slice(0, 19).replace('T', ' '),
      c.nodes,
      100 * c.offset,
      100 * c.sd,
      c.incidents.join(', '),
    ]),
  };
}

/** Scored updates, oldest first. */
export function creditHistoryTable(curve: CreditCurve | null): Table {
  return {
    caption: 'Updates: error of the prediction before each',
    columns: [
      { name: 'at' },
      { name: 'PZ', unit: 'sd', decimals: 2 },
      { name: 'rms', unit: 'half-spreads', decimals: 2 },
      { name: '5Y hazard', unit: '% a year', decimals: 3 },
      { name: '5Y quote', unit: quoteUnit(curve).unit, decimals: quoteUnit(curve).decimals },
    ],
    rows: (curve?.history ?? []).map((p) => [p.at, p.pz, p.rms_half_spreads, scaled(p.hazard_5y, 100), scaled(p.quote_5y, quoteUnit(curve).by)]),
  };
} // prettier-ignore

/** Years from now to a day, ACT/365. */
export function yearsTo(maturity: string, now: string | null): number {
  const from = now === null ? NaN : Date.parse(now);
  return (Date.parse(`${maturity}T00:00:00Z`) - from) / (365 * 86_400_000);
}
