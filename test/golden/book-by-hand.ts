/**
 * The golden book, worked out by hand: nothing here comes from `src/`. Every line of `book-by-hand.csv` is one step of
 * arithmetic as it would stand in a spreadsheet: its name, how it is formed, its value. Run this file to write the table
 * anew: `node test/golden/book-by-hand.ts > test/golden/book-by-hand.csv`.
 *
 * The book (BTC index 97,000 USD; USDC at 0.9990 USD):
 *   A  10 calls   K 100,000, 30 days, coin-margined      forward 97,500, 55 % volatility
 *   B -20 puts    K  85,000, 30 days, coin-margined      forward 97,500, 62 % volatility
 *   C   5 puts    K  95,000, 90 days, USDC-margined      forward 98,600, 58 % volatility
 *   P  perpetual, -400,000 USD notional, coin-margined   entry 95,000, mark 97,050
 *   F  future of 90 days, 200,000 USD, coin-margined     entry 99,000, mark 98,600
 *   L  perpetual, 1.5 coins, USDC-margined               entry 96,000, mark 97,050
 *   E  12 BTC and 150,000 USDC of cash
 */

interface Line {
  readonly name: string;
  readonly formula: string;
  readonly value: number;
}

const lines: Line[] = [];
const line = (name: string, formula: string, value: number): number => {
  lines.push({ name, formula, value });
  return value;
};

/** n(x) = exp(-x^2/2) / sqrt(2 pi). */
const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
/** N(x) = 1/2 + integral of n from 0 to x, by Simpson's rule in 4,000 steps. */
function cumulative(x: number): number {
  const steps = 4_000;
  const h = x / steps;
  let sum = density(0) + density(x);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * density(i * h);
  return 0.5 + (sum * h) / 3;
}

const INDEX = line('index', 'given, USD', 97_000);
const USDC = line('usdc', 'given, USD', 0.999);

interface Option {
  readonly name: 'A' | 'B' | 'C';
  readonly size: number;
  readonly side: 'call' | 'put';
  readonly strike: number;
  readonly days: number;
  readonly forward: number;
  readonly sigma: number;
  readonly coin: boolean;
}
const OPTIONS: readonly Option[] = [
  { name: 'A', size: 10, side: 'call', strike: 100_000, days: 30, forward: 97_500, sigma: 0.55, coin: true },
  { name: 'B', size: -20, side: 'put', strike: 85_000, days: 30, forward: 97_500, sigma: 0.62, coin: true },
  { name: 'C', size: 5, side: 'put', strike: 95_000, days: 90, forward: 98_600, sigma: 0.58, coin: false },
];

/** Black's price in USD of one option, by its formula. */
function black(o: Option, forward: number, sigma: number): number {
  const s = sigma * Math.sqrt(o.days / 365);
  const d1 = Math.log(forward / o.strike) / s + s / 2;
  const call = forward * cumulative(d1) - o.strike * cumulative(d1 - s);
  return o.side === 'call' ? call : call - forward + o.strike;
}

const total = { coin: 0, usd: 0, black: 0, net: 0, gamma: 0, vega: 0, vega30: 0, theta: 0 };
for (const o of OPTIONS) {
  const { name: n, size, strike, forward, sigma } = o;
  const root = line(`${n}.s`, 'sigma sqrt(days / 365)', sigma * Math.sqrt(o.days / 365));
  const d1 = line(`${n}.d1`, 'ln(F / K) / s + s / 2', Math.log(forward / strike) / root + root / 2);
  const price = line(`${n}.price`, 'call: F N(d1) - K N(d1 - s); put: call - F + K; USD', black(o, forward, sigma));
  const delta = line(`${n}.delta`, 'call: N(d1); put: N(d1) - 1', cumulative(d1) - (o.side === 'put' ? 1 : 0));
  const premium = line(`${n}.premium`, 'coin-margined: price / F, coin; else 0', o.coin ? price / forward : 0);
  const value = line(`${n}.value`, 'size premium index (coin) or size price (USDC), USD', o.coin ? size * premium * INDEX : size * price); // prettier-ignore
  total.coin += size * premium;
  total.usd += value;
  total.black += line(`${n}.delta.black`, 'size delta, coins', size * delta);
  total.net += line(`${n}.delta.net`, 'size (delta - premium), coins', size * (delta - premium));
  total.gamma += line(`${n}.gamma`, 'size n(d1) / (F s), coins per USD', (size * density(d1)) / (forward * root));
  const vega = line(`${n}.vega`, 'size F sqrt(T) n(d1) / 100, USD per point', (size * forward * Math.sqrt(o.days / 365) * density(d1)) / 100); // prettier-ignore
  total.vega += vega;
  total.vega30 += line(`${n}.vega30`, 'vega sqrt(30 / days)', vega * Math.sqrt(30 / o.days));
  total.theta += line(`${n}.theta`, '-size F n(d1) sigma / (2 sqrt(T)) / 365, USD per day', (-size * forward * density(d1) * sigma) / (2 * Math.sqrt(o.days / 365)) / 365); // prettier-ignore
}

const perpetual = line('P.result', '-400,000 (1 / 95,000 - 1 / 97,050), coin', -400_000 * (1 / 95_000 - 1 / 97_050));
const perpetualDelta = line('P.delta', '-400,000 / 97,050, coins', -400_000 / 97_050);
const future = line('F.result', '200,000 (1 / 99,000 - 1 / 98,600), coin', 200_000 * (1 / 99_000 - 1 / 98_600));
const futureDelta = line('F.delta', '200,000 / 98,600, coins', 200_000 / 98_600);
const linear = line('L.result', '1.5 (97,050 - 96,000), USD', 1.5 * (97_050 - 96_000));
const cash = line('E.coins', 'given, coin', 12);
const dollars = line('E.dollars', '150,000 x 0.9990, USD', 150_000 * USDC);

const coin = line('value.coin', 'premiums + P + F + coins', total.coin + perpetual + future + cash);
line('value.usd', 'options + (P + F + coins) index + L, USD; dollars apart', total.usd + (perpetual + future + cash) * INDEX + linear); // prettier-ignore
line('dollars', 'the USDC, USD', dollars);
const deltaBlack = line('delta.black', 'options + P + F + L, coins', total.black + perpetualDelta + futureDelta + 1.5);
const deltaNet = line('delta.net', 'delta.black - coin premiums, coins', deltaBlack - total.coin);
if (Math.abs(deltaNet - (total.net + perpetualDelta + futureDelta + 1.5)) > 1e-9)
  throw new Error('the two ways differ');
line('delta.usd', 'equity (value.coin) + delta.net, coins', coin + deltaNet);
line('gamma.percent', 'gamma index^2 / 100, USD per 1 %', (total.gamma * INDEX * INDEX) / 100);
line('vega', 'sum, USD per point', total.vega);
line('vega30', 'sum, USD per point at 30 days', total.vega30);
line('theta', 'sum, USD per day', total.theta);

/** Spot -8 %, every volatility 10 points up. */
const DOWN = 0.92;
let moved = 0;
for (const o of OPTIONS) {
  const after = black(o, o.forward * DOWN, o.sigma + 0.1);
  const before = black(o, o.forward, o.sigma);
  const change = o.coin
    ? o.size * ((after / (o.forward * DOWN)) * INDEX * DOWN - (before / o.forward) * INDEX)
    : o.size * (after - before);
  moved += line(`scenario.${o.name}`, 'value after less before at spot -8 %, volatility +10 points, USD', change);
}
/** Coins won so far (r) are worth index 0.92 afterwards, and so are those won by the move itself. */
const held = (result: number, notional: number, mark: number): number =>
  (result + notional * (1 / mark - 1 / (mark * DOWN))) * INDEX * DOWN - result * INDEX;
moved += line('scenario.P', '(r - 400,000 (1 / 97,050 - 1 / 89,286)) index 0.92 - r index, USD', held(perpetual, -400_000, 97_050)); // prettier-ignore
moved += line('scenario.F', '(r + 200,000 (1 / 98,600 - 1 / 90,712)) index 0.92 - r index, USD', held(future, 200_000, 98_600)); // prettier-ignore
moved += line('scenario.L', '1.5 (97,050 x 0.92 - 97,050), USD', 1.5 * 97_050 * (DOWN - 1));
moved += line('scenario.E', '12 index (0.92 - 1), USD', 12 * INDEX * (DOWN - 1));
line('scenario', 'sum, USD', moved);

/** The table as text. */
export const TABLE = `name,formula,value\n${lines.map((l) => `${l.name},"${l.formula}",${l.value.toPrecision(13)}`).join('\n')}\n`;

if ((process.argv[1] ?? '').endsWith('book-by-hand.ts')) process.stdout.write(TABLE);
