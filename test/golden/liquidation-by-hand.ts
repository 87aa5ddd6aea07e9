/**
 * Prices of liquidation worked out by hand: nothing here comes from `src/`. Perpetuals have closed forms (steps given),
 * options are solved by plain halving on formulas written out here. Run this file to write the table anew:
 * `node test/golden/liquidation-by-hand.ts > test/golden/liquidation-by-hand.csv`.
 *
 * All at F = index = 100,000 USD, coin-margined, one coin held as cash unless said otherwise:
 *   long    perpetual +500,000 USD, entered at 100,000 (three coins of cash under the grid)
 *   short   perpetual -500,000 USD, entered at 100,000
 *   calls   10 calls sold, K 110,000, 30 days, 60 % volatility; 4 coins of cash
 *   book    the calls, 5 puts sold K 85,000 (30 days, 70 %), perpetual +300,000 USD entered at 95,000; 5 coins of cash
 */

interface Line {
  readonly name: string;
  readonly formula: string;
  readonly value: number;
}

const lines: Line[] = [];
const line = (name: string, formula: string, value: number): void => void lines.push({ name, formula, value });

const SPOT = 100_000;

// Standard margin of a long of q = 5/m coins at m = F/100,000: (1 % + 0.005 % q) q against 1 + 5 (1 - 1/m).
// With x = 1/m: 0.00125 x^2 + 5.05 x - 6 = 0.
const standardLong = (-5.05 + Math.sqrt(5.05 * 5.05 + 4 * 0.00125 * 6)) / (2 * 0.00125);
line('long.standard.down', '0.00125 x^2 + 5.05 x - 6 = 0; 1/x - 1', 1 / standardLong - 1);
// Short: 1 - 5 (1 - x) = 0.05 x + 0.00125 x^2: 0.00125 x^2 - 4.95 x + 4 = 0, the smaller root.
const standardShort = (4.95 - Math.sqrt(4.95 * 4.95 - 4 * 0.00125 * 4)) / (2 * 0.00125);
line('short.standard.up', '0.00125 x^2 - 4.95 x + 4 = 0; 1/x - 1', 1 / standardShort - 1);
// Grid: the worst of -16 % (1/0.84 - 1) and of the dampened extended moves, (1/(1 + e) - 1) 0.16/|e|, times q at that price.
const worstLong = Math.max(1 / 0.84 - 1, (1 / 0.34 - 1) * (0.16 / 0.66), (1 / 0.67 - 1) * (0.16 / 0.33));
line('long.portfolio.down', '8 - 5 x = 5 x c; 1/x - 1', (5 * (1 + worstLong)) / 8 - 1);
const worstShort = Math.max(1 - 1 / 1.16, ...[0.5, 1, 2, 3, 4, 5].map((e) => (1 - 1 / (1 + e)) * (0.16 / e)));
line('short.portfolio.up', '1 - 5 (1 - x) = 5 x c; 1/x - 1', (5 * (1 - worstShort)) / 4 - 1);

/** N(x) by Simpson's rule in 2,000 steps. */
function cumulative(x: number): number {
  const density = (v: number): number => Math.exp((-v * v) / 2) / Math.sqrt(2 * Math.PI);
  const h = x / 2_000;
  let sum = density(0) + density(x);
  for (let i = 1; i < 2_000; i++) sum += (i % 2 === 1 ? 4 : 2) * density(i * h);
  return 0.5 + (sum * h) / 3;
}

interface Short {
  readonly size: number;
  readonly side: 'call' | 'put';
  readonly strike: number;
  readonly sigma: number;
}
const YEARS = 30 / 365;
const CALLS: Short = { size: 10, side: 'call', strike: 110_000, sigma: 0.6 };
const PUTS: Short = { size: 5, side: 'put', strike: 85_000, sigma: 0.7 };

/** Black's price in coin. */
function premium(o: Short, forward: number, sigma: number): number {
  const s = sigma * Math.sqrt(YEARS);
  const d1 = Math.log(forward / o.strike) / s + s / 2;
  const call = cumulative(d1) - (o.strike / forward) * cumulative(d1 - s);
  return o.side === 'call' ? call : call - 1 + o.strike / forward;
}

interface Account {
  readonly cash: number;
  readonly shorts: readonly Short[];
  /** USD of the perpetual and its entry. */
  readonly usd: number;
  readonly entry: number;
}
const ACCOUNTS: Readonly<Record<string, Account>> = {
  calls: { cash: 4, shorts: [CALLS], usd: 0, entry: SPOT },
  book: { cash: 5, shorts: [CALLS, PUTS], usd: 300_000, entry: 95_000 },
};

/** Coins of the account at a price and volatilities times `scale`, options included. */
function equity(a: Account, forward: number, scale: number): number {
  return (
    a.cash +
    a.usd * (1 / a.entry - 1 / forward) -
    a.shorts.reduce((sum, o) => sum + o.size * premium(o, forward, o.sigma * scale), 0)
  );
}

/** Equity less the worst weighted loss of the grid around the moved price; at 30 days shocks are not scaled by tenor. */
function portfolioSurplus(a: Account, forward: number): number {
  const now = equity(a, forward, 1);
  let worst = 0;
  for (let i = -4; i <= 4; i++)
    for (const scale of [1.5, 1, 0.75]) worst = Math.max(worst, now - equity(a, forward * (1 + 0.04 * i), scale));
  for (const e of [-0.66, -0.33, 0.5, 1, 2, 3, 4, 5])
    worst = Math.max(worst, (now - equity(a, forward * (1 + e), 1.5)) * Math.min(1, 0.16 / Math.abs(e)));
  return now - worst;
}

/** Cash and the perpetual's result less the shares of every position: options' own values stand in their margin. */
function standardSurplus(a: Account, forward: number): number {
  const coins = Math.abs(a.usd) / forward;
  let asked = coins * (0.01 + 0.00005 * coins);
  for (const o of a.shorts) {
    const mark = premium(o, forward, o.sigma);
    asked += o.size * ((o.side === 'call' ? 0.075 : Math.max(0.075, 0.075 * mark)) + mark);
  }
  return a.cash + a.usd * (1 / a.entry - 1 / forward) - asked;
}

/** The nearest price in a direction where the surplus is gone: steps of 1 %, then sixty halvings. */
function goneAt(surplus: (forward: number) => number, direction: 1 | -1): number {
  let inside = SPOT;
  for (let i = 1; i < 900; i++) {
    let next = SPOT * (1 + 0.01 * direction * i);
    if (!(next > 0.05 * SPOT && next < 5 * SPOT)) break;
    if (surplus(next) >= 0) {
      inside = next;
      continue;
    }
    for (let j = 0; j < 60; j++) {
      const middle = (inside + next) / 2;
      if (surplus(middle) >= 0) inside = middle;
      else next = middle;
    }
    return inside / SPOT - 1;
  }
  return NaN;
}

for (const [name, account] of Object.entries(ACCOUNTS))
  for (const [rule, of] of [['portfolio', portfolioSurplus], ['standard', standardSurplus]] as const)
    for (const [word, direction] of [['down', -1], ['up', 1]] as const)
      line(`${name}.${rule}.${word}`, 'surplus = 0 by halving', goneAt((f) => of(account, f), direction)); // prettier-ignore

/** The table as it stands in the file; NaN: none between -95 % and +400 %. */
export const TABLE = `name,formula,value\n${lines.map((l) => `${l.name},"${l.formula}",${l.value.toPrecision(13)}`).join('\n')}\n`;

if ((process.argv[1] ?? '').endsWith('liquidation-by-hand.ts')) process.stdout.write(TABLE);
