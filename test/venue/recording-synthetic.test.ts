/** The SYNTHETIC tape that the package ships: what its generator writes, readable, labelled, with its two incidents. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { CONTRACTION_POLLS, LEVEL_MOVE_POLL, TAPE, syntheticTape } from '../../tools/make-synthetic-tape.ts';
import { eventsOf, ofType } from './recording-chain.ts';

const bytes = readFileSync(TAPE);

test('the shipped tape is what the generator writes, says that it is synthetic, and is small', () => {
  const text = gunzipSync(bytes).toString('utf8');
  assert.equal(text, syntheticTape());
  assert.match(text, /^# SYNTHETIC/);
  assert.match(basename(TAPE.pathname), /^SYNTHETIC/);
  assert.ok(bytes.length <= 300_000, `${bytes.length} bytes`);
});

test('it reads as 40 snapshots of four expiries with a level move and a liquidity contraction', async () => {
  const events = await eventsOf({ tape: bytes });
  const ends = ofType(events, 'snapshot-end');
  assert.equal(ends.length, 40);
  assert.ok(ends.every((end, i) => i === 0 || end.at - ends[i - 1].at === 300_000));
  assert.equal(ofType(events, 'refused').length, 0);
  assert.equal(new Set(ofType(events, 'instrument').map((e) => e.instrument.expiry)).size, 4);
  const quotes = ofType(events, 'quote');
  const polls = ends.map((end) => quotes.filter((quote) => quote.at === end.at));
  const twoSided = polls.map((poll) => poll.filter((quote) => quote.bid !== null && quote.ask !== null).length);
  for (const [poll, count] of twoSided.entries()) {
    const thin = poll >= CONTRACTION_POLLS[0] && poll <= CONTRACTION_POLLS[1];
    assert.ok(thin ? count < 70 : count > 150, `poll ${poll}: ${count} two-sided quotes`);
  }
  const index = polls.map((poll) => poll[0].index ?? NaN);
  const moves = index.map((level, i) => (i === 0 ? 0 : Math.abs(level / index[i - 1] - 1)));
  assert.equal(moves.indexOf(Math.max(...moves)), LEVEL_MOVE_POLL);
  for (const quote of quotes) if (quote.bid !== null && quote.ask !== null) assert.ok(quote.bid < quote.ask);
});
