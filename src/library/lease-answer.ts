import { LEASE_STATES } from '../policy/lease.ts';
import type { Lease, LeaseAnswer } from '../policy/lease.ts';

const MAX_LEASES = 20_000;

/** Checks what came over the wire; throws a `TypeError` naming the field. What is not understood is not trusted. */
export function readLeaseAnswer(raw: unknown): LeaseAnswer {
  const a = object(raw, 'answer');
  const leases = a['leases'];
  if (!Array.isArray(leases) || leases.length > MAX_LEASES) throw new TypeError('leases: not a list of bounded length');
  for (const [i, l] of leases.entries()) checkLease(l, `leases[${i}]`);
  if (a['mode'] !== 'advisory' && a['mode'] !== 'enforcing')
    throw new TypeError('mode: neither advisory nor enforcing');
  text(a, 'monitor', 'answer');
  text(a, 'run', 'answer');
  if (a['nonce'] !== null) text(a, 'nonce', 'answer');
  number(a, 'ttl_ms', 'answer', 1);
  number(a, 'sequence', 'answer', 0);
  return raw as LeaseAnswer;
}

function checkLease(raw: unknown, where: string): asserts raw is Lease {
  const l = object(raw, where);
  text(l, 'scope', where);
  if (!(LEASE_STATES as readonly unknown[]).includes(l['state'])) throw new TypeError(`${where}.state: unknown`);
  if (l['standing'] !== 'verdict' && l['standing'] !== 'abstains') throw new TypeError(`${where}.standing: unknown`);
  if (l['multiplier'] !== null) number(l, 'multiplier', where, 1);
  if (l['uncertainty_multiplier'] !== null) number(l, 'uncertainty_multiplier', where, 1);
  const reasons = l['reasons'];
  if (!Array.isArray(reasons) || reasons.some((r) => typeof r !== 'string'))
    throw new TypeError(`${where}.reasons: not a list of texts`);
}

function object(raw: unknown, where: string): Record<string, unknown> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw new TypeError(`${where}: not an object`);
  return raw as Record<string, unknown>;
}

function text(o: Record<string, unknown>, key: string, where: string): void {
  if (typeof o[key] !== 'string' || o[key] === '') throw new TypeError(`${where}.${key}: not a text`);
}

function number(o: Record<string, unknown>, key: string, where: string, least: number): void {
  const value = o[key];
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least)
    throw new TypeError(`${where}.${key}: not a number of at least ${least}`);
}
