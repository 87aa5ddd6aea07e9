import type { PushedFitEvent, PushedGreeksEvent } from '../market/event.ts';
import { sha256 } from '../numeric/sha256.ts';
import type { CalibrationContent } from './registry.ts';

/** What the hash of a pushed calibration takes from the push itself. */
export type PushedContent = Required<Pick<CalibrationContent, 'parameters' | 'covariance' | 'statement' | 'quotes'>>;

/** What owners may call a version: short, ASCII, without the characters that part a statement. */
const VERSION = /^[A-Za-z0-9][\w.+:@/ -]{0,63}$/;

/** Whether a stated version (undefined: none) can stand in a registry. */
export function isVersion(stated: string | undefined): boolean {
  return stated === undefined || VERSION.test(stated);
}

/** A pushed smile as it came, to the last bit: its parameters, or its table as strike, volatility, strike, ... */
export function pushedFitContent(event: PushedFitEvent): PushedContent {
  const { family, strikes, volatilities, covariance, version } = event;
  return {
    parameters: family === null ? strikes.flatMap((strike, i) => [strike, volatilities[i]]) : event.parameters,
    covariance: covariance ?? [],
    statement: `family=${family ?? 'table'};version=${version ?? ''}`,
    quotes: family === null ? strikes.length : 0,
  };
}

/** Pushed deltas as they came; the options are named by the hash of their symbols, for there may be thousands. */
export function pushedGreeksContent(event: PushedGreeksEvent): PushedContent {
  const names = event.symbols.join(',');
  const bytes = Uint8Array.from(names, (c) => c.charCodeAt(0));
  return {
    parameters: event.deltas,
    covariance: [],
    statement: `convention=${event.convention};version=${event.version ?? ''};symbols=${sha256(bytes)}`,
    quotes: event.symbols.length,
  };
}
