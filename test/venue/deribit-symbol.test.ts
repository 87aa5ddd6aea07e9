/** Deribit option names: every spelling the venue has used, and everything that only looks like one. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { tickAt } from '../../src/market/instrument.ts';
import {
  deribitInstrument,
  formatDeribitDate,
  formatDeribitSymbol,
  parseDeribitDate,
  parseDeribitSymbol,
} from '../../src/venue/deribit-symbol.ts';

const NAMES = new URL('../../../shared/data/instruments/deribit_BTC_option_names_2016_2023.txt.gz', import.meta.url);

test('coin options, USDC options, decimal strikes and single-digit days are read', () => {
  assert.deepEqual(parseDeribitSymbol('BTC-27MAR26-90000-C'), {
    underlying: 'BTC',
    expiry: Date.UTC(2026, 2, 27, 8),
    strike: 90000,
    side: 'call',
  });
  assert.deepEqual(parseDeribitSymbol('SOL_USDC-5SEP26-78-P'), {
    underlying: 'SOL_USDC',
    expiry: Date.UTC(2026, 8, 5, 8),
    strike: 78,
    side: 'put',
  });
  assert.equal(parseDeribitSymbol('XRP_USDC-30JUN23-0d625-C')?.strike, 0.625);
  assert.equal(parseDeribitSymbol('MATIC_USDC-9MAR24-1d02-C')?.strike, 1.02);
});

test('what is no option name is null', () => {
  const wrong = [
    '',
    'BTC',
    'BTC-PERPETUAL',
    'BTC-27MAR26',
    'BTC-27MAR26-90000',
    'BTC-27MAR26-90000-X',
    'BTC-31FEB26-90000-C',
    'BTC-0MAR26-90000-C',
    'BTC-27MRZ26-90000-C',
    'BTC-27MAR26-0-C',
    'BTC-27MAR26-0d0-C',
    'BTC-27MAR26--5-C',
    'BTC-27MAR26-9e4-C',
    'BTC-27MAR26-90000-C ',
    'btc-27mar26-90000-c',
    'BTC-FS-27MAR26_PERP',
    'BTC-27MAR26-99999999999-C',
  ];
  for (const name of wrong) assert.equal(parseDeribitSymbol(name), null, name);
});

test('a name that is read is written back the same', () => {
  const name = fc.record({
    underlying: fc.constantFrom('BTC', 'ETH', 'SOL_USDC', 'XRP_USDC', 'INCH_USDT'),
    expiry: fc.integer({ min: 10957, max: 47481 }).map((day) => day * 86_400_000 + 8 * 3_600_000),
    strike: fc.oneof(
      fc.integer({ min: 1, max: 9_999_999 }),
      fc.integer({ min: 1, max: 999_999 }).map((n) => n / 10_000),
    ),
    side: fc.constantFrom('call' as const, 'put' as const),
  });
  fc.assert(
    fc.property(name, (option) => assert.deepEqual(parseDeribitSymbol(formatDeribitSymbol(option)), { ...option })),
    { seed: 7, numRuns: 500 },
  );
});

test('dates outside the two-digit years are refused when written', () => {
  assert.throws(() => formatDeribitDate(Date.UTC(1999, 11, 31)), RangeError);
  assert.throws(() => formatDeribitDate(NaN), RangeError);
  assert.equal(formatDeribitDate(parseDeribitDate('5FEB26') ?? 0), '5FEB26');
});

test('the instrument says how it settles and its price step', () => {
  const coin = deribitInstrument('ETH-26JUN26-4000-P');
  assert.deepEqual([coin?.settlement, coin?.premiumCurrency, coin?.contractSize], ['inverse', 'ETH', 1]);
  assert.equal(tickAt(coin?.ticks ?? [], 0.004), 0.0001);
  assert.equal(tickAt(coin?.ticks ?? [], 0.02), 0.0005);
  const usdc = deribitInstrument('HYPE_USDC-25SEP26-55-P', 'deribit-testnet');
  assert.deepEqual([usdc?.venue, usdc?.settlement, usdc?.premiumCurrency], ['deribit-testnet', 'linear', 'USDC']);
  assert.equal(tickAt(usdc?.ticks ?? [], 0.3), 0.002);
  assert.equal(tickAt(usdc?.ticks ?? [], 5), 0.01);
});

test('40,000 names of 2016 to 2023 round-trip', { skip: existsSync(NAMES) ? false : 'no ../shared data' }, () => {
  const names = gunzipSync(readFileSync(NAMES)).toString('utf8').split('\n').filter(Boolean);
  assert.ok(names.length >= 40_000);
  for (const symbol of names) {
    const name = parseDeribitSymbol(symbol);
    assert.ok(name, symbol);
    assert.equal(formatDeribitSymbol(name), symbol);
  }
});
