import { test } from 'node:test';
import assert from 'node:assert/strict';
import { ACROSS, after, HOME, parseRoute, routeHash, type Route } from '../../dashboard/src/route.ts';

const FULL: Route = {
  view: 'surface',
  key: 'deribit:BTC',
  scope: 'deribit:BTC:2026-03-27',
  incident: 'deribit:BTC-7',
  asOf: Date.parse('2026-02-05T21:29:00.000Z'),
  across: 'delta',
  up: 'price',
  unit: 'coin',
  surface: 'heat',
  tables: ['smiles', 'scores'],
  from: Date.parse('2026-02-05T00:00:00.000Z'),
  to: Date.parse('2026-02-06T00:00:00.000Z'),
};

test('every state has an address that leads back to it', () => {
  assert.deepEqual(parseRoute(routeHash(FULL)), FULL);
  assert.deepEqual(parseRoute(routeHash(HOME)), HOME);
  for (const name of Object.keys(HOME) as (keyof Route)[]) {
    const one = { ...HOME, [name]: FULL[name] };
    assert.deepEqual(parseRoute(routeHash(one)), one, name);
  }
});

test('the usual is left out of the address and colons stay readable', () => {
  assert.equal(routeHash(HOME), '#/monitor');
  assert.equal(routeHash({ ...HOME, key: 'deribit:BTC', scope: 'deribit:BTC:2026-03-27' }), '#/monitor/deribit:BTC?scope=deribit:BTC:2026-03-27');
}); // prettier-ignore

test('nonsense in an address falls back and never throws', () => {
  assert.deepEqual(parseRoute('#/No-Where?across=sideways&as_of=never&up=%&tables=<b>'), HOME);
  assert.deepEqual(parseRoute(''), HOME);
  assert.equal(parseRoute('#/monitor/%E0%A4%A').key, '');
  assert.equal(parseRoute('#/monitor?as_of=1770326940000').asOf, 1_770_326_940_000);
  assert.equal(parseRoute('#/monitor?as_of=99999999999999999999').asOf, null);
});

test('choices go round', () => {
  assert.equal(after(ACROSS, 'x'), 'k');
  assert.equal(after(ACROSS, 'delta'), 'x');
  assert.equal(after(ACROSS, 'x', -1), 'delta');
});
