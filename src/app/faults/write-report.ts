/** A bench's results as files: machine-readable, a table to read, a page with pictures, the answer key. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a bench writes. */
export interface BenchFiles {
  readonly title: string;
  /** The tables, in Markdown. */
  readonly lines: readonly string[];
  /** SVG by file name, in the order of the page. */
  readonly pictures: Readonly<Record<string, string>>;
  readonly report: unknown;
  /** One line per injection. */
  readonly answerKey: readonly unknown[];
}

/** Writes `report.json`, `report.md`, `report.html`, the pictures and `answer-key.ndjson` into a directory. */
export function writeBench(directory: string, files: BenchFiles): void {
  mkdirSync(directory, { recursive: true });
  const put = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  put('report.json', `${JSON.stringify(files.report, null, 2)}\n`);
  put('report.md', `# ${files.title}\n\n${files.lines.join('\n')}\n`);
  put('report.html', page(files));
  put('answer-key.ndjson', files.answerKey.map((c) => `${JSON.stringify(c)}\n`).join(''));
  for (const [name, svg] of Object.entries(files.pictures)) put(name, svg);
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** One self-contained page: pictures first, then the tables. */
function page(files: BenchFiles): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escaped(files.title)}</title>
<style>body{font:14px/1.5 system-ui,sans-serif;margin:2rem;max-width:75rem}table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #ccc;padding:.15rem .5rem;text-align:left}figure{margin:1rem 0}</style>
</head><body><h1>${escaped(files.title)}</h1>
${Object.entries(files.pictures)
  .map(([name, svg]) => `<figure>${svg}<figcaption>${escaped(name)}</figcaption></figure>`)
  .join('\n')}
${tables(files.lines)}
</body></html>
`;
}

/** Markdown of the reports (paragraphs, lists, tables) as HTML. */
function tables(lines: readonly string[]): string {
  const out: string[] = [];
  let open = false;
  for (const line of lines) {
    const row = line.startsWith('|');
    if (open && !row) out.push('</table>');
    if (row && !open) out.push('<table>');
    open = row;
    if (!row) out.push(line === '' ? '' : `<p>${escaped(line)}</p>`);
    else if (!line.startsWith('|---'))
      out.push(`<tr>${line.split('|').slice(1, -1).map((c) => `<td>${escaped(c.trim())}</td>`).join('')}</tr>`); // prettier-ignore
  }
  if (open) out.push('</table>');
  return out.join('\n');
}
