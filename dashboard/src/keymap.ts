/** Every key of the page: what `?` lists is what is bound. */
export interface Key {
  readonly keys: readonly string[];
  readonly does: string;
  readonly act: Act;
  /** Only while a recording plays. */
  readonly replay?: boolean;
}

/** Opens a tab by its place in the strip. */
export type TabAct = `tab-${number}`;
export const tabAct = (place: number): TabAct => `tab-${place + 1}`;

export type Act =
  | 'help'
  | TabAct
  | 'next-slice'
  | 'previous-slice'
  | 'worst-slice'
  | 'back'
  | 'next-incident'
  | 'previous-incident'
  | 'acknowledge'
  | 'across'
  | 'up'
  | 'unit'
  | 'shape'
  | 'table'
  | 'csv'
  | 'png'
  | 'earlier'
  | 'later'
  | 'live'
  | 'time'
  | 'theme'
  | 'underlying'
  | 'play'
  | 'jump'
  | 'faster'
  | 'slower';

export const KEYS: readonly Key[] = [
  { keys: ['?'], does: 'this list', act: 'help' },
  ...Array.from({ length: 9 }, (_, place): Key => ({ keys: [String(place + 1)], does: 'view', act: tabAct(place) })),
  { keys: ['w'], does: 'enlarge the worst expiry', act: 'worst-slice' },
  { keys: ['j', 'ArrowRight'], does: 'next expiry', act: 'next-slice' },
  { keys: ['k', 'ArrowLeft'], does: 'previous expiry', act: 'previous-slice' },
  { keys: ['Escape'], does: 'back: close what is open', act: 'back' },
  { keys: ['i'], does: 'next incident', act: 'next-incident' },
  { keys: ['o'], does: 'previous incident', act: 'previous-incident' },
  { keys: ['a'], does: 'acknowledge the open incident', act: 'acknowledge' },
  { keys: ['x'], does: 'horizontal axis: x, k, strike, delta', act: 'across' },
  { keys: ['y'], does: 'vertical axis: volatility, total variance, price', act: 'up' },
  { keys: ['u'], does: 'coin or USD', act: 'unit' },
  { keys: ['m'], does: 'mesh or heat map', act: 'shape' },
  { keys: ['['], does: 'earlier: as of one calibration or batch before', act: 'earlier' },
  { keys: [']'], does: 'later', act: 'later' },
  { keys: ['l'], does: 'back to live', act: 'live' },
  { keys: ['g'], does: 'go to a time on record', act: 'time' },
  { keys: ['t'], does: 'table behind the panel in focus', act: 'table' },
  { keys: ['c'], does: 'export the panel in focus as CSV', act: 'csv' },
  { keys: ['p'], does: 'export the panel in focus as PNG', act: 'png' },
  { keys: ['b'], does: 'next underlying', act: 'underlying' },
  { keys: ['d'], does: 'dark or light', act: 'theme' },
  { keys: [' '], does: 'replay: play or pause', act: 'play', replay: true },
  { keys: ['n'], does: 'replay: run to the next incident', act: 'jump', replay: true },
  { keys: ['+', '='], does: 'replay: faster', act: 'faster', replay: true },
  { keys: ['-'], does: 'replay: slower', act: 'slower', replay: true },
];

/** What a key press asks for; null when it is nobody's, typed into a field, or a browser's own combination. */
export function actOf(
  event: { readonly key: string; readonly ctrlKey: boolean; readonly metaKey: boolean; readonly altKey: boolean },
  target: { readonly tag: string; readonly editable: boolean },
  replaying: boolean,
): Act | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const typing = target.editable || target.tag === 'INPUT' || target.tag === 'TEXTAREA' || target.tag === 'SELECT';
  if (typing && event.key !== 'Escape') return null;
  if (target.tag === 'BUTTON' && event.key === ' ') return null;
  const found = KEYS.find((k) => k.keys.includes(event.key));
  if (found === undefined || (found.replay === true && !replaying)) return null;
  return found.act;
}

/** Speeds of the transport, times real time. */
export const SPEEDS: readonly number[] = [1, 2, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000];

/** The next faster (or slower) speed. */
export function nextSpeed(now: number, step: 1 | -1): number {
  if (step > 0) return SPEEDS.find((s) => s > now) ?? SPEEDS[SPEEDS.length - 1];
  return SPEEDS.findLast((s) => s < now) ?? SPEEDS[0];
}
