/** What the gate saves: exposure while the truth is outside the published band, and how soon it leaves OK. */
import { servedLevel, servingTrack } from './gate-watch.ts';
import { expiriesOf, isAbout, type Watcher } from './watchers.ts';

/** Exposure during one entry of the answer key and a minute after it. */
export interface FaultExposure {
  readonly fault: string;
  readonly at: string;
  readonly magnitude: number;
  /** USD per volatility point times seconds, of one at-the-money option per expiry: gate OK and truth outside the band. */
  readonly vega_seconds: number;
  /** The same whatever the gate said. */
  readonly ungated_vega_seconds: number;
  /** Seconds from the onset until the gate of the median struck expiry left OK; null when that never did. */
  readonly left_ok_s: number | null;
}

/** The last of a fault's consequences, ms. */
const AFTER_MS = 60_000;

interface Sum {
  readonly fault: string;
  readonly magnitude: number;
  readonly from: number;
  gated: number;
  open: number;
  /** Seconds until the gate left OK, by expiry that the fault is about; Infinity while it has not. */
  readonly left: Map<number, number>;
}

/** Adds up exposure. */
export class ExposureWatch implements Watcher {
  readonly #start: number;
  readonly #faults = new Map<string, Sum>();
  #last = NaN;

  constructor(start: number) {
    this.#start = start;
  }

  readonly onStep: NonNullable<Watcher['onStep']> = (state, simulation, truth, at) => {
    const elapsed = at - this.#last;
    this.#last = at;
    if (!(elapsed > 0) || at - this.#start < AFTER_MS) return;
    const on = simulation.answerKey.filter((f) => at >= f.from && at < f.to + AFTER_MS);
    if (on.length === 0) return;
    for (const expiry of expiriesOf(state)) {
      const gate = servingTrack(expiry)?.gate;
      if (expiry.expiry <= at || gate === undefined) continue;
      const level = servedLevel(expiry, truth, at);
      const outside = level !== null && Math.abs(level.truth - level.served) > level.band;
      const exposed = outside ? (level.vega * elapsed) / 1000 : 0;
      for (const f of on) {
        if (!isAbout(f, expiry.expiry)) continue;
        const key = `${f.fault}${f.from}`;
        const sum = this.#faults.get(key) ?? { fault: f.fault, magnitude: f.magnitude, from: f.from, gated: 0, open: 0, left: new Map<number, number>() }; // prettier-ignore
        this.#faults.set(key, sum);
        sum.open += exposed;
        if (gate.state === 'OK') sum.gated += exposed;
        const left = sum.left.get(expiry.expiry) ?? Infinity;
        if (left === Infinity && at < f.to)
          sum.left.set(expiry.expiry, gate.state === 'OK' ? Infinity : (at - f.from) / 1000);
      }
    }
  };

  /** By entry of the answer key, in order. */
  exposure(): FaultExposure[] {
    return [...this.#faults.values()]
      .toSorted((a, b) => a.from - b.from)
      .map((e) => {
        const left = [...e.left.values()].toSorted((a, b) => a - b);
        const middle = left[left.length >> 1] ?? Infinity;
        return {
          fault: e.fault,
          at: new Date(e.from).toISOString(),
          magnitude: e.magnitude,
          vega_seconds: e.gated,
          ungated_vega_seconds: e.open,
          left_ok_s: Number.isFinite(middle) ? middle : null,
        };
      });
  }
}
