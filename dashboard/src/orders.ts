import { words } from './format.ts';
import type { ExpiryGlance, Incident, OrdersInForce, Session } from './wire.ts';

/** Something a person may order, with the request that does it. */
export interface Order {
  readonly name: string;
  /** On the button. */
  readonly word: string;
  /** What it will do, as the question before it is done says it. */
  readonly says: string;
  /** Who may. */
  readonly role: string;
  /** Minutes to choose from; none = it has no end. */
  readonly minutes: readonly number[];
  readonly method: 'POST' | 'DELETE';
  readonly path: string;
  /** The body, given the note and the minutes chosen. */
  readonly body: (note: string, minutes: number) => object;
}

const OVERRIDE_MINUTES = [5, 15, 30, 60];
const SILENCE_MINUTES = [15, 60, 240, 1_440];

/** What this session may order on an expiry now; empty for those who may only look. */
export function expiryOrders(session: Session | null, glance: ExpiryGlance, rooms: readonly string[]): Order[] {
  const { scope, model, loop, gate, proposed } = glance;
  const all: Order[] = [];
  const loopOrder = (action: string, word: string, says: string): void => {
    all.push({
      name: action, word, says, role: 'approve', minutes: [], method: 'POST', path: 'loop',
      body: (note) => ({ target: scope, action, note }),
    }); // prettier-ignore
  };
  if (rooms.includes('oversight')) {
    if (proposed !== null) {
      loopOrder(
        'approve',
        `Approve ${proposed}`,
        `${words(proposed)} will serve ${scope} in place of ${words(model)}.`,
      );
      loopOrder(
        'reject',
        `Reject ${proposed}`,
        `${words(model)} goes on serving ${scope}; the trial of ${words(proposed)} ends.`,
      );
    }
    loopOrder(
      'refit',
      'Recalibrate',
      `${words(model)} on ${scope} is fitted anew to the next batch, under the usual guards.`,
    );
    if (loop === 'MANUAL') loopOrder('resume', 'Give back', `The loop of ${scope} recalibrates by itself again.`);
    else
      loopOrder(
        'manual',
        'Take over',
        `${scope} goes over to manual: nothing is refitted or promoted there until it is given back.`,
      );
  }
  if (rooms.includes('gate') && gate.state !== 'OK' && gate.state !== 'WIDEN') {
    const target = `${model}@${scope}`;
    all.push({
      name: 'override', word: 'Break glass', role: 'override', minutes: OVERRIDE_MINUTES, method: 'POST', path: 'gate/overrides',
      says: `The gate of ${target} opens to WIDEN although it says ${words(gate.state)} (${gate.reasons.map(words).join(', ')}). It lapses by itself.`,
      body: (note, minutes) => ({ scope: target, minutes, note }),
    }); // prettier-ignore
  }
  return all.filter((order) => mayOrder(session, order));
}

/** What this session may order about an incident, besides acknowledging it. */
export function incidentOrders(session: Session | null, incident: Incident, rooms: readonly string[]): Order[] {
  const all: Order[] = [];
  if (rooms.includes('oversight'))
    for (const [verdict, word, says] of VERDICTS)
      all.push({
        name: verdict, word, says: `${incident.id} is put on record as ${says}. It counts in the precision of ${words(incident.cause)}.`,
        role: 'acknowledge', minutes: [], method: 'POST', path: `incidents/${encodeURIComponent(incident.id)}/verdict`,
        body: (note) => ({ verdict, note }),
      }); // prettier-ignore
  if (rooms.includes('alerts')) {
    const target = `cause=${incident.cause},underlying=${incident.underlying}`;
    all.push({
      name: 'silence', word: 'Silence', role: 'acknowledge', minutes: SILENCE_MINUTES, method: 'POST', path: 'silences',
      says: `Nobody is told of ${words(incident.cause)} on ${incident.underlying} meanwhile; it goes on being watched and shown.`,
      body: (note, minutes) => ({ target, minutes, note }),
    }); // prettier-ignore
  }
  return all.filter((order) => mayOrder(session, order));
}

/** One thing that people ordered, and the order that ends it where this session may give it. */
export interface InForce {
  readonly what: string;
  readonly on: string;
  readonly by: string;
  readonly note: string;
  /** When it lapses, or for what has no end since when. */
  readonly time: string;
  readonly end: Order | null;
}

/** Everything in force, each with its end. */
export function inForce(session: Session | null, orders: OrdersInForce, rooms: readonly string[]): InForce[] {
  const ending = (order: Order, room: string): Order | null =>
    rooms.includes(room) && mayOrder(session, order) ? order : null;
  const end = (name: string, says: string, role: string, path: string, body: (note: string) => object): Order => ({
    name, word: 'End', says, role, minutes: [], method: path === 'loop' ? 'POST' : 'DELETE', path, body,
  }); // prettier-ignore
  return [
    ...orders.overrides.map(({ scope, by, note, until }) => ({
      what: 'break glass', on: scope, by, note, time: until,
      end: ending(end(`end-${scope}`, `The gate of ${scope} is what the monitor says again.`, 'override', 'gate/overrides', (why) => ({ scope, note: why })), 'gate'),
    })),
    ...orders.manual.map(({ scope, since }) => ({
      what: 'manual', on: scope, by: '', note: '', time: since,
      end: ending(end(`end-${scope}`, `The loop of ${scope} recalibrates by itself again.`, 'approve', 'loop', (why) => ({ target: scope, action: 'resume', note: why })), 'oversight'),
    })),
    ...orders.silences.map(({ id, match, by, note, until }) => ({
      what: 'silence', on: Object.entries(match).map(([k, v]) => `${k}=${v}`).join(', '), by, note, time: until,
      end: ending(end(`end-${id}`, `People are told again.`, 'acknowledge', 'silences', (why) => ({ target: id, note: why })), 'alerts'),
    })),
  ]; // prettier-ignore
}

const VERDICTS = [
  ['true', 'Right', 'a right alarm'],
  ['false', 'False', 'a false alarm'],
  ['duplicate', 'Duplicate', 'a duplicate of another'],
  ['unclear', 'Unclear', 'unclear'],
] as const;

/** Before the session is known nothing is offered. */
function mayOrder(session: Session | null, { role }: Order): boolean {
  return session !== null && session.can.includes(role);
}

/** `15 min`, `4 h`, `1 d`. */
export function minutesText(minutes: number): string {
  return minutes < 60 ? `${minutes} min` : minutes < 1_440 ? `${minutes / 60} h` : `${minutes / 1_440} d`;
}
