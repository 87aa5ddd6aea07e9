import type { Incident, ReplayState, Scores, Session, Smiles, SurfaceGrid } from './wire.ts';

/** A request that was answered with a problem (RFC 9457), or not at all (status 0, retryable). */
export class RequestError extends Error {
  readonly status: number;
  readonly retryable: boolean;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
    this.retryable = status === 0 || status === 429 || status >= 500;
  }
}

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(`api/v1/${path}`, { credentials: 'same-origin', ...init });
  } catch (cause) {
    throw new RequestError(0, `no answer from the server: ${String(cause)}`);
  }
  if (answer.ok) return (answer.status === 204 ? null : await answer.json()) as T;
  const problem = (await answer.json().catch(() => ({}))) as { title?: string; detail?: string };
  throw new RequestError(answer.status, problem.detail ?? problem.title ?? `the server answered ${answer.status}`);
}

/** Any path under `/api/v1`, for views with routes of their own. */
export const get = <T>(path: string): Promise<T> => ask(path);
/** The same for a write. */
export const send = <T>(method: 'POST' | 'DELETE', path: string, body: object): Promise<T> =>
  ask(path, { ...post(body), method });

const post = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const path = (text: string): string => encodeURIComponent(text);

function query(of: Readonly<Record<string, string | number | null>>): string {
  const parts = Object.entries(of).flatMap(([k, v]) => (v === null || v === '' ? [] : [`${k}=${path(String(v))}`]));
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export const session = (): Promise<Session> => ask('session');
export const signIn = (token: string): Promise<Session> => ask('session', post({ token }));
export const smiles = (key: string, asOf: number | null, scope = ''): Promise<Smiles> =>
  ask(`smiles/${path(key)}${query({ as_of: iso(asOf), scope })}`);
export const surface = (key: string, asOf: number | null): Promise<SurfaceGrid> =>
  ask(`surfaces/${path(key)}${query({ as_of: iso(asOf) })}`);
export const scores = (key: string, model: string, from: number | null, to: number | null): Promise<Scores> =>
  ask(`scores/${path(key)}${query({ model, from: iso(from), to: iso(to) })}`);
export const incident = (id: string): Promise<Incident> => ask(`incidents/${path(id)}`);
export const acknowledge = (id: string, note: string): Promise<Incident> =>
  ask(`incidents/${path(id)}/acknowledge`, post(note === '' ? {} : { note }));
export const replayState = (): Promise<ReplayState> => ask('replay');
export const replay = (command: object): Promise<ReplayState> => ask('replay', post(command));
