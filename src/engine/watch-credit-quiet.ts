import { leastChanceAt, learnHour } from '../detect/hourly-habit.ts';
import { log } from '../numeric/exponential.ts';
import { diagnoseCredit, type CreditSigns } from '../policy/credit-diagnosis.ts';
import { updateIncidents } from '../policy/incident.ts';
import { moveCreditGate } from './credit-gate.ts';
import type { CreditCurveState } from './credit-state.ts';
import type { Effect } from './effect.ts';
import type { EngineState } from './state.ts';

const HOUR_MS = 3_600_000;
const CAUSE = 'stale-contributor';

/**
 * Counts the hours of a curve that nobody quotes against the hours in which it usually is; opens an incident on the whole
 * curve when that is no longer chance, and lets it go with the next update. Called when time passes and at every close.
 */
export function watchCreditQuiet(state: EngineState, curve: CreditCurveState, at: number): Effect[] {
  const hour = Math.floor(at / HOUR_MS);
  const closed = Math.floor(curve.closedAt / HOUR_MS);
  if (!Number.isFinite(curve.closedAt)) return [];
  if (!Number.isFinite(curve.countedHour)) curve.countedHour = closed;
  if (hour <= curve.countedHour) return [];
  const healthy = curve.incidents.open.size === 0;
  for (; curve.countedHour < hour; curve.countedHour++) {
    const moment = curve.countedHour * HOUR_MS;
    const quoted = curve.countedHour === closed;
    if (quoted) curve.quiet = 0;
    else curve.quiet -= log(1 - leastChanceAt(curve.hours, moment));
    if (healthy) learnHour(curve.hours, moment, quoted);
  }
  const effects: Effect[] = [];
  const records = updateIncidents(
    curve.incidents,
    curve.key,
    at,
    diagnoseCredit(quietSigns(state, curve)),
    (scope, cause) => scope === curve.key && cause === CAUSE,
  );
  for (const record of records) effects.push({ type: 'record', record });
  if (records.length > 0) moveCreditGate(curve, at, effects);
  return effects;
}

function quietSigns(state: EngineState, curve: CreditCurveState): CreditSigns {
  return {
    scope: curve.key,
    contributors: [],
    whole: {
      scope: curve.key,
      nodes: [],
      deviations: [],
      stated: [],
      readings: [],
      silence: curve.quiet,
      repetition: 0,
      otherRecovery: NaN,
      upfrontOverLoss: 0,
      updates: curve.closes,
      lasting: false,
      apart: 0,
      apartBy: 0,
    },
    move: 0,
    inversion: 0,
    invertedNode: '',
    absurdRate: 0,
    failure: null,
    failures: 0,
    unexplained: NaN,
    openAt: state.config.openLogOdds,
    isOpen: (cause, scope) => curve.incidents.open.has(`${cause}|${scope}`),
  };
}
