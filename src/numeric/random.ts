/** Seeded pseudo-random numbers: the same seed gives the same sequence on every machine. */
import { exp, expm1, log } from './exponential.ts';
import { inverseNormalCdf } from './normal.ts';

/** Finaliser of splitmix32: spreads every bit of a 32-bit word. */
function mix(word: number): number {
  let z = word >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

function seedWords(seed: number, label: string): Uint32Array {
  const low = seed >>> 0;
  const high = Math.floor(seed / 4294967296) >>> 0;
  let h = mix(low ^ 0x9e3779b9);
  h = mix((h + high) ^ 0x7f4a7c15);
  for (let i = 0; i < label.length; i++) h = mix((Math.imul(h, 31) + label.charCodeAt(i)) ^ (h >>> 7));
  const words = new Uint32Array(4);
  for (let i = 0; i < 4; i++) words[i] = h = mix(h + 0x9e3779b9 + low + Math.imul(i, high | 1));
  if ((words[0] | words[1] | words[2] | words[3]) === 0) words[0] = 1;
  return words;
}

/**
 * A generator with 128 bits of state: xoshiro128** 1.1 (Blackman and Vigna 2018, ACM TOMS 47:36), seeded through
 * a splitmix finaliser. Not for cryptography.
 */
export class Random {
  readonly #state: Uint32Array;

  /** A generator for a seed (an integer in [0, 2^53)) and an optional stream label. */
  constructor(seed: number, label: string = '') {
    this.#state = seedWords(seed, label);
  }

  /** An independent generator named by a label; this generator advances by two draws. */
  split(label: string = ''): Random {
    return new Random(this.#bits() + (this.#bits() & 0x1fffff) * 4294967296, label);
  }

  /** The next 32 random bits, as an unsigned integer. */
  #bits(): number {
    const s = this.#state;
    const x = Math.imul(s[1], 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    const t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** Uniform on the open interval (0, 1), 53 bits. */
  uniform(): number {
    const high = this.#bits() >>> 6;
    const low = this.#bits() >>> 6;
    return (high * 67108864 + low + 0.5) / 4503599627370496;
  }

  /** Uniform on the open interval (low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** Uniform integer in [0, count), without bias; count in [1, 2^32]. */
  integer(count: number): number {
    const limit = 4294967296 - (4294967296 % count);
    let bits = this.#bits();
    while (bits >= limit) bits = this.#bits();
    return bits % count;
  }

  /** One element of a non-empty list. */
  pick<T>(list: readonly T[]): T {
    return list[this.integer(list.length)];
  }

  /** True with probability p. */
  chance(p: number): boolean {
    return this.uniform() < p;
  }

  /** Normal with the given mean and standard deviation, by inversion: exactly one uniform each. */
  normal(mean: number = 0, sd: number = 1): number {
    return mean + sd * inverseNormalCdf(this.uniform());
  }

  /** Exponential with the given mean. */
  exponential(mean: number = 1): number {
    return -mean * log(this.uniform());
  }

  /**
   * Poisson count with the given mean >= 0: by inversion below 30, above by transformed rejection (Hoermann 1993,
   * Insurance: Mathematics and Economics 12:39, algorithm PTRS).
   */
  poisson(mean: number): number {
    if (!(mean > 0)) return 0;
    return mean < 30 ? this.#poissonByProduct(mean) : this.#poissonByRejection(mean);
  }

  #poissonByProduct(mean: number): number {
    const floor = exp(-mean);
    let count = 0;
    for (let product = this.uniform(); product > floor; product *= this.uniform()) count++;
    return count;
  }

  #poissonByRejection(mean: number): number {
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const alpha = 1.1239 + 1.1328 / (b - 3.4);
    const logMean = log(mean);
    while (true) {
      const u = this.uniform() - 0.5;
      const v = this.uniform();
      const us = 0.5 - Math.abs(u);
      const count = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return count;
      if (count < 0 || (us < 0.013 && v > us)) continue;
      const accepted = log((v * alpha) / (a / (us * us) + b)) <= count * logMean - mean - logFactorial(count);
      if (accepted) return count;
    }
  }

  /** Student t with `degrees` > 0 of freedom, unscaled (variance degrees/(degrees-2)); Bailey 1994, Math. Comp. 62:779. */
  studentT(degrees: number): number {
    while (true) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const w = u * u + v * v;
      if (w <= 1) return u * Math.sqrt((degrees * expm1((-2 / degrees) * log(w))) / w);
    }
  }

  /** A shuffled copy of a list (Fisher and Yates). */
  shuffled<T>(list: readonly T[]): T[] {
    const copy = [...list];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [copy[i], copy[j]] = [copy[j], copy[i]];
    }
    return copy;
  }
}

/** ln n!, by summation below 16 and Stirling's series above (relative error below 1e-14). */
function logFactorial(n: number): number {
  if (n < 16) {
    let product = 1;
    for (let i = 2; i <= n; i++) product *= i;
    return log(product);
  }
  const m = n + 1;
  const i2 = 1 / (m * m);
  const series = (1 / 12 - i2 * (1 / 360 - i2 * (1 / 1260 - i2 / 1680))) / m;
  return (m - 0.5) * log(m) - m + 0.9189385332046727 + series;
}
