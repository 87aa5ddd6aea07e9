/** The account's messages as Deribit writes them, and as it should not: each row for itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarketEvent } from '../../src/market/event.ts';
import { AccountReader } from '../../src/venue/deribit/account.ts';
import { RowReader } from '../../src/venue/deribit/wire.ts';
import { adapter } from '../../src/venue/deribit.ts';
import { CALL, of, openSession, T0 } from './deribit-messages.ts';

function reader(): { account: AccountReader; row: RowReader; events: MarketEvent[] } {
  const row = new RowReader();
  const events: MarketEvent[] = [];
  row.begin(T0, events);
  return { account: new AccountReader('main', row), row, events };
}

test('positions: signs and units kept, the entry of a future is where its floating result is zero, junk costs its row', () => {
  const { account, events } = reader();
  const rows = [
    {
      instrument_name: CALL,
      size: -2.5,
      average_price: 0.04,
      mark_price: 0.03,
      floating_profit_loss: 0.025,
      kind: 'option',
    },
    // Bought at 80,000, settled since at 95,000: the venue counts from there.
    {
      instrument_name: 'BTC-PERPETUAL',
      size: 95_000,
      average_price: 80_000,
      mark_price: 100_000,
      floating_profit_loss: 0.05,
    },
    {
      instrument_name: 'ETH_USDC-PERPETUAL',
      size: -3,
      average_price: 3_000,
      mark_price: 2_900,
      floating_profit_loss: 150,
    },
    { instrument_name: CALL, size: 0 },
    { instrument_name: 'BTC-FS-27MAR26_PERP', size: 1 },
    { instrument_name: CALL, size: 'many' },
    'nonsense',
  ];
  assert.equal(account.result('private/get_positions', rows, T0 - 7), true);
  const [told] = of(events, 'positions');
  assert.deepEqual(
    [told.at, told.source, told.account, told.mode, told.covers, told.fills, told.refused],
    [T0 - 7, 'deribit', 'main', 'snapshot', 'positions', true, 3],
  );
  const entry = (symbol: string): number => {
    const h = told.holdings.find((x) => x.symbol === symbol)!;
    return h.kind === 'cash' ? NaN : (h.entry ?? NaN);
  };
  assert.deepEqual(
    told.holdings.map((h) => [h.symbol, h.size]),
    [
      [CALL, -2.5],
      ['BTC-PERPETUAL', 95_000],
      ['ETH_USDC-PERPETUAL', -3],
    ],
  );
  assert.equal(entry(CALL), 0.04);
  assert.ok(Math.abs(entry('BTC-PERPETUAL') - 95_000) < 1e-6, `${entry('BTC-PERPETUAL')}`);
  assert.ok(Math.abs(entry('ETH_USDC-PERPETUAL') - 2_950) < 1e-9);
  assert.deepEqual(
    of(events, 'refused').map((e) => [e.reason, e.field]),
    [
      ['unknown-instrument', 'instrument_name'],
      ['not-a-number', 'size'],
      ['not-a-position', 'positions'],
    ],
  );
});

test('equity: cash is what options and floating results leave, per currency; an answer that is no list is refused', () => {
  const { account, events } = reader();
  const summaries = [
    { currency: 'BTC', equity: 12, options_value: -0.5, futures_session_upl: 0.25, initial_margin: 1, maintenance_margin: 0.8, email: 'x@y' },
    { currency: 'USDC', equity: 5_000 },
    { currency: 'ETH' },
  ]; // prettier-ignore
  account.result('private/get_account_summaries', { summaries, email: 'x@y' }, T0);
  account.result('private/get_account_summaries', 'nonsense', T0);
  assert.deepEqual(
    of(events, 'equity').map((e) => [e.currency, e.underlying, e.cash, e.equity, e.maintenanceMargin]),
    [
      ['BTC', 'BTC', 12.25, 12, 0.8],
      ['USDC', null, 5_000, 5_000, null],
    ],
  );
  assert.deepEqual(of(events, 'refused').map((e) => e.reason), ['missing', 'not-a-list']); // prettier-ignore
  assert.ok(!JSON.stringify(events).includes('x@y'), 'nothing of the person');
});

test('changes: fills first, then the positions that count them, then orders; the best price of each side with its size', () => {
  const { account, events } = reader();
  const order = (id: string, direction: string, price: number, amount: number, state = 'open') => ({
    order_id: id, instrument_name: CALL, direction, price, amount, filled_amount: 0, order_state: state,
  }); // prettier-ignore
  account.notification('changes.any.any.100ms', {
    instrument_name: CALL,
    trades: [
      { trade_id: '9', instrument_name: CALL, timestamp: T0 - 5, direction: 'buy', price: 0.03, amount: 1, fee: -0.0001, fee_currency: 'BTC', liquidity: 'M' },
      { trade_id: '10', instrument_name: CALL, timestamp: T0 - 5, direction: 'sideways', price: 0.03, amount: 1 },
    ],
    positions: [{ instrument_name: CALL, size: 4, average_price: 0.02 }],
    orders: [order('a', 'buy', 0.02, 3), order('b', 'buy', 0.025, 2), order('c', 'buy', 0.025, 5), order('d', 'sell', 0.05, 1)],
  }); // prettier-ignore
  assert.deepEqual(events.map((e) => e.type), ['own-fill', 'refused', 'positions', 'own-quote']); // prettier-ignore
  const [fill] = of(events, 'own-fill');
  assert.deepEqual([fill.at, fill.liquidity, fill.fee, fill.account], [T0 - 5, 'maker', -0.0001, 'main']);
  const [delta] = of(events, 'positions');
  assert.deepEqual([delta.mode, delta.at], ['delta', T0 - 5], 'as of the last fill it counts');
  const best = () => of(events, 'own-quote').at(-1)!;
  assert.deepEqual([best().bid, best().bidSize, best().ask, best().askSize], [0.025, 7, 0.05, 1]);
  assert.equal(best().at, T0, 'as of its receipt: the next word is never older');
  account.notification('changes.any.any.100ms', {
    orders: [order('b', 'buy', 0.025, 2, 'cancelled'), order('c', 'buy', 0.025, 5, 'filled')],
  });
  assert.deepEqual([best().bid, best().bidSize], [0.02, 3]);
  // The whole list anew: what is not in it is gone.
  account.result('private/get_open_orders', [], T0);
  assert.deepEqual([best().bid, best().ask], [null, null]);
  account.notification('portfolio.btc', 7);
  account.notification('nothing.else', {});
  assert.deepEqual(of(events, 'refused').slice(1).map((e) => e.reason), ['not-an-account', 'unused-channel']); // prettier-ignore
});

test('a session without an account or a login asks for nothing and subscribes to nothing of it', () => {
  const asked = (account: string | null, login: boolean): [number, number] => {
    const session = openSession({ account });
    session.connected(login);
    return [session.account().length, session.channels().filter((c) => adapter.isPrivate(c)).length];
  };
  assert.deepEqual([asked(null, true), asked('main', false), asked('main', true)], [[0, 0], [0, 0], [3, 2]]); // prettier-ignore
  assert.equal(adapter.subscribe(['user.portfolio.any']).method, 'private/subscribe');
  assert.equal(adapter.subscribe(['ticker.X.raw']).method, 'public/subscribe');
});
