import { accessSync, constants, statfsSync } from 'node:fs';
import { makeDirectory } from '../store/make-directory.ts';
import { sviFamily } from '../surface/svi.ts';
import { impliedVolatility } from '../numeric/implied-volatility.ts';
import { normalCdf } from '../numeric/normal.ts';
import { VERSION } from './version.ts';

/** One thing the doctor looked at. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly detail: string;
}

/** Free space under which recording a day of one underlying is at risk, bytes. */
const LOW_DISK_BYTES = 2e9;

/** Looks at environment, disk, clock and numerics; never throws. */
export function examine(dataDirectory: string): Finding[] {
  return [node(), disk(dataDirectory), clock(), ...goldens()];
}

function node(): Finding {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const good = major > 22 || (major === 22 && minor >= 18);
  return {
    check: 'node',
    state: good ? 'ok' : 'failed',
    detail: `Node ${process.versions.node}, vernier ${VERSION}; 22.18 or newer is needed`,
  };
}

function disk(directory: string): Finding {
  try {
    makeDirectory(directory);
    accessSync(directory, constants.W_OK);
    const { bavail, bsize } = statfsSync(directory);
    const free = bavail * bsize;
    return {
      check: 'disk',
      state: free < LOW_DISK_BYTES ? 'warning' : 'ok',
      detail: `data directory is writable, ${(free / 1e9).toFixed(1)} GB free`,
    };
  } catch (error) {
    return {
      check: 'disk',
      state: 'failed',
      detail: `data directory: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    };
  }
}

/** A wall clock that stands still, runs backwards or lies before this code was written cannot stamp events. */
function clock(): Finding {
  const written = Date.UTC(2026, 0, 1);
  const [wall, monotonic] = [Date.now(), performance.now()];
  const until = monotonic + 20;
  while (performance.now() < until);
  const drift = Date.now() - wall - (performance.now() - monotonic);
  const good = wall > written && Math.abs(drift) < 10;
  return {
    check: 'clock',
    state: good ? 'ok' : 'warning',
    detail: `${new Date(wall).toISOString()}, ${drift.toFixed(1)} ms against the monotonic clock over 20 ms`,
  };
}

/** Values from independent sources (50-digit arithmetic): the same machine code must give them here. */
function goldens(): Finding[] {
  const sigma = impliedVolatility({ forward: 100, strike: 110, years: 0.25, price: 2.500244806693067, side: 'call' });
  const checks: [string, number, number, number][] = [
    ['normal distribution', normalCdf(-1.96), 0.024997895148220435, 1e-15],
    ['implied volatility', sigma.sigma, 0.3, 1e-13],
    ['svi', sviFamily.totalVariance([0.04, 0.4, -0.4, 0.1, 0.2], 0, 1), GOLDEN_SVI, 1e-15],
  ];
  return checks.map(([check, value, golden, tolerance]) => {
    const good = Math.abs(value / golden - 1) <= tolerance;
    return { check, state: good ? 'ok' : 'failed', detail: `${value} against ${golden}` };
  });
}

/** w(0) = 0.04 + 0.4 (0.04 + sqrt(0.01 + 0.04)) for a = 0.04, b = 0.4, rho = -0.4, m = 0.1, sigma = 0.2. */
const GOLDEN_SVI = 0.1454427190999916;
