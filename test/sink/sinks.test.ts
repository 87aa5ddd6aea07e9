/** The contract of `test/contract/sink.ts` over each sink with a real receiver: HTTP server, Alertmanager, SMTP server. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { definition as alertmanager } from '../../src/sink/alertmanager.ts';
import { definition as email } from '../../src/sink/email.ts';
import { definition as webhook } from '../../src/sink/webhook.ts';
import { SinkError } from '../../src/sink/sink.ts';
import { alert, notification, sinkSuite, type Receiver } from '../contract/sink.ts';

const work = mkdtempSync(join(tmpdir(), 'vernier-sinks-'));
after(() => rmSync(work, { recursive: true, force: true }));
const KEY = Buffer.from('a signing key of 24 byte');
const SECRET = `whsec_${KEY.toString('base64')}`;

const accepted = (): never => assert.fail('it was accepted');

interface Posted {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function httpReceiver(): Promise<Receiver & { readonly posted: Posted[] }> {
  const posted: Posted[] = [];
  let status = 204;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (c: Buffer) => chunks.push(c));
    request.on('end', () => {
      response.writeHead(status, { 'retry-after': '2', location: 'http://127.0.0.1:1/' }).end('no thanks');
      if (status === 204) posted.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    posted,
    received: async () => posted.map((p) => p.body),
    refuse: (how) => (status = how === 'no' ? 204 : how === 'for-now' ? 503 : 302),
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const makeWebhook = (port: number): ReturnType<typeof webhook.create> =>
  webhook.create('hook', { url: `http://127.0.0.1:${port}/x/topsecretpath`, secret: { env: 'S' } }, () => SECRET);

sinkSuite({
  kind: 'webhook',
  skip: false,
  start: httpReceiver,
  make: makeWebhook,
  secrets: [SECRET, KEY.toString('base64'), 'topsecretpath'],
});

test('webhook: signed as Standard Webhooks say, over the very bytes, with one id for all attempts', async (t) => {
  const receiver = await httpReceiver();
  t.after(() => receiver.close());
  const sink = makeWebhook(receiver.port);
  for (let i = 0; i < 2; i++) await sink.send(notification(), AbortSignal.timeout(5_000));
  const [first, second] = receiver.posted;
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signed } = first.headers;
  assert.equal(
    signed,
    `v1,${createHmac('sha256', KEY)
      .update(`${String(id)}.${String(at)}.${first.body}`)
      .digest('base64')}`,
  );
  assert.ok(Math.abs(Number(at) - Date.now() / 1_000) < 5);
  assert.deepEqual([id, second.headers['webhook-id']], ['run-1', 'run-1']);
  const body = JSON.parse(first.body) as {
    type: string;
    timestamp: string;
    data: { firing: Record<string, unknown>[] };
  };
  assert.deepEqual([body.type, body.timestamp], ['vernier.alert.firing', '2026-02-05T21:00:00.000Z']);
  assert.equal(body.data.firing[0]['starts_at'], '2026-02-05T21:00:00.000Z');
});

test('webhook: a wish to wait is heard, a redirect is not followed', async (t) => {
  const receiver = await httpReceiver();
  t.after(() => receiver.close());
  const failed = (): Promise<SinkError> =>
    makeWebhook(receiver.port)
      .send(notification(), AbortSignal.timeout(5_000))
      .then(accepted, (e: SinkError) => e);
  receiver.refuse('for-now');
  assert.equal((await failed()).retryAfterMs, 2_000);
  receiver.refuse('for-good');
  assert.match((await failed()).message, /^hook: status 302$/);
});

test('settings that cannot work are refused at the start without telling the secret', () => {
  const says = (make: () => unknown): string => {
    try {
      make();
    } catch (error) {
      assert.ok(error instanceof SinkError && error.code === 'configuration' && !error.retryable);
      return error.message;
    }
    return assert.fail('it was accepted');
  };
  const hook = (url: string, secret: string): string =>
    says(() => webhook.create('hook', { url, secret: { env: 'S' } }, () => secret));
  assert.match(hook('ftp://x', SECRET), /http or https/);
  assert.match(hook('https://me:hunter2@x/', SECRET), /holds credentials/);
  assert.doesNotMatch(hook('https://me:hunter2@x/', SECRET), /hunter2/);
  for (const bad of ['hunter2', 'whsec_aHVudGVyMg==', `whsec_${'hunter2!'.repeat(9)}`]) {
    assert.match(hook('https://x', bad), /24 to 64 bytes/);
    assert.ok(!hook('https://x', bad).includes(bad));
  }
  const mail = { host: 'h', port: 25, tls: 'none' as const, from: 'a@b.c', to: ['d@e.f'] };
  assert.match(
    says(() => email.create('m', { ...mail, user: 'u', password: { env: 'P' } }, () => 'p')),
    /without tls/,
  );
  assert.match(
    says(() => email.create('m', { ...mail, user: 'u' }, () => 'p')),
    /together/,
  );
  const token = { url: 'http://x', token: { env: 'T' } };
  assert.match(
    says(() => alertmanager.create('a', token, () => 'hun\nter2')),
    /cannot be a header/,
  );
});

const ALERTMANAGER = ['/usr/bin/prometheus-alertmanager', '/usr/bin/alertmanager'].find((p) => existsSync(p));

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A real Alertmanager that passes on everything to a webhook of ours. */
async function startAlertmanager(): Promise<
  Omit<Receiver, 'refuse'> & { alerts(): Promise<Record<string, unknown>[]> }
> {
  const onward: string[] = [];
  const hook = createServer((request, response) => {
    let body = '';
    request.on('data', (c: Buffer) => (body += c.toString('utf8')));
    request.on('end', () => {
      onward.push(body);
      response.end();
    });
  });
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
  const port = await freePort();
  const config = join(work, 'alertmanager.yml');
  writeFileSync(
    config,
    `route: {receiver: hook, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: 'http://127.0.0.1:${(hook.address() as AddressInfo).port}/', send_resolved: true}]}]\n`,
  );
  const child = spawn(
    ALERTMANAGER!,
    [
      `--config.file=${config}`,
      `--storage.path=${join(work, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  );
  const url = `http://127.0.0.1:${port}`;
  const ready = async (): Promise<boolean> => (await fetch(`${url}/-/ready`).catch(() => null))?.ok === true;
  for (let i = 0; i < 200 && !(await ready()); i++) await new Promise((r) => setTimeout(r, 50));
  return {
    port,
    // What it passes on, in the order it took it: one message for each change of an alert.
    received: async () => {
      await new Promise((r) => setTimeout(r, 1_500));
      return onward;
    },
    alerts: async () => (await (await fetch(`${url}/api/v2/alerts`)).json()) as Record<string, unknown>[],
    close: async () => {
      child.kill('SIGKILL');
      hook.closeAllConnections();
      hook.close();
    },
  };
}

const makeAlertmanager = (port: number): ReturnType<typeof alertmanager.create> =>
  alertmanager.create('am', { url: `http://127.0.0.1:${port}`, token: { env: 'T' } }, () => 'tok-hunter2');
const WITHOUT_ALERTMANAGER = ALERTMANAGER === undefined ? "Debian's prometheus-alertmanager is not installed" : false;

test(
  'alertmanager: the real one takes, keeps, resolves and passes on our alerts',
  { skip: WITHOUT_ALERTMANAGER, timeout: 60_000 },
  async (t) => {
    const receiver = await startAlertmanager();
    const sink = makeAlertmanager(receiver.port);
    t.after(async () => {
      await sink.close?.();
      await receiver.close();
    });
    // Starts now: Alertmanager forgets at once what ended long ago.
    const startsAt = Date.now() - 1_000;
    await sink.send(notification({ firing: [alert({ startsAt })] }), AbortSignal.timeout(5_000));
    const [kept] = await receiver.alerts();
    assert.deepEqual(kept['labels'], {
      alertname: 'frozen-model',
      kind: 'model',
      underlying: 'deribit:BTC',
      severity: 'warning',
    });
    const left = Date.parse(kept['endsAt'] as string) - Date.now();
    assert.ok(left > 290_000 && left <= 300_000, `it resolves by itself in ${left} ms`);
    assert.match((await receiver.received()).at(-1)!, /"status":"firing".*2026-03-27/s);
    const graver = alert({ startsAt, severity: 'critical' });
    await sink.send(notification({ reason: 'graver', firing: [graver] }), AbortSignal.timeout(5_000));
    const firing = await receiver.alerts();
    assert.deepEqual(
      firing.map((a) => (a['labels'] as { severity: string }).severity),
      ['critical'],
    );
    const over = alert({ ...graver, endsAt: Date.now() });
    await sink.send(notification({ reason: 'resolved', firing: [], resolved: [over] }), AbortSignal.timeout(5_000));
    assert.deepEqual(await receiver.alerts(), []);
    assert.match((await receiver.received()).at(-1)!, /"status":"resolved"/);
    await sink.send(notification({ reason: 'heartbeat', firing: [], everyMs: 60_000 }), AbortSignal.timeout(5_000));
    const beat = (await receiver.alerts())[0];
    assert.equal((beat['labels'] as { alertname: string }).alertname, 'vernier-heartbeat');
  },
);

/** The contract counts posts, so its receiver is the HTTP one; what the real Alertmanager makes of them is above. */
sinkSuite({ kind: 'alertmanager', skip: false, start: httpReceiver, make: makeAlertmanager, secrets: ['hunter2'] });

const OPENSSL = ['/usr/bin/openssl', '/usr/local/bin/openssl'].find((p) => existsSync(p));
const CERTIFICATE = join(work, 'cert.pem');
const MAIL_PASSWORD = 'hunter2 for mail';

async function mailReceiver(
  options: SMTPServerOptions = {},
): Promise<Receiver & { readonly envelopes: string[][]; logins(): string[] }> {
  const mails: string[] = [];
  const envelopes: string[][] = [];
  const logins: string[] = [];
  let refusal: number | null = null;
  const key = join(work, 'key.pem');
  if (!existsSync(CERTIFICATE))
    execFileSync(
      OPENSSL!,
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-subj',
        '/CN=localhost',
      ].concat(['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', CERTIFICATE]),
      { stdio: 'ignore' },
    );
  const server = new SMTPServer({
    ...options,
    key: readFileSync(key),
    cert: readFileSync(CERTIFICATE),
    authMethods: ['PLAIN', 'LOGIN'],
    onAuth: ({ username, password }, _, callback) => {
      logins.push(password ?? '');
      if (username === 'vernier' && password === MAIL_PASSWORD) callback(null, { user: username });
      else callback(new Error('Invalid username or password'));
    },
    onData: (stream, session, callback) => {
      let text = '';
      stream.on('data', (c: Buffer) => (text += c.toString('utf8')));
      stream.on('end', () => {
        if (refusal !== null)
          return callback(Object.assign(new Error(`told to, ${MAIL_PASSWORD}`), { responseCode: refusal }));
        mails.push(text);
        envelopes.push(session.envelope.rcptTo.map((r) => r.address));
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    envelopes,
    logins: () => logins,
    received: async () => mails,
    refuse: (how) => (refusal = how === 'no' ? null : how === 'for-now' ? 451 : 554),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const mailSettings = (port: number): Parameters<typeof email.create>[1] => ({
  host: 'localhost',
  port,
  tls: 'starttls',
  ca_file: CERTIFICATE,
  user: 'vernier',
  password: { env: 'P' },
  from: 'vernier@example.org',
  to: ['desk@example.org', 'quants@example.org'],
});
const WITHOUT_OPENSSL = OPENSSL === undefined ? 'no openssl to make a certificate with' : false;

sinkSuite({
  kind: 'email',
  skip: WITHOUT_OPENSSL,
  start: mailReceiver,
  make: (port) => email.create('mail', mailSettings(port), () => MAIL_PASSWORD),
  secrets: [MAIL_PASSWORD, 'hunter2', Buffer.from(`\0vernier\0${MAIL_PASSWORD}`).toString('base64')],
});

test(
  'email: a whole mail, to all recipients, with nothing smuggled in by evidence',
  { skip: WITHOUT_OPENSSL },
  async (t) => {
    const receiver = await mailReceiver();
    t.after(() => receiver.close());
    const sink = email.create('mail', mailSettings(receiver.port), () => MAIL_PASSWORD);
    const evil = notification({ group: { underlying: 'x\r\nBcc: evil@example.org' } });
    await sink.send(notification(), AbortSignal.timeout(5_000));
    await sink.send(evil, AbortSignal.timeout(5_000));
    const [mail, second] = await receiver.received();
    assert.match(mail, /^Subject: \[warning\] deribit:BTC frozen-model\r$/m);
    assert.match(mail, /^Message-ID: <run-1@vernier\.invalid>\r$/m);
    assert.match(mail, /^Auto-Submitted: auto-generated\r$/m);
    assert.doesNotMatch(second, /^Bcc:/m, 'neither in the head nor as a line of the body');
    assert.deepEqual(receiver.envelopes, [mailSettings(1).to, mailSettings(1).to]);
  },
);

test(
  'email: a wrong password is final; without a trusted certificate no password is sent',
  { skip: WITHOUT_OPENSSL },
  async (t) => {
    const receiver = await mailReceiver();
    t.after(() => receiver.close());
    const failed = (settings: object, password: string): Promise<SinkError> =>
      email
        .create('mail', { ...mailSettings(receiver.port), ...settings }, () => password)
        .send(notification(), AbortSignal.timeout(5_000))
        .then(accepted, (e: SinkError) => e);
    const wrong = await failed({}, 'guess');
    assert.deepEqual([wrong.code, wrong.retryable], ['credentials', false]);
    const foreign = await failed({ ca_file: undefined }, MAIL_PASSWORD);
    assert.deepEqual(
      [foreign.code, receiver.logins(), (await receiver.received()).length],
      ['unreachable', ['guess'], 0],
    );
  },
);

test('email: a server that offers no TLS gets neither password nor mail', { skip: WITHOUT_OPENSSL }, async (t) => {
  const receiver = await mailReceiver({ hideSTARTTLS: true, allowInsecureAuth: true, disabledCommands: ['STARTTLS'] });
  t.after(() => receiver.close());
  const sink = email.create('mail', mailSettings(receiver.port), () => MAIL_PASSWORD);
  const error = await sink.send(notification(), AbortSignal.timeout(5_000)).then(accepted, (e: SinkError) => e);
  assert.deepEqual([error.name, receiver.logins(), (await receiver.received()).length], ['SinkError', [], 0]);
});
