/** Price and greeks of Black-76, the twin of `writeGreeks` in `src/numeric/black.ts`. */
import { abs, add, addMul, all, div, mul, neg, select, sqrt, sub } from './lanes';
import { decay, exp, expm1Reduced } from './exponential';
import { erfcxDeficit } from './error-function';
import { logMoneynessBelow } from './black-shape';
import { COLUMNS, STRIDE } from './columns';

const SQRT1_2: f64 = 0.7071067811865476;
const INV_SQRT_2PI: f64 = 0.3989422804014327;
const SMALL_SQUARE: f64 = 0.3465;

/** Columns 0-5: call (1 or 0), forward, strike, years, sigma, rate. Columns 6-21: the sixteen results. */
const OUT = COLUMNS + 6 * STRIDE;

/**
 * Fills the results of `count` options. The host answers for the domain: positive finite inputs, total volatility in
 * (0, Infinity) and |rate x years| < 700; the other options it overwrites by the twin.
 */
export function blackGreeks(count: i32): void {
  const bytes = count * 8;
  for (let i = 0; i < bytes; i += 16) option(COLUMNS + i, OUT + i);
}

// @ts-ignore: decorator
@inline
function option(at: usize, out: usize): void {
  const isCall = f64x2.ne(v128.load(at), all(0));
  const forward = v128.load(at + STRIDE);
  const strike = v128.load(at + 2 * STRIDE);
  const years = v128.load(at + 3 * STRIDE);
  const sigma = v128.load(at + 4 * STRIDE);
  const rate = v128.load(at + 5 * STRIDE);

  const root = sqrt(years);
  const s = mul(sigma, root);
  const below = f64x2.le(forward, strike);
  const lower = select(below, forward, strike);
  const higher = select(below, strike, forward);
  const rootRatio = sqrt(div(lower, higher));
  const geometric = mul(sqrt(forward), sqrt(strike));
  const discount = exp(mul(neg(rate), years));

  const h = div(logMoneynessBelow(lower, higher), s);
  const t = mul(all(0.5), s);
  const g = decay(mul(all(-0.5), add(mul(h, h), mul(t, t))));
  const y = mul(neg(h), all(SQRT1_2));
  const tau = mul(t, all(SQRT1_2));
  const isDeep = f64x2.lt(y, tau);
  const a = abs(sub(y, tau));
  const c = add(y, tau);
  const pa = erfcxDeficit(a);
  const pc = erfcxDeficit(c);
  const ua = add(all(1), a);
  const uc = add(all(1), c);
  const b = combine(isDeep, y, tau, a, c, pa, pc, ua, uc, g, rootRatio);

  const tail = mul(div(mul(all(0.5), g), rootRatio), div(sub(all(1), pa), ua));
  const notTail = sub(all(1), tail);
  const up = select(isDeep, notTail, tail);
  const notUp = select(isDeep, tail, notTail);
  const down = mul(mul(mul(all(0.5), g), rootRatio), div(sub(all(1), pc), uc));
  const notDown = sub(all(1), down);
  const intrinsic = v128.and(v128.xor(isCall, below), sub(higher, lower));
  const delta = mul(discount, select(isCall, select(below, up, notDown), select(below, neg(notUp), neg(down))));
  const dualDelta = mul(discount, select(isCall, select(below, neg(down), neg(notUp)), select(below, notDown, up)));
  const price = mul(discount, add(intrinsic, mul(geometric, b)));

  const signed = select(below, h, neg(h));
  const d1 = add(signed, t);
  const d2 = sub(signed, t);
  const product = mul(d1, d2);
  const density = mul(mul(discount, geometric), mul(g, all(INV_SQRT_2PI)));
  const vega = mul(density, root);
  const perSquare = div(density, mul(s, forward));
  const gamma = div(perSquare, forward);
  const halfTime = div(all(0.5), years);
  const slide = mul(div(density, forward), d2);

  v128.store(out, price);
  v128.store(out + STRIDE, delta);
  v128.store(out + 2 * STRIDE, gamma);
  v128.store(out + 3 * STRIDE, vega);
  v128.store(out + 4 * STRIDE, sub(mul(rate, price), mul(mul(density, s), halfTime)));
  v128.store(out + 5 * STRIDE, mul(neg(years), price));
  v128.store(out + 6 * STRIDE, div(neg(slide), sigma));
  v128.store(out + 7 * STRIDE, div(mul(vega, product), sigma));
  v128.store(out + 8 * STRIDE, add(mul(rate, delta), mul(slide, halfTime)));
  v128.store(out + 9 * STRIDE, mul(neg(div(gamma, forward)), add(all(1), div(d1, s))));
  v128.store(out + 10 * STRIDE, div(mul(gamma, sub(product, all(1))), sigma));
  v128.store(out + 11 * STRIDE, mul(gamma, add(rate, mul(sub(all(1), product), halfTime))));
  v128.store(out + 12 * STRIDE, mul(vega, sub(rate, mul(add(all(1), product), halfTime))));
  const squares = add(mul(d1, d1), mul(d2, d2));
  v128.store(
    out + 13 * STRIDE,
    mul(div(neg(vega), mul(sigma, sigma)), add(mul(product, sub(all(1), product)), squares)),
  );
  v128.store(out + 14 * STRIDE, dualDelta);
  v128.store(out + 15 * STRIDE, div(mul(perSquare, forward), mul(strike, strike)));
}

/** Normalised price from its parts, as `combine` in `src/numeric/normalised-black.ts`. */
// @ts-ignore: decorator
@inline
function combine(
  isDeep: v128, y: v128, tau: v128, a: v128, c: v128, pa: v128, pc: v128, ua: v128, uc: v128, g: v128, rootRatio: v128,
): v128 {
  const inverse = div(all(1), mul(ua, uc));
  const lower = add(mul(add(all(1), y), sub(pc, pa)), mul(tau, sub(all(2), add(pa, pc))));
  const shallow = mul(g, mul(mul(all(0.5), lower), inverse));
  if (!v128.any_true(isDeep)) return shallow;
  const square = mul(a, a);
  const isSmall = f64x2.lt(square, all(SMALL_SQUARE));
  const share = mul(mul(all(0.5), add(mul(add(a, pa), uc), mul(add(c, pc), ua))), inverse);
  const near = mul(g, add(expm1Reduced(square), share));
  const upper = add(mul(sub(all(1), pa), uc), mul(sub(all(1), pc), ua));
  const far = sub(rootRatio, mul(g, mul(mul(all(0.5), upper), inverse)));
  return select(isDeep, select(isSmall, near, far), shallow);
}
