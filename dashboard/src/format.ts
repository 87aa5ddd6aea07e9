/** Numbers as a desk reads them: a unit and an age on every one, a dash where there is none. */

export const NONE = '–';

const exists = (v: number | null | undefined): v is number => v !== null && v !== undefined && Number.isFinite(v);

/** Fixed decimals with thin groups of thousands: 96,713.20. */
export function fixed(value: number | null | undefined, decimals = 2): string {
  if (!exists(value)) return NONE;
  const text = Math.abs(value).toFixed(decimals);
  const [whole, rest] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const sign = value < 0 && Number(text) !== 0 ? '-' : '';
  return `${sign}${grouped}${rest === undefined ? '' : `.${rest}`}`;
}

/** Four significant figures, exponent only where a plain number would hide them. */
export function significant(value: number | null | undefined, figures = 4): string {
  if (!exists(value)) return NONE;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-5) return value.toExponential(figures - 1);
  const decimals = Math.max(0, figures - 1 - Math.floor(Math.log10(size)));
  return fixed(value, Math.min(decimals, 10));
}

/** A fraction as a percentage: 0.4512 -> 45.1 %. */
export function percent(value: number | null | undefined, decimals = 1): string {
  return exists(value) ? `${fixed(100 * value, decimals)} %` : NONE;
}

/** Seconds as the largest two units that matter: 42 s, 3 m 10 s, 5 h 07 m, 2 d 4 h. */
export function age(seconds: number | null | undefined): string {
  if (!exists(seconds)) return NONE;
  const s = Math.max(0, seconds);
  if (s < 1) return `${Math.round(s * 1000)} ms`;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.floor(s)} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} m ${pad(Math.floor(s % 60))} s`;
  if (s < 86_400) return `${Math.floor(s / 3_600)} h ${pad(Math.floor((s % 3_600) / 60))} m`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3_600)} h`;
}

/** 2026-02-05 21:29:00, UTC. */
export function moment(at: string | number | null | undefined): string {
  const ms = typeof at === 'string' ? Date.parse(at) : (at ?? NaN);
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 19).replace('T', ' ') : NONE;
}

/** 21:29:00 when the day is the reader's day, else 02-05 21:29. */
export function clock(at: string | number | null | undefined, now: number): string {
  const text = moment(at);
  if (text === NONE) return NONE;
  return text.slice(0, 10) === moment(now).slice(0, 10) ? text.slice(11) : text.slice(5, 16);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** 27 Mar 26. */
export function day(at: string): string {
  const date = new Date(at);
  return Number.isFinite(date.getTime())
    ? `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${String(date.getUTCFullYear()).slice(2)}`
    : NONE;
}

/** Time to expiry: 14 h, 6 d, 1.2 y. */
export function tenor(years: number): string {
  const days = years * 365;
  if (days < 2) return `${Math.max(0, Math.round(days * 24))} h`;
  return days < 400 ? `${Math.round(days)} d` : `${years.toFixed(1)} y`;
}

/** The part of a scope that a person reads: the expiry, or the whole underlying. */
export function scopeName(scope: string): string {
  const parts = scope.split(':');
  return parts.length > 2 ? `${parts[1]} ${day(parts[2])}` : `${parts[1] ?? scope}, all expiries`;
}

/** wrong-forward -> wrong forward. */
export function words(name: string): string {
  return name.replace(/[-_]/g, ' ');
}

const pad = (n: number): string => String(n).padStart(2, '0');
