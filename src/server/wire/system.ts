/** The monitor itself on the wire: status, pulse, feeds, log, replay, sessions, audit. */
import { z } from 'zod';
import { feedState, optional, optionalTime, role, time } from './scalars.ts';

const range = z.object({ from: optionalTime, to: optionalTime });

export const status = z
  .object({
    mode: z.enum(['live', 'replay']),
    synthetic: z.boolean(),
    stamp: z.string(),
    at: optionalTime,
    wall: time,
    started: time,
    version: z.string(),
    champion: z.string(),
    models: z.array(z.string()),
    retained: range,
    rooms: z.array(z.string()),
  })
  .meta({ id: 'Status' });

export const feed = z
  .object({
    venue: z.string(),
    state: feedState,
    frames_per_s: optional,
    quotes_per_s: optional,
    lag_p99_ms: optional,
    queue: z.number(),
    dropped_quotes: z.number(),
    connections: z.number(),
    clock_offset_ms: optional,
    last_gap: z.object({ at: time, reason: z.string(), seconds: optional }).nullable(),
  })
  .meta({ id: 'Feed' });

export const feeds = z.object({ items: z.array(feed) });

export const instrument = z
  .object({
    symbol: z.string(),
    venue: z.string(),
    underlying: z.string(),
    scope: z.string(),
    expiry: time,
    strike: z.number(),
    side: z.enum(['call', 'put']),
    settlement: z.enum(['inverse', 'linear']),
    premium_currency: z.string(),
    contract_size: z.number(),
    state: z.string(),
  })
  .meta({ id: 'Instrument' });

export const log = z
  .object({
    state: z.string(),
    pending_records: z.number(),
    records: z.number(),
    ranges: z.array(z.object({ first: time, last: time })),
    retained: z.object({ scores: range, calibrations: range, surfaces: range, quotes: range, incidents: range }),
  })
  .meta({ id: 'Log' });

export const health = z
  .object({
    events: z.number(),
    quotes: z.number(),
    trades: z.number(),
    events_per_s: z.number(),
    quotes_per_s: z.number(),
    applied_p99_ms: optional,
    close_p99_ms: optional,
    fit_p99_ms: optional,
    loop_lag_p99_ms: optional,
    fits_waiting: z.number(),
    log_state: z.string(),
    log_pending_records: z.number(),
    refused_by_reason: z.record(z.string(), z.number()),
    late: z.number(),
    duplicates: z.number(),
    batches: z.number(),
    fits: z.number(),
    memory_bytes: z.number(),
    uptime_s: z.number(),
    clients: z.number(),
    clients_dropped: z.record(z.string(), z.number()),
  })
  .meta({ id: 'Health' });

export const replay = z
  .object({
    at: optionalTime,
    first: optionalTime,
    speed: z.number(),
    playing: z.boolean(),
    seeking: z.enum(['time', 'incident']).nullable(),
    ended: z.boolean(),
    fraction: optional,
    incidents: z.number(),
    error: z.string().nullable(),
  })
  .meta({ id: 'Replay' });

export const session = z
  .object({ name: z.string(), role, can: z.array(role), secured: z.boolean() })
  .meta({ id: 'Session' });

export const auditEntry = z
  .object({
    at: time,
    actor: z.string(),
    role: z.string(),
    action: z.string(),
    target: z.string(),
    outcome: z.enum(['done', 'refused']),
    status: z.number(),
    remote: z.string(),
  })
  .meta({ id: 'AuditEntry' });

export const readiness = z.object({
  ready: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    instance: z.string(),
    errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

export type Status = z.infer<typeof status>;
export type Feed = z.infer<typeof feed>;
export type Instrument = z.infer<typeof instrument>;
export type LogState = z.infer<typeof log>;
export type Range = z.infer<typeof range>;
/** {@link health} without what only the server knows. */
export type Pulse = Omit<z.infer<typeof health>, 'clients' | 'clients_dropped'>;
export type Replay = z.infer<typeof replay>;
export type AuditEntry = z.infer<typeof auditEntry>;
export type Readiness = z.infer<typeof readiness>;
