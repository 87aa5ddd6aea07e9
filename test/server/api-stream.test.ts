/** The stream: snapshots and deltas that add up, resume, tables, and readers that fall behind without costing anyone. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { get, KEY, post, serveMarket, START, type Answer } from './served-market.ts';
import { StreamClient, type Table } from './stream-client.ts';

const QUOTES = `quotes:${KEY}`;
const CURVES = `curves:${KEY}`;

/** Rows of a table as they stand after a snapshot and its deltas. */
function assembled(tables: readonly Table[]): Map<number, Record<string, number>> {
  const rows = new Map<number, Record<string, number>>();
  for (const { header, columns } of tables) {
    if (header.type === 'snapshot') rows.clear();
    for (let i = 0; i < header.rows; i++) {
      const row: Record<string, number> = {};
      for (const name of header.columns) row[name] = columns[name]?.[i] ?? NaN;
      rows.set(row['row'] ?? NaN, row);
    }
  }
  return rows;
}

test('a snapshot and the deltas after it make the table that the API shows', async (t) => {
  const { base, market } = await serveMarket(t, { seconds: 8 });
  const client = await StreamClient.open(t, base);
  client.send({ op: 'subscribe', topics: [QUOTES, 'status', 'nothing', 'quotes:no:body'] });
  await client.until(() => client.tables.length > 0);
  const layout = client.last('layout', QUOTES);
  assert.equal(layout.data.symbol.length, client.tables[0]?.header.rows);
  for (let i = 0; i < 4; i++) {
    market.advance(0.5);
    await sleep(120);
  }
  await sleep(250);
  const rows = assembled(client.tables);
  const { body } = await get(`${base}/api/v1/smiles/${KEY}`);
  let compared = 0;
  for (const smile of body.expiries)
    for (const [i, symbol] of smile.quotes.symbol.entries()) {
      const row = rows.get(layout.data.symbol.indexOf(symbol));
      assert.ok(row !== undefined);
      const reason = row['refused'] === 0 ? null : layout.data.refusals[(row['refused'] ?? 0) - 1];
      assert.equal(reason, smile.quotes.refused[i], symbol);
      for (const name of ['bid', 'ask', 'k', 'sigma_mid', 'error_bar']) {
        const shown = smile.quotes[name][i];
        if (shown === null) assert.ok(Number.isNaN(row[name]), `${symbol} ${name}`);
        else assert.ok(Math.abs((row[name] ?? NaN) - shown) <= 1e-6 * Math.abs(shown), `${symbol} ${name}`);
        compared++;
      }
    }
  assert.ok(compared > 500, `${compared} compared`);
  const seqs = client.tables.map((x) => x.header.seq);
  for (let i = 1; i < seqs.length; i++) assert.equal(seqs[i], seqs[i - 1] + 1);
  assert.equal(client.messages.filter((m) => m.type === 'error').length, 2);
  assert.ok(
    client.tables.slice(1).some((x) => x.header.rows < layout.data.symbol.length),
    'no delta was partial',
  );
});

test('incidents, records and curves arrive as they happen', async (t) => {
  const fault = {
    fault: 'wrong-forward', from: START + 8_000, to: START + 68_000, scope: { underlying: 'BTC', expiry: 2 },
    magnitude: 100, shape: 'abrupt',
  } as const; // prettier-ignore
  const { base, market } = await serveMarket(t, { seconds: 4, faults: [fault] });
  const client = await StreamClient.open(t, base);
  client.send({ op: 'subscribe', topics: ['incidents', 'records', CURVES, 'underlyings', 'health', 'replay'] });
  await client.until(() => client.last('snapshot', CURVES));
  assert.equal(client.last('snapshot', 'replay').data, null);
  assert.deepEqual(client.last('snapshot', 'incidents').data.items, []);
  market.advance(10);
  const told = await client.until(() => client.last('delta', 'incidents')?.data.items[0]);
  assert.equal(told.cause, 'wrong-forward');
  await client.until(() => client.last('delta', 'records')?.data.items.some((r: Answer) => r.type === 'score'));
  await client.until(() => client.last('delta', 'underlyings')?.data.items[0].open_incidents === 1);
  await client.until(() => client.last('delta', 'health')?.data.health.clients === 1);
  await client.until(() => client.last('delta', CURVES));
  await post(`${base}/api/v1/incidents/${told.id}/acknowledge`, { note: 'seen' });
  await client.until(() => client.last('delta', 'incidents')?.data.items[0].acknowledged?.note === 'seen');
});

test('who comes back gets what was missed, or a snapshot when that is gone', async (t) => {
  const { base, market } = await serveMarket(t, { seconds: 6 });
  const first = await StreamClient.open(t, base);
  first.send({ op: 'subscribe', topics: [QUOTES] });
  const { stream } = await first.until(() => first.last('hello'));
  await first.until(() => first.tables.length > 1);
  const seq = first.tables.at(-1)?.header.seq;
  first.socket.terminate();
  market.advance(1);
  await sleep(250);
  const again = await StreamClient.open(t, base);
  again.send({ op: 'subscribe', topics: [QUOTES], resume: { stream, seq: { [QUOTES]: seq } } });
  await again.until(() => again.tables.length > 0);
  assert.deepEqual(again.last('resumed').topics, [QUOTES]);
  assert.equal(again.tables[0]?.header.type, 'delta');
  assert.equal(again.tables[0]?.header.seq, seq + 1);
  const stranger = await StreamClient.open(t, base);
  stranger.send({ op: 'subscribe', topics: [QUOTES], resume: { stream: 'another', seq: { [QUOTES]: seq } } });
  await stranger.until(() => stranger.tables.length > 0);
  assert.equal(stranger.tables[0]?.header.type, 'snapshot');
  assert.equal(stranger.last('resumed'), undefined);
});

test('a reader that stops reading is dropped with a reason, its queue is bounded, and nobody else notices', async (t) => {
  const { base, market, server } = await serveMarket(t, { seconds: 6 });
  const good = await StreamClient.open(t, base);
  const stuck = await StreamClient.open(t, base);
  for (const client of [good, stuck]) client.send({ op: 'subscribe', topics: [QUOTES, CURVES] });
  await good.until(() => good.tables.length > 0 && good.last('snapshot', CURVES));
  await stuck.until(() => stuck.last('snapshot', CURVES));
  stuck.socket.pause();
  // The kernel takes some megabytes before the server's own queue grows: every whole set of curves is many kilobytes.
  const stopwatch = Date.now();
  let worst = 0;
  const before = process.memoryUsage().rss;
  while (server.hub.dropped.get('too-slow') === undefined) {
    assert.ok(Date.now() - stopwatch < 40_000, 'never dropped');
    // Subscribing again asks for the whole again.
    if (stuck.socket.readyState === 1) stuck.socket.send(JSON.stringify({ op: 'subscribe', topics: [QUOTES, CURVES] }));
    market.advance(0.2);
    const asked = performance.now();
    good.send({ op: 'ping' });
    const n = good.messages.filter((m) => m.type === 'pong').length;
    await good.until(() => good.messages.filter((m) => m.type === 'pong').length > n);
    worst = Math.max(worst, performance.now() - asked);
    await sleep(110);
  }
  assert.ok(worst < 500, `the other reader waited ${worst} ms`);
  assert.ok(process.memoryUsage().rss - before < 80e6);
  assert.equal(server.hub.size, 1);
  const seen = good.tables.length;
  market.advance(0.5);
  await good.until(() => good.tables.length > seen);
  stuck.socket.resume();
  await stuck.until(() => stuck.closed !== null, 8_000);
  const { body } = await get(`${base}/api/v1/health`);
  assert.deepEqual([body.clients, body.clients_dropped], [1, { 'too-slow': 1 }]);
});

test('malformed messages and too many of them end the connection', async (t) => {
  const { base } = await serveMarket(t, { seconds: 1 });
  for (const wrong of ['{', '{"op":"shout"}', '{"op":"subscribe","topics":["status"],"more":1}', '[]']) {
    const client = await StreamClient.open(t, base);
    client.send(wrong);
    const { code } = await client.until(() => client.closed);
    assert.equal(code, 4400, wrong);
  }
  const long = await StreamClient.open(t, base);
  long.send(JSON.stringify({ op: 'subscribe', topics: ['x'.repeat(5_000)] }));
  assert.equal((await long.until(() => long.closed)).code, 1009);
  const loud = await StreamClient.open(t, base);
  for (let i = 0; i < 60; i++) loud.send({ op: 'ping' });
  assert.equal((await loud.until(() => loud.closed)).code, 4429);
});

test('when the server stops its readers are told', async (t) => {
  const { base, server } = await serveMarket(t, { seconds: 1 });
  const client = await StreamClient.open(t, base);
  await client.until(() => client.last('hello'));
  await server.close();
  assert.equal((await client.until(() => client.closed)).code, 1001);
});
