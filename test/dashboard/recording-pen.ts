import type { Palette, Pen } from '../../dashboard/src/pen.ts';

/** What a drawing did, in order: enough to count strokes and to see colours without a browser. */
export interface Stroke {
  readonly verb: string;
  readonly at: readonly (number | string)[];
  readonly stroke: unknown;
  readonly fill: unknown;
  readonly dash: boolean;
}

/** A pen that writes down what it is told. */
export function recordingPen(): { readonly pen: Pen; readonly strokes: Stroke[] } {
  const strokes: Stroke[] = [];
  const state: Record<string, unknown> = { dash: [] };
  const pen = new Proxy(state, {
    get: (target, name: string) => {
      if (name === 'measureText') return (text: string) => ({ width: 6 * text.length });
      if (name === 'setLineDash') return (dash: number[]) => (target['dash'] = dash);
      if (name in target && typeof target[name] !== 'function' && name !== 'dash') return target[name];
      return (...at: (number | string)[]) =>
        strokes.push({
          verb: name,
          at,
          stroke: target['strokeStyle'],
          fill: target['fillStyle'],
          dash: (target['dash'] as number[]).length > 0,
        });
    },
  }) as unknown as Pen;
  return { pen, strokes };
}

/** Every colour is its own name. */
export const NAMED: Palette = Object.fromEntries(
  [
    'paper', 'raised', 'ink', 'muted', 'faint', 'rule', 'accent', 'band', 'mark', 'challenger', 'buy', 'sell', 'ok',
    'widen', 'hedge', 'stop', 'quiet',
  ].map((n) => [n, n]), // prettier-ignore
) as unknown as Palette;
