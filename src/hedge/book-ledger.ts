/** What hedging a fixed book would have left, step by step, under every family. */

/** Sums of one step of one underlying; arrays over families. */
interface BookStep {
  readonly underlying: string;
  readonly at: number;
  coin: number;
  usd: number;
  readonly coinErrors: Float64Array;
  readonly usdErrors: Float64Array;
  readonly costs: Float64Array;
  options: number;
}

/** One family over all steps of an underlying. */
export interface BookScore {
  readonly family: string;
  readonly steps: number;
  /** Standard deviation of a step's change, coin and USD over the forward: unhedged, hedged. */
  readonly coinUnhedged: number;
  readonly coinHedged: number;
  readonly usdUnhedged: number;
  readonly usdHedged: number;
  /** Rebalancing costs of all steps, coin. */
  readonly cost: number;
}

/** The ledger; steps arrive in order of time. */
export class BookLedger {
  readonly families: readonly string[];
  readonly #steps: BookStep[] = [];

  constructor(families: readonly string[]) {
    this.families = families;
  }

  /** Adds `size` coins of one option over one step. Per coin of it: change, what each hedge left, what rebalancing cost. */
  add(
    underlying: string,
    at: number,
    size: number,
    change: { readonly coin: number; readonly usd: number },
    left: { readonly coin: Float64Array; readonly usd: Float64Array },
    costs: Float64Array,
  ): void {
    let step = this.#steps.at(-1);
    if (step === undefined || step.at !== at || step.underlying !== underlying) {
      const zero = (): Float64Array => new Float64Array(this.families.length);
      step = { underlying, at, coin: 0, usd: 0, coinErrors: zero(), usdErrors: zero(), costs: zero(), options: 0 };
      this.#steps.push(step);
    }
    step.options++;
    step.coin += size * change.coin;
    step.usd += size * change.usd;
    for (let f = 0; f < this.families.length; f++) {
      step.coinErrors[f] += size * left.coin[f];
      step.usdErrors[f] += size * left.usd[f];
      step.costs[f] += Math.abs(size) * (Math.abs(costs[f]) < Infinity ? costs[f] : 0);
    }
  }

  /** Scores of an underlying, in the order of families; empty when nothing held was ever quoted at both ends of a step. */
  scores(underlying: string): BookScore[] {
    const own = this.#steps.filter((s) => s.underlying === underlying);
    if (own.length === 0) return [];
    const deviation = (read: (s: BookStep) => number): number => {
      const mean = own.reduce((sum, s) => sum + read(s), 0) / own.length;
      return Math.sqrt(own.reduce((sum, s) => sum + (read(s) - mean) * (read(s) - mean), 0) / own.length);
    };
    const coinUnhedged = deviation((s) => s.coin);
    const usdUnhedged = deviation((s) => s.usd);
    return this.families.map((family, f) => ({
      family,
      steps: own.length,
      coinUnhedged,
      coinHedged: deviation((s) => s.coinErrors[f]),
      usdUnhedged,
      usdHedged: deviation((s) => s.usdErrors[f]),
      cost: own.reduce((sum, s) => sum + s.costs[f], 0),
    }));
  }
}
