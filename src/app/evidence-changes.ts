import type { CalibrationRecord, CreditCalibrationRecord, HedgeFitRecord } from '../model/record.ts';
import { modelNamed } from '../engine/models.ts';
import { yearsBetween } from '../market/year-fraction.ts';
import { smileFamilyNamed } from '../surface/registry.ts';

/** How far one parameter of one model on one expiry went, step by step: small changes that add up show here. */
export interface CumulativeChange {
  readonly model: string;
  readonly scope: string;
  readonly parameter: string;
  /** Whether quotes identify it: parameters that make up for each other wander while the smile stands still. */
  readonly identified: boolean;
  readonly fits: number;
  readonly first: number;
  readonly last: number;
  /** last - first, in the parameter's own unit. */
  readonly net: number;
  /** Sum of the absolute steps: much larger than |net| means that it went to and fro. */
  readonly path: number;
  readonly largest_step: number;
}

const MAX_SERIES = 20_000;

/** Adds up the steps between accepted calibrations. */
export class PathLengths {
  private readonly series = new Map<
    string,
    { identified: boolean; fits: number; first: number; last: number; path: number; largest: number }
  >();

  /** Takes one accepted fit: what quotes identify (level, skew and curvature of the smile) and its parameters as they are. */
  take(record: CalibrationRecord, scope: string): void {
    this.add(record.model, scope, smileOf(record), true);
    this.add(record.model, scope, record.parameters, false);
  }

  /** Takes one accepted calibration of a hedging model or a credit curve: all they have are their parameters. */
  takeOther(record: HedgeFitRecord | CreditCalibrationRecord): void {
    if (record.type === 'hedge-calibration') this.add(record.model, record.underlying, record.parameters, false);
    else {
      const hazards = Object.entries(record.hazards).map(([day, hazard]) => [`hazard to ${day}`, hazard]);
      this.add(record.model, record.curve, Object.fromEntries(hazards) as Record<string, number>, false);
    }
  }

  private add(model: string, scope: string, values: Readonly<Record<string, number>>, identified: boolean): void {
    for (const [name, value] of Object.entries(values)) {
      if (!Number.isFinite(value)) continue;
      const key = `${model}|${scope}|${name}`;
      const s = this.series.get(key);
      if (s === undefined) {
        if (this.series.size < MAX_SERIES)
          this.series.set(key, { identified, fits: 1, first: value, last: value, path: 0, largest: 0 });
        continue;
      }
      const step = Math.abs(value - s.last);
      s.fits++;
      s.path += step;
      s.largest = Math.max(s.largest, step);
      s.last = value;
    }
  }

  /** One row a parameter. */
  rows(): CumulativeChange[] {
    return [...this.series].map(([key, s]) => {
      const [model, scope, parameter] = key.split('|');
      const { identified, fits, first, last, path } = s;
      return {
        model,
        scope,
        parameter,
        identified,
        fits,
        first,
        last,
        net: last - first,
        path,
        largest_step: s.largest,
      };
    });
  }
}

/** Half a standard deviation of the return: where skew and curvature are read. */
const AT_X = 0.5;

/**
 * Volatility at the money, its slope and its curvature in x = k / (sigma_atm sqrt T), volatility fractions, of a smile's
 * calibration; nothing for anything else.
 */
function smileOf(record: CalibrationRecord): Record<string, number> {
  const family = smileFamilyNamed(record.model);
  const years = yearsBetween(Date.parse(record.at), Date.parse(record.expiry));
  // A log holds names in the order of the alphabet.
  const parameters = modelNamed(record.model).parameterNames.map((name) => record.parameters[name]);
  if (family === undefined || !(years > 0) || parameters.length === 0 || parameters.some((p) => p === undefined))
    return {};
  const volatility = (k: number): number => Math.sqrt(family.totalVariance(parameters, k, years) / years);
  const atm = volatility(0);
  const k = AT_X * atm * Math.sqrt(years);
  const [low, high] = [volatility(-k), volatility(k)];
  return { atm_vol: atm, skew: (high - low) / (2 * AT_X), curvature: (high - 2 * atm + low) / (AT_X * AT_X) };
}
