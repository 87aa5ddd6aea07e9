/** The deficit of erfcx, the twin of `erfcxDeficit` in `src/numeric/normal.ts`. */
import { add, addMul, all, div, mul, sub } from './lanes';

/** 1 - (1 + a) erfcx(a) for a >= 0. */
// @ts-ignore: decorator
@inline
export function erfcxDeficit(a: v128): v128 {
  const w = div(add(a, a), add(a, all(3.75)));
  const q = sub(w, all(1));
  const q2 = mul(q, q);
  const q4 = mul(q2, q2);
  const p0 = addMul(
    all(-0.05072695176008153), q4,
    addMul(all(-0.0006582305169361236), q4,
    addMul(all(-1.255484231615736e-5), q4,
    addMul(all(-4.791606541840681e-8), q4, all(1.0904484942660287e-10)))));
  const p1 = addMul(
    all(-0.10161755890308019), q4,
    addMul(all(0.03197595452742875), q4,
    addMul(all(-0.00020681474149293152), q4,
    addMul(all(4.454447736075579e-6), q4,
    addMul(all(1.1278002683676083e-7), q4, all(2.3393877212092577e-9))))));
  const p2 = addMul(
    all(-0.013179182297962635), q4,
    addMul(all(-0.014700867218673173), q4,
    addMul(all(0.00013618925250833054), q4,
    addMul(all(8.934706646810196e-7), q4,
    addMul(all(1.0493747173971449e-9), q4, all(-8.020511555945772e-12))))));
  const p3 = addMul(
    all(0.05382676081484997), q4,
    addMul(all(0.004630039085787944), q4,
    addMul(all(-1.5061610011741476e-5), q4,
    addMul(all(-7.364080747597416e-7), q4,
    addMul(all(-1.7173491740991564e-8), q4, all(-1.9804803567691737e-10))))));
  return mul(w, add(all(0.30844882394356693), add(mul(q, p1), add(mul(q2, addMul(p2, q, p3)), mul(q4, p0)))));
}
