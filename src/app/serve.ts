import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { EngineState } from '../engine/state.ts';
import type { MarketEvent } from '../market/event.ts';
import type { OutputRecord } from '../model/record.ts';
import type { LeaseMode } from '../policy/lease.ts';
import { AccessTokens } from '../server/access-tokens.ts';
import type { AlertSource } from '../server/alert-routes.ts';
import { creditRoom } from '../server/credit-room.ts';
import { hedgeRoom } from '../server/hedge-room.ts';
import { pushRoom } from '../server/push-room.ts';
import { oversightRoom } from '../server/oversight-routes.ts';
import type { ServerRoom } from '../server/room.ts';
import { tournamentRoom } from '../server/tournament-room.ts';
import { ServerRefused, startServer, type MonitorServer } from '../server/monitor-server.ts';
import { CreditDesk } from './credit/credit-desk.ts';
import { HedgeDesk } from './hedge-desk.ts';
import { PushDesk } from './push-desk.ts';
import { PastReader } from './past/past-reader.ts';
import { recallRecent } from './past/recorded-history.ts';
import type { ReplayTransport } from './replay-transport.ts';
import type { Alerts } from './alerts.ts';
import { GateDesk } from './gate-desk.ts';
import { OversightDesk, type OperatorRequest } from './oversight-desk.ts';
import { TournamentDesk } from './tournament-desk.ts';
import { EngineView } from './view/engine-view.ts';
import { NO_FIGURES, type ViewSource } from './view/view-source.ts';
import type { Watch } from './watch.ts';

/** How to serve, as the command line says it. */
export interface ServeOptions {
  /** 0 = any free port. */
  readonly port: number;
  readonly host: string;
  readonly page: boolean;
  readonly tokenFile: string | null;
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** An error of ours that a client met. */
  readonly onTrouble: (error: Error) => void;
}

/** A served monitor: feed it every event and record. */
export interface Served {
  readonly address: string;
  readonly onEvent: (event: MarketEvent) => void;
  readonly onRecord: (record: OutputRecord) => void;
  close(): Promise<void>;
}

/** How the leases present themselves: the monitor's name, to tell it from its standby, and whether they enforce. */
export interface GateAppearance {
  readonly monitor?: string;
  readonly mode?: LeaseMode;
}

/** Serves a watch that is about to start: first the address, then {@link ServedWatch.attach}. */
export interface ServedWatch extends Served {
  /** Takes up what the log of an earlier process says, before the watch that goes on from it is started. */
  recall(directory: string): Promise<void>;
  attach(watch: Watch): void;
}

/** Opens the server of a live watch. Throws before anything is opened when the options do not go together. */
export async function serveWatch(
  options: ServeOptions,
  synthetic: boolean,
  alerts: Alerts | null = null,
  gate: GateAppearance = {},
  rooms: readonly ServerRoom[] = [],
): Promise<ServedWatch> {
  let watch: Watch | null = null;
  let log: string | null = null;
  const past = new PastReader(() => log, options.onTrouble);
  const source: ViewSource = {
    mode: 'live',
    synthetic: () => synthetic,
    past,
    state: () => watch?.monitor.session.state ?? null,
    figures: () => (watch === null ? NO_FIGURES : { ...watch.figures(), logRecords: watch.monitor.records }),
    feeds: () => watch?.figures().feeds ?? [],
    operate: (request) => {
      if (watch === null) return 'the watch has not begun';
      watch.monitor.operate({ ...request, until: null });
      return null;
    },
    replay: null,
    accept: (events) => void watch?.monitor.accept(events),
  };
  const desk = new GateDesk({
    ...gate,
    state: () => watch?.monitor.session.state ?? null,
    log: ({ actor, action, target, note, until }) => watch?.monitor.operate({ actor, action, target, note, until }),
  });
  const silences: AlertSource | null =
    alerts === null
      ? null
      : {
          overview: () => alerts.overview(),
          silence: (request) => {
            const refused = watch === null ? 'the watch has not begun' : alerts.refusal(request);
            if (refused !== null) return refused;
            const { actor, target, note, minutes } = request;
            const until = minutes === null ? null : Date.now() + minutes * 60_000;
            watch?.monitor.operate({ actor, action: minutes === null ? 'resume' : 'silence', target, note, until });
            return null;
          },
        };
  const served = await serve(options, source, desk, silences, rooms);
  return {
    ...served,
    recall: async (directory) => {
      log = directory;
      const recalled = await recallRecent(directory, served.view.history);
      if (recalled !== null) served.view.recall(recalled);
    },
    attach: (started) => {
      watch = started;
      served.view.recovered();
    },
    close: async () => {
      desk.close();
      await Promise.all([served.close(), past.close()]);
    },
  };
}

/** The session a replay runs in, as far as a view needs it. */
export interface ReplayedSession {
  state(): EngineState | null;
  /** Whether it is a session log, to which nothing may be added. */
  recorded(): boolean;
  /** Whether its market was simulated. */
  synthetic(): boolean;
  /** Puts what a person did through the session; returns the event. */
  push(request: OperatorRequest): MarketEvent;
}

/** Opens the server of a replay. */
export async function serveReplay(
  options: ServeOptions,
  transport: ReplayTransport,
  session: ReplayedSession,
  rooms: readonly ServerRoom[] = [],
  log: () => string | null = () => null,
): Promise<Served> {
  const past = new PastReader(log, options.onTrouble);
  const served: Served = await serve(
    options,
    {
      mode: 'replay',
      synthetic: () => session.synthetic(),
      state: () => session.state(),
      figures: () => NO_FIGURES,
      feeds: () => [],
      operate: (action) => {
        if (session.recorded()) return RECORDED;
        served.onEvent(session.push(action));
        return null;
      },
      replay: transport,
      past,
    },
    null,
    null,
    rooms,
  );
  return {
    ...served,
    close: async () => {
      await Promise.all([served.close(), past.close()]);
    },
  };
}

const RECORDED = 'this is the replay of a session log: what people did in it is in it already';

async function serve(
  options: ServeOptions,
  source: ViewSource,
  gate: GateDesk | null = null,
  alerts: AlertSource | null = null,
  rooms: readonly ServerRoom[] = [],
): Promise<Served & { readonly view: EngineView }> {
  const oversight = oversightRoom(
    new OversightDesk(
      () => source.state(),
      (request) => source.operate(request),
    ),
  );
  const credit = new CreditDesk(() => source.state());
  const tournament = new TournamentDesk(() => source.state());
  const all = [
    oversight,
    ...rooms,
    creditRoom(credit),
    tournamentRoom(tournament),
    hedgeRoom(new HedgeDesk({ state: () => source.state(), accept: source.accept ?? null })),
    pushRoom(new PushDesk({ state: () => source.state(), accept: source.accept ?? null, now: Date.now })),
  ];
  const names = [...(gate === null ? [] : ['gate']), ...(alerts === null ? [] : ['alerts'])];
  const view = new EngineView({
    ...source,
    get rooms() {
      return [...names, ...all.filter((r) => r.offered?.() ?? true).map((r) => r.name)];
    },
  });
  const server: MonitorServer = await startServer({
    view,
    gate,
    alerts,
    rooms: all,
    port: options.port,
    host: options.host,
    tokens: options.tokenFile === null ? null : AccessTokens.fromFile(options.tokenFile),
    tls:
      options.tls === null
        ? null
        : { cert: read('--tls-cert', options.tls.cert), key: read('--tls-key', options.tls.key) },
    page: options.page ? pageDirectory() : null,
    onTrouble: options.onTrouble,
  });
  return {
    address: server.address,
    onEvent: (event) => view.onEvent(event),
    onRecord: (record) => {
      credit.onRecord(record);
      tournament.onRecord(record);
      view.onRecord(record);
    },
    view,
    close: () => server.close(),
  };
}

/** The page as the package carries it, or as the checkout builds it. */
function pageDirectory(): string {
  const published = fileURLToPath(new URL('../dashboard', import.meta.url));
  return existsSync(published) ? published : fileURLToPath(new URL('../../dashboard/dist', import.meta.url));
}

function read(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ServerRefused(`${option} ${path}: cannot be read (${(cause as NodeJS.ErrnoException).code ?? '?'})`, {
      cause,
    });
  }
}
