/** JSON-RPC requests of one client: envelope, credits, login, subscriptions; everything else goes to `methods.ts`. */
import { ACCOUNT_CURRENCIES, type SimulatedAccount } from './account.ts';
import type { Board } from './board.ts';
import type { Broadcast } from './broadcast.ts';
import { needsLogin, parseChannel } from './channel.ts';
import type { Credits } from './credit-bucket.ts';
import { PUBLIC_METHODS, type Params } from './methods.ts';
import {
  RpcError, badRequest, invalidCredentials, invalidParams, maintenance, methodNotFound, rawNeedsLogin, tooManyRequests, unauthorized,
} from './rpc-error.ts'; // prettier-ignore
import type { Session } from './session.ts';

/** What requests are answered from. */
export interface RequestContext {
  readonly board: Board;
  readonly broadcast: Broadcast;
  /** The venue's time, epoch ms. */
  readonly now: () => number;
  readonly credentials: { readonly clientId: string; readonly clientSecret: string };
  readonly account: SimulatedAccount;
  /** Life of a login, s. */
  readonly tokenSeconds: number;
}

/** An answer, and whether the venue hangs up after it. */
export interface Reply {
  readonly text: string;
  readonly terminate: boolean;
}

interface Request {
  readonly id: number | string;
  readonly method: string;
  readonly params: Params;
}

const ACCESS_TOKEN = 'SYNTHETIC-access';
const REFRESH_TOKEN = 'SYNTHETIC-refresh';

/** Answers requests over the board. */
export class RequestHandler {
  readonly #context: RequestContext;

  constructor(context: RequestContext) {
    this.#context = context;
  }

  /** Answers one WebSocket frame; `clock` is a monotonic ms for the credits. */
  answer(session: Session, frame: string, clock: number): Reply {
    let id: number | string | null = null;
    try {
      const request = parseRequest(frame);
      ({ id } = request);
      if (!session.credits.spend(request.method, clock)) throw tooManyRequests();
      return { text: this.#result(id, this.#dispatch(session, request)), terminate: false };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return { text: this.#error(id, error), terminate: error.terminate };
    }
  }

  /** Answers `GET /api/v2/public/...` or a POSTed request. */
  answerHttp(url: URL, verb: string, body: string, credits: Credits, clock: number): { status: number; text: string } {
    let id: number | string | null = null;
    try {
      const request = verb === 'POST' && body !== '' ? parseRequest(body) : requestOfUrl(url);
      ({ id } = request);
      if (!credits.spend(request.method, clock)) throw tooManyRequests();
      return { status: 200, text: this.#result(id, this.#stateless(request)) };
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      return { status: error.code === 10028 ? 429 : 400, text: this.#error(id, error) };
    }
  }

  #stateless(request: Request): string {
    const method = PUBLIC_METHODS.get(request.method);
    if (method === undefined) {
      if (request.method === 'public/auth') return this.#auth(null, request.params);
      throw request.method.startsWith('private/')
        ? unauthorized('http requests carry no session here')
        : methodNotFound();
    }
    const { board, now } = this.#context;
    if (board.maintenance && !['public/test', 'public/status', 'public/get_time'].includes(request.method))
      throw maintenance();
    return method(board, request.params, now());
  }

  #dispatch(session: Session, request: Request): string {
    const { method, params } = request;
    switch (method) {
      case 'public/subscribe':
      case 'private/subscribe':
        return this.#subscribe(session, params, method === 'private/subscribe');
      case 'public/unsubscribe':
      case 'private/unsubscribe':
        return names(channelsOf(params).filter((c) => this.#context.broadcast.unsubscribe(session, c)));
      case 'public/unsubscribe_all':
      case 'private/unsubscribe_all':
        this.#context.broadcast.leave(session);
        return '"ok"';
      case 'public/set_heartbeat': {
        const { interval } = params;
        if (typeof interval !== 'number' || !(interval >= 10)) throw invalidParams('interval', 'must be at least 10');
        session.startHeartbeat(interval);
        return '"ok"';
      }
      case 'public/disable_heartbeat':
        session.stopHeartbeat();
        return '"ok"';
      case 'public/auth':
        return this.#auth(session, params);
      case 'public/test':
        session.answered();
        return this.#stateless(request);
      default:
        return method.startsWith('private/') ? this.#private(session, method, params) : this.#stateless(request);
    }
  }

  #loggedIn(session: Session): boolean {
    return this.#context.now() < session.authenticatedUntil;
  }

  #private(session: Session, method: string, params: Params): string {
    const { account } = this.#context;
    if (!this.#loggedIn(session))
      throw unauthorized(session.authenticatedUntil > 0 ? 'token expired' : 'not logged in');
    const currency = params['currency'];
    if (currency !== undefined && typeof currency !== 'string') throw invalidParams('currency', 'must be a string');
    switch (method) {
      case 'private/get_positions':
        return account.positions(currency === 'any' || currency === undefined ? null : currency);
      case 'private/get_account_summary':
        if (currency === undefined) throw invalidParams('currency', 'is required');
        return account.summary(currency);
      case 'private/get_account_summaries':
        return `{"summaries":[${ACCOUNT_CURRENCIES.map((c) => account.summary(c)).join(',')}]}`;
      case 'private/get_open_orders':
      case 'private/get_open_orders_by_currency':
        return account.openOrders();
      case 'private/get_user_trades_by_currency':
      case 'private/get_user_trades_by_currency_and_time':
      case 'private/get_user_trades_by_instrument':
        return '{"trades":[],"has_more":false}';
      case 'private/get_transaction_log':
        return '{"logs":[],"continuation":null}';
      default:
        throw methodNotFound();
    }
  }

  #subscribe(session: Session, params: Params, isPrivate: boolean): string {
    const loggedIn = this.#loggedIn(session);
    if (isPrivate && !loggedIn) throw unauthorized('not logged in');
    const wanted = channelsOf(params);
    for (const name of wanted) {
      const channel = parseChannel(name);
      if (channel === null || !needsLogin(channel) || loggedIn) continue;
      throw channel.kind === 'user' ? unauthorized('not logged in') : rawNeedsLogin();
    }
    const { broadcast, now } = this.#context;
    return names(wanted.filter((name) => broadcast.subscribe(session, name, now())));
  }

  #auth(session: Session | null, params: Params): string {
    const { credentials } = this.#context;
    const grant = params['grant_type'];
    if (grant === 'client_credentials') {
      const right =
        params['client_id'] === credentials.clientId && params['client_secret'] === credentials.clientSecret;
      if (!right) throw invalidCredentials();
    } else if (grant === 'refresh_token') {
      if (params['refresh_token'] !== REFRESH_TOKEN) throw invalidCredentials();
    } else throw invalidParams('grant_type', 'must be client_credentials or refresh_token');
    const { tokenSeconds } = this.#context;
    if (session !== null) session.authenticatedUntil = this.#context.now() + tokenSeconds * 1000;
    return `{"access_token":"${ACCESS_TOKEN}","expires_in":${tokenSeconds},"refresh_token":"${REFRESH_TOKEN}","scope":"connection account:read trade:read wallet:read SYNTHETIC","token_type":"bearer"}`;
  }

  #stamp(): string {
    const us = this.#context.now() * 1000;
    return `"usIn":${us},"usOut":${us + 150},"usDiff":150,"testnet":true`;
  }

  #result(id: number | string | null, result: string): string {
    return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result},${this.#stamp()}}`;
  }

  #error(id: number | string | null, error: RpcError): string {
    const body = { code: error.code, message: error.message, ...(error.data === null ? {} : { data: error.data }) };
    return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${JSON.stringify(body)},${this.#stamp()}}`;
  }
}

const names = (list: readonly string[]): string => JSON.stringify(list);

function channelsOf(params: Params): string[] {
  const { channels } = params;
  if (!Array.isArray(channels) || channels.length === 0 || channels.some((c) => typeof c !== 'string'))
    throw invalidParams('channels', 'must be a non-empty array of strings');
  if (channels.length > 500) throw invalidParams('channels', 'at most 500 in one request');
  return channels as string[];
}

function parseRequest(frame: string): Request {
  let value: unknown;
  try {
    value = JSON.parse(frame);
  } catch {
    throw new RpcError(-32700, 'Parse error');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('a request is one object');
  const { jsonrpc, id, method, params } = value as Record<string, unknown>;
  if (jsonrpc !== '2.0') throw badRequest('jsonrpc must be "2.0"');
  if (typeof id !== 'number' && typeof id !== 'string') throw badRequest('id is required');
  if (typeof method !== 'string') throw badRequest('method is required');
  if (params !== undefined && (typeof params !== 'object' || params === null || Array.isArray(params)))
    throw badRequest('params must be an object');
  return { id, method, params: (params ?? {}) as Params };
}

function requestOfUrl(url: URL): Request {
  if (!url.pathname.startsWith('/api/v2/')) throw methodNotFound();
  const params: Record<string, unknown> = {};
  for (const [key, value] of url.searchParams) params[key] = plain(value);
  return { id: 0, method: url.pathname.slice('/api/v2/'.length), params };
}

/** Numbers and booleans of a query string by type. */
function plain(value: string): unknown {
  if (value === 'true' || value === 'false') return value === 'true';
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
