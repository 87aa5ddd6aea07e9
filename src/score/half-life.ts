/** Mean squared prediction error by age of the prediction, in classes of age. */
export interface HalfLife {
  /** Exponential means of e^2, (volatility fraction)^2; NaN where nothing was seen. */
  readonly square: number[];
  /** Exponential means of the ages themselves, s. */
  readonly age: number[];
  readonly count: number[];
}

/** Upper ends of the age classes, s; the last class is open. */
const AGES = [2, 15, 60, 300, 900, 3_600, 21_600] as const;
const WEIGHT = 0.005;
const MINIMUM = 20;

/** Nothing seen. */
export function initHalfLife(): HalfLife {
  const classes = AGES.length + 1;
  const filled = (value: number): number[] => Array.from({ length: classes }, () => value);
  return { square: filled(NaN), age: filled(NaN), count: filled(0) };
}

/** Learns the mean squared error of one scored batch whose prediction was `ageSeconds` old. */
export function updateHalfLife(state: HalfLife, meanSquare: number, ageSeconds: number): void {
  if (!Number.isFinite(meanSquare)) return;
  let i = 0;
  while (i < AGES.length && ageSeconds > AGES[i]) i++;
  const weight = Math.max(WEIGHT, 1 / (state.count[i] + 1));
  state.square[i] = state.count[i] === 0 ? meanSquare : state.square[i] + weight * (meanSquare - state.square[i]);
  state.age[i] = state.count[i] === 0 ? ageSeconds : state.age[i] + weight * (ageSeconds - state.age[i]);
  state.count[i]++;
}

/**
 * Age in seconds at which the error variance has doubled over its value at the youngest age seen, by linear
 * interpolation between the classes; Infinity when it has not doubled at the oldest, NaN with fewer than two classes of
 * twenty batches.
 */
export function readHalfLife(state: HalfLife): number {
  const known: { age: number; square: number }[] = [];
  for (let i = 0; i < state.square.length; i++)
    if (state.count[i] >= MINIMUM) known.push({ age: state.age[i], square: state.square[i] });
  if (known.length < 2) return NaN;
  const target = 2 * known[0].square;
  for (let i = 1; i < known.length; i++) {
    const [a, b] = [known[i - 1], known[i]];
    if (b.square >= target && b.square > a.square)
      return a.age + ((b.age - a.age) * Math.max(0, target - a.square)) / (b.square - a.square);
  }
  return Infinity;
}
