import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { AccessTokens, Identity } from './access-tokens.ts';

const COOKIE = 'vernier_session';
const SESSION_MS = 12 * 3_600_000;
/** Browser sessions kept; the oldest ends first. */
const SESSIONS = 1_000;
const LOCAL: Identity = { name: 'local', role: 'override' };
const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/** Why a request is not let in. */
export interface Refusal {
  readonly status: 401 | 403 | 421;
  readonly detail: string;
}

/** Decides who a request comes from. Without tokens everybody on the loopback address is `local`. */
export class Admission {
  readonly secured: boolean;
  private readonly tokens: AccessTokens | null;
  private readonly sessions = new Map<string, Identity & { readonly until: number }>();

  constructor(tokens: AccessTokens | null) {
    this.tokens = tokens;
    this.secured = tokens !== null;
  }

  /** The identity behind a request's headers, or why there is none. */
  identify(headers: IncomingHttpHeaders): Identity | Refusal {
    const foreign = this.foreignHost(headers);
    if (foreign !== null) return foreign;
    if (this.tokens === null) return LOCAL;
    const bearer = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(headers.authorization ?? '');
    const found = bearer === null ? this.bySession(headers) : this.tokens.identify(bearer[1]);
    return found ?? { status: 401, detail: 'a token is wanted: Authorization: Bearer, or POST /api/v1/session' };
  }

  /**
   * What a page of another site must not do with the visitor's cookie or loopback address: a request that says where
   * it comes from must come from here. Null when it does.
   */
  foreignOrigin(headers: IncomingHttpHeaders): Refusal | null {
    const { origin, host } = headers;
    if (origin === undefined) return null;
    let own = false;
    try {
      own = new URL(origin).host.toLowerCase() === (host ?? '').toLowerCase();
    } catch {
      own = false;
    }
    return own ? null : { status: 403, detail: 'this request comes from the page of another site' };
  }

  /** Begins a browser session; the cookie to set, or null for a wrong token. */
  open(token: string, secure: boolean): { readonly identity: Identity; readonly cookie: string } | null {
    const identity = this.tokens === null ? LOCAL : this.tokens.identify(token);
    if (identity === null) return null;
    const id = randomBytes(32).toString('base64url');
    if (this.sessions.size >= SESSIONS)
      for (const oldest of this.sessions.keys()) if (this.sessions.delete(oldest)) break;
    this.sessions.set(id, { ...identity, until: Date.now() + SESSION_MS });
    return { identity, cookie: cookieOf(id, SESSION_MS / 1000, secure) };
  }

  /** Ends the session of a request; the cookie that removes it. */
  close(headers: IncomingHttpHeaders, secure: boolean): string {
    const id = cookieIn(headers);
    if (id !== null) this.sessions.delete(id);
    return cookieOf('', 0, secure);
  }

  /** A name that resolves to the loopback address is no reason to trust whoever uses it (DNS rebinding). */
  private foreignHost(headers: IncomingHttpHeaders): Refusal | null {
    if (this.tokens !== null || LOOPBACK_HOST.test(headers.host ?? '')) return null;
    return { status: 421, detail: 'without tokens only localhost, 127.0.0.1 and [::1] are answered' };
  }

  private bySession(headers: IncomingHttpHeaders): Identity | null {
    const id = cookieIn(headers);
    const session = id === null ? undefined : this.sessions.get(id);
    if (id === null || session === undefined) return null;
    if (session.until > Date.now()) return { name: session.name, role: session.role };
    this.sessions.delete(id);
    return null;
  }
}

function cookieIn(headers: IncomingHttpHeaders): string | null {
  const found = /(?:^|;\s*)vernier_session=([A-Za-z0-9_-]{43})(?:;|$)/.exec(headers.cookie ?? '');
  return found === null ? null : found[1];
}

function cookieOf(value: string, seconds: number, secure: boolean): string {
  return `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure ? '; Secure' : ''}`;
}
