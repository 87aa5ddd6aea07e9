/** How far one parameter of one model on one expiry went, step by step: small changes that add up show here. */
export interface CumulativeChange {
  readonly model: string;
  readonly scope: string;
  readonly parameter: string;
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
    { fits: number; first: number; last: number; path: number; largest: number }
  >();

  /** Takes the parameters of one accepted fit. */
  take(model: string, scope: string, parameters: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(parameters)) {
      if (!Number.isFinite(value)) continue;
      const key = `${model}|${scope}|${name}`;
      const s = this.series.get(key);
      if (s === undefined) {
        if (this.series.size < MAX_SERIES)
          this.series.set(key, { fits: 1, first: value, last: value, path: 0, largest: 0 });
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
      const { fits, first, last, path } = s;
      return { model, scope, parameter, fits, first, last, net: last - first, path, largest_step: s.largest };
    });
  }
}
