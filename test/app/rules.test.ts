/** The rules file: mistakes with line and column, hysteresis, horizons, backtest and tournament on SYNTHETIC records. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Backtest } from '../../src/app/rules-backtest.ts';
import { loadRules, parseRules, runRuleTests, RulesFileError } from '../../src/app/rules-file.ts';
import { Tournament } from '../../src/app/tournament.ts';
import type { IncidentRecord, OutputRecord, ScoreRecord } from '../../src/model/record.ts';
import { applyRules, openRuleBook } from '../../src/policy/rules.ts';

const EXAMPLE = new URL('../../examples/rules.yaml', import.meta.url).pathname;
const START = Date.UTC(2026, 0, 1);

function score(minute: number, overrides: Partial<ScoreRecord>): ScoreRecord {
  return {
    type: 'score', at: new Date(START + minute * 60_000).toISOString(), model: 'svi', venue: 'deribit', underlying: 'BTC',
    expiry: '2026-01-10T08:00:00.000Z', horizon_s: 60, n: 20, pz: 1, b0: 0, b1: 0, b2: 0, pr: 0.4, inside_share: 0.9, age_s: 60,
    log_score: 2, tail_ticks: null, half_life_s: null, sticky_moneyness_rmse: null, sticky_strike_rmse: null, fitted_rule_rmse: null,
    fitted_strike_share: null, trade_n: 0, trade_z: null, trade_vol: null, trade_ticks: null, trade_money_usd: null, ...overrides,
  }; // prettier-ignore
}

test('the shipped example passes its own tests', () => {
  const file = loadRules(EXAMPLE);
  assert.equal(file.rules.length, 3);
  assert.deepEqual(
    runRuleTests(file).flatMap((r) => r.mistakes),
    [],
  );
});

test('a unit test that is wrong says where the rule really opened', () => {
  const file = parseRules(
    'rules:\n  - name: a\n    field: pz\n    above: 2\ntests:\n  - name: t\n    rule: a\n    values: [1, 3]\n    opens: [1]\n',
    'r.yaml',
  );
  assert.deepEqual(runRuleTests(file)[0].mistakes, ['opens at [2], expected [1]']);
});

const MISTAKES: readonly (readonly [string, string, RegExp])[] = [
  ['no comparison', 'rules:\n  - name: a\n    field: pz\n', /r\.yaml:2:5 rules\.0: needs exactly one/],
  ['two comparisons', 'rules:\n  - name: a\n    field: pz\n    above: 1\n    below: 2\n', /needs exactly one/],
  ['a wrong type', 'rules:\n  - name: a\n    field: pz\n    above: high\n', /r\.yaml:4:5 rules\.0\.above/],
  ['an unknown key', 'rules:\n  - name: a\n    field: pz\n    abve: 3\n', /r\.yaml:2:5.*abve/s],
  ['a clear beyond the limit', 'rules:\n  - name: a\n    field: pz\n    above: 3\n    clear: 4\n', /r\.yaml:5:5 rules\.0\.clear: 4 is beyond/],
  ['a name twice', 'rules:\n  - {name: a, field: pz, above: 3}\n  - {name: a, field: pz, above: 3}\n', /r\.yaml:3:6 rules\.1\.name: a is taken/],
  ['a test without its rule', 'rules:\n  - {name: a, field: pz, above: 3}\ntests:\n  - {name: t, rule: b, values: [1]}\n', /r\.yaml:4:15 tests\.0\.rule: no rule/],
  ['broken YAML', 'rules: [\n', /r\.yaml:\d+:\d+/],
]; // prettier-ignore
for (const [what, text, message] of MISTAKES)
  test(`${what} is named with line and column`, () => {
    assert.throws(
      () => parseRules(text, 'r.yaml'),
      (e) => e instanceof RulesFileError && message.test(e.message),
    );
  });

test('of several horizons of a batch a rule reads the asked one, or the first', () => {
  const [first] = parseRules('rules:\n  - {name: a, field: pz, above: 3}\n', 'r').rules;
  const [hour] = parseRules('rules:\n  - {name: a, field: pz, above: 3, horizon_s: 3600}\n', 'r').rules;
  const batch = [score(0, { pz: 1 }), score(0, { pz: 9, horizon_s: 3600 })];
  assert.deepEqual(batch.flatMap((r) => applyRules(openRuleBook([first]), r)).length, 1, 'a new book each');
  const one = openRuleBook([first]);
  assert.deepEqual(
    batch.flatMap((r) => applyRules(one, r)),
    [],
  );
  const other = openRuleBook([hour]);
  assert.deepEqual(
    batch.flatMap((r) => applyRules(other, r)).map((a) => a.state),
    ['open'],
  );
});

test('a backtest counts pages a week, time open and the cause of the time', () => {
  const { rules } = parseRules('rules:\n  - {name: a, field: pz, above: 3, clear: 2, severity: page}\n', 'r');
  const backtest = new Backtest(rules);
  const incident: IncidentRecord = {
    type: 'incident', id: '1', at: new Date(START + 59 * 60_000).toISOString(), state: 'open', cause: 'flash-crash',
    severity: 'critical', scope: 'deribit:BTC', evidence: {},
  }; // prettier-ignore
  const records: OutputRecord[] = [
    score(0, {}),
    incident,
    score(60, { pz: 5 }),
    score(70, { pz: 2.5 }),
    score(90, { pz: 1 }),
  ];
  for (const r of records) backtest.take(r);
  backtest.take(score(7 * 24 * 60, { pz: 1 }));
  const [result] = backtest.result();
  assert.deepEqual(result, {
    rule: 'a', severity: 'page', opened: 1, perWeek: 1, medianOpenSeconds: 1800, stillOpen: 0, causes: { 'flash-crash': 1 },
  }); // prettier-ignore
});

test('the tournament compares only batches in which every model was scored', () => {
  const t = new Tournament();
  t.take(score(0, { log_score: 3 }));
  t.take(score(0, { model: 'venue-mark', log_score: 2 }));
  t.take(score(1, { log_score: 9 }));
  t.take(score(2, { log_score: 1, inside_share: 0.5 }));
  t.take(score(2, { model: 'venue-mark', log_score: 4 }));
  const rows = t.rows();
  assert.deepEqual(
    rows.map((r) => [r.model, r.tenor, r.horizon, r.batches, r.logScore, r.wins]),
    [
      ['venue-mark', '8-31 d', '1 min', 2, 3, 0.5],
      ['svi', '8-31 d', '1 min', 2, 2, 0.5],
    ],
  );
  assert.ok(Math.abs(rows[1].insideShare - 0.7) < 1e-12);
});

test('a challenger that came for a while does not empty the table: the field that met most often is shown', () => {
  const t = new Tournament();
  for (let minute = 0; minute < 5; minute++) {
    t.take(score(minute, { log_score: 3 }));
    t.take(score(minute, { model: 'venue-mark', log_score: 2 }));
    if (minute >= 3) t.take(score(minute, { model: 'sabr', log_score: 9 }));
  }
  const rows = t.rows();
  assert.deepEqual(
    rows.map((r) => [r.model, r.batches, r.wins]),
    [
      ['svi', 3, 1],
      ['venue-mark', 3, 0],
    ],
  );
});
