/** Round numbers 1, 2 or 5 times a power of ten inside [low, high], about `count` of them. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low) || count < 1) return Number.isFinite(low) ? [low] : [];
  const step = niceStep((high - low) / count);
  const out: number[] = [];
  const first = Math.ceil(low / step - 1e-9);
  for (let i = first; i * step <= high + step * 1e-9 && out.length < 100; i++) out.push(i * step);
  return out;
}

/** The smallest of 1, 2, 5 times a power of ten that is not below `rough`. */
export function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const lead = rough / power;
  return power * (lead <= 1 + 1e-9 ? 1 : lead <= 2 + 1e-9 ? 2 : lead <= 5 + 1e-9 ? 5 : 10);
}

/** Decimals that tell ticks of this step apart. */
export function tickDecimals(step: number): number {
  return Math.max(0, Math.min(8, -Math.floor(Math.log10(step) + 1e-9)));
}

/** [low, high] widened by a share of itself and rounded outward to a tick, so that it stands still while data jitter. */
export function roundedRange(low: number, high: number, share = 0.04): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const width = high > low ? high - low : Math.max(1e-6, Math.abs(high) * 0.1);
  const step = niceStep(width / 8);
  return [Math.floor((low - share * width) / step) * step, Math.ceil((high + share * width) / step) * step];
}

/** The value at a share of the sorted finite values; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.filter((v) => Number.isFinite(v)).toSorted((a, b) => a - b);
  if (sorted.length === 0) return NaN;
  const at = Math.min(sorted.length - 1, Math.max(0, share * (sorted.length - 1)));
  const i = Math.floor(at);
  const j = Math.min(i + 1, sorted.length - 1);
  return sorted[i] + (at - i) * (sorted[j] - sorted[i]);
}
