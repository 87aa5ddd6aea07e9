/** What promotions and changes of family may cost one expiry; refreshing a family costs nothing (correction 5). */
export interface Budget {
  /** Epoch ms of the promotions of the last day, oldest first. */
  readonly spent: readonly number[];
  /** No attempt before this, epoch ms. */
  readonly freeAt: number;
  /** Rejections in a row. */
  readonly rejections: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Promotions of one expiry per hour and per day. Source: methods.md 6.5. */
export const PER_HOUR = 6;
/** See {@link PER_HOUR}. */
export const PER_DAY = 30;
/** Wait after the first rejection; every further one doubles it, ms. */
export const FIRST_WAIT_MS = 300_000;
/** Rejections in a row after which an operator must look. */
export const MOST_REJECTIONS = 6;

/** Nothing spent. */
export function initBudget(): Budget {
  return { spent: [], freeAt: -Infinity, rejections: 0 };
}

/** Whether a trial may begin or a winner be promoted at `at`; the reason when not. */
export function budgetAllows(budget: Budget, at: number): 'ok' | 'cooling-down' | 'hour-spent' | 'day-spent' {
  if (at < budget.freeAt) return 'cooling-down';
  let [hour, day] = [0, 0];
  for (const t of budget.spent) {
    if (at - t < HOUR_MS) hour++;
    if (at - t < DAY_MS) day++;
  }
  return hour >= PER_HOUR ? 'hour-spent' : day >= PER_DAY ? 'day-spent' : 'ok';
}

/** After a promotion: cools down for twice what a calibration and a batch take (ms). */
export function spendBudget(budget: Budget, at: number, latencyMs: number, batchMs: number): Budget {
  const spent = [...budget.spent.filter((t) => at - t < DAY_MS), at];
  return { spent, freeAt: at + 2 * (latencyMs + batchMs), rejections: 0 };
}

/** After a rejection or a roll-back: waits five minutes, then ten, twenty, ... Exhausted at {@link MOST_REJECTIONS}. */
export function rejectBudget(budget: Budget, at: number): Budget {
  const wait = FIRST_WAIT_MS * (1 << Math.min(budget.rejections, MOST_REJECTIONS));
  return { ...budget, freeAt: at + wait, rejections: budget.rejections + 1 };
}

/** Whether rejections have reached the point where an operator must decide. */
export function budgetExhausted(budget: Budget): boolean {
  return budget.rejections >= MOST_REJECTIONS;
}
