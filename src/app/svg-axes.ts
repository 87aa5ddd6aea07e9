/** Axes of the pictures in reports: ticks at round values, labels with units. Plain SVG text. */

/** Text that may stand between tags and in attributes. */
export function svgText(raw: string): string {
  return raw.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [1, 2, 5, 10, 15, 30]
  .map((n) => n * SECOND)
  .concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), [1, 2, 3, 6, 12].map((n) => n * HOUR), [1, 2, 5, 7, 14, 30, 90, 180, 365].map((n) => n * DAY)); // prettier-ignore

/** One mark of an axis. */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** At most `most` times between two instants (epoch ms) at round UTC times; days where the span is long. */
export function timeTicks(from: number, to: number, most = 8): Tick[] {
  const step = STEPS.find((s) => (to - from) / s <= most) ?? 365 * DAY;
  const ticks: Tick[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push({ at, label: timeLabel(at, step) });
  return ticks;
}

function timeLabel(at: number, step: number): string {
  const iso = new Date(at).toISOString();
  if (step >= DAY) return iso.slice(5, 10);
  const clock = step < MINUTE ? iso.slice(11, 19) : iso.slice(11, 16);
  return at % DAY === 0 || step >= 6 * HOUR ? `${iso.slice(5, 10)} ${clock}` : clock;
}

/** Round values between two numbers, about `wanted` of them; `unit` stands behind each, `factor` multiplies what is shown. */
export function linearTicks(low: number, high: number, wanted = 5, unit = '', factor = 1): Tick[] {
  const span = (high - low) * factor;
  if (!(span > 0)) return [{ at: low, label: `${Number((low * factor).toPrecision(4))}${unit}` }];
  const raw = span / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw) ?? 10 * power;
  const ticks: Tick[] = [];
  for (let i = Math.ceil((low * factor) / step - 1e-9); i * step <= high * factor + 1e-9 * step; i++)
    ticks.push({ at: (i * step) / factor, label: `${Number((i * step).toPrecision(6))}${unit}` });
  return ticks;
}

/** Powers of ten, and where there are few 2 and 5 of each, between two positive numbers. */
export function logTicks(low: number, high: number): Tick[] {
  const decades = Math.log10(high) - Math.log10(low);
  const digits = decades > 3 ? [1] : [1, 2, 5];
  const ticks: Tick[] = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++)
    for (const d of digits) {
      const at = d * 10 ** e;
      if (at >= low * 0.999 && at <= high * 1.001) ticks.push({ at, label: String(Number(at.toPrecision(6))) });
    }
  return ticks;
}

/** Where a frame lies and what its ends mean. */
export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** Grid lines with labels below, and the axis' name under them. */
export function bottomAxis(f: Frame, ticks: readonly Tick[], name: string, grid = true): string {
  const lines = ticks.map(({ at, label }) => {
    const x = f.x(at).toFixed(1);
    return `<line x1="${x}" x2="${x}" y1="${grid ? f.top : f.bottom}" y2="${f.bottom + 4}" stroke="#e2e2e2"/><text x="${x}" y="${f.bottom + 16}" text-anchor="middle" font-size="11" fill="#444">${svgText(label)}</text>`;
  });
  const middle = (f.left + f.right) / 2;
  return `${lines.join('')}<line x1="${f.left}" x2="${f.right}" y1="${f.bottom}" y2="${f.bottom}" stroke="#555"/><text x="${middle}" y="${f.bottom + 32}" text-anchor="middle" font-size="11" fill="#444">${svgText(name)}</text>`;
}

/** Grid lines with labels on the left, and the axis' name along them. */
export function leftAxis(f: Frame, ticks: readonly Tick[], name: string): string {
  const lines = ticks.map(({ at, label }) => {
    const y = f.y(at);
    return `<line x1="${f.left}" x2="${f.right}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" stroke="#e2e2e2"/><text x="${f.left - 6}" y="${(y + 4).toFixed(1)}" text-anchor="end" font-size="11" fill="#444">${svgText(label)}</text>`;
  });
  const middle = (f.top + f.bottom) / 2;
  const at = f.left - 52;
  return `${lines.join('')}<line x1="${f.left}" x2="${f.left}" y1="${f.top}" y2="${f.bottom}" stroke="#555"/><text x="${at}" y="${middle}" text-anchor="middle" font-size="11" fill="#444" transform="rotate(-90 ${at} ${middle})">${svgText(name)}</text>`;
}

/** A picture with its title as text, so that it is read without its page too. */
export function svgPicture(width: number, height: number, title: string, body: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${svgText(title)}" font-family="system-ui, sans-serif"><rect width="${width}" height="${height}" fill="#fff"/><text x="12" y="20" font-size="14" font-weight="600" fill="#1a1a1a">${svgText(title)}</text>${body}</svg>`;
}
