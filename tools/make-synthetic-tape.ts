/**
 * Writes src/cli/assets/SYNTHETIC-chain.csv.gz: the small tape that `npm start` replays on a machine without any data.
 * Nothing in it is a market's: an invented coin chain in the collector's CSV dialect, 40 polls five minutes apart, four
 * expiries, with one level move and one liquidity contraction at stated times. Run: node tools/make-synthetic-tape.ts
 */
import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { blackGreeks } from '../src/numeric/black.ts';
import { exp, log } from '../src/numeric/exponential.ts';
import { Random } from '../src/numeric/random.ts';
import { COLLECTOR_CSV_COLUMNS } from '../src/venue/recording/collector-csv.ts';
import { formatDeribitDate, formatDeribitSymbol } from '../src/venue/deribit-symbol.ts';

/** Where the tape is shipped. */
export const TAPE = new URL('../src/cli/assets/SYNTHETIC-chain.csv.gz', import.meta.url);

const SEED = 20_300_107;
const START = Date.UTC(2030, 0, 7, 12);
const STEP_MS = 300_000;
const POLLS = 40;
const YEAR_MS = 365 * 86_400_000;
const STRIKES_A_SIDE = 10;

/** Poll at which the index falls 3 % and every at-the-money volatility jumps up by a fifth. */
export const LEVEL_MOVE_POLL = 18;
/** Polls (first and last) in which half of the quotes are gone and the rest four times as wide. */
export const CONTRACTION_POLLS = [29, 32] as const;

interface Expiry {
  readonly at: number;
  /** At-the-money volatility, skew (dw/dk scale) and curvature of the invented smile before the move. */
  readonly level: number;
  readonly skew: number;
  readonly wing: number;
  /** Forward over index, minus 1, per year. */
  readonly carry: number;
  /** Whether the venue lists a future of this expiry. */
  readonly future: boolean;
  readonly strikeStep: number;
}

const day = (month: number, date: number): number => Date.UTC(2030, month - 1, date, 8);
const EXPIRIES: readonly Expiry[] = [
  { at: day(1, 11), level: 0.52, skew: -0.1, wing: 0.24, carry: 0.03, future: true, strikeStep: 1000 },
  { at: day(1, 25), level: 0.5, skew: -0.14, wing: 0.3, carry: 0.04, future: true, strikeStep: 2000 },
  { at: day(2, 22), level: 0.49, skew: -0.18, wing: 0.34, carry: 0.05, future: false, strikeStep: 3000 },
  { at: day(3, 29), level: 0.5, skew: -0.22, wing: 0.38, carry: 0.055, future: true, strikeStep: 4000 },
];

/** Total variance of a hyperbola in log-moneyness through the level at k = 0. */
function totalVariance(expiry: Expiry, level: number, years: number, k: number): number {
  const root = Math.sqrt(years);
  const bend = 0.35 * root;
  return (
    level * level * years +
    expiry.skew * root * level * k +
    expiry.wing * root * level * (Math.sqrt(k * k + bend * bend) - bend)
  );
}

const round = (value: number, digits: number): string => String(Number(value.toFixed(digits)));
const tickOf = (price: number): number => (price >= 0.005 ? 0.0005 : 0.0001);

interface Market {
  readonly at: number;
  readonly index: number;
  readonly shift: number;
  readonly thin: boolean;
}

function quoteRow(expiry: Expiry, strike: number, side: 'call' | 'put', market: Market, random: Random): string {
  const years = (expiry.at - market.at) / YEAR_MS;
  const forward = market.index * exp(expiry.carry * years);
  const k = log(strike / forward);
  const level = expiry.level * (1 + market.shift);
  const sigma = Math.sqrt(Math.max(1e-6, totalVariance(expiry, level, years, k)) / years);
  const greeks = blackGreeks({ side, forward, strike, years, sigma });
  const mark = greeks.price / forward;
  const vegaCoin = greeks.vega / forward;
  const half = vegaCoin * (0.004 + 0.02 * Math.abs(k)) * (market.thin ? 4 : 1) * random.between(0.8, 1.25);
  const centre = mark + vegaCoin * random.normal(0, 0.0012);
  const bidAt = Math.floor((centre - half) / tickOf(centre - half)) * tickOf(centre - half);
  const askAt = Math.ceil((centre + half) / tickOf(centre + half)) * tickOf(centre + half);
  const noBid = bidAt <= 0 || (market.thin && random.chance(0.5));
  const noAsk = market.thin && random.chance(0.5);
  const future = formatDeribitDate(expiry.at);
  const cells: Record<string, string> = {
    timestamp: new Date(market.at).toISOString(),
    instrument_name: formatDeribitSymbol({ underlying: 'BTC', expiry: expiry.at, strike, side }),
    underlying: round(forward, 2),
    underlying_name: expiry.future ? `BTC-${future}` : `SYN.BTC-${future}`,
    bid_price: noBid ? '' : round(bidAt, 4),
    ask_price: noAsk ? '' : round(askAt, 4),
    mark_price: round(mark, 6),
    implied_volatility: round(sigma, 4),
    delta: round(greeks.delta, 4),
    vega: round(greeks.vega / 100, 2),
    open_interest: '10',
    index_price: round(market.index, 2),
  };
  return COLLECTOR_CSV_COLUMNS.map((column) => cells[column]).join(',');
}

/** The text of the tape: the same on every machine. */
export function syntheticTape(): string {
  const random = new Random(SEED, 'synthetic-tape');
  const lines = [
    '# SYNTHETIC: an invented BTC-like chain made by tools/make-synthetic-tape.ts; no market ever quoted these prices',
    COLLECTOR_CSV_COLUMNS.join(','),
  ];
  let index = 100_000;
  let shift = 0;
  for (let poll = 0; poll < POLLS; poll++) {
    index *= exp(random.normal(0, 0.0006));
    shift = 0.985 * shift + random.normal(0, 0.003);
    if (poll === LEVEL_MOVE_POLL) {
      index *= 0.97;
      shift += 0.2;
    }
    const thin = poll >= CONTRACTION_POLLS[0] && poll <= CONTRACTION_POLLS[1];
    const market: Market = { at: START + poll * STEP_MS, index, shift, thin };
    for (const expiry of EXPIRIES) {
      const middle = Math.round(100_000 / expiry.strikeStep) * expiry.strikeStep;
      for (let i = -STRIKES_A_SIDE; i <= STRIKES_A_SIDE; i++) {
        const strike = middle + i * expiry.strikeStep;
        for (const side of ['call', 'put'] as const) lines.push(quoteRow(expiry, strike, side, market, random));
      }
    }
  }
  return `${lines.join('\n')}\n`;
}

if (import.meta.main) writeFileSync(TAPE, gzipSync(syntheticTape(), { level: 9 }));
