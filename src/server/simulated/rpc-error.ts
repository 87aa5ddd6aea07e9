/** The venue's error outcomes by code. */

/** A refusal the client sees. `terminate` = the venue also ends the session. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: Readonly<Record<string, string>> | null;
  readonly terminate: boolean;

  constructor(
    code: number,
    message: string,
    data: Readonly<Record<string, string>> | null = null,
    terminate: boolean = false,
  ) {
    super(message);
    this.code = code;
    this.data = data;
    this.terminate = terminate;
  }
}

export const invalidParams = (param: string, reason: string): RpcError =>
  new RpcError(-32602, 'Invalid params', { param, reason });
export const methodNotFound = (): RpcError => new RpcError(-32601, 'Method not found');
export const badRequest = (reason: string): RpcError => new RpcError(11050, 'bad_request', { reason });
export const instrumentNotFound = (): RpcError => new RpcError(13020, 'instrument_not_found');
export const tooManyRequests = (): RpcError => new RpcError(10028, 'too_many_requests', null, true);
export const invalidCredentials = (): RpcError => new RpcError(13004, 'invalid_credentials');
export const unauthorized = (reason: string): RpcError => new RpcError(13009, 'unauthorized', { reason });
export const rawNeedsLogin = (): RpcError => new RpcError(13778, 'raw_subscriptions_not_available_for_unauthorized');
export const maintenance = (): RpcError => new RpcError(11051, 'system_maintenance');
