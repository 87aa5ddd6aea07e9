import type { ComponentType } from 'preact';
import type { Monitor } from '../monitor.ts';
import { bookTab } from './book-view.tsx';
import { creditTab } from './credit-view.tsx';
import { gateTab } from './gate-view.tsx';
import { hedgeTab } from './hedge-view.tsx';
import { modelsTab } from './models-view.tsx';
import { healthTab } from './health-view.tsx';
import { monitorTab } from './monitor-view.tsx';
import { surfaceTab } from './surface-view.tsx';

/** One way of looking: a name in the address, a word in the strip, a digit by its place in {@link TABS}. */
export interface Tab {
  /** Lower-case letters: it stands in the address. */
  readonly name: string;
  /** What the strip calls it. */
  readonly word: string;
  /** What it answers, for the list of keys. */
  readonly says: string;
  readonly View: ComponentType;
  /** Whether there is anything to show; always when absent. An empty room is not offered. */
  readonly offered?: (monitor: Monitor) => boolean;
  /** It shows something without any underlying; while there is none the address without a name means it. */
  readonly alone?: boolean;
  /** It is of the monitor itself, not of any underlying. */
  readonly ofMonitor?: boolean;
}

/** In the order of the strip; the first is what an address without a name means. At most nine. */
export const TABS: readonly Tab[] = [monitorTab, gateTab, surfaceTab, bookTab, hedgeTab, creditTab, modelsTab, healthTab];

/** Those there is something to show in. */
export function offeredTabs(monitor: Monitor): readonly Tab[] {
  const offered = TABS.filter((t) => t.offered?.(monitor) ?? true);
  const onlyAlone = monitor.underlyings.size === 0 && offered.some((t) => t.alone === true);
  return onlyAlone ? offered.filter((t) => t.alone === true || t.ofMonitor === true) : offered;
}
