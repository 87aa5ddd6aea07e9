/** Scalars of the interface: what a time, a number or a key looks like on the wire. */
import { z } from 'zod';

/** ISO-8601 UTC. Answers are made by us; requests go through {@link wantedTime}. */
export const time = z.string().meta({ format: 'date-time', example: '2026-02-05T21:29:00.000Z' });
export const optionalTime = time.nullable();
/** A number that may not exist. */
export const optional = z.number().nullable();
/** Parallel arrays. */
export const column = z.array(optional);
export const plainColumn = z.array(z.number());
/** Epoch ms. */
export const timeColumn = z.array(z.number()).meta({ description: 'epoch ms' });

/** A time in a request: ISO-8601 or epoch ms; becomes epoch ms. */
export const wantedTime = z
  .string()
  .max(40)
  .refine((text) => Number.isFinite(epochMs(text)), { error: 'an ISO-8601 time or epoch milliseconds' })
  .meta({ description: 'ISO-8601 time or epoch ms' });

/** Epoch ms of a {@link wantedTime}; NaN for anything else. */
export function epochMs(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : NaN;
}

/** `venue:underlying`. */
export const underlyingKey = z.string().regex(/^[a-z0-9-]{1,32}:[A-Za-z0-9_.-]{1,32}$/, 'venue:underlying');
/** `venue:underlying:day`, or an underlying key. */
export const scope = z
  .string()
  .regex(/^[a-z0-9-]{1,32}:[A-Za-z0-9_.-]{1,32}(:\d{4}-\d{2}-\d{2})?$/, 'venue:underlying:day or venue:underlying');
/** Names of models, causes and states. */
export const word = z.string().regex(/^[a-z0-9-]{1,40}$/i, 'letters, digits and hyphens');
/** What an owner calls a version of a model: as the registry takes it. */
export const statedVersion = z
  .string()
  .regex(/^[A-Za-z0-9][\w.+:@/ -]{0,63}$/, 'at most 64 letters, digits and . + : @ / - _ or blanks');
export const severity = z.enum(['info', 'warning', 'critical']);
export const gateState = z.enum(['OK', 'WIDEN', 'HEDGE_ONLY', 'DO_NOT_USE']);
export const gate = z.object({ state: gateState, reasons: z.array(z.string()) });
export const feedState = z.enum(['connecting', 'live', 'stale', 'down']);
export const role = z.enum(['view', 'acknowledge', 'approve', 'override']);

/** Roles, each may do what those before it may. */
export type Role = z.infer<typeof role>;
