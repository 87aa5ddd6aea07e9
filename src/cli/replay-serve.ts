import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BookDesk } from '../app/book-desk.ts';
import type { ReplayResult } from '../app/replay-market.ts';
import { FASTEST, ReplayStopped, ReplayTransport, type ReplayHooks } from '../app/replay-transport.ts';
import { serveReplay, type ServeOptions } from '../app/serve.ts';
import type { Session } from '../app/session.ts';
import type { OperatorEvent } from '../market/event.ts';
import { bookRoom } from '../server/book-room.ts';
import { signalled } from './live-run.ts';
import { printAddress } from './serve-options.ts';

/** Serves a replay while it runs and when it is over, until a signal. */
export async function serveReplayRun(
  serving: ServeOptions,
  speed: number,
  json: boolean,
  run: (hooks: ReplayHooks) => Promise<ReplayResult>,
): Promise<void> {
  const transport = new ReplayTransport(Math.min(speed, FASTEST));
  let session: Session | null = null;
  let locked = false;
  let stamp: string | null = null;
  let log: string | null = null;
  let temporary: string | null = null;
  const desk = new BookDesk({ state: () => session?.state ?? null, accept: null });
  const served = await serveReplay(
    serving,
    transport,
    {
      state: () => session?.state ?? null,
      recorded: () => locked,
      synthetic: () => stamp !== null,
      push: (action) => {
        const at = Date.parse(transport.state().at ?? '') || 0;
        const event: OperatorEvent = { type: 'operator', at, receivedAt: at, until: null, ...action };
        session?.push(event);
        return event;
      },
    },
    // Nothing can be pushed into the past: without positions on record there is no book.
    [bookRoom(desk, () => desk.overview().accounts.length > 0)],
    () => log,
  );
  printAddress(served.address, json);
  const replay = run({
    log: (directory) => (log = directory ?? (temporary ??= mkdtempSync(join(tmpdir(), 'vernier-replay-')))),
    pacer: transport,
    onEvent: (event) => {
      served.onEvent(event);
      desk.onEvent(event);
    },
    onRecord: (record) => {
      desk.onRecord(record);
      transport.onRecord(record);
      served.onRecord(record);
    },
    onSession: (begun, recorded, said) => {
      session = begun;
      locked = recorded;
      stamp = said;
    },
    onProgress: (fraction) => transport.progress(fraction),
  }).then(
    () => transport.end(null),
    (error: Error) => {
      transport.end(error);
      if (error instanceof ReplayStopped) return;
      process.stderr.write(`vernier: ${error.message}\n`);
      process.exitCode = 1;
    },
  );
  const code = await signalled();
  transport.stop();
  await Promise.all([served.close(), replay]);
  if (temporary !== null) rmSync(temporary, { recursive: true, force: true });
  process.exitCode = code;
}
