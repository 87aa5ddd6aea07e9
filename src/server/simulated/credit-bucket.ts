/** The venue's leaky buckets of credits: each method costs, buckets refill with time. */

/** Capacity, refill per second and cost per request of one bucket. */
export interface CreditRule {
  readonly capacity: number;
  readonly refillPerSecond: number;
  readonly cost: number;
}

/** The default bucket and those of dear methods. */
export interface RateLimits {
  readonly standard: CreditRule;
  readonly methods: Readonly<Record<string, CreditRule>>;
}

/** The limits the venue documents for public and non-matching requests. */
export const VENUE_RATE_LIMITS: RateLimits = {
  standard: { capacity: 50_000, refillPerSecond: 10_000, cost: 500 },
  methods: {
    'public/get_instruments': { capacity: 500_000, refillPerSecond: 10_000, cost: 10_000 },
    'public/subscribe': { capacity: 30_000, refillPerSecond: 10_000, cost: 3000 },
    'private/subscribe': { capacity: 30_000, refillPerSecond: 10_000, cost: 3000 },
  },
};

/** Credits of one address or account. Times are ms of any monotonic clock. */
export class Credits {
  readonly #limits: RateLimits | null;
  readonly #buckets = new Map<string, { credits: number; at: number }>();

  /** `null` = no limits. */
  constructor(limits: RateLimits | null) {
    this.#limits = limits;
  }

  /** Pays for a method; false when the bucket cannot. */
  spend(method: string, at: number): boolean {
    if (this.#limits === null) return true;
    const own = this.#limits.methods[method];
    const rule = own ?? this.#limits.standard;
    const key = own === undefined ? '' : method;
    const bucket = this.#buckets.get(key) ?? { credits: rule.capacity, at };
    this.#buckets.set(key, bucket);
    bucket.credits = Math.min(rule.capacity, bucket.credits + (rule.refillPerSecond * (at - bucket.at)) / 1000);
    bucket.at = at;
    if (bucket.credits < rule.cost) return false;
    bucket.credits -= rule.cost;
    return true;
  }
}
