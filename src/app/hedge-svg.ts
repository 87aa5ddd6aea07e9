/** A hedge backtest as a picture: variance saved by every family, coin and USD side by side. */
import type { HedgeReport } from './hedge-report.ts';

const WIDTH = 760;
const LEFT = 170;
const RIGHT = 70;
const ROW = 30;
const HEAD = 46;
const COIN = '#1f5fa8';
const USD = '#8a6d00';

interface Bar {
  readonly family: string;
  readonly coin: number | null;
  readonly usd: number | null;
}

/** SVG text: one chart an underlying; of the book where positions were given, else of all options of |delta| 2 to 50 %. */
export function hedgeSvg(report: HedgeReport, title: string): string {
  const underlyings = [...new Set(report.families.map((f) => f.underlying))];
  const charts: string[] = [];
  let top = 40;
  for (const underlying of underlyings) {
    const book = report.book.filter((b) => b.underlying === underlying);
    const rows =
      book.length > 0
        ? book
        : report.families.filter((f) => f.underlying === underlying && f.window === 'all' && f.set === 'otm');
    const bars = rows.map((r): Bar => ({
      family: r.family,
      coin: r.variance_reduction_coin,
      usd: r.variance_reduction_usd,
    }));
    const of = book.length > 0 ? 'the positions given' : 'all options of |delta| 2 to 50 %';
    charts.push(`<g transform="translate(0 ${top})">${chart(`${underlying}: variance saved on ${of}`, bars)}</g>`);
    top += HEAD + ROW * bars.length + 30;
  }
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}" font-family="sans-serif" font-size="12">` +
    `<rect width="100%" height="100%" fill="#ffffff"/><text x="10" y="22" font-size="15">${text(title)}</text>${charts.join('')}</svg>\n`
  );
}

function chart(title: string, bars: readonly Bar[]): string {
  const values = bars.flatMap((b) => [b.coin, b.usd]).filter((v) => v !== null);
  // What matters lies near one: the scale runs from the worst (at least zero) to one.
  const low = Math.max(0, Math.floor(20 * Math.min(0.9, ...values.filter((v) => v > 0))) / 20);
  const x = (v: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * Math.max(0, v - low)) / (1 - low);
  const parts = [`<text x="10" y="16" font-weight="bold">${text(title)}</text>`];
  for (let i = 0; i <= 5; i++) {
    const v = low + ((1 - low) * i) / 5;
    parts.push(
      `<line x1="${x(v)}" x2="${x(v)}" y1="26" y2="${HEAD + ROW * bars.length}" stroke="#dddddd"/>`,
      `<text x="${x(v)}" y="38" text-anchor="middle" fill="#666666">${(100 * v).toFixed(0)} %</text>`,
    );
  }
  bars.forEach((b, i) => {
    const y = HEAD + ROW * i;
    parts.push(`<text x="${LEFT - 8}" y="${y + 17}" text-anchor="end">${text(b.family)}</text>`);
    for (const [value, colour, offset] of [
      [b.coin, COIN, 3],
      [b.usd, USD, 14],
    ] as const) {
      if (value === null) continue;
      parts.push(
        `<rect x="${LEFT}" y="${y + offset}" width="${x(value) - LEFT}" height="9" fill="${colour}"/>`,
        `<text x="${x(value) + 5}" y="${y + offset + 9}" font-size="10">${(100 * value).toFixed(1)}</text>`,
      );
    }
  });
  const y = HEAD + ROW * bars.length + 16;
  parts.push(
    `<text x="${LEFT}" y="${y}" fill="${COIN}">■ coin</text><text x="${LEFT + 60}" y="${y}" fill="${USD}">■ USD</text>`,
  );
  return parts.join('');
}

function text(plain: string): string {
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
