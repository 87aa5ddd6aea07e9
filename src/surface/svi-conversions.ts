import { sviMinimumVariance, sviTotalVariance } from './svi-curve.ts';

/** Raw SVI, w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)); w is total implied variance. */
export interface RawSvi {
  readonly a: number;
  readonly b: number;
  readonly rho: number;
  readonly m: number;
  readonly sigma: number;
}

/** Natural SVI, w(k) = delta + omega/2 (1 + zeta rho (k - mu) + sqrt((zeta (k - mu) + rho)^2 + 1 - rho^2)). */
export interface NaturalSvi {
  readonly delta: number;
  readonly mu: number;
  readonly rho: number;
  readonly omega: number;
  readonly zeta: number;
}

/**
 * SVI jump-wings of an expiry T: `v` ATM variance w(0)/T, `psi` ATM skew d sqrt(w)/dk, `p` and `c` slopes of the left
 * and right wing over sqrt(w(0)), `vTilde` minimum variance over T. Gatheral and Jacquier 2014, equation 3.5.
 */
export interface JumpWings {
  readonly v: number;
  readonly psi: number;
  readonly p: number;
  readonly c: number;
  readonly vTilde: number;
}

/** Result of a conversion that need not exist. */
export type Conversion<T> =
  | { readonly status: 'converted'; readonly value: T }
  | { readonly status: 'not-invertible' | 'out-of-domain'; readonly reason: string };

/** Raw SVI from an array [a, b, rho, m, sigma]. */
export function rawSviOf(p: ArrayLike<number>): RawSvi {
  return { a: p[0], b: p[1], rho: p[2], m: p[3], sigma: p[4] };
}

/** Array [a, b, rho, m, sigma] of raw SVI. */
export function rawSviArray(raw: RawSvi): Float64Array {
  return Float64Array.of(raw.a, raw.b, raw.rho, raw.m, raw.sigma);
}

/** sqrt(1 - rho^2) without cancellation near |rho| = 1. */
function complement(rho: number): number {
  return Math.sqrt((1 - rho) * (1 + rho));
}

/**
 * Natural from raw: zeta = sqrt(1 - rho^2)/sigma, omega = 2 b/zeta, mu = m + rho/zeta,
 * delta = a - omega (1 - rho^2)/2 (Gatheral and Jacquier 2014, lemma 3.1). `out-of-domain` when |rho| = 1 (zeta = 0) or
 * sigma <= 0. Golden: svi_params.csv.
 */
export function rawToNatural(raw: RawSvi): Conversion<NaturalSvi> {
  const root = complement(raw.rho);
  if (!(root > 0) || !(raw.sigma > 0)) {
    return {
      status: 'out-of-domain',
      reason: `rho = ${raw.rho}, sigma = ${raw.sigma}: natural SVI needs |rho| < 1 and sigma > 0`,
    };
  }
  const zeta = root / raw.sigma;
  const omega = (2 * raw.b) / zeta;
  const delta = raw.a - 0.5 * omega * root * root;
  return { status: 'converted', value: { delta, mu: raw.m + raw.rho / zeta, rho: raw.rho, omega, zeta } };
}

/** Raw from natural, the inverse of {@link rawToNatural}; `out-of-domain` unless zeta > 0. Golden: svi_params.csv. */
export function naturalToRaw(natural: NaturalSvi): Conversion<RawSvi> {
  const { delta, mu, rho, omega, zeta } = natural;
  if (!(zeta > 0) || !(Math.abs(rho) <= 1)) {
    return { status: 'out-of-domain', reason: `zeta = ${zeta}, rho = ${rho}: needs zeta > 0 and |rho| <= 1` };
  }
  const root = complement(rho);
  const value = {
    a: delta + 0.5 * omega * root * root,
    b: 0.5 * omega * zeta,
    rho,
    m: mu - rho / zeta,
    sigma: root / zeta,
  };
  return { status: 'converted', value };
}

/** Jump-wings from raw for an expiry of `years` > 0; `out-of-domain` when w(0) <= 0. Golden: svi_params.csv. */
export function rawToJumpWings(raw: RawSvi, years: number): Conversion<JumpWings> {
  const { b, rho, m, sigma } = raw;
  const parameters = rawSviArray(raw);
  const w = sviTotalVariance(parameters, 0);
  if (!(w > 0) || !(years > 0)) {
    return { status: 'out-of-domain', reason: `w(0) = ${w}, years = ${years}: both must be above zero` };
  }
  const root = Math.sqrt(w);
  const value = {
    v: w / years,
    psi: (b * (rho - m / Math.sqrt(m * m + sigma * sigma))) / (2 * root),
    p: (b * (1 - rho)) / root,
    c: (b * (1 + rho)) / root,
    vTilde: sviMinimumVariance(parameters) / years,
  };
  return { status: 'converted', value };
}

/** Share of w(0) below which the rise from the minimum to the money is rounding. */
const ROUNDING = 1e-13;

/**
 * Raw from jump-wings (Gatheral and Jacquier 2014, lemma 3.2), written so that beta = 0 needs no special case: with
 * b = sqrt(w)(c + p)/2, rho = (c - p)/(c + p), beta = rho - 4 psi/(c + p) = m/h and h = sqrt(m^2 + sigma^2),
 * (v - vTilde) T = b h (1 - rho beta - sqrt(1 - rho^2) sqrt(1 - beta^2)), which fixes h.
 * `not-invertible`: a flat smile (p + c = 0), or the vertex at the money (psi = 0, v = vTilde), where every h fits.
 * `out-of-domain`: v <= 0, negative slopes, |beta| > 1, vTilde above v. Golden: svi_params.csv, svi_published.csv.
 */
export function jumpWingsToRaw(wings: JumpWings, years: number): Conversion<RawSvi> {
  const { v, psi, p, c, vTilde } = wings;
  const w = v * years;
  if (!(w > 0 && w < Infinity) || !(p >= 0 && c >= 0 && p + c < Infinity)) {
    return { status: 'out-of-domain', reason: `v = ${v}, p = ${p}, c = ${c}: needs v > 0 and slopes >= 0` };
  }
  if (!(vTilde <= v)) return { status: 'out-of-domain', reason: `vTilde = ${vTilde} is above v = ${v}` };
  if (p + c === 0) return { status: 'not-invertible', reason: 'p + c = 0: a flat smile has no m and sigma' };
  const root = Math.sqrt(w);
  const b = 0.5 * root * (c + p);
  const rho = (c - p) / (c + p);
  const beta = rho - (4 * psi) / (c + p);
  if (!(Math.abs(beta) <= 1)) {
    return { status: 'out-of-domain', reason: `beta = ${beta}: psi = ${psi} lies outside [-p/2, c/2]` };
  }
  const one = complement(rho);
  const rise = (v - vTilde) * years;
  const other = complement(beta);
  const gap = angleGap(rho, one, beta, other);
  if (!(gap > 0) || !(rise > ROUNDING * w)) {
    return {
      status: 'not-invertible',
      reason: `psi = ${psi}, v - vTilde = ${v - vTilde}: the vertex lies at the money`,
    };
  }
  const h = rise / (b * gap);
  return {
    status: 'converted',
    value: { a: vTilde * years - b * other * h * one, b, rho, m: beta * h, sigma: other * h },
  };
}

/** 1 - cos(difference of the angles whose cosines are rho and beta), without cancellation. */
function angleGap(rho: number, rhoSine: number, beta: number, betaSine: number): number {
  const sine = rhoSine * beta - betaSine * rho;
  const cosine = rho * beta + rhoSine * betaSine;
  return cosine > 0 ? (sine * sine) / (1 + cosine) : 1 - cosine;
}
