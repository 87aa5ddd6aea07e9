import { moment } from './format.ts';
import type { Table } from './table.ts';
import type { GateWord, Maybe } from './wire.ts';

/** A slope of realised on predicted moves over the hours of a regime, or over all (`any`). */
export interface HedgeSlope {
  readonly regime: string;
  readonly beta: number;
  readonly se: number;
  readonly naive_se: number;
  readonly hours: number;
  readonly n: number;
}

/** One hedging model in one bucket. */
export interface HedgeMember {
  readonly model: string;
  readonly n: number;
  readonly answered: number;
  readonly reduction_coin: number;
  readonly reduction_usd: number;
  readonly turnover: number;
  readonly cost_bp: number;
  readonly better: Maybe;
  readonly worse: Maybe;
  readonly slopes: readonly HedgeSlope[];
}

/** One bucket: tenor x delta x side. */
export interface HedgeBucket {
  readonly side: string;
  readonly tenor: string;
  readonly delta: string;
  readonly champion: string;
  readonly former: string | null;
  readonly since: string | null;
  readonly proposed: string | null;
  readonly saved: Maybe;
  readonly cost: Maybe;
  readonly members: readonly HedgeMember[];
}

/** What `GET /api/v1/hedge/:key` answers. */
export interface Hedge {
  readonly key: string;
  readonly at: string | null;
  readonly judged_at: string | null;
  readonly regime: string;
  readonly gate: { readonly state: GateWord; readonly reasons: readonly string[] };
  readonly open: readonly {
    readonly id: string;
    readonly cause: string;
    readonly scope: string;
    readonly opened: string;
  }[];
  readonly funding: readonly {
    readonly symbol: string;
    readonly rate_8h: Maybe;
    readonly usual_8h: Maybe;
    readonly basis: Maybe;
    readonly usual_basis: Maybe;
  }[];
  readonly buckets: readonly HedgeBucket[];
  readonly minimum: { readonly hours: number; readonly rows: number };
  readonly explained: {
    readonly basis: 'book' | 'chain';
    readonly from: string | null;
    readonly to: string | null;
    readonly terms: readonly { readonly name: string; readonly coin: number }[];
  };
}

/** What `GET /api/v1/hedge/:key/target` answers. */
export interface HedgeTarget {
  readonly as_of: string;
  readonly age_s: number;
  readonly options: number;
  readonly unpriced: number;
  readonly net_delta: number;
  readonly black_delta: number;
  readonly futures_delta: number;
  readonly target_coin: number;
  readonly target_usd: number;
  readonly standard_error: Maybe;
  readonly whalley_wilmott: number;
  readonly zakamouline: Maybe;
  readonly trade: number;
}

/** A bucket's name. */
export const bucketName = (b: HedgeBucket): string => `${b.side} ${b.tenor} ${b.delta} %`;

/** The model relied on in a bucket; undefined before its first hour. */
export const championOf = (b: HedgeBucket): HedgeMember | undefined => b.members.find((m) => m.model === b.champion);

/** Bounds of a 95 % interval. */
export const interval = (s: HedgeSlope): readonly [number, number] => [s.beta - 1.96 * s.se, s.beta + 1.96 * s.se];

/** Slopes of the models relied on and of the venue's deltas, by regime, with interval, hours and rows. */
export function slopeTable(hedge: Hedge | null): Table {
  const rows = (hedge?.buckets ?? []).flatMap((b) =>
    b.members
      .filter((m) => m.model === b.champion || m.model === 'venue')
      .flatMap((m) =>
        m.slopes.map((s) => [bucketName(b), m.model, s.regime, s.beta, ...interval(s), s.se, s.naive_se, s.hours, s.n]),
      ),
  );
  return {
    caption: 'Slope of realised on predicted moves; 1 = prices moved as predicted. Errors are clustered by hour',
    columns: [
      { name: 'bucket' },
      { name: 'model' },
      { name: 'regime' },
      { name: 'slope', decimals: 3 },
      { name: 'from', decimals: 3 },
      { name: 'to', decimals: 3 },
      { name: 'error', decimals: 4 },
      { name: 'naive error', decimals: 4 },
      { name: 'hours', decimals: 0 },
      { name: 'rows', decimals: 0 },
    ],
    rows,
  };
}

/** Every model of every bucket: what it left, what it cost, what the evidence says of it. */
export function contestTable(hedge: Hedge | null): Table {
  const rows = (hedge?.buckets ?? []).flatMap((b) =>
    b.members
      .toSorted((x, y) => y.reduction_coin - x.reduction_coin)
      .map((m) => [
        bucketName(b),
        m.model === b.champion ? `${m.model} (relied on)` : m.model === b.proposed ? `${m.model} (proposed)` : m.model,
        100 * m.reduction_coin,
        100 * m.reduction_usd,
        100 * m.answered,
        m.cost_bp,
        m.better,
        m.worse,
        m.n,
      ]),
  );
  return {
    caption: 'Hedging models side by side over the last five days, best first within each bucket',
    columns: [
      { name: 'bucket' },
      { name: 'model' },
      { name: 'variance saved, coin', unit: '%', decimals: 2 },
      { name: 'variance saved, USD', unit: '%', decimals: 2 },
      { name: 'own answers', unit: '%', decimals: 0 },
      { name: 'cost a horizon', unit: 'bp', decimals: 4 },
      { name: 'evidence better', unit: 'decades', decimals: 2 },
      { name: 'evidence worse', unit: 'decades', decimals: 2 },
      { name: 'rows', decimals: 0 },
    ],
    rows,
  };
}

/** One line a bucket: who is relied on since when, and what its hedge saves against what it costs. */
export function championTable(hedge: Hedge | null): Table {
  return {
    caption:
      'Who is relied on in each bucket, and the ledger: mean square saved a horizon against what rebalancing costs',
    columns: [
      { name: 'bucket' },
      { name: 'relied on' },
      { name: 'before' },
      { name: 'since (UTC)' },
      { name: 'waits for approval' },
      { name: 'saved', unit: 'coin²' },
      { name: 'cost', unit: 'coin' },
    ],
    rows: (hedge?.buckets ?? []).map((b) => [
      bucketName(b),
      b.champion,
      b.former ?? '',
      b.since === null ? 'the beginning' : moment(b.since),
      b.proposed ?? '',
      b.saved,
      b.cost,
    ]),
  };
}

/** A change in value in parts. */
export function explainTable(hedge: Hedge | null): Table {
  return {
    caption: hedge?.explained.basis === 'book' ? 'What moved the options held' : 'What moved one coin of every option',
    columns: [{ name: 'part' }, { name: 'change', unit: 'coin', decimals: 6 }],
    rows: (hedge?.explained.terms ?? []).map((t) => [t.name, t.coin]),
  };
}

/** Funding and basis of what is hedged with. */
export function fundingTable(hedge: Hedge | null): Table {
  return {
    caption: 'Funding and basis, now and usual',
    columns: [
      { name: 'instrument' },
      { name: 'funding 8 h', unit: '%', decimals: 4 },
      { name: 'usual', unit: '%', decimals: 4 },
      { name: 'basis', unit: '%', decimals: 3 },
      { name: 'usual basis', unit: '%', decimals: 3 },
    ],
    rows: (hedge?.funding ?? []).map((f) => [
      f.symbol,
      ...[f.rate_8h, f.usual_8h, f.basis, f.usual_basis].map((v) => (v === null ? null : 100 * v)),
    ]),
  };
}

/** The hedge to hold. */
export function targetTable(target: HedgeTarget | null): Table {
  const rows: Table['rows'] =
    target === null
      ? []
      : [
          ['net delta of the options, models relied on', target.net_delta],
          ["delta of the options at Black's", target.black_delta],
          ['delta of the futures held', target.futures_delta],
          ['futures delta that keeps the coin value', target.target_coin],
          ['futures delta that keeps the USD value', target.target_usd],
          ['one standard error of it', target.standard_error],
          ['half-width of the band (Whalley-Wilmott)', target.whalley_wilmott],
          ['half-width of the band (Zakamouline)', target.zakamouline],
          ['to trade now, to the edge of the band', target.trade],
        ];
  return {
    caption: 'Deltas in coins of the forward',
    columns: [{ name: 'figure' }, { name: 'coins', decimals: 4 }],
    rows,
  };
}
