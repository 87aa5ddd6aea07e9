/**
 * A reference quoter: two-sided around what the monitor serves, picked off by those who know the truth and paid by those
 * who do not. In expectation, so that two runs differ by the gate alone.
 */
import { leaseVerdicts } from '../../engine/lease-verdicts.ts';
import type { GateRecord } from '../../model/record.ts';
import { loopWidth } from '../../policy/loop.ts';
import { expiriesOf, type Watcher } from './watchers.ts';
import { servedLevel, servingTrack } from './gate-watch.ts';

/** What a quoter came to, USD for one at-the-money option of one coin per expiry and arrival. */
export interface QuoterResult {
  readonly quoter: 'gated' | 'ungated';
  readonly profit: number;
  /** Paid to those who knew better, and earned from the others. */
  readonly lost: number;
  readonly earned: number;
  readonly worst_drawdown: number;
  readonly quoting_hours: number;
}

/** Arrivals a second of those who know the truth, and of those who do not. */
const INFORMED = 0.2;
const UNINFORMED = 0.05;
/** Half-width of the quotes over the market's own, and at least this, volatility fraction. */
const WIDTH = 1;
const LEAST_WIDTH = 0.0025;
/** Width of a lease at most. */
const WIDEST = 10;

interface Account {
  lost: number;
  earned: number;
  peak: number;
  drawdown: number;
  milliseconds: number;
}

const account = (): Account => ({ lost: 0, earned: 0, peak: 0, drawdown: 0, milliseconds: 0 });

/** Both quoters at once. */
export class ReferenceQuoter implements Watcher {
  readonly #gated = account();
  readonly #ungated = account();
  #last = NaN;

  readonly onStep: NonNullable<Watcher['onStep']> = (state, _simulation, truth, at) => {
    const elapsed = at - this.#last;
    this.#last = at;
    if (!(elapsed > 0)) return;
    const verdicts = new Map(leaseVerdicts(state).map((v) => [v.scope, v]));
    for (const expiry of expiriesOf(state)) {
      const track = servingTrack(expiry);
      const level = servedLevel(expiry, truth, at);
      if (level === null || track === undefined) continue;
      const width = Math.max(LEAST_WIDTH, WIDTH * level.half);
      const miss = Math.abs(level.truth - level.served);
      trade(this.#ungated, miss, width, 1, level.vega, elapsed);
      const verdict = verdicts.get(`${track.model}@${expiry.key}`);
      const multiplier = widthOf(track.gate.state, loopWidth(expiry.loop.machine, at), verdict?.uncertainty ?? 1);
      if (multiplier !== null) trade(this.#gated, miss, width, multiplier, level.vega, elapsed);
    }
  };

  /** What both came to. */
  results(): QuoterResult[] {
    return [read('gated', this.#gated), read('ungated', this.#ungated)];
  }
}

/** The width that a lease asks for (docs/gate.md); null = no leave to quote. */
function widthOf(state: GateRecord['state'], loop: number, uncertainty: number): number | null {
  return state === 'OK' ? 1 : state === 'WIDEN' ? Math.min(WIDEST, Math.max(1.5, loop, uncertainty)) : null;
}

/** Those who know trade whenever the quote is on the wrong side of the truth; the others come less often to wider quotes. */
function trade(a: Account, miss: number, width: number, multiplier: number, vega: number, elapsed: number): void {
  const seconds = elapsed / 1000;
  const quoted = width * multiplier;
  a.milliseconds += elapsed;
  a.lost += 100 * Math.max(0, miss - quoted) * vega * INFORMED * seconds;
  // Wrong on one side is right on the other: they pay the width on average.
  a.earned += (100 * quoted * vega * UNINFORMED * seconds) / multiplier;
  const profit = a.earned - a.lost;
  a.peak = Math.max(a.peak, profit);
  a.drawdown = Math.max(a.drawdown, a.peak - profit);
}

function read(quoter: QuoterResult['quoter'], a: Account): QuoterResult {
  return {
    quoter,
    profit: a.earned - a.lost,
    lost: a.lost,
    earned: a.earned,
    worst_drawdown: a.drawdown,
    quoting_hours: a.milliseconds / 3_600_000,
  };
}
