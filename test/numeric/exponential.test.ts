import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exp, expm1, log, log1p, power, powerOfTwo } from '../../src/numeric/exponential.ts';
import { Random } from '../../src/numeric/random.ts';

/** Fixed point with 300 fractional bits: the arbitrary-precision reference. */
const BITS = 300n;
const ONE = 1n << BITS;

function toFixed(x: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const mantissa = (bits & 0xfffffffffffffn) | (exponent === 0 ? 0n : 1n << 52n);
  const shift = BITS + BigInt(Math.max(exponent, 1) - 1075);
  const size = shift >= 0n ? mantissa << shift : mantissa >> -shift;
  return x < 0 ? -size : size;
}

function seriesExp(x: bigint): bigint {
  let term = ONE;
  let sum = ONE;
  for (let k = 1n; term !== 0n; k++) {
    term = (term * x) / (k * ONE);
    sum += term;
  }
  return sum;
}

/** ln 2 = 2 atanh(1/3). */
const LN2 = (() => {
  let sum = 0n;
  let power = (2n * ONE) / 3n;
  for (let k = 1n; power !== 0n; k += 2n) {
    sum += power / k;
    power /= 9n;
  }
  return sum;
})();

/** e^x as m 2^k, m in fixed point. */
function reference(x: number): { m: bigint; k: bigint } {
  const fixed = toFixed(x);
  const k = fixed / LN2;
  return { m: seriesExp(fixed - k * LN2), k };
}

/** Error of `got` as e^x, in units of eps x the true value. */
function expError(x: number, got: number): number {
  const { m, k } = reference(x);
  const scaled = k > 900n || k < -900n ? toFixed(got * powerOfTwo(-Number(k))) : toFixed(got) >> 0n;
  const truth = k > 900n || k < -900n ? m : k >= 0n ? m << k : m >> -k;
  const difference = scaled > truth ? scaled - truth : truth - scaled;
  return Number((difference * (1n << 80n)) / truth) / 2 ** 80 / Number.EPSILON;
}

test('e^x is within 0.9 eps of the truth, e^x - 1 within 1.5', () => {
  const random = new Random(11);
  for (let i = 0; i < 4000; i++) {
    const x = random.between(-30, 30);
    assert.ok(expError(x, exp(x)) < 0.9, `exp(${x})`);
  }
  for (let i = 0; i < 2000; i++) {
    const x = random.between(-0.34, 0.34) * 10 ** -random.between(0, 8);
    const truth = seriesExp(toFixed(x)) - ONE;
    const error = toFixed(expm1(x)) - truth;
    assert.ok(Math.abs(Number((error * (1n << 80n)) / truth) / 2 ** 80) < 1.5 * Number.EPSILON, `expm1(${x})`);
  }
});

test('e^x at its ends: subnormal, zero, infinite, not a number', () => {
  assert.equal(exp(-745), 5e-324);
  assert.equal(exp(-746), 0);
  assert.equal(exp(710), Infinity);
  assert.equal(exp(-Infinity), 0);
  assert.ok(Number.isNaN(exp(NaN)));
  assert.equal(exp(0), 1);
  for (const x of [-744.4, -720.5, -709, -700.1, 700.3, 709.7]) {
    assert.ok(Math.abs(exp(x) / Math.exp(x) - 1) < 3e-16 || Math.abs(exp(x) - Math.exp(x)) <= 5e-324, `exp(${x})`);
  }
});

test('ln x inverts e^y: the truth at the rounded logarithm is x to one eps of the logarithm', () => {
  const random = new Random(12);
  for (let i = 0; i < 4000; i++) {
    const x = exp(random.between(-20, 20));
    const y = log(x);
    // e^y = x (1 + error in y): an error of one unit in the last place of y is eps |y|.
    const { m, k } = reference(y);
    const truth = k >= 0n ? m << k : m >> -k;
    const error = Number(((truth - toFixed(x)) * (1n << 100n)) / toFixed(x)) / 2 ** 100;
    assert.ok(Math.abs(error) < Number.EPSILON * Math.abs(y) * 0.9, `log(${x})`);
  }
  assert.equal(log(0), -Infinity);
  assert.ok(Number.isNaN(log(-1)));
  assert.equal(log(Infinity), Infinity);
  assert.equal(log(5e-324), -744.4400719213812);
  assert.equal(log(1), 0);
});

test('ln(1 + x) keeps small x, and the power function agrees with repeated multiplication', () => {
  const random = new Random(13);
  for (let i = 0; i < 4000; i++) {
    const x = random.between(-0.9, 3) * 10 ** -random.between(0, 12);
    assert.ok(Math.abs(log1p(x) / Math.log1p(x) - 1) < 5e-16, `log1p(${x})`);
  }
  assert.equal(log1p(-1), -Infinity);
  assert.equal(log1p(1e-300), 1e-300);
  for (const x of [0.3, 1.7, 12.5]) assert.ok(Math.abs(power(x, 5) / (x * x * x * x * x) - 1) < 5e-15);
  assert.equal(power(0, 0), 1);
  assert.equal(power(0, 2), 0);
});
