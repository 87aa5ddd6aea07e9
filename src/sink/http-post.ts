import { SinkError } from './sink.ts';

const MAX_RETRY_AFTER_MS = 3_600_000;

/** Posts JSON once. Follows no redirect: a secret header must not travel on. Throws {@link SinkError}. */
export async function postJson(
  name: string,
  url: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'user-agent': 'vernier', ...headers },
      redirect: 'manual',
      signal,
    });
    // An answer is not needed, but a body left unread would keep the connection.
    await response.body?.cancel();
  } catch (error) {
    // The cause is left out on purpose: it may repeat the address.
    if (signal.aborted) throw new SinkError('timeout', `${name}: no answer in time`);
    const code = ((error as { cause?: { code?: unknown } } | null)?.cause?.code ?? 'failed') as string;
    throw new SinkError('unreachable', `${name}: cannot be reached (${code})`);
  }
  const { status } = response;
  if (status >= 200 && status < 300) return;
  const busy = status === 408 || status === 425 || status === 429 || status >= 500;
  const code = busy ? 'busy' : status === 401 || status === 403 ? 'credentials' : 'refused';
  throw new SinkError(code, `${name}: status ${status}`, retryAfter(response.headers.get('retry-after')));
}

/** Seconds, or an HTTP date, as ms from now, bounded. */
function retryAfter(value: string | null): number | null {
  if (value === null) return null;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : null;
}

/** Only http and https; credentials do not belong into an address. */
export function checkedUrl(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new SinkError('configuration', `${name}: url is not an http or https address`);
  if (url.username !== '' || url.password !== '')
    throw new SinkError('configuration', `${name}: url holds credentials; name an environment variable or a file`);
  return url;
}
