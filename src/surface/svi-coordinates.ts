/**
 * SVI as a floor plus a square. With x = y - m, z = sqrt(x^2 + s^2), L = (z - x)/2 and R = (z + x)/2 (so L R = s^2/4),
 *   w = base + u^2 L + v^2 R - s u v = base + (u sqrt(L) - v sqrt(R))^2,
 * where u^2 = b (1 - rho) and v^2 = b (1 + rho) are the wing slopes and base = a + b s sqrt(1 - rho^2) is the minimum
 * variance. In the coordinates c = [base, u, v, m, s] every bound is a box: Lee's bound is u, v <= sqrt 2, no negative
 * variance is base >= 0, and b >= 0, |rho| <= 1 always hold.
 */

/** Writes w, w', w'' by y at y into `out[0..2]`, and their derivatives by c into `jacobian` (row-major 3 x 5). */
export function squareJacobian(c: Float64Array, y: number, out: Float64Array, jacobian: Float64Array): void {
  const u = c[1];
  const v = c[2];
  const s = c[4];
  const x = y - c[3];
  const z = Math.sqrt(x * x + s * s);
  const both = 0.5 * (u * u + v * v);
  const tilt = 0.5 * (v * v - u * u);
  const slope = x / z;
  const bend = (s * s) / (z * z * z);
  const w1 = tilt + both * slope;
  const w2 = both * bend;
  out[0] = c[0] - s * u * v + tilt * x + both * z;
  out[1] = w1;
  out[2] = w2;
  jacobian[0] = 1;
  jacobian[1] = u * (z - x) - s * v;
  jacobian[2] = v * (z + x) - s * u;
  jacobian[3] = -w1;
  jacobian[4] = (both * s) / z - u * v;
  jacobian[5] = 0;
  jacobian[6] = u * (slope - 1);
  jacobian[7] = v * (slope + 1);
  jacobian[8] = -w2;
  jacobian[9] = (-both * slope * s) / (z * z);
  jacobian[10] = 0;
  jacobian[11] = u * bend;
  jacobian[12] = v * bend;
  jacobian[13] = (3 * w2 * slope) / z;
  jacobian[14] = (both * (2 - (3 * s * s) / (z * z)) * s) / (z * z * z);
}

/** Writes w, w', w'' by y at y into `out[0..2]`. */
export function squareShape(c: Float64Array, y: number, out: Float64Array): void {
  const s = c[4];
  const x = y - c[3];
  const z = Math.sqrt(x * x + s * s);
  const both = 0.5 * (c[1] * c[1] + c[2] * c[2]);
  const tilt = 0.5 * (c[2] * c[2] - c[1] * c[1]);
  out[0] = c[0] - s * c[1] * c[2] + tilt * x + both * z;
  out[1] = tilt + (both * x) / z;
  out[2] = (both * s * s) / (z * z * z);
}
