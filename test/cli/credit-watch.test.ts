/** `vernier credit watch`: a file of quotes and its terms, followed and recorded, replayed to the same digest. SYNTHETIC quotes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { NODE, ROOT } from '../shared.ts';
import { records, vernier } from './run-vernier.ts';

const folder = mkdtempSync(join(tmpdir(), 'vernier-credit-watch-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const BEGIN = Date.UTC(2026, 0, 5, 8);
const HEADER = 'at,curve,contributor,node,quote_type,bid,ask,coupon,recovery';
const NODES: readonly [string, number][] = [['1Y', 0.01], ['3Y', 0.012], ['5Y', 0.014], ['10Y', 0.016]]; // prettier-ignore

/** One hourly update of three contributors, each a little apart. */
function update(i: number, distort: (contributor: string, mid: number) => number = (_, mid) => mid): string[] {
  const at = new Date(BEGIN + i * 3_600_000).toISOString();
  return ['a', 'b', 'c'].flatMap((contributor, c) =>
    NODES.map(([node, level]) => {
      const mid = distort(contributor, level * (1 + 0.002 * Math.sin(i * 1.3 + c)));
      return `${at},acme,${contributor},${node},par,${mid * 0.98},${mid * 1.02},0.01,0.4`;
    }),
  );
}

const TERMS = `source: desk
discount:
  usd: { years: [1, 5, 10], rates: [0.04, 0.038, 0.037] }
curves:
  acme: { event_definition: ISDA 2014, recovery: 0.4, discount: usd }
`;

function files(name: string, rows: readonly string[], terms = TERMS): { quotes: string; terms: string } {
  const quotes = join(folder, `${name}.csv`);
  const path = join(folder, `${name}.yaml`);
  writeFileSync(quotes, `${[HEADER, ...rows].join('\n')}\n`);
  writeFileSync(path, terms);
  return { quotes, terms: path };
}

test('credit watch: bad rows are counted by reason, a misread contributor is named, a recording replays to the same digest', async () => {
  const rows = Array.from({ length: 40 }, (_, i) => update(i, (c, mid) => (c === 'b' && i >= 25 ? 1e4 * mid : mid)));
  const wrong = [
    '2026-01-05T08:30:00Z,nobody,a,5Y,par,0.01,0.011,0.01,',
    '2026-01-05T08:31:00Z,acme,a,5Y,par,x,0.011,0.01,',
    'soon,acme,a,5Y,par,0.01,0.011,0.01,',
    '2026-01-05T08:32:00Z,acme,a,5Y,price,0.01,0.011,0.01,',
    '2026-01-05T08:33:00Z,acme,a',
  ];
  const { quotes, terms } = files('misread', [...rows[0], ...wrong, ...rows.slice(1).flat()]);
  const log = join(folder, 'log');
  const ran = await vernier(['credit', 'watch', '--quotes', quotes, '--terms', terms, '--record', log, '--json', '-q']);
  assert.equal(ran.code, 0, ran.stderr);
  const said = records(ran);
  const summary = said.at(-1) ?? {};
  assert.deepEqual(summary['refused_by_reason'], {
    'credit-number': 1, 'credit-quote-type': 2, 'credit-time': 1, 'credit-unknown-curve': 1,
  }); // prettier-ignore
  const opened = said.filter((r) => r['type'] === 'incident' && r['state'] === 'open');
  assert.deepEqual(opened.map((r) => [r['cause'], r['scope']]), [['unit-mismatch', 'desk:acme/b']]); // prettier-ignore
  assert.ok(said.some((r) => r['type'] === 'credit-score'));
  const fits = said.filter((r) => r['type'] === 'credit-calibration').length;
  assert.ok(fits > 0);
  assert.deepEqual([summary['calibrations'], summary['serving']], [fits, {}]);
  const again = await vernier(['replay', log, '--json', '-q']);
  assert.equal(again.code, 0, again.stderr);
  assert.equal(records(again).at(-1)?.['log_sha256'], summary['log_sha256']);
});

test('credit watch --simulated: the simulator says nothing that a log refuses, upfronts about zero included', async () => {
  const ran = await vernier(['credit', 'watch', '--simulated', '--days', '3', '--json', '-q']);
  assert.equal(ran.code, 0, ran.stderr);
  assert.deepEqual(records(ran).at(-1)?.['refused_by_reason'], {});
});

test('credit watch: a written -0 is a quote like any other, a CR ends a line', async () => {
  const rows = update(0);
  const { quotes, terms } = files('zero', [...rows, '2026-01-05T08:10:00Z,acme,a,5Y,upfront,-0,0.001,0.01,0.4']);
  const ran = await vernier(['credit', 'watch', '--quotes', quotes, '--terms', terms, '--json', '-q']);
  assert.deepEqual(records(ran).at(-1)?.['refused_by_reason'], {});
  const old = join(folder, 'zero-cr.csv');
  writeFileSync(old, readFileSync(quotes, 'utf8').replaceAll('\n', '\r'));
  const read = await vernier(['credit', 'watch', '--quotes', old, '--terms', terms, '--json', '-q']);
  assert.ok(Number(records(ran).at(-1)?.['events']) > 13);
  assert.equal(records(read).at(-1)?.['log_sha256'], records(ran).at(-1)?.['log_sha256']);
});

test('credit watch: what is wrong with files and flags is said with its place, exit code 2', async () => {
  const { quotes, terms } = files('fine', update(0));
  const broken = files('broken', update(0), TERMS.replace('recovery: 0.4', 'recovery: 40'));
  const dangling = files('dangling', update(0), TERMS.replace('discount: usd }', 'discount: eur }'));
  const short = join(folder, 'short.csv');
  writeFileSync(short, 'at,curve,node\n');
  const cases: readonly [string[], RegExp][] = [
    [['--quotes', quotes, '--terms', broken.terms], /broken\.yaml:? ?.*5:\d+.*recovery/s],
    [['--quotes', quotes, '--terms', dangling.terms], /curve acme names discount eur/],
    [['--quotes', short, '--terms', terms], /column quote_type, bid, ask is missing/],
    [['--quotes', join(folder, 'none.csv'), '--terms', terms], /none\.csv: no such file/],
    [['--terms', terms], /--quotes and --terms are needed/],
    [['--simulated', '--quotes', quotes], /--simulated brings its own/],
  ];
  for (const [args, says] of cases) {
    const ran = await vernier(['credit', 'watch', ...args]);
    assert.match(ran.stderr, says);
    assert.equal(ran.code, 2, `${args.join(' ')}: ${ran.code}`);
  }
});

test('credit watch --follow: rows that are appended later are scored, and an interrupt ends it in order', async (t) => {
  const { quotes, terms } = files('followed', Array.from({ length: 3 }, (_, i) => update(i)).flat());
  const child = spawn(
    NODE,
    [join(ROOT, 'bin/vernier.js'), 'credit', 'watch', '--quotes', quotes, '--terms', terms, '--follow', '--json', '-q'],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  t.after(() => child.kill('SIGKILL'));
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  const scores = (): number => out.split('\n').filter((l) => l.includes('"credit-score"')).length;
  const seen = async (n: number): Promise<void> => {
    for (let i = 0; i < 1_200 && scores() < n; i++) await new Promise((go) => setTimeout(go, 50));
    assert.ok(scores() >= n, `${scores()} of ${n} scores; ${out.slice(-300)}`);
  };
  await seen(2);
  appendFileSync(quotes, `${update(3).join('\n')}\n${update(4).join('\n')}\n`);
  await seen(4);
  child.kill('SIGINT');
  const code = await new Promise((done) => child.on('close', done));
  assert.equal(code, 0);
  assert.match(out, /"type":"summary"/);
});
