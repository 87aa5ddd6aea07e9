import { readFileSync } from 'node:fs';
import { createTransport } from 'nodemailer';
import { z } from 'zod';
import { headline, plainText } from './notification-text.ts';
import { secretPlace } from './secret-place.ts';
import { SinkError, type SinkDefinition } from './sink.ts';

const address = z.string().regex(/^[^\s<>@,;]+@[^\s<>@,;]+$/, 'one address such as name@example.org');
const schema = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535),
  /** `starttls` (port 587) and `implicit` (port 465) insist on TLS; `none` is for a relay on this machine. */
  tls: z.enum(['starttls', 'implicit', 'none']).default('starttls'),
  /** A certificate authority of your own, PEM. */
  ca_file: z.string().optional(),
  user: z.string().optional(),
  password: secretPlace.optional(),
  from: address,
  to: z.array(address).min(1).max(50),
});

/** A step of the conversation with the mail server that takes longer is given up, ms. */
const STEP_MS = 10_000;

/** Plain-text mail over SMTP. */
export const definition: SinkDefinition<typeof schema> = {
  kind: 'email',
  schema,
  create(name, settings, readSecret) {
    const { host, port, tls, user, from, to } = settings;
    if ((user === undefined) !== (settings.password === undefined))
      throw new SinkError('configuration', `${name}: user and password come together`);
    if (user !== undefined && tls === 'none')
      throw new SinkError('configuration', `${name}: a password is not sent without tls`);
    const auth = settings.password === undefined ? undefined : { user, pass: readSecret(settings.password) };
    const ca = settings.ca_file === undefined ? undefined : readCertificate(name, settings.ca_file);
    return {
      name,
      kind: 'email',
      async send(notification, signal) {
        const transport = createTransport({
          host,
          port,
          auth,
          secure: tls === 'implicit',
          requireTLS: tls === 'starttls',
          ignoreTLS: tls === 'none',
          tls: { ca },
          connectionTimeout: STEP_MS,
          greetingTimeout: STEP_MS,
          socketTimeout: STEP_MS,
          dnsTimeout: STEP_MS,
          disableFileAccess: true,
          disableUrlAccess: true,
        });
        const message = {
          from,
          to,
          subject: headline(notification),
          text: plainText(notification),
          messageId: `<${notification.id}@vernier.invalid>`,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Vernier-Reason': notification.reason },
        };
        const aborted = new Promise<never>((_, reject) => {
          const stop = (): void => reject(new SinkError('timeout', `${name}: not sent in time`));
          if (signal.aborted) stop();
          else signal.addEventListener('abort', stop, { once: true });
        });
        try {
          const sent = await Promise.race([transport.sendMail(message), aborted]);
          // Trying again would tell the others twice.
          if (sent.rejected.length > 0)
            throw new SinkError('refused', `${name}: ${sent.rejected.length} of ${to.length} recipients were refused`);
        } catch (error) {
          throw error instanceof SinkError ? error : mailError(name, error);
        } finally {
          transport.close();
        }
      },
    };
  },
};

const CREDENTIALS = new Set(['EAUTH', 'ENOAUTH', 'EOAUTH2']);

/** Names the kind of failure; what the server said may repeat names, so only its number is kept. */
function mailError(name: string, error: unknown): SinkError {
  const { code, responseCode } = (error ?? {}) as { code?: unknown; responseCode?: unknown };
  const said = typeof responseCode === 'number' ? ` ${responseCode}` : '';
  const text = `${typeof code === 'string' ? code : 'failed'}${said}`;
  if (typeof code === 'string' && CREDENTIALS.has(code) && !(typeof responseCode === 'number' && responseCode < 500))
    return new SinkError('credentials', `${name}: the mail server does not let us in (${text})`);
  if (typeof responseCode === 'number')
    return responseCode < 500
      ? new SinkError('busy', `${name}: the mail server asks to come back (${text})`)
      : new SinkError('refused', `${name}: the mail server refuses (${text})`);
  if (code === 'EENVELOPE' || code === 'EMESSAGE')
    return new SinkError('refused', `${name}: not a sendable mail (${text})`);
  return new SinkError('unreachable', `${name}: the mail server cannot be reached (${text})`);
}

function readCertificate(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new SinkError('configuration', `${name}: ca_file cannot be read`);
  }
}
