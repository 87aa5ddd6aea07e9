import { join } from 'node:path';
import type { Alerts } from '../app/alerts.ts';
import { DEFAULT_CONFIG } from '../engine/config.ts';

/** Who is told what, from an alerts file; null without one. Sinks and what they need are loaded only when somebody is to be told. */
export async function openAlerts(file: string | undefined, directory: string, stamp?: string): Promise<Alerts | null> {
  if (file === undefined) return null;
  const { Alerts, readAlertSettings } = await import('../app/alerts.ts');
  return new Alerts({
    settings: readAlertSettings(file),
    champion: DEFAULT_CONFIG.champion,
    deadLetters: join(directory, 'alerts-dead.ndjson'),
    ...(stamp === undefined ? {} : { stamp }),
    onTrouble: (text) => process.stderr.write(`vernier: ${text}\n`),
  });
}
