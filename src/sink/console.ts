import { z } from 'zod';
import { headline, oneLine, plainText } from './notification-text.ts';
import type { SinkDefinition } from './sink.ts';

const schema = z.strictObject({
  /** `line`: one line a notification; `full`: everything. */
  style: z.enum(['line', 'full']).default('line'),
});

/** Writes to standard error; standard output belongs to the data. */
export const definition: SinkDefinition<typeof schema> = {
  kind: 'console',
  schema,
  create: (name, settings) => ({
    name,
    kind: 'console',
    send: (notification) => {
      const text = settings.style === 'full' ? plainText(notification) : headline(notification);
      return new Promise((resolve) => {
        // A closed terminal is no reason to retry: there is nobody left to read.
        process.stderr.write(`${text.split('\n').map(oneLine).join('\n')}\n`, () => resolve());
      });
    },
  }),
};
