/** A recorded SYNTHETIC session says what it is wherever it is told again. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Session, sessionHeader } from '../../src/app/session.ts';
import { DEFAULT_CONFIG } from '../../src/engine/config.ts';
import { runFit } from '../../src/engine/models.ts';
import { simulatedEvents } from '../../src/simulator/market-events.ts';
import { openLog } from '../../src/store/open-log.ts';
import { records, vernier } from './run-vernier.ts';

const START = Date.parse('2026-01-15T00:30:00Z');

test('replaying a log of a simulated market stamps every object and every line; one of a real market none', async (t) => {
  for (const stamp of ['SYNTHETIC', null]) {
    const directory = mkdtempSync(join(tmpdir(), 'vernier-stamp-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const log = await openLog(directory);
    log.writer.append(sessionHeader(DEFAULT_CONFIG, stamp));
    const session = new Session(DEFAULT_CONFIG, { target: log.writer, onRecord: () => undefined, onFit: runFit });
    const config = { seed: 7, startAt: START, underlyings: ['BTC'], instrumentLimit: 80 };
    for (const batch of simulatedEvents(config, { until: START + 4_000 })) for (const e of batch) session.push(e);
    await log.close();
    const ran = await vernier(['replay', directory, '--json', '-q']);
    assert.equal(ran.code, 0, ran.stderr);
    const all = records(ran);
    assert.equal(all.at(-1)!['type'], 'summary');
    assert.ok(all.length > 3 && all.every((r) => (r['stamp'] ?? null) === stamp), JSON.stringify(all.at(-1)));
  }
});
