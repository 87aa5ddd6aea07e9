/** Which cause was named where which was meant: counts, as a table and as a picture. */

/** Nothing was named, or nothing should have been. */
export const SILENCE = 'silence';

/** One judged injection: what is right, and what came first. */
export interface Named {
  /** Right names; none: silence is right. */
  readonly expected: readonly string[];
  /** The first or strongest cause named; null = none. */
  readonly first: string | null;
}

/** Counts by meant (rows) and named (columns) cause. */
export interface Confusion {
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly counts: readonly (readonly number[])[];
}

/** The confusion of causes. A right second name counts as the first one: both are honest. */
export function confusionOf(cases: readonly Named[]): Confusion {
  const counts = new Map<string, Map<string, number>>();
  const named = new Set<string>();
  for (const { expected, first } of cases) {
    const meant = expected[0] ?? SILENCE;
    const said = first === null ? SILENCE : expected.includes(first) ? meant : first;
    const row = counts.get(meant) ?? new Map<string, number>();
    row.set(said, (row.get(said) ?? 0) + 1);
    counts.set(meant, row);
    named.add(said);
  }
  const rows = [...counts.keys()].sort();
  const columns = [...new Set([...rows, ...[...named].sort()])];
  return { rows, columns, counts: rows.map((r) => columns.map((c) => counts.get(r)?.get(c) ?? 0)) };
}

/** Lines of a table: every meant cause with its cases, the share named rightly, and what else was said how often. */
export function confusionLines(confusion: Confusion): string[] {
  const lines = ['| meant | cases | right | instead |', '|---|---:|---:|---|'];
  for (const [i, meant] of confusion.rows.entries()) {
    const row = confusion.counts[i];
    const total = row.reduce((a, b) => a + b, 0);
    const right = row[confusion.columns.indexOf(meant)];
    const wrong = confusion.columns
      .map((c, j) => [c, row[j]] as const)
      .filter(([c, n]) => c !== meant && n > 0)
      .toSorted((a, b) => b[1] - a[1]);
    lines.push(
      `| ${meant} | ${total} | ${((100 * right) / total).toFixed(1)} % | ${wrong.map(([c, n]) => `${c} ${n}`).join(', ')} |`,
    );
  }
  return lines;
}

const CELL = 26;
const LEFT = 170;
const TOP = 160;

/** The picture: a square per pair, darker with its share of the row; right ones in green, wrong ones in red. */
export function confusionSvg(confusion: Confusion): string {
  const { rows, columns, counts } = confusion;
  const width = LEFT + CELL * columns.length + 20;
  const height = TOP + CELL * rows.length + 20;
  const parts: string[] = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="white"/>',
    `<text x="8" y="16">rows: meant; columns: named first</text>`,
  ];
  columns.forEach((c, j) => {
    const x = LEFT + CELL * j + CELL / 2;
    parts.push(`<text x="${x}" y="${TOP - 8}" transform="rotate(-60 ${x} ${TOP - 8})">${c}</text>`);
  });
  rows.forEach((r, i) => {
    const y = TOP + CELL * i;
    const total = Math.max(
      1,
      counts[i].reduce((a, b) => a + b, 0),
    );
    parts.push(`<text x="${LEFT - 6}" y="${y + 17}" text-anchor="end">${r}</text>`);
    columns.forEach((c, j) => {
      const n = counts[i][j];
      const colour = c === r ? '#1a7f37' : '#b3261e';
      const opacity = n === 0 ? 0 : 0.15 + (0.85 * n) / total;
      const x = LEFT + CELL * j;
      parts.push(
        `<rect x="${x}" y="${y}" width="${CELL - 1}" height="${CELL - 1}" fill="${n === 0 ? '#f4f4f4' : colour}" fill-opacity="${n === 0 ? 1 : opacity.toFixed(2)}"/>`,
      );
      if (n > 0) parts.push(`<text x="${x + CELL / 2}" y="${y + 17}" text-anchor="middle">${n}</text>`);
    });
  });
  return [...parts, '</svg>', ''].join('\n');
}
