/**
 * QuantLib on the curves of `bench/credit.ts`, in the same run: compiled on the spot where the headers of Debian's
 * libquantlib0-dev and g++ are installed, absent with a reason otherwise.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrapHazards } from '../src/credit/bootstrap.ts';
import { survivalProbability } from '../src/credit/cds-price.ts';
import { discountFactor } from '../src/credit/discount-curve.ts';
import { bootstrapMidPoint } from '../src/credit/mid-point.ts';
import { NODE_MONTHS, namedQuotes, standardNodes } from './credit.ts';
import type { Bench, BenchResult } from './run.ts';
import { hashNumbers } from './surface-rounds.ts';

const HEADER = '/usr/include/ql/quantlib.hpp';
const SOURCE = fileURLToPath(new URL('quantlib/credit.cpp', import.meta.url));
const NAMES = 20;
const RECOVERY = 0.4;
/**
 * Largest difference of a survival: the mid-point engine is the same to the bit of its solver, the other puts its pillars a day
 * after the last payment and differs by that.
 */
const AGREEMENT = { 'mid-point': 1e-9, isda: 1e-4 } as const;

type Engine = keyof typeof AGREEMENT;

let outcome: Map<string, { us: number; survival: number[] }> | string | undefined;

/** Runs both engines once; a sentence where that cannot be. */
function quantlib(): Map<string, { us: number; survival: number[] }> | string {
  if (!existsSync(HEADER)) return 'libquantlib0-dev is not installed';
  const folder = mkdtempSync(join(tmpdir(), 'vernier-quantlib-'));
  try {
    const program = join(folder, 'credit');
    execFileSync('g++', ['-O2', '-std=c++17', '-w', SOURCE, '-o', program, '-lQuantLib'], { stdio: 'pipe' });
    const text = execFileSync(program, { input: curvesAsText(), encoding: 'utf8' });
    return new Map(
      text
        .trim()
        .split('\n')
        .map((line) => {
          const [name, us, ...survival] = line.split(' ');
          return [name, { us: Number(us), survival: survival.map(Number) }];
        }),
    );
  } catch (error) {
    return `QuantLib did not compile or run: ${(error as Error).message.split('\n')[0]}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function curvesAsText(): string {
  const grid = standardNodes();
  const days = grid.discount.times.map((t) => Math.round(t * 365));
  const lines = [
    `${grid.trade} ${RECOVERY}`,
    `${days.length}`,
    ...days.map((d, i) => `${grid.trade + d} ${discountFactor(grid.discount, grid.discount.times[i])}`),
    `${grid.contracts.length}`,
    ...grid.contracts.map((c, i) => `${NODE_MONTHS[i]} ${c.maturity}`),
    `${NAMES}`,
    ...Array.from({ length: NAMES }, (_, name) =>
      namedQuotes(grid, name)
        .map((q) => q.value)
        .join(' '),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function measured(engine: Engine): BenchResult {
  outcome ??= quantlib();
  if (typeof outcome === 'string') return { samples: [], hash: `absent: ${outcome}` };
  const found = outcome.get(engine);
  if (!found) return { samples: [], hash: 'absent: no such engine' };
  const grid = standardNodes();
  let worst = 0;
  for (let name = 0; name < NAMES; name++) {
    const quotes = namedQuotes(grid, name);
    const curve =
      engine === 'isda'
        ? bootstrapHazards(grid, quotes, { recovery: RECOVERY })
        : bootstrapMidPoint(grid.contracts, grid.discount, quotes, RECOVERY);
    if (curve.status !== 'ok') throw new Error(curve.message);
    grid.knots.forEach((t, i) => {
      const gap = Math.abs(survivalProbability(curve.curve, t) - found.survival[name * grid.knots.length + i]);
      worst = Math.max(worst, gap);
    });
  }
  if (!(worst <= AGREEMENT[engine]))
    throw new Error(`${engine}: survival differs by ${worst}; ${AGREEMENT[engine]} is the bound`);
  return { samples: [found.us], hash: hashNumbers([found.survival.map((q) => Math.round(1e9 * q))]) };
}

/** Microseconds a curve of eight nodes, best of seven rounds. */
export const benches: Bench[] = (Object.keys(AGREEMENT) as Engine[]).map((engine) => ({
  name: `credit/quantlib-${engine}-bootstrap-8`,
  unit: 'us',
  run: (smoke) =>
    smoke ? { samples: [], hash: 'absent: a C++ program is not compiled in a smoke run' } : measured(engine),
}));
