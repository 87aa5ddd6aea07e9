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
    const seen = client.tables.length;
    await client.until(() => client.tables.length > seen);
  }
  // Forwards are read again now and then, and every row with them: only then is nothing more on its way.
  let seen = 0;
  do {
    seen = client.tables.length;
    await sleep(400);
  } while (client.tables.length > seen);
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

test('prints and scores are followed: what there is, then only what is new, nothing twice', async (t) => {
  const { base, market } = await serveMarket(t, { seconds: 12 });
  const client = await StreamClient.open(t, base);
  const [trades, scores] = [`trades:${KEY}`, `scores:${KEY}`];
  client.send({ op: 'subscribe', topics: [trades, scores] });
  await client.until(() => client.last('snapshot', trades) && client.last('snapshot', scores));
  for (let i = 0; i < 40 && client.last('delta', trades) === undefined; i++) {
    market.advance(2);
    await sleep(150);
  }
  await client.until(() => client.last('delta', scores)?.data.series.some((s: Answer) => s.at.length > 0));
  const of = (topic: string): Answer[] => client.messages.filter((m) => m.topic === topic).map((m) => m.data);
  const ids = of(trades).flatMap((d) => d.items.map((i: Answer) => JSON.stringify(i)));
  assert.ok(ids.length > 0 && new Set(ids).size === ids.length, 'no print came twice');
  assert.ok(of(trades).every((d) => d.items.every((i: Answer) => i.scope.startsWith(`${KEY}:`) && i.trade.price > 0)));
  for (const part of ['series', 'quality']) {
    const at = new Map<string, number[]>();
    for (const d of of(scores)) for (const s of d[part]) at.set(s.scope, [...(at.get(s.scope) ?? []), ...s.at]);
    assert.ok(at.size >= 2, part);
    for (const times of at.values()) assert.deepEqual(times, [...new Set(times)].toSorted((a, b) => a - b), part); // prettier-ignore
  }
});

test('who comes back gets what was missed, or a snapshot when that is gone', async (t) => {
  const { base, market } = await serveMarket(t, { seconds: 6 });
  const first = await StreamClient.open(t, base);
  first.send({ op: 'subscribe', topics: [QUOTES] });
  const { stream } = await first.until(() => first.last('hello'));
  await first.until(() => first.tables.length > 1);
  const witness = await StreamClient.open(t, base);
  witness.send({ op: 'subscribe', topics: [QUOTES] });
  await witness.until(() => witness.tables.length > 0);
  const seq = first.tables.at(-1)?.header.seq ?? NaN;
  first.socket.terminate();
  market.advance(1);
  await witness.until(() => (witness.tables.at(-1)?.header.seq ?? NaN) > seq);
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
  const waits: number[] = [];
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
    waits.push(performance.now() - asked);
    await sleep(110);
  }
  // A machine that is busy elsewhere holds one answer up, never most of them.
  const usual = waits.toSorted((a, b) => a - b)[Math.floor(0.9 * waits.length)];
  assert.ok(usual < 500, `the other reader waited ${usual} ms`);
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
