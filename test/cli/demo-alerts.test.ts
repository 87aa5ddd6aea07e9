/** `vernier demo --alerts FILE`: the alerts of a SYNTHETIC market reach a real receiver over https, signed, and say what they are. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { NODE, ROOT } from '../shared.ts';
import { vernier } from './run-vernier.ts';

const KEY = Buffer.from('a signing key of 24 byte');

interface Told {
  readonly type: string;
  readonly data: {
    readonly stamp: string | null;
    readonly headline: string;
    readonly next_within_s: number | null;
    readonly firing: readonly { readonly cause: string; readonly scopes: readonly string[] }[];
  };
}

test(
  'the demo tells an https webhook of its faults and of its own life, signed and stamped SYNTHETIC',
  { timeout: 180_000 },
  async (t) => {
    const work = mkdtempSync(join(tmpdir(), 'vernier-demo-alerts-'));
    const [key, cert] = [join(work, 'key.pem'), join(work, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        key,
        '-out',
        cert,
        '-subj',
        '/CN=127.0.0.1',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      ],
      { stdio: 'ignore' },
    );
    const told: Told[] = [];
    const wrong: string[] = [];
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (s: string) => (text += s));
      request.on('end', () => {
        const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signed } = request.headers;
        const expected = createHmac('sha256', KEY)
          .update(`${String(id)}.${String(at)}.${text}`)
          .digest('base64');
        if (signed !== `v1,${expected}`) wrong.push(text);
        told.push(JSON.parse(text) as Told);
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const alerts = join(work, 'alerts.yaml');
    writeFileSync(
      alerts,
      `sinks: { hook: { kind: webhook, url: "https://127.0.0.1:${(server.address() as AddressInfo).port}/in", secret: { env: HOOK } } }
receivers: { team: [hook] }
default: team
group_wait_s: 0
heartbeat: { to: team, every_s: 5 }
`,
    );
    const missing = await vernier(['demo', '--alerts', join(work, 'none.yaml'), '--seconds', '1']);
    assert.equal(missing.code, 2, missing.stderr);
    const child = spawn(NODE, [join(ROOT, 'bin/vernier.js'), 'demo', '--seed', '3', '--alerts', alerts, '--quiet'], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, HOOK: `whsec_${KEY.toString('base64')}`, NODE_EXTRA_CA_CERTS: cert },
    });
    t.after(() => {
      child.kill('SIGKILL');
      server.closeAllConnections();
      server.close();
      rmSync(work, { recursive: true, force: true });
    });
    const seen = (type: string): Told | undefined => told.find((n) => n.type === type);
    const began = performance.now();
    while (seen('vernier.alert.firing') === undefined || seen('vernier.heartbeat') === undefined) {
      assert.ok(performance.now() - began < 150_000, `told: ${told.map((n) => n.data.headline).join('; ')}`);
      assert.equal(child.exitCode, null);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.deepEqual(wrong, []);
    assert.ok(told.every((n) => n.data.stamp === 'SYNTHETIC' && n.data.headline.startsWith('SYNTHETIC  ')));
    assert.equal(seen('vernier.heartbeat')!.data.next_within_s, 5);
    const [alert] = seen('vernier.alert.firing')!.data.firing;
    assert.ok(
      alert.scopes.every((s) => s.startsWith('deribit:BTC')),
      alert.scopes.join(),
    );
    const closed = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGTERM');
    assert.equal(await closed, 143);
  },
);
