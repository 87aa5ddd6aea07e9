import { hazardModel, hazardParameters } from '../credit/hazard-model.ts';
import { learnHour } from '../detect/hourly-habit.ts';
import { isoTime } from '../market/iso-time.ts';
import type { Fit, FitJob, FitReason, Observations } from '../model/contract.ts';
import type { CreditScoreRecord } from '../model/record.ts';
import { median } from '../numeric/robust.ts';
import { diagnoseCredit } from '../policy/credit-diagnosis.ts';
import { updateIncidents } from '../policy/incident.ts';
import type { LoopInput } from '../policy/loop-table.ts';
import { addScore, servedCalibration } from '../policy/registry.ts';
import { scorePrequential } from '../score/prequential.ts';
import { distrusted, moveCreditGate } from './credit-gate.ts';
import { tellCreditLoop } from './credit-loop.ts';
import type { CreditContributor, CreditCurveState } from './credit-state.ts';
import type { Effect } from './effect.ts';
import { readCreditSigns, contributorScope, repetitionNats, silenceNats } from './read-credit-signs.ts';
import { readCredit, type CreditReadout } from './read-credit.ts';
import { countRefused, type EngineState } from './state.ts';
import { watchCreditQuiet } from './watch-credit-quiet.ts';
import { newestVersion } from './versions.ts';

/** Log-odds beyond which one update is enough for a fault of the whole curve, nats. */
const BEYOND_DOUBT = 20;
/** How long a fault must be out of sight before it is over, in updates. */
const LINGER_CLOSES = 2.5;
/** Fits stand until a quote has moved by this share of its half-spread, or for a day. */
const WARNING_HALF_SPREADS = 0.5;
const MAX_AGE_MS = 86_400_000;

/**
 * Closes an update of a credit curve: the live curve's predictions are scored by quotes it has not seen, contributors are
 * judged against each other and against it, then the loop may refit and the gate moves.
 */
export function closeCredit(state: EngineState, curve: CreditCurveState, at: number): Effect[] {
  const { terms, track } = curve;
  if (terms === null) return [];
  const effects: Effect[] = [];
  state.counts.batches++;
  const live = newestVersion(track)?.fit ?? null;
  const cadence = Number.isFinite(curve.closedAt) ? at - curve.closedAt : 0;
  const readout = readCredit(curve, terms, live, at, (c) => !distrusted(curve, c));
  countHabits(curve, at);
  const inversion = tryFit(curve, readout);
  const ageSeconds = live === null ? 0 : (at - live.at) / 1000;
  const signs = readCreditSigns(curve, readout, ageSeconds, inversion, state.config.openLogOdds);
  const diagnoses = diagnoseCredit(signs);
  if (diagnoses.some((d) => d.cause === 'outlier-quote' && d.scope === curve.key)) curve.disputed++;
  // Who did not speak has shown nothing, but for its silence.
  const spoke = [...curve.contributors.values()].filter((c) => c.spoke);
  const examined = new Set([curve.key, ...spoke.map((c) => contributorScope(curve, c.name))]);
  const records = updateIncidents(
    curve.incidents,
    curve.key,
    at,
    diagnoses,
    (scope, cause) => examined.has(scope) || cause === 'stale-contributor',
    (d) => (d.kind === 'data' && d.scope === curve.key && d.logOdds >= BEYOND_DOUBT ? 1 : 2),
    (kind) => (kind === 'market' ? 0 : LINGER_CLOSES * cadence),
  );
  for (const record of records) effects.push({ type: 'record', record });
  const scored = live === null ? null : scoreCredit(curve, readout, live, ageSeconds);
  if (scored !== null) effects.push({ type: 'record', record: scored });
  const clean = diagnoses.length === 0 && curve.incidents.open.size === 0;
  if (clean) learnHabits(curve, readout, ageSeconds);
  summarise(curve, readout, scored);
  const suspect = diagnoses.some((d) => d.kind === 'data' && d.scope === curve.key);
  const input = loopInput(curve, live, scored, suspect, at);
  const actions = tellCreditLoop(curve, input, at, effects);
  if (actions.includes('fit') || actions.includes('fit-level-skew'))
    requestFit(state, curve, readout, live, input, effects);
  moveCreditGate(curve, at, effects);
  const quiet = watchCreditQuiet(state, curve, at);
  finish(curve, readout.step, at);
  effects.push(...quiet);
  if (readout.observations === null) countRefused(state, 'credit-no-trusted-quotes');
  return effects;
}

/** Who spoke and who did not, among how many: what the silence of one means. */
function countHabits(curve: CreditCurveState, at: number): void {
  const all = [...curve.contributors.values()];
  const spoke = all.filter((c) => c.spoke).length;
  const changed = all.filter((c) => c.changed).length;
  for (const c of all) {
    const others = all.length - 1;
    const share = others === 0 ? 1 : (spoke - (c.spoke ? 1 : 0)) / others;
    if (c.spoke) c.silent = 0;
    else c.silent += silenceNats(c, at, share);
    if (c.changed) c.repeated = 0;
    // Where nobody else has anything new to say either, repeating oneself says nothing.
    else if (c.spoke && (others === 0 || changed > 0)) c.repeated += repetitionNats(c);
  }
}

/** What a calibration to the agreed quotes comes to: lowest forward hazard in standard errors and where, or why it fails. */
function tryFit(curve: CreditCurveState, readout: CreditReadout): { z: number; node: string } {
  const batch = readout.observations;
  if (batch === null) return { z: 0, node: '' };
  const found = hazardModel.fit(jobFor(curve, batch, null, 'schedule', readout.at, 'trial'));
  const failed = found.parameters.length === 0;
  curve.track.failure = failed ? found.status : null;
  curve.track.failures = failed ? curve.track.failures + 1 : 0;
  if (failed) return { z: 0, node: '' };
  const { hazards } = hazardParameters(found.parameters);
  let lowest = 0;
  hazards.forEach((h, i) => (lowest = h < hazards[lowest] ? i : lowest));
  const agreed = readout.nodes.filter((n) => n.consensus !== null);
  return { z: found.numbers['inversion'] ?? 0, node: agreed[lowest]?.node ?? '' };
}

function scoreCredit(
  curve: CreditCurveState,
  readout: CreditReadout,
  live: Fit,
  ageSeconds: number,
): CreditScoreRecord | null {
  const batch = readout.observations;
  if (batch === null) return null;
  const n = batch.value.length;
  const out = { mean: new Float64Array(n), sd: new Float64Array(n) };
  hazardModel.predict(live, batch, out);
  const { variancePerSecond } = curve.track;
  const agreed = readout.nodes.filter((node) => node.consensus !== null);
  let worst = 0;
  let squares = 0;
  const half = (i: number): number => Math.max(batch.high[i] - batch.value[i], Number.MIN_VALUE);
  for (let i = 0; i < n; i++) {
    const { predicted } = agreed[i].rows[0];
    // The horizon's noise is one of log spread: in the quote's own unit it has the node's scale.
    const scale = predicted?.scale ?? 0;
    out.sd[i] = Math.sqrt(out.sd[i] * out.sd[i] + variancePerSecond * ageSeconds * scale * scale);
    const z = (batch.value[i] - out.mean[i]) / half(i);
    squares += z * z;
    if (Math.abs(z) > Math.abs((batch.value[worst] - out.mean[worst]) / half(worst))) worst = i;
  }
  const score = scorePrequential(batch, out, 0);
  if (score === null) return null;
  curve.track.proven = true;
  const entry = servedCalibration(curve.registry, live.model, live.content);
  if (entry !== undefined) addScore(entry, score.pz, score.insideShare);
  return {
    type: 'credit-score',
    at: isoTime(readout.at),
    model: curve.track.model,
    curve: curve.key,
    age_s: ageSeconds,
    n,
    pz: score.pz,
    b0: score.factors?.b[0] ?? null,
    b1: score.factors?.b[1] ?? null,
    b2: score.factors?.b[2] ?? null,
    rms_half_spreads: Math.sqrt(squares / n),
    worst_node: agreed[worst].node,
    worst_half_spreads: (batch.value[worst] - out.mean[worst]) / half(worst),
    inside_share: score.insideShare,
    log_score: score.logScore,
    contributors: curve.contributors.size,
  };
}

const WINSOR = 9;
const MOST_WEIGHT = 60;
const DECAY = 0.98;
/** A learnt horizon stays within this factor of half a percent a day and ten percent a day. */
const LEAST_PER_SECOND = (0.005 * 0.005) / 86_400;
const MOST_PER_SECOND = (0.1 * 0.1) / 86_400;
const LEAST_VARIANCE = 1e-6;

/** Habits, offsets and the horizon are learnt only where nothing is wrong. */
function learnHabits(curve: CreditCurveState, readout: CreditReadout, ageSeconds: number): void {
  for (const c of curve.contributors.values()) {
    learnHour(c.habit, readout.at, c.spoke);
    c.spokenSum = DECAY * c.spokenSum + (c.spoke ? 1 : 0);
    c.changedSum = DECAY * c.changedSum + (c.changed ? 1 : 0);
    learnDeviation(c, readout);
  }
  const { track } = curve;
  const moves = readout.nodes.map((n) => n.consensus?.deviation ?? NaN).filter(Number.isFinite);
  if (moves.length === 0 || !(ageSeconds > 0)) return;
  const common = median(moves);
  const seen = Math.min((common * common) / ageSeconds, WINSOR * track.variancePerSecond);
  track.variancePerSecond += (seen - track.variancePerSecond) / (track.weight + 1);
  track.variancePerSecond = Math.min(MOST_PER_SECOND, Math.max(LEAST_PER_SECOND, track.variancePerSecond));
  track.weight = Math.min(MOST_WEIGHT, track.weight + 1);
}

function learnDeviation(c: CreditContributor, readout: CreditReadout): void {
  if (!c.spoke) return;
  const away: number[] = [];
  for (const node of readout.nodes)
    for (const row of node.rows)
      if (row.contributor === c && node.consensus !== null && node.rows.length > 1)
        away.push(row.deviation - node.consensus.deviation);
  const usable = away.filter(Number.isFinite);
  c.weight = Math.min(MOST_WEIGHT, c.weight + 1);
  if (usable.length === 0) return;
  const step = 1 / (c.weight + 1);
  const bound = 3 * Math.sqrt(c.variance);
  const centre = median(usable);
  c.offset += step * Math.min(bound, Math.max(-bound, centre - c.offset));
  const spread = usable.reduce((s, v) => s + Math.min((v - c.offset) * (v - c.offset), WINSOR * c.variance), 0);
  c.variance = Math.max(LEAST_VARIANCE, c.variance + step * (spread / usable.length - c.variance));
}

function summarise(curve: CreditCurveState, readout: CreditReadout, scored: CreditScoreRecord | null): void {
  curve.reading = {
    at: readout.at,
    nodes: readout.nodes.flatMap(({ node, maturity, rows, consensus }) =>
      consensus === null
        ? []
        : {
            node,
            maturity,
            quoteType: consensus.quoteType,
            mid: consensus.mid,
            half: consensus.half,
            predicted: predictedAs(rows, consensus.quoteType, consensus.coupon),
            contributors: consensus.contributors,
            coupon: consensus.coupon,
            saidAt: rows.reduce((latest, r) => Math.max(latest, r.event.at), -Infinity),
          },
    ),
    pz: scored?.pz ?? NaN,
    insideShare: scored?.inside_share ?? NaN,
  };
}

function predictedAs(rows: CreditReadout['nodes'][number]['rows'], quoteType: string, coupon: number): number {
  const like = rows.find((r) => r.event.quoteType === quoteType && r.event.coupon === coupon);
  return like?.predicted?.value ?? NaN;
}

/** What the loop is told of one close; a fault of the data outranks everything. */
function loopInput(
  curve: CreditCurveState,
  live: Fit | null,
  scored: CreditScoreRecord | null,
  suspect: boolean,
  at: number,
): LoopInput {
  const open = [...curve.incidents.open.values()].filter((i) => i.scope === curve.key);
  if (open.some((i) => i.kind === 'data')) return 'data-fault';
  if (live === null) return 'first';
  // A fault may need one more update to be named: nothing is fitted to what it may have touched.
  if (suspect) return 'quiet';
  if (open.some((i) => i.kind !== 'data')) return 'breach';
  if (curve.termsSince > live.at) return 'event';
  const moved = scored !== null && scored.rms_half_spreads > WARNING_HALF_SPREADS;
  return moved || at - live.at >= MAX_AGE_MS ? 'age' : 'quiet';
}

function jobFor(
  curve: CreditCurveState,
  observations: Observations,
  start: Fit | null,
  reason: FitReason,
  at: number,
  id: string,
): FitJob {
  return {
    id,
    model: curve.track.model,
    scope: curve.scope,
    at,
    reason,
    observations,
    start: start?.parameters ?? null,
    prior: null,
    options: {},
  };
}

const REASONS: Partial<Record<LoopInput, FitReason>> = {
  first: 'first',
  breach: 'threshold',
  age: 'age',
  event: 'event',
};
/** An answer that has not come by then never will, ms. */
const LOST_MS = 30_000;

function requestFit(
  state: EngineState,
  curve: CreditCurveState,
  readout: CreditReadout,
  live: Fit | null,
  input: LoopInput,
  effects: Effect[],
): void {
  const { track } = curve;
  if (readout.observations === null) return;
  if (track.pending !== null) {
    if (readout.at - track.lastJobAt < LOST_MS) return;
    state.pendingJobs.delete(track.pending);
  }
  const id = `${track.model}@${curve.key}#${track.fits++}`;
  const job = jobFor(curve, readout.observations, live, REASONS[input] ?? 'schedule', readout.at, id);
  track.pending = id;
  track.lastJobAt = readout.at;
  state.counts.fits++;
  const { record } = state;
  state.pendingJobs.set(id, { job, refused: {}, refusedTotal: 0, incident: null, approver: 'automatic', record });
  effects.push({ type: 'fit', job });
}

function finish(curve: CreditCurveState, step: number, at: number): void {
  for (const c of curve.contributors.values()) c.distrusted = distrusted(curve, c);
  curve.position += step;
  for (const c of curve.contributors.values())
    for (const q of c.quotes.values()) if (q.changedAt >= curve.closedAt) q.position = curve.position;
  curve.closedAt = at;
  curve.changedAt = NaN;
  curve.closes++;
  for (const c of curve.contributors.values()) {
    c.spoke = false;
    c.changed = false;
  }
}
