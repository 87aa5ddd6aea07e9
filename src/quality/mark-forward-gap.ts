import { MAD_TO_SD, median } from '../numeric/robust.ts';
import type { DataBatch } from './batch.ts';
import type { DataMetric, MetricMemory } from './metric.ts';

/** Strikes further than this share from the forward are marked by rounding as much as by the forward. */
const STRIKE_WINDOW = 0.25;
const MINIMUM = 4;
/** Mark and forward of one message may be a moment apart: below this the scatter says nothing, basis points. */
const FLOOR_BP = 1;
/** A forward further off is another unit, another side or another option. */
const FARTHEST = 0.2;
/** The habit is an average over so many batches. */
const HABIT_BATCHES = 600;
/** Batches that make a habit. */
export const HABIT_FROM = 60;
/** A fault must not be learnt as a habit: a gap counts for at most this many times the habit, and a little, basis points. */
const MOST_OF_HABIT = 4;
const LEAST_BP = 0.05;

/**
 * The forward that the venue's own marks were computed with, against the one published beside them, in basis points: put-call
 * parity of marks has no spread and needs no liquidity. Median over strikes whose call and put both brought a new mark with
 * the batch's newest message. The memory also holds `errors`, the gap over the scatter of the strikes: all of them must agree;
 * and `habit`, the usual size of the gap in the `batches` before this one; fewer than {@link HABIT_FROM} make none.
 */
export const markForwardGap: DataMetric = {
  name: 'mark_forward_gap_bp',
  unit: 'bp',
  says: "forward in the venue's own marks against the published one",
  init: () => ({ value: NaN, errors: NaN, habit: 0, batches: 0 }),
  update: (memory, batch) => {
    const gaps = markGaps(batch);
    const known = gaps.length >= MINIMUM;
    const centre = known ? median(gaps) : NaN;
    if (Number.isFinite(memory['value'])) learn(memory, Math.abs(memory['value']));
    memory['value'] = centre;
    memory['errors'] = known
      ? Math.abs(centre) / Math.max(FLOOR_BP, MAD_TO_SD * median(gaps.map((g) => Math.abs(g - centre))))
      : NaN;
  },
  read: (memory) => memory['value'],
};

function learn(memory: MetricMemory, size: number): void {
  const batches = Math.min(memory['batches'] + 1, HABIT_BATCHES);
  const { habit } = memory;
  const counted = batches > 1 ? Math.min(size, MOST_OF_HABIT * habit + LEAST_BP) : Math.min(size, FLOOR_BP);
  memory['habit'] = habit + (counted - habit) / batches;
  memory['batches'] = batches;
}

function markGaps({ entries }: DataBatch): number[] {
  const gaps: number[] = [];
  for (let i = 0; i + 1 < entries.length; i++) {
    const [first, second] = [entries[i], entries[i + 1]];
    const { strike, side, settlement } = first.instrument;
    if (side !== 'call' || second.instrument.side !== 'put' || second.instrument.strike !== strike) continue;
    const [call, put] = [first.quote, second.quote];
    if (call === null || put === null || call.mark === null || put.mark === null) continue;
    if (call.forward === null || put.forward === null || call.at > first.newsAt || put.at > second.newsAt) continue;
    const published = 0.5 * (call.forward + put.forward);
    if (!(Math.abs(strike / published - 1) <= STRIKE_WINDOW)) continue;
    const difference = call.mark - put.mark;
    const marked = settlement === 'inverse' ? strike / (1 - difference) : strike + difference;
    const gap = marked / published - 1;
    if (Math.abs(gap) <= FARTHEST) gaps.push(1e4 * gap);
  }
  return gaps;
}
