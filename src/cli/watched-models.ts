import { DEFAULT_CONFIG, type EngineConfig } from '../engine/config.ts';
import { UsageError } from './usage-error.ts';

/** What can be watched side by side: every smile family and the venue's own marks. */
const WATCHABLE = ['svi', 'essvi', 'sabr', 'spline', 'venue-mark'] as const;

/** The configuration with the models of a list; the champion, whose fits feed incidents and the gate, is always one. */
export function watchedModels(list: string | undefined): EngineConfig {
  if (list === undefined) return DEFAULT_CONFIG;
  const names = list.split(',').map((name) => name.trim());
  for (const name of names)
    if (!WATCHABLE.some((w) => w === name))
      throw new UsageError(`--models: ${name} is none of ${WATCHABLE.join(', ')}`);
  const models = [...new Set([DEFAULT_CONFIG.champion, ...names])];
  // What is watched from the start is no challenger that is brought in and taken away.
  return { ...DEFAULT_CONFIG, models, challengers: DEFAULT_CONFIG.challengers.filter((c) => !models.includes(c)) };
}
