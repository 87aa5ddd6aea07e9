import { definition as alertmanager } from './alertmanager.ts';
import { definition as console } from './console.ts';
import { definition as email } from './email.ts';
import { definition as webhook } from './webhook.ts';

/** Every sink there is, by kind. `test/sink/registry.test.ts` compares it with the folder. */
export const SINKS = { console, webhook, alertmanager, email } as const;
