/** Underlyings, scores, incidents, calibrations and gates on the wire. */
import { z } from 'zod';
import { VERDICTS } from '../../policy/verdict.ts';
import { column, feedState, gate, gateState, optional, optionalTime, severity, time, timeColumn } from './scalars.ts';
import { smile } from './smile.ts';

export const underlying = z
  .object({
    key: z.string(),
    venue: z.string(),
    underlying: z.string(),
    index: optional,
    at: optionalTime,
    feed: feedState,
    platform: z.enum(['open', 'locked', 'maintenance']),
    gate,
    model: z.string(),
    model_age_s: optional,
    half_life_s: optional,
    open_incidents: z.number(),
    worst_incident: z
      .object({ id: z.string(), cause: z.string(), severity, scope: z.string(), opened: time, money: optional })
      .nullable(),
    expiries: z.array(
      z.object({
        scope: z.string(),
        expiry: time,
        model: z.string(),
        loop: z.string(),
        /** When the loop entered its state; what led there and the incident behind it, where that was said. */
        loop_since: optionalTime,
        loop_why: z.string().nullable(),
        loop_incident: z.string().nullable(),
        trial: z.object({ mode: z.enum(['shadow', 'probation']), rivals: z.array(z.string()), since: time }).nullable(),
        proposed: z.string().nullable(),
        years: z.number(),
        forward: optional,
        atm_vol: optional,
        gate,
        age_s: optional,
        half_life_s: optional,
        pz: optional,
        inside_share: optional,
        quoted: z.number(),
        two_sided: z.number(),
      }),
    ),
  })
  .meta({ id: 'Underlying' });

export const underlyings = z.object({ items: z.array(underlying) });

export const scores = z
  .object({
    key: z.string(),
    model: z.string(),
    horizon_s: z.number(),
    from: optionalTime,
    to: optionalTime,
    series: z.array(
      z.object({
        scope: z.string(),
        model: z.string(),
        at: timeColumn,
        n: column,
        pz: column,
        level: column,
        skew: column,
        curvature: column,
        pr: column,
        inside_share: column,
        age_s: column,
      }),
    ),
    quality: z.array(
      z.object({
        scope: z.string(),
        at: timeColumn,
        half_spread: column,
        parity_gap: column,
        two_sided: column,
        unchanged_share: column,
        silent_share: column,
      }),
    ),
    thresholds: z.array(z.object({ score: z.string(), value: z.number(), says: z.string() })),
    marks: z.array(
      z.object({
        at: time,
        scope: z.string(),
        type: z.enum(['calibration', 'promotion', 'action', 'gate']),
        label: z.string(),
        ok: z.boolean(),
      }),
    ),
    incidents: z.array(
      z.object({
        id: z.string(),
        cause: z.string(),
        severity,
        scope: z.string(),
        opened: time,
        resolved: optionalTime,
      }),
    ),
  })
  .meta({ id: 'Scores' });

const timelineEntry = z.object({
  at: time,
  what: z.enum(['opened', 'updated', 'resolved', 'action', 'acknowledged', 'verdict']),
  text: z.string(),
  data: z.record(z.string(), z.unknown()),
});

export const incident = z
  .object({
    id: z.string(),
    cause: z.string(),
    says: z.string(),
    kind: z.enum(['data', 'market', 'model', 'book']),
    severity,
    scope: z.string(),
    underlying: z.string(),
    state: z.enum(['open', 'resolved']),
    opened: time,
    updated: time,
    resolved: optionalTime,
    acknowledged: z.object({ by: z.string(), at: time, note: z.string() }).nullable(),
    /** What it turned out to have been; `rule` names the rule that said so when it ended by itself, null = a person said it. */
    verdict: z
      .object({
        verdict: z.enum(VERDICTS),
        by: z.string(),
        automatic: z.boolean(),
        rule: z.string().nullable(),
        at: time,
        note: z.string(),
      })
      .nullable(),
    runner_up: z.object({ cause: z.string(), separated_by: z.string().nullable(), nats: optional }).nullable(),
    money: optional,
    evidence: z.record(z.string(), z.unknown()),
    timeline: z.array(timelineEntry),
  })
  .meta({ id: 'Incident' });

export const incidentWithPictures = incident.extend({ pictures: z.array(smile) }).meta({ id: 'IncidentWithPictures' });

export const calibration = z
  .looseObject({
    type: z.literal('calibration'),
    at: time,
    id: z.string(),
    scope: z.string(),
    model: z.string(),
    underlying: z.string(),
    expiry: time,
    status: z.string(),
    reason: z.string(),
    quotes_used: z.number(),
    quotes_refused: z.number(),
    refused_by_reason: z.record(z.string(), z.number()),
    forward: optional,
    parameters: z.record(z.string(), z.number()),
    rmse_vol: optional,
    inside_share: optional,
    chi2_per_dof: optional,
    min_g: optional,
    calendar_violations: optional,
  })
  .meta({ id: 'Calibration' });

export const gates = z.object({
  items: z.array(
    z.object({
      scope: z.string(),
      model: z.string(),
      underlying: z.string(),
      state: gateState,
      reasons: z.array(z.string()),
      since: optionalTime,
    }),
  ),
});

export const models = z.object({
  items: z.array(
    z.object({
      scope: z.string(),
      model: z.string(),
      role: z.enum(['champion', 'challenger', 'venue-mark']),
      calibrated: z.boolean(),
      fits: z.number(),
      versions: z.array(z.object({ id: z.string(), at: time, live_at: time })),
    }),
  ),
});

export type Underlying = z.infer<typeof underlying>;
export type Scores = z.infer<typeof scores>;
export type Incident = z.infer<typeof incident>;
export type IncidentWithPictures = z.infer<typeof incidentWithPictures>;
export type TimelineEntry = z.infer<typeof timelineEntry>;
export type Calibration = z.infer<typeof calibration>;
export type Gates = z.infer<typeof gates>;
export type Models = z.infer<typeof models>;
