/** Who may not: no token, wrong role, other sites, other hosts, paths out of the page, bodies too large or malformed; and no secret comes out. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AccessTokens, TokenFileError } from '../../src/server/access-tokens.ts';
import { isLoopback, ServerRefused, startServer } from '../../src/server/monitor-server.ts';
import { NODE, ROOT } from '../shared.ts';
import { get, KEY, MonitoredMarket, post, serveMarket, type Answer } from './served-market.ts';
import { StreamClient } from './stream-client.ts';

const SECRETS = { viewer: 'v-5b1f0c', keeper: 'k-93aa17', approver: 'a-7c21de', boss: 'b-e04d66' };
const digest = (token: string): string => createHash('sha256').update(token).digest('hex');
const TOKENS = AccessTokens.parse(
  `# who may\nviewer view ${digest(SECRETS.viewer)}\nkeeper acknowledge ${digest(SECRETS.keeper)}\n` +
    `approver approve ${digest(SECRETS.approver)} # the desk\nboss override ${digest(SECRETS.boss)}\n`,
  'tokens',
);
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** A request as raw as it gets: any host, any path, untouched. */
function raw(
  base: string,
  options: { path: string; method?: string; headers?: Record<string, string>; body?: string },
) {
  return new Promise<{ status: number; headers: Answer; body: string }>((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const { path, method = 'GET', headers = {}, body } = options;
    const asked = request({ hostname, port, path, method, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts).toString() }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

test('without a token nothing is told but that the process lives', async (t) => {
  const { base } = await serveMarket(t, { tokens: TOKENS, seconds: 2 });
  const closed = [
    'api/v1/status', `api/v1/smiles/${KEY}`, 'api/v1/audit', 'metrics', 'readyz', 'openapi.json', 'docs', 'docs/json',
    'docs/static/index.html', 'api/v1/nothing',
  ]; // prettier-ignore
  for (const path of closed) {
    assert.equal((await fetch(`${base}/${path}`)).status, 401, path);
    assert.equal((await fetch(`${base}/${path}`, { headers: bearer('wrong') })).status, 401, path);
  }
  assert.equal((await fetch(`${base}/healthz`)).status, 200);
  assert.equal((await get(`${base}/api/v1/status`, bearer(SECRETS.viewer))).status, 200);
  const stranger = await StreamClient.open(t, base);
  assert.equal((await stranger.until(() => stranger.closed)).code, 4401);
  assert.deepEqual(stranger.messages, []);
  const known = await StreamClient.open(t, base, bearer(SECRETS.viewer));
  assert.equal((await known.until(() => known.last('hello'))).name, 'viewer');
});

test('a role does what it may and not what it may not; every try to write is noted', async (t) => {
  const { base } = await serveMarket(t, { tokens: TOKENS, seconds: 2 });
  const path = `${base}/api/v1/incidents/none-1/acknowledge`;
  assert.equal((await post(path, {})).status, 401);
  assert.equal((await post(path, {}, bearer(SECRETS.viewer))).status, 403);
  assert.equal((await post(path, {}, bearer(SECRETS.keeper))).status, 404);
  assert.equal((await post(path, {}, bearer(SECRETS.boss))).status, 404);
  assert.equal((await get(`${base}/api/v1/audit`, bearer(SECRETS.keeper))).status, 403);
  const { items } = (await get(`${base}/api/v1/audit`, bearer(SECRETS.approver))).body;
  assert.deepEqual(
    items.map((e: Answer) => [e.actor, e.status]),
    [['boss', 404], ['keeper', 404], ['viewer', 403], ['?', 401]],
  ); // prettier-ignore
});

test('a browser session stands for its token and ends', async (t) => {
  const { base } = await serveMarket(t, { tokens: TOKENS, seconds: 1 });
  assert.equal((await post(`${base}/api/v1/session`, { token: 'guess' })).status, 401);
  const opened = await post(`${base}/api/v1/session`, { token: SECRETS.keeper });
  assert.deepEqual([opened.body.name, opened.body.can], ['keeper', ['view', 'acknowledge']]);
  const cookie = opened.headers.get('set-cookie') ?? '';
  assert.match(cookie, /^vernier_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
  const headers = { cookie: cookie.split(';')[0] ?? '' };
  assert.equal((await get(`${base}/api/v1/session`, headers)).body.name, 'keeper');
  const client = await StreamClient.open(t, base, headers);
  await client.until(() => client.last('hello'));
  assert.equal((await fetch(`${base}/api/v1/session`, { method: 'DELETE', headers })).status, 204);
  assert.equal((await get(`${base}/api/v1/session`, headers)).status, 401);
  let refused = 0;
  for (let i = 0; i < 12; i++) if ((await post(`${base}/api/v1/session`, { token: `g${i}` })).status === 429) refused++;
  assert.ok(refused >= 3, `${refused} of 12 guesses were refused unheard`);
});

test('the page of another site gets nothing done, by request or by socket', async (t) => {
  const { base } = await serveMarket(t, { seconds: 1 });
  const path = `${base}/api/v1/incidents/none-1/acknowledge`;
  for (const origin of ['http://evil.example', 'null', base.replace('127.0.0.1', 'localhost'), `${base}0`])
    assert.equal((await post(path, {}, { origin })).status, 403, origin);
  assert.equal((await post(path, {}, { origin: base })).status, 404);
  await assert.rejects(StreamClient.open(t, base, { origin: 'http://evil.example' }), /status 403/);
  const own = await StreamClient.open(t, base, { origin: base });
  await own.until(() => own.last('hello'));
  // A form of another site can send text/plain without asking first.
  const form = await raw(base, {
    path: '/api/v1/incidents/none-1/acknowledge', method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}',
  }); // prettier-ignore
  assert.equal(form.status, 415);
});

test('a foreign name for the loopback address is not answered', async (t) => {
  const { base } = await serveMarket(t, { seconds: 1 });
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '169.254.169.254'])
    assert.equal((await raw(base, { path: '/api/v1/status', headers: { host } })).status, 421, host);
  await assert.rejects(StreamClient.open(t, base, { host: 'evil.example' }), /status 421/);
  assert.equal((await raw(base, { path: '/api/v1/status', headers: { host: 'localhost:1' } })).status, 200);
});

test('nothing outside the page can be asked for', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'vernier-page-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const page = join(directory, 'dist');
  mkdirSync(join(page, 'assets'), { recursive: true });
  writeFileSync(join(page, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(page, 'assets', 'main-Ab12Cd34.js'), 'export {};');
  writeFileSync(join(directory, 'secret.txt'), 'SECRET');
  symlinkSync(join(directory, 'secret.txt'), join(page, 'link.txt'));
  const { base } = await serveMarket(t, { seconds: 1, page });
  const front = await raw(base, { path: '/' });
  assert.match(front.headers['content-type'], /^text\/html/);
  assert.equal(front.headers['x-content-type-options'], 'nosniff');
  const script = await raw(base, { path: '/assets/main-Ab12Cd34.js' });
  assert.match(script.headers['content-type'], /^(text|application)\/javascript/);
  assert.match(script.headers['cache-control'], /immutable/);
  const outside = [
    '/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/assets/../../secret.txt', '/assets/..%5c..%5csecret.txt',
    '/link.txt', '//etc/passwd', '/assets/%00', '/assets/%2e%2e%2f%2e%2e%2fsecret.txt', '/.env', '/assets/',
  ]; // prettier-ignore
  for (const path of outside) {
    const { status, body } = await raw(base, { path });
    assert.ok(status === 404 || status === 400 || status === 403, `${path}: ${status}`);
    assert.doesNotMatch(body, /SECRET|root:/);
  }
});

test('bodies too large, malformed or of another kind are refused by name', async (t) => {
  const { base, troubles } = await serveMarket(t, { seconds: 1 });
  const path = `${base}/api/v1/incidents/none-1/acknowledge`;
  assert.equal((await post(path, { note: 'x'.repeat(20_000) })).status, 413);
  assert.equal((await post(path, '{"note":')).status, 400);
  assert.equal((await post(path, '[]')).status, 400);
  assert.equal((await post(path, { note: 'x'.repeat(501) })).status, 400);
  assert.equal((await post(path, { note: 'a\r\nset-cookie: x=1' })).status, 400);
  assert.equal((await post(path, { note: '', actor: 'boss' })).status, 400);
  assert.equal((await post(path, '{"__proto__":{"x":1}}')).status, 400);
  const deep = `${'['.repeat(7_000)}${']'.repeat(7_000)}`;
  assert.equal((await post(path, deep)).status, 400);
  assert.equal((await raw(base, { path: `/api/v1/smiles/${'a'.repeat(3_000)}` })).status, 414);
  assert.deepEqual(troubles, []);
});

test('headers cannot be injected and requests cannot be smuggled', async (t) => {
  const { base } = await serveMarket(t, { seconds: 1 });
  const split = await raw(base, { path: '/api/v1/smiles/x%0d%0aset-cookie:%20a=1' });
  assert.equal(split.headers['set-cookie'], undefined);
  assert.equal(split.status, 400);
  const port = Number(new URL(base).port);
  const say = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      let heard = '';
      socket.on('data', (part) => (heard += part.toString()));
      socket.on('close', () => resolve(heard));
      socket.on('error', () => resolve(heard));
      setTimeout(() => socket.destroy(), 700);
    });
  const host = `Host: 127.0.0.1:${port}\r\n`;
  const twice = 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n';
  assert.match(await say(`POST /api/v1/session HTTP/1.1\r\n${host}${twice}\r\n0\r\n\r\n`), /^HTTP\/1\.1 400/);
  assert.match(await say(`GET / HTTP/1.1\r\n${host}X-A: b\u0000c\r\n\r\n`), /^HTTP\/1\.1 400/);
  assert.match(await say(`GET / HTTP/1.1\r\n${host}Cookie: ${'c'.repeat(40_000)}\r\n\r\n`), /^HTTP\/1\.1 431/);
});

test('one address cannot ask without end', async (t) => {
  const { base } = await serveMarket(t, { seconds: 1, requestsPerMinute: 20 });
  const answers = await Promise.all(Array.from({ length: 30 }, () => get(`${base}/api/v1/gate`)));
  const refused = answers.filter((a) => a.status === 429);
  assert.equal(refused.length, 10);
  assert.match(refused[0]?.body.detail, /more than 20 requests a minute/);
});

test('headers keep the page to itself and ask for TLS only where there is TLS', async (t) => {
  const { base } = await serveMarket(t, { seconds: 1 });
  const { headers } = await raw(base, { path: '/' });
  const policy = headers['content-security-policy'];
  assert.match(policy, /default-src 'self'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /https?:|\*|unsafe-eval|upgrade-insecure-requests/);
  assert.doesNotMatch(/script-src[^;]*/.exec(policy)?.[0] ?? '', /unsafe/);
  assert.equal(headers['strict-transport-security'], undefined);
  assert.equal(headers['x-powered-by'], undefined);
});

test('an address that others reach wants a token file', async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.test'])
    await assert.rejects(
      startServer({ view: new MonitoredMarket().view, port: 0, host, page: null, onTrouble: () => undefined }),
      (error: Error) => error instanceof ServerRefused && /token-file/.test(error.message),
    );
  assert.ok(isLoopback('127.0.0.1') && isLoopback('::1') && isLoopback('localhost'));
  assert.ok(!isLoopback('127.0.0.1.evil.example') && !isLoopback('0.0.0.0'));
});

test('a token file that is wrong names its line and never what stands in it', () => {
  const secret = digest('secret');
  const wrong: [string, RegExp][] = [
    ['', /no token in it/],
    [`a view`, /line 1: wants three words/],
    [`\na king ${secret}`, /line 2: a role is one of view/],
    [`a view ${secret.slice(1)}`, /line 1: the third word is 64/],
    [`a view ${secret}\na view ${secret}`, /line 2: the name is taken/],
    [`<a> view ${secret}`, /line 1: a name is/],
  ];
  for (const [text, message] of wrong)
    assert.throws(
      () => AccessTokens.parse(text, 'file'),
      (error: Error) =>
        error instanceof TokenFileError && message.test(error.message) && !error.message.includes(secret.slice(1)),
      text,
    );
});

test('no secret is in any answer, nor in what the process says', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'vernier-tokens-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'tokens');
  writeFileSync(file, `boss override ${digest(SECRETS.boss)}\n`);
  const child = execFile(NODE, [
    join(ROOT, 'bin/vernier.js'), 'demo', '--seconds', '6', '--json', '--port', '0', '--token-file', file,
  ]); // prettier-ignore
  let said = '';
  const base = await new Promise<string>((resolve, reject) => {
    const hear = (part: string): void => {
      said += part;
      const found = /^(http:\/\/127\.0\.0\.1:\d+)\/$/m.exec(said);
      if (found !== null) resolve(found[1] ?? '');
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.on('exit', () => reject(new Error(said.slice(0, 500))));
  });
  const paths = ['status', 'audit', 'log', 'health', 'session', 'feeds', 'nothing', 'calibrations'];
  let answers = '';
  for (const path of paths) {
    const answer = await fetch(`${base}/api/v1/${path}`, { headers: bearer(SECRETS.boss) });
    answers += JSON.stringify([...answer.headers]) + (await answer.text());
    answers += await (
      await fetch(`${base}/api/v1/${path}?token=${SECRETS.boss}`, { headers: bearer(`${SECRETS.boss}x`) })
    ).text();
  }
  answers += JSON.stringify(await post(`${base}/api/v1/session`, { token: SECRETS.boss, more: 1 }));
  answers += JSON.stringify(await post(`${base}/api/v1/session`, `{"token":"${SECRETS.boss}"`));
  answers += await (await fetch(`${base}/metrics`, { headers: bearer(SECRETS.boss) })).text();
  await new Promise((resolve) => child.on('exit', resolve));
  for (const secret of [SECRETS.boss, digest(SECRETS.boss)]) {
    assert.ok(!answers.includes(secret), 'an answer holds it');
    assert.ok(!said.includes(secret), 'the process said it');
  }
  assert.match(answers, /"name":"boss"/);
});
