import type { Command } from 'commander';
import { VERDICTS, type Verdict } from '../policy/verdict.ts';
import { UsageError } from './usage-error.ts';

/** The monitor could not be reached, or said no. */
class MonitorRefused extends Error {
  override readonly name = 'MonitorRefused';
  readonly retryable: boolean;
  readonly exitCode = 1;

  constructor(message: string, retryable: boolean) {
    super(message);
    this.retryable = retryable;
  }
}

const ANSWER_MS = 10_000;

/** `vernier verdict INCIDENT VERDICT`: what an incident turned out to have been, told to the monitor that watches. */
export function registerVerdict(program: Command): void {
  program
    .command('verdict')
    .description('say what an incident was; it feeds the precision figure (docs/oversight.md)')
    .argument('<incident>', 'its id, as in the alert or `vernier watch` prints it')
    .argument('<verdict>', VERDICTS.join(', '))
    .option('--note <text>', 'why', '')
    .option('--url <address>', 'of the running monitor', 'http://127.0.0.1:8080')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nThe token, where the monitor wants one: VERNIER_TOKEN.')
    .action(async (incident: string, verdict: string, flags: { note: string; url: string; json?: boolean }) => {
      if (!(VERDICTS as readonly string[]).includes(verdict))
        throw new UsageError(`${verdict}: one of ${VERDICTS.join(', ')}`);
      const given = await tell(flags.url, incident, verdict as Verdict, flags.note);
      process.stdout.write(
        flags.json === true
          ? `${JSON.stringify(given)}\n`
          : `${incident}: ${verdict} (${String(given['cause'])} on ${String(given['scope'])}), by ${String(given['by'])}\n`,
      );
    });
}

async function tell(url: string, incident: string, verdict: Verdict, note: string): Promise<Record<string, unknown>> {
  if (!/^https?:\/\//.test(url)) throw new UsageError(`--url ${url}: an http:// or https:// address`);
  const token = process.env['VERNIER_TOKEN'];
  let response: Response;
  try {
    response = await fetch(new URL(`/api/v1/incidents/${encodeURIComponent(incident)}/verdict`, url), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ verdict, note }),
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  } catch {
    throw new MonitorRefused(`--url ${url}: no monitor answers there`, true);
  }
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (!response.ok)
    throw new MonitorRefused(
      `${response.status}: ${typeof body['detail'] === 'string' ? body['detail'] : 'refused'}`,
      false,
    );
  return body;
}
