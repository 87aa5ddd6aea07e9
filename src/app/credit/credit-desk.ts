/** What the engine knows of its credit curves, as the server tells it. */
import { bootstrapHazards } from '../../credit/bootstrap.ts';
import { isoDay } from '../../credit/calendar-day.ts';
import { certifyCurve, type CurveCertificate } from '../../credit/certificate.ts';
import type { CdsQuote } from '../../credit/cds-quote.ts';
import { curveGrid } from '../../credit/curve-grid.ts';
import { hazardParameters } from '../../credit/hazard-model.ts';
import type { CreditCurveState } from '../../engine/credit-state.ts';
import type { EngineState } from '../../engine/state.ts';
import { newestVersion } from '../../engine/versions.ts';
import { isoTime } from '../../market/iso-time.ts';
import type { OutputRecord } from '../../model/record.ts';
import type { CreditSource } from '../../server/credit-room.ts';
import type { CreditCurveShown, CreditGlance, CreditHistoryPoint } from '../../server/wire/credit.ts';

const DAY_MS = 86_400_000;
/** Points of history kept per curve, thinned when it is full. */
const MOST_POINTS = 2_000;
const MOST_CURVES = 5_000;

/** Reads the curves of an engine and keeps their recent history. */
export class CreditDesk implements CreditSource {
  private readonly state: () => EngineState | null;
  private readonly histories = new Map<string, CreditHistoryPoint[]>();

  constructor(state: () => EngineState | null) {
    this.state = state;
  }

  /** Takes every record that the engine says. */
  onRecord(record: OutputRecord): void {
    if (record.type !== 'credit-score') return;
    const found = this.histories.get(record.curve);
    const points = found ?? [];
    if (found === undefined) {
      if (this.histories.size >= MOST_CURVES) return;
      this.histories.set(record.curve, points);
    }
    const curve = this.state()?.credits.get(record.curve);
    const five = curve === undefined ? null : nearestTo(curve, 5);
    points.push({
      at: record.at,
      pz: record.pz,
      rms_half_spreads: record.rms_half_spreads,
      inside_share: record.inside_share,
      hazard_5y: five?.hazard ?? null,
      quote_5y: five?.mid ?? null,
    });
    if (points.length > MOST_POINTS)
      points.splice(0, points.length, ...points.filter((_, i) => i % 2 === 0 || i > MOST_POINTS / 2));
  }

  /** Every curve at a glance, by key. */
  curves(): CreditGlance[] {
    const state = this.state();
    return state === null ? [] : [...state.credits.values()].map(glance).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** One curve with its certificate and history; null when there is none of that key. */
  curve(key: string): CreditCurveShown | null {
    const curve = this.state()?.credits.get(key);
    if (curve === undefined) return null;
    const { terms } = curve;
    const certificate = certify(curve);
    const live = newestVersion(curve.track)?.fit ?? null;
    const { maturities, hazards } = hazardParameters(live?.parameters ?? []);
    const n = maturities.length;
    return {
      ...glance(curve),
      terms:
        terms === null
          ? null
          : {
              event_definition: terms.eventDefinition,
              recovery: terms.recovery,
              accrual: terms.accrual,
              roll: terms.roll,
              since: isoTime(curve.termsSince),
            },
      hazards: maturities.map((m, i) => ({
        maturity: isoDay(m),
        hazard: hazards[i],
        se: Math.sqrt(live?.covariance[i * n + i] ?? 0),
      })),
      nodes: (curve.reading?.nodes ?? []).map((node, i) => {
        const certified = certificate?.nodes[i] ?? null;
        return {
          node: node.node,
          maturity: isoDay(node.maturity),
          quote_type: node.quoteType,
          mid: node.mid,
          half_spread: node.half,
          predicted: finite(node.predicted),
          innovation_half_spreads: finite((node.mid - node.predicted) / node.half),
          contributors: node.contributors,
          residual_half_spreads: finite(certified?.residual),
          survival: finite(certified?.survival),
          survival_se: finite(certified?.survivalError),
          to_arbitrage_half_spreads: finite(certified?.distanceToArbitrage),
          without_it_half_spreads: finite(certified?.withoutIt),
        };
      }),
      contributors_known: [...curve.contributors.values()].map((c) => ({
        name: c.name,
        said_at: isoTime(c.saidAt),
        nodes: c.quotes.size,
        offset: c.offset,
        sd: Math.sqrt(c.variance),
        incidents: [...curve.incidents.open.values()]
          .filter((i) => i.scope === `${curve.key}/${c.name}`)
          .map((i) => i.cause),
      })),
      certificate:
        certificate === null
          ? null
          : {
              rms_half_spreads: certificate.rms,
              largest_half_spreads: certificate.largest,
              inside_share: certificate.inside,
              to_arbitrage_half_spreads: certificate.distanceToArbitrage,
              nearest_arbitrage: certificate.nearestArbitrage,
              roughness: certificate.roughness,
              oldest_quote_s: finite(certificate.ageMs / 1000),
            },
      history: this.histories.get(key) ?? [],
    };
  }
}

function glance(curve: CreditCurveState): CreditGlance {
  const live = newestVersion(curve.track)?.fit ?? null;
  const open = [...curve.incidents.open.values()];
  return {
    key: curve.key,
    model: curve.track.model,
    at: Number.isFinite(curve.closedAt) ? isoTime(curve.closedAt) : null,
    gate: { state: curve.track.gate.state, reasons: [...curve.track.gate.reasons] },
    loop: curve.loop.state,
    incidents: open.map((i) => ({ id: i.id, cause: i.cause, scope: i.scope })),
    pz: finite(curve.reading?.pz),
    inside_share: finite(curve.reading?.insideShare),
    fit_at: live === null ? null : isoTime(live.at),
    unexplained_move_se: finite(curve.track.unexplained),
    contributors: curve.contributors.size,
  };
}

function finite(value: number | undefined | null): number | null {
  return value !== undefined && value !== null && Number.isFinite(value) ? value : null;
}

function nearestTo(curve: CreditCurveState, years: number): { hazard: number | null; mid: number } | null {
  const { reading } = curve;
  if (reading === null || reading.nodes.length === 0) return null;
  const target = reading.at / DAY_MS + 365 * years;
  const node = reading.nodes.reduce((best, n) =>
    Math.abs(n.maturity - target) < Math.abs(best.maturity - target) ? n : best,
  );
  const { maturities, hazards } = hazardParameters(newestVersion(curve.track)?.fit.parameters ?? []);
  return { mid: node.mid, hazard: hazards[maturities.indexOf(node.maturity)] ?? null };
}

/** The certificate of the curve that the agreed quotes give; null when they give none. */
function certify(curve: CreditCurveState): CurveCertificate | null {
  const { terms, reading } = curve;
  if (terms === null || reading === null || reading.nodes.length === 0) return null;
  const discount = {
    times: terms.discountYears,
    values: terms.discountRates.map((r, i) => r * terms.discountYears[i]),
  };
  const quotes = reading.nodes.map((n): CdsQuote => ({
    node: n.node,
    maturity: n.maturity,
    kind: n.quoteType,
    coupon: n.coupon,
    value: n.mid,
  }));
  const laid = curveGrid(Math.floor(reading.at / DAY_MS), discount, quotes, terms.accrual);
  if (laid.status !== 'ok') return null;
  const found = bootstrapHazards(laid.grid, quotes, { recovery: terms.recovery, arbitrage: 'ignore' });
  if (found.status !== 'ok') return null;
  const facts = reading.nodes.map((n) => ({ halfSpread: Math.max(n.half, 1e-9), ageMs: reading.at - n.saidAt }));
  const certificate = certifyCurve(laid.grid, quotes, facts, found);
  return certificate.status === 'ok' ? certificate : null;
}
