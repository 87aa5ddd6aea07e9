import { bucketName, championOf, interval, type Hedge, type HedgeSlope } from './hedge-reading.ts';
import { FONT, SMALL_FONT, type Palette, type Pen } from './pen.ts';

const LEFT = 128;
const ROW = 16;
/** Slopes shown; what lies beyond ends at the edge. */
const LOW = 0.6;
const HIGH = 1.4;

/** Height that the slopes of so many buckets need, px. */
export const slopesHeight = (buckets: number): number => 40 + ROW * Math.max(1, buckets);

/** Colour of a regime, the same in picture and legend. */
export function regimeColour(regime: string, palette: Palette): string {
  if (regime === 'any') return palette.accent;
  if (regime === 'volatility-against-spot') return palette.sell;
  if (regime === 'volatility-with-spot') return palette.buy;
  return regime === 'stress' ? palette.stop : palette.quiet;
}

/** Draws, per bucket, the slope of the model relied on with its 95 % interval: over all hours thick, by regime thin. */
export function drawSlopes(pen: Pen, hedge: Hedge, width: number, height: number, palette: Palette): void {
  const x = (beta: number): number =>
    LEFT + ((width - LEFT - 10) * (Math.min(HIGH, Math.max(LOW, beta)) - LOW)) / (HIGH - LOW);
  pen.font = SMALL_FONT;
  pen.textBaseline = 'middle';
  pen.lineWidth = 1;
  for (const beta of [0.6, 0.8, 1, 1.2, 1.4]) {
    pen.strokeStyle = beta === 1 ? palette.ink : palette.rule;
    segment(pen, x(beta), 14, x(beta), height - 20);
    pen.fillStyle = palette.muted;
    pen.textAlign = 'center';
    pen.fillText(beta.toFixed(1), x(beta), height - 10);
  }
  hedge.buckets.forEach((b, i) => {
    const y = 22 + ROW * i;
    pen.font = FONT;
    pen.fillStyle = palette.ink;
    pen.textAlign = 'left';
    pen.fillText(bucketName(b), 2, y);
    const slopes = championOf(b)?.slopes ?? [];
    if (slopes.length === 0) {
      pen.fillStyle = palette.muted;
      pen.fillText(`too early: needs ${hedge.minimum.hours} hours`, LEFT + 6, y);
    }
    slopes.forEach((s, j) => drawSlope(pen, s, x, y + (s.regime === 'any' ? 0 : 2 * j - 3), palette));
  });
}

function drawSlope(pen: Pen, slope: HedgeSlope, x: (beta: number) => number, y: number, palette: Palette): void {
  const [from, to] = interval(slope);
  const isWhole = slope.regime === 'any';
  pen.strokeStyle = pen.fillStyle = regimeColour(slope.regime, palette);
  pen.lineWidth = isWhole ? 2 : 1;
  segment(pen, x(from), y, x(to), y);
  pen.beginPath();
  pen.arc(x(slope.beta), y, isWhole ? 3 : 1.8, 0, 2 * Math.PI);
  pen.fill();
}

/** Draws a change in value part by part: each bar begins where the one before ended, the last is the whole. */
export function drawWaterfall(pen: Pen, hedge: Hedge, width: number, height: number, palette: Palette): void {
  const { terms } = hedge.explained;
  if (terms.length < 2 || terms.every((t) => t.coin === 0)) return;
  let running = 0;
  const bars = terms.map((t, i) => {
    const isTotal = i === terms.length - 1;
    const from = isTotal ? 0 : running;
    if (!isTotal) running += t.coin;
    return { name: t.name, from, to: isTotal ? t.coin : running, value: t.coin };
  });
  const ends = bars.flatMap((b) => [b.from, b.to, 0]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const span = high - low || 1;
  const y = (v: number): number => 16 + (height - 56) * (1 - (v - low) / span);
  const step = (width - 16) / bars.length;
  pen.strokeStyle = palette.rule;
  pen.lineWidth = 1;
  segment(pen, 8, y(0), width - 8, y(0));
  pen.textAlign = 'center';
  bars.forEach((b, i) => {
    const left = 8 + i * step;
    const [top, bottom] = [Math.min(y(b.from), y(b.to)), Math.max(y(b.from), y(b.to))];
    pen.fillStyle = i === bars.length - 1 ? palette.accent : b.value >= 0 ? palette.buy : palette.sell;
    pen.fillRect(left + 4, top, step - 8, Math.max(1, bottom - top));
    pen.fillStyle = palette.ink;
    pen.font = SMALL_FONT;
    pen.textBaseline = 'bottom';
    pen.fillText(b.value.toPrecision(3), left + step / 2, top - 2);
    pen.fillStyle = palette.muted;
    pen.textBaseline = 'top';
    const words = b.name.split(' ');
    words.forEach((word, line) => pen.fillText(word, left + step / 2, height - 30 + 12 * line));
  });
}

function segment(pen: Pen, x1: number, y1: number, x2: number, y2: number): void {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}
