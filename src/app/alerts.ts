import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { EngineState, ExpiryState } from '../engine/state.ts';
import { isoTime } from '../market/iso-time.ts';
import type { MarketEvent } from '../market/event.ts';
import type { GateRecord, OutputRecord } from '../model/record.ts';
import { splitGateScope, underlyingOf } from '../policy/alert.ts';
import { hiddenBecause } from '../policy/alert-group.ts';
import { silenceOf, type Override } from '../policy/oversight.ts';
import { advanceRouter, noteAcknowledgement, noteCondition, noteRecord, noteSilences } from '../policy/route.ts';
import { initRouter, type RouterState } from '../policy/router-state.ts';
import type { AlertOverview, SilenceRequest } from '../server/alert-routes.ts';
import { DeadLetters } from '../sink/dead-letter.ts';
import { Delivery, type DeliveryFigures } from '../sink/delivery.ts';
import { SINKS } from '../sink/registry.ts';
import { SinkError, type Sink, type SinkDefinition, type SecretPlace } from '../sink/sink.ts';
import { alertSettings, routerConfig, type AlertSettings } from './alert-settings.ts';
import { readSettings, SettingsError } from './checked-yaml.ts';

/** How to tell people. */
export interface AlertsOptions {
  readonly settings: AlertSettings;
  /** The model whose gate is told on an expiry that the engine does not know (yet). */
  readonly champion: string;
  /** What every notification is stamped with: `SYNTHETIC` for a simulated market. */
  readonly stamp?: string;
  /** File for what reached nobody. */
  readonly deadLetters: string;
  /** For the status line: a sink fails or works again, a letter is dead. Never a secret. */
  readonly onTrouble: (text: string) => void;
  readonly now?: () => number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const TICK_MS = 1_000;
/** Acts of the loop after which another model may serve. */
const CHANGES_OF_CHAMPION: ReadonlySet<string> = new Set(['promote', 'roll-back']);

/** Reads an alerts file. Throws {@link SettingsError} with line and column. */
export function readAlertSettings(path: string): AlertSettings {
  return readSettings(path, alertSettings);
}

/** From records and operators' acts to people: router, deliveries, dead letters. */
export class Alerts {
  readonly router: RouterState;
  private readonly options: AlertsOptions;
  private readonly deliveries = new Map<string, Delivery>();
  private readonly dead: DeadLetters;
  private readonly timer: NodeJS.Timeout;
  private readonly now: () => number;
  /** The engine whose records these are; null before there is one. */
  private state: EngineState | null = null;
  /** Break-glass that has been told, by scope. */
  private readonly told = new Map<string, Override>();

  /** Makes every sink. Throws {@link SettingsError} when one cannot work. */
  constructor(options: AlertsOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
    this.dead = new DeadLetters(options.deadLetters);
    this.router = initRouter(routerConfig(options.settings, randomUUID().slice(0, 8), options.stamp ?? null));
    const sinks = Object.entries(options.settings.sinks).map(([name, settings]) =>
      makeSink(name, settings, options.environment ?? process.env),
    );
    for (const sink of sinks)
      this.deliveries.set(
        sink.name,
        new Delivery(sink, {
          onDead: (name, notification, why, attempts) => {
            options.onTrouble(`alert ${notification.id} reached nobody through ${name}: ${why}`);
            try {
              this.dead.keep(name, notification, why, attempts);
            } catch (error) {
              options.onTrouble(`the dead letters cannot be kept (${(error as NodeJS.ErrnoException).code ?? '?'})`);
            }
          },
          onTrouble: (name, error) => this.onSink(name, error),
        }),
      );
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** Takes a durable output record. */
  onRecord(record: OutputRecord): void {
    if (record.type === 'incident') noteRecord(this.router, record, this.now());
    else if (record.type === 'gate') {
      if (this.isTold(record)) noteRecord(this.router, record, this.now());
    } else if (record.type === 'action' && CHANGES_OF_CHAMPION.has(record.kind)) this.followChampion(record.scope);
  }

  /** Takes an input event that the engine has taken: operators' acts matter here. */
  onEvent(event: MarketEvent): void {
    if (event.type !== 'operator') return;
    this.followOversight();
    if (event.action === 'acknowledge')
      noteAcknowledgement(this.router, event.target, { by: event.actor, at: this.now() });
  }

  /**
   * Follows this engine from now on, and tells what an earlier run left open: incidents (those that somebody takes care
   * of are not repeated), shut gates, break-glass. Silences go on.
   */
  adopt(state: EngineState): void {
    const at = isoTime(this.now());
    this.state = state;
    for (const underlying of state.underlyings.values()) {
      const books = [underlying.incidents, underlying.hedge.incidents, underlying.book.incidents];
      for (const { id, cause, severity, scope } of books.flatMap((b) => [...b.open.values()]))
        this.onRecord({ type: 'incident', id, at, state: 'open', cause, severity, scope, evidence: {} });
      for (const expiry of underlying.expiries)
        for (const { model, gate, versions } of expiry.models)
          if (versions.length > 0 && gate.state !== 'OK')
            this.onRecord({ type: 'gate', at, scope: `${model}@${expiry.key}`, ...gate });
    }
    for (const [id, { by, at: since, severity }] of state.oversight.acknowledged)
      if (severity !== null) noteAcknowledgement(this.router, id, { by, at: since, severity });
    this.followOversight();
  }

  /** Moves time on: called every second by itself. */
  tick(): void {
    const at = this.now();
    this.followOversight();
    for (const notification of advanceRouter(this.router, at))
      for (const sink of this.options.settings.receivers[notification.receiver] ?? [])
        this.deliveries.get(sink)?.push(notification);
  }

  /** Alerts, silences and sinks as the server shows them. */
  overview(): AlertOverview {
    const at = this.now();
    const all = [...this.router.alerts.values()].map((t) => t.alert);
    const firing = all.filter((a) => a.endsAt === null);
    return {
      items: all.map((a) => ({
        key: a.key,
        kind: a.kind,
        cause: a.cause,
        says: a.says,
        severity: a.severity,
        underlying: a.underlying,
        scopes: [...a.scopes],
        incidents: [...a.incidents],
        starts_at: isoTime(a.startsAt),
        ends_at: a.endsAt === null ? null : isoTime(a.endsAt),
        acknowledged_by: this.router.acknowledged.get(a.key)?.by ?? null,
        hidden: hiddenBecause(this.router, a, firing, at),
      })),
      silences: [...this.router.silences.values()].map(({ id, match, by, note, startsAt, until }) => ({
        id,
        match: { ...match } as Record<string, string>,
        by,
        note,
        starts_at: isoTime(startsAt),
        until: isoTime(until),
      })),
      sinks: this.figures().map(({ failedAttempts, ...rest }) => ({ ...rest, failed_attempts: failedAttempts })),
    };
  }

  /** Why a silence would be refused; null when it would be taken. Changes nothing. */
  refusal(request: SilenceRequest): string | null {
    const { target, minutes, note, actor } = request;
    const oversight = this.state?.oversight;
    if (oversight === undefined) return 'the watch has not begun';
    if (minutes === null) return oversight.silences.has(target) ? null : `target: there is no silence ${target}`;
    const at = this.now();
    const until = at + minutes * 60_000;
    const made = silenceOf(oversight, { type: 'operator', at, receivedAt: at, actor, action: 'silence', target, note, until }); // prettier-ignore
    return typeof made === 'string' ? made : null;
  }

  /** Every sink's figures. */
  figures(): DeliveryFigures[] {
    return [...this.deliveries.values()].map((d) => d.figures());
  }

  /** Lets what waits go out for at most `waitMs`. */
  async close(waitMs: number = 2_000): Promise<void> {
    clearInterval(this.timer);
    this.tick();
    await Promise.all([...this.deliveries.values()].map((d) => d.close(waitMs)));
  }

  /** Whether people hear of this gate: that of the model which serves the expiry, unless the file names models. */
  private isTold(record: GateRecord): boolean {
    if (this.router.config.gateModels !== null) return true;
    const [model, place] = splitGateScope(record.scope);
    return model === (this.expiryAt(place)?.loop.champion ?? this.options.champion);
  }

  /** Another model serves: its gate is told from now on, the former one's no longer. */
  private followChampion(scope: string | undefined): void {
    const expiry = scope === undefined ? undefined : this.expiryAt(scope);
    if (expiry === undefined || this.router.config.gateModels !== null) return;
    const at = isoTime(this.now());
    for (const { model, gate } of expiry.models) {
      const shown = model === expiry.loop.champion ? gate : { state: 'OK' as const, reasons: [] };
      noteRecord(this.router, { type: 'gate', at, scope: `${model}@${expiry.key}`, ...shown }, this.now());
    }
  }

  private expiryAt(key: string): ExpiryState | undefined {
    return this.state?.underlyings.get(underlyingOf(key))?.expiries.find((e) => e.key === key);
  }

  /** Brings silences and the alerts of break-glass to what is in force now. */
  private followOversight(): void {
    const oversight = this.state?.oversight;
    if (oversight === undefined) return;
    const at = this.now();
    noteSilences(this.router, oversight.silences, at);
    for (const [scope, override] of oversight.overrides)
      if (override.until > at && this.told.get(scope) !== override) {
        this.told.set(scope, override);
        this.noteOverride(override, true);
      }
    for (const [scope, override] of this.told) {
      const held = oversight.overrides.get(scope);
      if (held !== undefined && held.until > at) continue;
      this.told.delete(scope);
      this.noteOverride(override, false);
    }
  }

  private noteOverride({ scope, by, note }: Override, firing: boolean): void {
    const [model, place] = splitGateScope(scope);
    noteCondition(
      this.router,
      {
        kind: 'override',
        cause: `override:${model}`,
        says: `${by} opened the gate of ${model} by hand`,
        underlying: underlyingOf(place),
        scope: place,
        severity: 'critical',
        firing,
        incident: null,
        evidence: { by, note },
      },
      this.now(),
    );
  }

  private onSink(name: string, error: SinkError | null): void {
    this.options.onTrouble(error === null ? `${name}: works again` : error.message);
    noteCondition(
      this.router,
      {
        kind: 'platform',
        cause: 'sink-failing',
        says: 'a way to reach people does not work',
        underlying: 'monitor',
        scope: `sink:${name}`,
        severity: 'warning',
        firing: error !== null,
        incident: null,
        evidence: error === null ? {} : { sink: name, code: error.code },
      },
      this.now(),
    );
  }
}

function makeSink(
  name: string,
  settings: AlertSettings['sinks'][string],
  environment: Readonly<Record<string, string | undefined>>,
): Sink {
  const { kind, ...own } = settings;
  // The settings have been through this very definition's schema.
  const definition = SINKS[kind] as unknown as SinkDefinition;
  try {
    return definition.create(name, own, (place) => readSecret(name, place, environment));
  } catch (error) {
    if (error instanceof SinkError) throw new SettingsError(error.message);
    throw error;
  }
}

/** Reads a secret from where it is kept; the message names the place only. */
function readSecret(
  name: string,
  place: SecretPlace,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if ('env' in place) {
    const value = environment[place.env];
    if (value === undefined || value === '')
      throw new SinkError('configuration', `${name}: the environment variable ${place.env} is not set`);
    return value;
  }
  try {
    return readFileSync(place.file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '?';
    throw new SinkError('configuration', `${name}: the file of its secret cannot be read (${code})`);
  }
}
