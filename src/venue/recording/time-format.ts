/** Spellings of time a mapping can name; anything else is a pattern such as `yyyy-MM-dd HH:mm` (UTC). */
export const TIME_FORMATS = ['iso', 'epoch-s', 'epoch-ms', 'epoch-us', 'epoch-ns'] as const;

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

/** Epoch ms (rounded down) of an ISO-8601 date or date-time; without a zone it is UTC. null for anything else. */
export function parseIsoTime(text: string): number | null {
  const m = ISO.exec(text);
  if (m === null) return null;
  const millis = m[7] === undefined ? 0 : Number(m[7].padEnd(3, '0').slice(0, 3));
  const at = civilTime(
    Number(m[1]),
    Number(m[2]),
    Number(m[3]),
    Number(m[4] ?? 0),
    Number(m[5] ?? 0),
    Number(m[6] ?? 0),
  );
  if (at === null) return null;
  return at + millis - zoneOffset(m[8]);
}

function zoneOffset(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.charCodeAt(0) === 45 ? -minutes : minutes) * 60_000;
}

/** Epoch ms of a UTC civil time; null when a part is out of range (month 13, 31 February, hour 25). */
function civilTime(year: number, month: number, day: number, hour: number, minute: number, second: number) {
  if (hour > 23 || minute > 59 || second > 60) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A day that the month does not have rolls over into the next (or, for day 0, the previous) month.
  if (date.getUTCMonth() !== month - 1) return null;
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const TOKENS: Record<string, string> = {
  yyyy: String.raw`(?<year>\d{4})`,
  yy: String.raw`(?<shortYear>\d{2})`,
  MMM: '(?<name>[A-Za-z]{3})',
  MM: String.raw`(?<month>\d{2})`,
  M: String.raw`(?<month>\d{1,2})`,
  dd: String.raw`(?<day>\d{2})`,
  d: String.raw`(?<day>\d{1,2})`,
  HH: String.raw`(?<hour>\d{2})`,
  H: String.raw`(?<hour>\d{1,2})`,
  mm: String.raw`(?<minute>\d{2})`,
  ss: String.raw`(?<second>\d{2})`,
  SSS: String.raw`(?<millis>\d{3})`,
};

/** Compiles a date pattern of yyyy yy MMM MM M dd d HH H mm ss SSS and literal characters; null when it names no day. */
export function compileTimePattern(pattern: string): ((text: string) => number | null) | null {
  const seen = new Set<string>();
  let repeated = false;
  const source = pattern.replace(/yyyy|yy|MMM|MM|M|dd|d|HH|H|mm|ss|SSS|[\s\S]/g, (part) => {
    const token = TOKENS[part];
    if (token === undefined) return part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    const group = token.slice(3, token.indexOf('>'));
    if (seen.has(group)) repeated = true;
    seen.add(group);
    return token;
  });
  const dated =
    (seen.has('year') || seen.has('shortYear')) && (seen.has('month') || seen.has('name')) && seen.has('day');
  if (!dated || repeated) return null;
  const expression = new RegExp(`^${source}$`);
  return (text) => {
    const parts = expression.exec(text)?.groups;
    if (parts === undefined) return null;
    const year = parts['year'] === undefined ? 2000 + Number(parts['shortYear']) : Number(parts['year']);
    const month =
      parts['name'] === undefined ? Number(parts['month']) : MONTHS.indexOf(parts['name'].toLowerCase()) + 1;
    const { hour = 0, minute = 0, second = 0, millis = 0 } = parts;
    const at = civilTime(year, month, Number(parts['day']), Number(hour), Number(minute), Number(second));
    return at === null ? null : at + Number(millis);
  };
}

const EPOCH_SCALE: Record<string, number> = { 'epoch-s': 1000, 'epoch-ms': 1, 'epoch-us': 1e-3, 'epoch-ns': 1e-6 };

/**
 * A reader of one spelling of time: epoch ms, rounded down, or null when the value is not so spelled. Remembers the
 * last text, because the rows of a snapshot repeat it. null for a pattern that names no day.
 */
export function timeReader(format: string): ((value: unknown) => number | null) | null {
  const scale = EPOCH_SCALE[format];
  if (scale !== undefined) return (value) => epochTime(value, scale);
  const parse = format === 'iso' ? parseIsoTime : compileTimePattern(format);
  if (parse === null) return null;
  let lastText = '';
  let lastTime: number | null = null;
  return (value) => {
    if (typeof value !== 'string') return null;
    if (value !== lastText) {
      lastText = value;
      lastTime = parse(value.trim());
    }
    return lastTime;
  };
}

function epochTime(value: unknown, scale: number): number | null {
  const isText = typeof value === 'string' && /^\s*\d+(\.\d*)?\s*$/.test(value);
  if (typeof value !== 'number' && !isText) return null;
  // Dividing keeps whole milliseconds exact where multiplying by 1e-3 would not.
  const at = Math.floor(scale >= 1 ? Number(value) * scale : Number(value) / Math.round(1 / scale));
  return Number.isFinite(at) ? at : null;
}
