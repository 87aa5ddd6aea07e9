import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { blackGreeks, blackPrice } from '../../src/numeric/black.ts';
import { Random } from '../../src/numeric/random.ts';

const BIN = new URL('../../bin/vernier.js', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'vernier-evidence-'));
after(() => rmSync(folder, { recursive: true }));

const HOUR = 3_600_000;
const START = Date.UTC(2030, 0, 1);
const EXPIRY = Date.UTC(2030, 1, 22, 8);

/** SYNTHETIC chain of one expiry, every six hours; volatility wanders. */
function chain(): string {
  const random = new Random(8);
  const rows = [
    'timestamp,instrument_name,underlying,underlying_name,bid_price,ask_price,mark_price,implied_volatility,delta,vega,open_interest,index_price',
  ];
  let [forward, level] = [100_000, 0.6];
  for (let i = 0; i < 70; i++) {
    const at = START + i * 6 * HOUR;
    const years = (EXPIRY - at) / (365 * 24 * HOUR);
    for (let strike = 80_000; strike <= 120_000; strike += 4000)
      for (const side of ['call', 'put'] as const) {
        const k = Math.log(strike / forward);
        const option = { side, strike, forward, years, sigma: level - 0.1 * k + 0.3 * k * k };
        const mark = blackPrice(option) / forward;
        const g = blackGreeks(option);
        rows.push(
          `${new Date(at).toISOString()},BTC-22FEB30-${strike}-${side === 'call' ? 'C' : 'P'},${forward},BTC-22FEB30,${mark - 0.0005},${mark + 0.0005},${mark},${option.sigma},${g.delta},${g.vega / 100},10,${forward}`,
        );
      }
    forward *= Math.exp(0.01 * random.normal());
    level += 0.004 * random.normal();
  }
  return `${rows.join('\n')}\n`;
}

type Line = Record<string, string | number>;

const fixed = (l: Line, field: string, digits: number): string => Number(l[field]).toFixed(digits);

function vernier(args: readonly string[]): string {
  const run = spawnSync(process.execPath, [BIN, 'hedge', 'backtest', ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout;
}

test('effectiveness, lights, exceptions and drift: the tables are the JSON lines, of calls, puts and the book', () => {
  const file = join(folder, 'chain.csv');
  const book = join(folder, 'book.csv');
  writeFileSync(file, chain());
  writeFileSync(book, 'instrument,size\nBTC-22FEB30-100000-C,3\n');
  const args = [file, '--families', 'black,venue,sticky-strike,sticky-moneyness', '--positions', book];
  const lines = vernier([...args, '--json'])
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as Line);
  const text = vernier(args).split('\n');
  const cells = (title: string, l: Line): string[] => {
    const from = text.findIndex((t) => t.startsWith(`BTC: ${title}`));
    const row = text.slice(from).find((t) => t.trim().split(/ +/).slice(0, 3).join() === [l['portfolio'], l['family'], l['currency']].join()); // prettier-ignore
    return row?.trim().split(/ +/).slice(3) ?? [];
  };
  const shown = lines.filter((l) => ['calls', 'puts', 'book'].includes(String(l['portfolio'])) && 'currency' in l);
  const of = (type: string): typeof shown => shown.filter((l) => l['type'] === type);
  for (const type of ['effectiveness', 'attribution', 'exceptions', 'hedge-drift']) assert.equal(of(type).length, 24);
  for (const l of of('effectiveness'))
    assert.deepEqual(cells('effectiveness', l).slice(0, 3), [String(l['n']), (100 * Number(l['variance_reduction'])).toFixed(1), fixed(l, 'slope', 3)]); // prettier-ignore
  for (const l of of('attribution'))
    assert.deepEqual([cells('attribution', l)[1], cells('attribution', l)[4]], [fixed(l, 'spearman', 3), l['zone']]);
  for (const l of of('exceptions'))
    assert.deepEqual(cells('exceptions', l).slice(0, 4), [String(l['n']), String(l['exceptions']), fixed(l, 'expected', 1), fixed(l, 'kupiec_p', 3)]); // prettier-ignore
  for (const l of of('hedge-drift')) assert.equal(cells('drift', l)[1], fixed(l, 'cusum_up', 1));
  assert.ok(text.some((t) => t.includes('a delta understated by 20 % stays green 92.8 % of the time')));
  // 69 steps are 69 observations, however many options were quoted.
  assert.ok(of('effectiveness').every((l) => l['n'] === 69));
  assert.ok(of('effectiveness').some((l) => Number(l['rows']) > 69 * 3));
  assert.ok(lines.some((l) => l['portfolio'] === 'call 31-93d 25-50' && l['family'] === 'venue'));
});
