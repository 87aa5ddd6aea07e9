/** One thing that a close can show. */
export interface SignDefinition {
  readonly says: string;
  /** How often health shows it, per close and scope: measured on untouched chains, never below one in a thousand. */
  readonly rate: number;
  /** Share of an underlying's expiries that must show it before the underlying shows it; null: it has no expiry. */
  readonly quorum: number | null;
  /** Another sign that, where it shows, keeps a move of the market from explaining this one away. */
  readonly unless?: string;
}

/** Every sign a diagnosis may rest on. */
export const SIGNS = {
  unchanged: { says: 'quotes equal those of the previous close', rate: 0.002, quorum: null },
  unmoved: { says: 'quotes stood still while the forward moved', rate: 0.01, quorum: 0.3 },
  stuck: { says: 'all quotes of the expiry equal those of the previous close', rate: 0.002, quorum: 0.6 },
  absent: { says: 'no quote where there used to be many', rate: 0.001, quorum: 0.5 },
  fall: { says: 'far fewer two-sided quotes than usual', rate: 0.005, quorum: null },
  crossed: { says: 'bids above asks beyond chance', rate: 0.001, quorum: null },
  outlier: { says: "a quote far away from the venue's mark", rate: 0.001, quorum: 0.5 },
  bounds: { says: 'quotes outside their static bounds', rate: 0.001, quorum: 0.3 },
  silent: { says: 'channels without a message while others speak', rate: 0.001, quorum: null },
  'forward-gap': {
    says: 'published forward against put-call parity',
    rate: 0.004,
    quorum: 0.25,
    unless: 'mark-forward',
  },
  'mark-forward': { says: "published forward against the one in the venue's own marks", rate: 0.004, quorum: 0.25 },
  'forward-bend': { says: 'published forward against its neighbours', rate: 0.02, quorum: 0.5 },
  discount: { says: 'parity needs a discount factor far from one', rate: 0.004, quorum: 0.4 },
  flipped: { says: 'call minus put has the wrong sign', rate: 0.001, quorum: 0.5 },
  unit: { says: 'mark price against mark volatility, by a large factor', rate: 0.001, quorum: 0.4 },
  'other-time': { says: 'the marks imply another time to expiry', rate: 0.002, quorum: 0.5 },
  clock: { says: 'all expiries imply the same wrong time', rate: 0.001, quorum: null },
  'call-put': { says: 'calls and puts imply different volatilities', rate: 0.01, quorum: 0.3 },
  'mark-gap': { says: "quotes' volatility against the venue's mark volatility", rate: 0.01, quorum: 0.3 },
  wide: { says: 'spreads in volatility far above usual', rate: 0.01, quorum: 0.4 },
  thin: { says: 'size at the touch far below what this hour of the week usually shows', rate: 0.01, quorum: 0.4 },
  rate: { says: 'messages a second far from what this hour of the week usually brings', rate: 0.01, quorum: null },
  level: { says: 'level innovation beyond the horizon', rate: 0.02, quorum: null },
  skew: { says: 'skew innovation beyond the horizon', rate: 0.02, quorum: null },
  curvature: { says: 'curvature innovation beyond the horizon', rate: 0.02, quorum: null },
  'level-leads': {
    says: 'the level moved by more standard deviations than skew and curvature',
    rate: 0.6,
    quorum: null,
  },
  term: { says: 'short and long levels moved apart', rate: 0.02, quorum: null },
  return: { says: 'index return beyond the volatility before it', rate: 0.02, quorum: null },
  shape: { says: 'error left after level, skew and curvature', rate: 0.02, quorum: 0.4 },
  'index-gap': { says: 'index against futures and short forwards', rate: 0.002, quorum: null },
  late: { says: 'messages behind the watermark', rate: 0.002, quorum: null },
  gap: { says: 'the feed reported a loss', rate: 0.002, quorum: null },
  lag: { says: 'our own lag or queue', rate: 0.002, quorum: null },
  own: { says: 'own orders at the touch', rate: 0.002, quorum: null },
  'answer-miss': { says: 'a calibration misses the batch it was made from', rate: 0.002, quorum: 0.3 },
  'answer-scale': { says: 'a calibration differs from its batch by one factor', rate: 0.001, quorum: 0.3 },
  'answer-repeat': { says: 'a calibration repeats older parameters bit for bit', rate: 0.001, quorum: 0.3 },
  'answer-failed': { says: 'the calibrator gave nothing usable', rate: 0.01, quorum: 0.3 },
  arbitrage: { says: 'the fit violates no-arbitrage in the quoted range', rate: 0.01, quorum: 0.3 },
  rival: { says: 'another start fits better', rate: 0.01, quorum: 0.3 },
} as const satisfies Readonly<Record<string, SignDefinition>>;

/** Name of a sign. */
export type SignName = keyof typeof SIGNS;

/** One sign as a close showed it. */
export interface Sign {
  /** In the unit of what was measured; for the evidence. */
  readonly value: number;
  /** 0 = as in health, 1 = at its entry, 2 = far beyond. */
  readonly strength: number;
}

/** What a scope showed; a sign that is missing could not be read and speaks for nothing. */
export type SignVector = ReadonlyMap<SignName, Sign>;

/** Strength of a value against its entry: 0 up to half of it, 1 at it, 2 (its square in rarity) from one and a half on. */
export function strengthOf(value: number, entry: number): number {
  return Math.min(2, Math.max(0, (2 * Math.abs(value)) / entry - 1));
}
