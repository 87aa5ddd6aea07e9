/** The interface: every answer fits its schema (the server checks it here), pages, tags, problems, times, acknowledgements. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Session, sessionHeader } from '../../src/app/session.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { runFit } from '../../src/engine/models.ts';
import { RecordStream } from '../../src/store/record-stream.ts';
import { impliedVolatility } from '../../src/numeric/implied-volatility.ts';
import { get, KEY, post, serveMarket, START, type Answer } from './served-market.ts';

const WRONG_FORWARD = {
  fault: 'wrong-forward',
  from: START + 8_000,
  to: START + 68_000,
  scope: { underlying: 'BTC', expiry: 2 },
  magnitude: 100,
  shape: 'abrupt',
} as const;

async function faulty(t: TestContext) {
  return serveMarket(t, { faults: [WRONG_FORWARD], seconds: 14 });
}

test('every path answers in its schema', async (t) => {
  const { base, troubles } = await faulty(t);
  const paths = [
    'status', 'underlyings', `underlyings/${KEY}`, `smiles/${KEY}`, `surfaces/${KEY}`, `scores/${KEY}`, 'incidents',
    'calibrations', 'gate', 'models', 'feeds', 'instruments', 'log', 'health', 'session', 'audit',
  ]; // prettier-ignore
  for (const path of paths) {
    const { status, body } = await get(`${base}/api/v1/${path}`);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
  }
  assert.equal((await get(`${base}/healthz`)).body.status, 'ok');
  assert.equal((await get(`${base}/readyz`)).body.ready, true);
  assert.deepEqual(troubles, []);
});

test('a smile shows what calibration saw: volatilities invert their prices, used quotes carry no reason', async (t) => {
  const { base } = await serveMarket(t);
  const { body } = await get(`${base}/api/v1/smiles/${KEY}`);
  assert.ok(body.expiries.length >= 2);
  const usable = (e: Answer): number => e.quotes.refused.filter((r: string | null) => r === null).length;
  const smile = body.expiries
    .filter((e: Answer) => e.curves.some((c: Answer) => c.role === 'champion'))
    .toSorted((a: Answer, b: Answer) => usable(b) - usable(a))[0];
  const q = smile.quotes;
  const used = q.refused.flatMap((r: string | null, i: number) => (r === null ? [i] : []));
  assert.ok(used.length >= 5, `${used.length} used`);
  for (const i of used) {
    assert.ok(q.sigma_bid[i] <= q.sigma_mid[i] && q.sigma_mid[i] <= q.sigma_ask[i]);
    // The forward of the row follows from its k; its coin mid must invert to the volatility shown.
    const forward = q.strike[i] / Math.exp(q.k[i]);
    const price = 0.5 * (q.bid[i] + q.ask[i]) * forward;
    const { sigma } = impliedVolatility({ forward, strike: q.strike[i], years: smile.years, price, side: q.side[i] });
    assert.ok(Math.abs(sigma - q.sigma_mid[i]) < 2e-3 * sigma, `${sigma} ${q.sigma_mid[i]}`);
    assert.ok(Math.abs(q.x[i] - q.k[i] / (smile.atm_vol * Math.sqrt(smile.years))) < 1e-5);
  }
  const reasons = new Set(q.refused.filter((r: string | null) => r !== null));
  assert.ok(reasons.has('in-the-money'));
  const [champion] = smile.curves;
  assert.equal(champion.sigma.length, champion.k.length);
  for (let i = 0; i < champion.k.length; i++)
    assert.ok(champion.low[i] <= champion.sigma[i] && champion.sigma[i] <= champion.high[i]);
  assert.deepEqual(champion.fit.parameters.map((p: Answer) => p.name), ['a', 'b', 'rho', 'm', 'sigma']); // prettier-ignore
  assert.equal(champion.fit.status, 'accepted');
});

test('as of a past time the surface is the one of then; before all that is kept a problem says what is kept', async (t) => {
  const { base, market } = await serveMarket(t, { seconds: 6 });
  const then = new Date(market.at - 500).toISOString();
  const before = await get(`${base}/api/v1/surfaces/${KEY}?as_of=${then}`);
  await new Promise((r) => setTimeout(r, 40));
  market.advance(12);
  const after = await get(`${base}/api/v1/surfaces/${KEY}?as_of=${then}`);
  assert.equal(after.status, 200);
  assert.deepEqual(after.body, before.body);
  assert.equal(after.body.live, false);
  const live = await get(`${base}/api/v1/surfaces/${KEY}`);
  assert.equal(live.body.live, true);
  assert.ok(live.body.at > after.body.at);
  const early = await get(`${base}/api/v1/smiles/${KEY}?as_of=${START - 60_000}`);
  assert.equal(early.status, 404);
  assert.match(early.body.detail, /kept: 2026-01-15T00:29:59/);
  assert.equal((await get(`${base}/api/v1/smiles/${KEY}?as_of=yesterday`)).status, 400);
});

test('scores come as columns of one length, thinned without losing the worst', async (t) => {
  const { base, market } = await serveMarket(t, { seconds: 45 });
  const all = (await get(`${base}/api/v1/scores/${KEY}`)).body;
  assert.ok(all.series.length >= 2);
  for (const s of all.series)
    for (const name of ['n', 'pz', 'level', 'age_s']) assert.equal(s[name].length, s.at.length);
  assert.ok(all.marks.some((m: Answer) => m.type === 'calibration' && m.ok));
  const few = (await get(`${base}/api/v1/scores/${KEY}?max_points=2`)).body;
  for (const [i, s] of few.series.entries()) {
    assert.ok(s.at.length <= 2);
    assert.equal(Math.max(...s.pz), Math.max(...all.series[i].pz));
  }
  const { scope } = all.series[0];
  const one = (await get(`${base}/api/v1/scores/${KEY}?scope=${scope}&from=${market.at - 20_000}`)).body;
  assert.deepEqual(one.series.map((s: Answer) => s.scope), [scope]); // prettier-ignore
  assert.ok(one.series[0].at.every((at: number) => at >= market.at - 20_000));
});

test('lists come in pages that fit together', async (t) => {
  const { base } = await serveMarket(t, { seconds: 3 });
  const whole = (await get(`${base}/api/v1/instruments?limit=1000`)).body;
  assert.equal(whole.next_cursor, null);
  const seen: string[] = [];
  let cursor = '';
  do {
    const { body } = await get(`${base}/api/v1/instruments?limit=37${cursor === '' ? '' : `&cursor=${cursor}`}`);
    seen.push(...body.items.map((i: Answer) => i.symbol));
    cursor = body.next_cursor ?? '';
  } while (cursor !== '');
  assert.deepEqual(seen, whole.items.map((i: Answer) => i.symbol)); // prettier-ignore
  assert.equal((await get(`${base}/api/v1/instruments?cursor=bm9uZQ`)).status, 410);
  assert.equal((await get(`${base}/api/v1/instruments?limit=0`)).status, 400);
});

test('an unchanged answer costs a 304', async (t) => {
  const { base } = await serveMarket(t, { seconds: 2 });
  const first = await fetch(`${base}/api/v1/gate`);
  const tag = first.headers.get('etag') ?? '';
  assert.match(tag, /^W\/"/);
  const second = await fetch(`${base}/api/v1/gate`, { headers: { 'if-none-match': tag } });
  assert.equal(second.status, 304);
  assert.equal(await second.text(), '');
});

test('what is wrong is said as a problem that names the field', async (t) => {
  const { base } = await serveMarket(t, { seconds: 1 });
  const answer = await fetch(`${base}/api/v1/scores/${KEY}?max_points=many`);
  assert.equal(answer.status, 400);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const body: Answer = await answer.json();
  assert.deepEqual([body.title, body.status, body.instance], ['Bad Request', 400, `/api/v1/scores/${KEY}`]);
  assert.match(body.errors[0].field, /max_points/);
  assert.equal((await get(`${base}/api/v1/smiles/nobody:XYZ`)).status, 404);
  assert.equal((await get(`${base}/api/v1/nothing`)).status, 404);
});

test('an incident has its evidence, its picture and its timeline; an acknowledgement goes through the log', async (t) => {
  const { base, market } = await faulty(t);
  const { items } = (await get(`${base}/api/v1/incidents?state=open`)).body;
  const wrong = items.find((i: Answer) => i.cause === 'wrong-forward');
  assert.ok(wrong !== undefined, JSON.stringify(items));
  assert.equal(wrong.kind, 'data');
  assert.equal(typeof wrong.runner_up.cause, 'string');
  const whole = (await get(`${base}/api/v1/incidents/${wrong.id}`)).body;
  assert.equal(whole.pictures[0].scope, wrong.scope);
  assert.equal(whole.timeline[0].what, 'opened');
  assert.ok(whole.timeline.some((e: Answer) => e.what === 'action' && /quarantine/.test(e.text)));
  const answer = await post(`${base}/api/v1/incidents/${wrong.id}/acknowledge`, { note: 'the venue is told' });
  assert.equal(answer.status, 200);
  assert.deepEqual(
    [answer.body.acknowledged.by, answer.body.acknowledged.note, answer.body.timeline.at(-1).what],
    ['local', 'the venue is told', 'acknowledged'],
  );
  const event = market.inputs.at(-1);
  assert.equal(event?.type, 'operator');
  // Who replays the inputs, the acknowledgement among them, comes to the same log.
  market.advance(2);
  const stream = new RecordStream();
  stream.append(sessionHeader(DEFAULT_CONFIG));
  const session = new Session(DEFAULT_CONFIG, { target: stream, onRecord: () => undefined, onFit: runFit });
  const recorded = market.inputs.filter((e) => e.type !== 'fit-result');
  for (const e of recorded) session.push(e);
  assert.equal(stream.digest(), market.stream.digest());
  assert.equal((await post(`${base}/api/v1/incidents/nobody-1/acknowledge`, {})).status, 404);
  const [entry] = (await get(`${base}/api/v1/audit`)).body.items;
  assert.deepEqual([entry.actor, entry.status, entry.outcome], ['local', 404, 'refused']);
});

test('OpenAPI describes every path and every reference in it leads somewhere', async (t) => {
  const { base } = await serveMarket(t, { seconds: 1 });
  const { body } = await get(`${base}/openapi.json`);
  assert.equal(body.openapi, '3.1.0');
  for (const path of ['/api/v1/smiles/{key}', '/api/v1/incidents/{id}/acknowledge', '/metrics', '/readyz'])
    assert.ok(body.paths[path] !== undefined, path);
  const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((m) => m[1]);
  assert.ok(references.length > 10);
  for (const name of references) assert.ok(body.components.schemas[name ?? ''] !== undefined, name);
  const page = await fetch(`${base}/docs`);
  assert.equal(page.status, 200);
  const html = await page.text();
  assert.doesNotMatch(html, /https?:\/\//);
});

test('metrics are Prometheus text with base units and the incidents by cause', async (t) => {
  const { base } = await faulty(t);
  const answer = await fetch(`${base}/metrics`);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/);
  const text = await answer.text();
  assert.match(text, /^vernier_incidents_total\{cause="wrong-forward"\} 1$/m);
  assert.match(text, /^vernier_build_info\{version="\d+\.\d+\.\d+",node="[\d.]+"\} 1$/m);
  assert.match(text, /^vernier_loop_lag_p99_seconds 0\.004$/m);
  assert.match(text, /^vernier_refused_total\{reason="in-the-money"\} \d+$/m);
  for (const line of text.split('\n')) assert.match(line, /^(#.*|[a-z_0-9]+(\{.*\})? [-+\d.eNan]+|)$/);
  const again = await (await fetch(`${base}/metrics`)).text();
  assert.equal(
    /vernier_incidents_total\{.*\} \d+/.exec(again)?.[0],
    /vernier_incidents_total\{.*\} \d+/.exec(text)?.[0],
  );
});

test('without a page the root says where the figures are', async (t) => {
  const { base } = await serveMarket(t, { seconds: 1, page: '/nowhere' });
  const answer = await fetch(`${base}/`);
  assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/);
  assert.match(await answer.text(), /\/api\/v1/);
});
