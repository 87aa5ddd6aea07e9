import { canBeJudged } from '../engine/judge-incidents.ts';
import type { EngineState } from '../engine/state.ts';
import { newestVersion } from '../engine/versions.ts';
import { isoTime } from '../market/iso-time.ts';
import type { OperatorEvent } from '../market/event.ts';
import {
  CALIBRATION_CODE,
  registeredCalibrations,
  type RegisteredCalibration,
  type Registry,
} from '../policy/registry.ts';
import { precisionTable, VERDICT_RULES, type GivenVerdict } from '../policy/verdict.ts';
import type {
  LoopOrder,
  OversightSource,
  ShownCalibration,
  ShownOrders,
  ShownVerdict,
} from '../server/oversight-routes.ts';

/** What a person does, before it has its times. */
export type OperatorRequest = Pick<OperatorEvent, 'actor' | 'action' | 'target' | 'note' | 'verdict'>;

/** Verdicts, orders and the registry of a running engine: reads its state, and puts what people do through its log. */
export class OversightDesk implements OversightSource {
  private readonly state: () => EngineState | null;
  private readonly operate: (request: OperatorRequest) => string | null;

  /** `state`: null before there is one. `operate` returns null, or why nothing can be done. */
  constructor(state: () => EngineState | null, operate: (request: OperatorRequest) => string | null) {
    this.state = state;
    this.operate = operate;
  }

  precision(): ReturnType<OversightSource['precision']> {
    const book = this.state()?.oversight.verdicts;
    return book === undefined ? [] : precisionTable(book);
  }

  verdicts(): ShownVerdict[] {
    return [...(this.state()?.oversight.verdicts.given.values() ?? [])].map(shownVerdict).reverse();
  }

  judge(request: Parameters<OversightSource['judge']>[0]): string | null {
    const state = this.state();
    if (state === null) return 'the monitor has not begun';
    const { incident, verdict, note, actor } = request;
    if (!canBeJudged(state, incident))
      return `${incident}: neither open nor among the last incidents that can be judged`;
    return this.operate({ actor, action: 'verdict', target: incident, note, verdict });
  }

  orders(): ShownOrders {
    const state = this.state();
    const oversight = state?.oversight;
    const expiries = [...(state?.underlyings.values() ?? [])].flatMap((u) => u.expiries);
    return {
      overrides: [...(oversight?.overrides.values() ?? [])].map((o) => ({ ...o, until: isoTime(o.until) })),
      silences: [...(oversight?.silences.values() ?? [])].map(({ id, match, by, note, startsAt, until }) => ({
        id,
        match: { ...match } as Record<string, string>,
        by,
        note,
        starts_at: isoTime(startsAt),
        until: isoTime(until),
      })),
      acknowledged: [...(oversight?.acknowledged ?? [])].map(([incident, a]) => ({
        incident,
        ...a,
        at: isoTime(a.at),
      })),
      manual: [
        ...expiries.filter((e) => e.loop.machine.state === 'MANUAL').map((e) => [e.key, e.loop.machine.since] as const),
        ...(oversight?.manual ?? []),
      ].map(([scope, since]) => ({ scope, since: isoTime(since) })),
    };
  }

  order({ target, action, note, actor }: LoopOrder): string | null {
    const state = this.state();
    if (state === null) return 'the monitor has not begun';
    const listed = [...state.underlyings.values()].flatMap((u) => [u.key, ...u.expiries.map((e) => e.key)]);
    const scopes = [...listed, ...(action === 'resume' ? state.oversight.manual.keys() : [])];
    const proposals = action === 'approve' || action === 'reject';
    if (!scopes.includes(target) && !(proposals && this.isProposed(target)))
      return `target: ${target} is no underlying or expiry that is watched`;
    return this.operate({ actor, action, target, note });
  }

  calibrations(wanted: { readonly scope: string | null; readonly model: string | null }): ShownCalibration[] {
    const shown: ShownCalibration[] = [];
    const state = this.state();
    const show = (
      kind: ShownCalibration['kind'],
      registry: Registry,
      serving: ReadonlySet<string | undefined>,
    ): void => {
      for (const entry of registeredCalibrations(registry))
        if (wanted.model === null || entry.model === wanted.model)
          shown.push(shownCalibration(entry, kind, serving.has(entry.id)));
    };
    const isWanted = (...scopes: string[]): boolean => wanted.scope === null || scopes.includes(wanted.scope);
    for (const underlying of state?.underlyings.values() ?? []) {
      for (const { key, models, loop } of underlying.expiries)
        if (isWanted(key, underlying.key))
          show('surface', loop.registry, new Set(models.map((t) => newestVersion(t)?.fit.content)));
      const { registry, calibrations, pushed } = underlying.hedge;
      if (isWanted(underlying.key))
        show('hedge', registry, new Set([...calibrations.values(), ...pushed.values()].map((c) => c.content)));
    }
    for (const { key, registry, track } of state?.credits.values() ?? [])
      if (isWanted(key)) show('credit', registry, new Set([newestVersion(track)?.fit.content]));
    return shown.sort((a, b) => Date.parse(b.inputs.to) - Date.parse(a.inputs.to));
  }

  private isProposed(id: string): boolean {
    const [key, bucket] = id.split(':hedge/');
    if (bucket !== undefined) return this.state()?.underlyings.get(key)?.hedge.buckets.get(bucket)?.proposed != null;
    for (const underlying of this.state()?.underlyings.values() ?? [])
      for (const { loop } of underlying.expiries)
        if (
          loop.trial?.proposed !== null &&
          registeredCalibrations(loop.registry).some((r) => r.id === id || r.job === id)
        )
          return true;
    return false;
  }
}

function shownVerdict({ rule, at, endedAt, ...given }: GivenVerdict): ShownVerdict {
  return {
    ...given,
    automatic: rule !== null,
    rule: rule === null ? null : { name: rule, says: VERDICT_RULES[rule].says },
    at: isoTime(at),
    ended_at: endedAt === null ? null : isoTime(endedAt),
  };
}

function shownCalibration(
  c: RegisteredCalibration,
  kind: ShownCalibration['kind'],
  serving: boolean,
): ShownCalibration {
  const per = (sum: number): number | null => (c.scored === 0 || Number.isNaN(sum) ? null : sum / c.scored);
  return {
    id: c.id,
    job: c.job,
    kind,
    model: c.model,
    scope: c.scope,
    statement: c.statement ?? null,
    code: CALIBRATION_CODE,
    parameters: [...c.parameters],
    covariance: [...c.covariance],
    inputs: {
      from: isoTime(c.from),
      to: isoTime(c.to),
      first_record: c.firstRecord,
      last_record: c.lastRecord,
      quotes: c.quotes,
    },
    parent: c.parent,
    status: c.status,
    reason: c.reason,
    guards: [...c.guards],
    approver: c.approver,
    scores: {
      batches: c.scored,
      mean_pz: per(c.pz),
      worst_pz: c.scored === 0 ? null : c.worst,
      mean_inside_share: per(c.inside),
    },
    serving,
  };
}
