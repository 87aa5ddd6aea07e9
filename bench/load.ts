/**
 * What a desk's load costs: a hundred pushed models on each of twelve expiries of 800 options, every option quoted ten
 * times a second, a batch ten times a second, every model scored at all four horizons. SYNTHETIC. The engine only: CPU
 * seconds of its thread (calibrations inline) per second of event time; the budget is two cores. One run feeds all figures.
 */
import { createHash } from 'node:crypto';
import { EngineRun } from '../src/app/faults/engine-run.ts';
import { DEFAULT_CONFIG, type EngineConfig } from '../src/engine/config.ts';
import type { MarketEvent, PushedFitEvent } from '../src/market/event.ts';
import { Random } from '../src/numeric/random.ts';
import { simulatedEvents } from '../src/simulator/market-events.ts';
import type { Bench, BenchResult } from './run.ts';

const START = Date.UTC(2026, 0, 7, 9);
const CONFIG: EngineConfig = { ...DEFAULT_CONFIG, batchMs: 100 };
const OPTIONS = 800;
const MODELS = 100;
/** A model pushes new parameters this often, s; the pushes of all models are spread evenly. */
const PUSH_SECONDS = 10;
/** Ages of the older versions that every model has, s: one is live for every horizon. */
const EARLIER = [3_700, 700, 90] as const;
/** Multiplies the venue's quote updates: every option then changes more than ten times a second. */
const ACTIVITY = 40;
const SECONDS = 10;
const STEP_MS = 50;
const STEPS = 1000 / STEP_MS;

interface Load {
  readonly cpu: number[];
  readonly residentMb: number;
  readonly heapMb: number;
  readonly scored: number;
  readonly messages: number;
  readonly tracks: number;
  readonly hash: string;
}

/** Market data of a run: `seconds` of steps. */
function tape(seconds: number): MarketEvent[][] {
  const config = {
    seed: 4,
    startAt: START,
    underlyings: ['ETH'],
    stepMs: STEP_MS,
    instrumentLimit: OPTIONS,
    activity: ACTIVITY,
    truthHistory: 10,
  };
  return [...simulatedEvents(config, { until: START + seconds * 1000 })];
}

/** The pushes of one round: every model's own view of every expiry, a fifth of a per cent of variance about the champion's fit. */
function pushes(run: EngineRun, at: number, models: readonly number[], round: number): PushedFitEvent[] {
  const found: PushedFitEvent[] = [];
  for (const underlying of run.state.underlyings.values())
    for (const expiry of underlying.expiries) {
      const champion = expiry.models.find((t) => t.model === CONFIG.champion)?.versions.at(-1)?.fit;
      if (champion === undefined) continue;
      for (const model of models) {
        const random = new Random(model, `load:${expiry.key}:${round}`);
        const factor = 1 + 0.002 * (2 * random.uniform() - 1);
        const [a, b, ...rest] = champion.parameters;
        found.push({
          type: 'pushed-fit', at, receivedAt: at, model: `desk-${model}`, venue: underlying.venue, underlying: underlying.underlying,
          expiry: expiry.expiry, family: 'svi', parameters: [a * factor, b * factor, ...rest], strikes: [], volatilities: [],
        }); // prettier-ignore
      }
    }
  return found;
}

/** Gives every pushed model a past: its version as if it had been pushed earlier too. */
function grow(run: EngineRun): void {
  for (const underlying of run.state.underlyings.values())
    for (const track of underlying.expiries.flatMap((e) => e.models)) {
      const newest = track.versions.at(-1);
      if (newest === undefined || !track.model.startsWith('desk-')) continue;
      const older = EARLIER.map((age) => {
        const at = newest.liveAt - 1000 * age;
        return { liveAt: at, fit: { ...newest.fit, id: `${newest.fit.id}-${age}`, at } };
      });
      track.versions.unshift(...older);
    }
}

/** Model tracks of the desk, and how many predictions of theirs have been scored so far, over all horizons. */
function desk(run: EngineRun): { tracks: number; scored: number; expiries: number } {
  const expiries = [...run.state.underlyings.values()].flatMap((u) => u.expiries);
  const tracks = expiries.flatMap((e) => e.models).filter((t) => t.model.startsWith('desk-') && t.versions.length > 0);
  const scored = tracks.reduce((sum, t) => sum + t.halfLife.count.reduce((a, b) => a + b, 0), 0);
  return { tracks: tracks.length, scored, expiries: expiries.length };
}

function measure(smoke: boolean): Load {
  const [models, seconds] = smoke ? [3, 1] : [MODELS, SECONDS];
  const run = new EngineRun(CONFIG);
  const batches = tape(3 + seconds);
  const all = Array.from({ length: models }, (_, i) => i);
  run.run(batches.slice(0, 2 * STEPS).flat());
  run.run(pushes(run, START + 2_000, all, 0));
  grow(run);
  run.run(batches.slice(2 * STEPS, 3 * STEPS).flat());
  const digest = createHash('sha256');
  const cpu: number[] = [];
  const before = desk(run).scored;
  let messages = 0;
  const perStep = (models * STEP_MS) / (1000 * PUSH_SECONDS);
  for (let second = 0; second < seconds; second++) {
    const begin = process.cpuUsage();
    for (let i = 0; i < STEPS; i++) {
      const step = STEPS * second + i;
      const events = batches[3 * STEPS + step];
      const due = all.slice(Math.floor(step * perStep) % models, ((Math.floor((step + 1) * perStep) - 1) % models) + 1);
      run.run(pushes(run, START + 3_000 + step * STEP_MS, due, second));
      const records = run.run(events);
      messages += events.length;
      for (const r of records) if (r.type === 'score') digest.update(`${r.model}${r.expiry}${r.pz}`);
    }
    const used = process.cpuUsage(begin);
    cpu.push((used.user + used.system) / 1e6);
  }
  const { rss, heapUsed } = process.memoryUsage();
  const { tracks, scored } = desk(run);
  return {
    cpu,
    residentMb: rss / 1e6,
    heapMb: heapUsed / 1e6,
    scored: (scored - before) / seconds,
    messages: messages / seconds,
    tracks,
    hash: digest.digest('hex').slice(0, 16),
  };
}

let shared: Load | null = null;

const figure = (name: string, unit: string, pick: (load: Load) => number[]): Bench => ({
  name,
  unit,
  run(smoke): BenchResult {
    const load = (shared ??= measure(smoke));
    return { samples: pick(load), hash: load.hash };
  },
});

/** Benches of the whole engine under a desk's load. */
export const benches: Bench[] = [
  figure('load/cpu-seconds-per-second', 'cores', (l) => l.cpu),
  figure('load/resident-mb', 'MB', (l) => [l.residentMb]),
  figure('load/heap-mb', 'MB', (l) => [l.heapMb]),
  figure('load/messages-per-second', '1/s', (l) => [l.messages]),
  figure('load/pushed-models-by-expiry', '1', (l) => [l.tracks]),
  figure('load/batches-scored-per-second', '1/s', (l) => [l.scored]),
];
