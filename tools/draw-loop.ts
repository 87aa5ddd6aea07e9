/**
 * Draws the calibration loop's table into docs/loop.md, between its markers: `node tools/draw-loop.ts`. A test holds the
 * document to it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { drawLoop, explainLoop, tabulateLoop } from '../src/policy/loop-drawing.ts';

/** The document the drawing goes into. */
export const DOCUMENT = fileURLToPath(new URL('../docs/loop.md', import.meta.url));
const BEGIN = '<!-- drawn from src/policy/loop-table.ts by tools/draw-loop.ts: do not edit -->';
const END = '<!-- end of the drawing -->';

/** The document's text with the drawing replaced by what the code says now. */
export function redraw(text: string): string {
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error('docs/loop.md has lost its markers');
  const drawing = `\`\`\`mermaid\n${drawLoop()}\n\`\`\`\n\n${tabulateLoop()}\n\n${explainLoop()}`;
  return `${text.slice(0, from)}${BEGIN}\n\n${drawing}\n\n${text.slice(to)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(DOCUMENT, redraw(readFileSync(DOCUMENT, 'utf8')));
