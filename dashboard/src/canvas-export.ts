import type { Palette } from './pen.ts';
import type { Table } from './table.ts';

/** Offers bytes for saving under a name. */
export function save(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * A panel as a picture: its canvases where they stand, the texts marked `data-print` in their own type, and a line below
 * that says what it is. A panel without a canvas becomes a picture of its table.
 */
export async function panelPng(element: HTMLElement, table: Table, caption: string, palette: Palette): Promise<Blob> {
  const canvases = [...element.querySelectorAll('canvas')].filter((c) => c.width > 0 && c.clientWidth > 0);
  const canvas = canvases.length > 0 ? compose(element, canvases, palette) : tabulate(table, palette);
  const pen = canvas.getContext('2d')!;
  pen.font = `${12 * ratio()}px "DejaVu Sans", system-ui, sans-serif`;
  pen.fillStyle = palette.muted;
  pen.textBaseline = 'alphabetic';
  pen.fillText(caption, 8 * ratio(), canvas.height - 8 * ratio(), canvas.width - 16 * ratio());
  return await new Promise((done, fail) =>
    canvas.toBlob((blob) => (blob === null ? fail(new Error('the picture has no bytes')) : done(blob)), 'image/png'),
  );
}

const ratio = (): number => Math.max(1, devicePixelRatio);
const FOOT = 26;

function blank(width: number, height: number, palette: Palette): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(width * ratio());
  canvas.height = Math.ceil((height + FOOT) * ratio());
  const pen = canvas.getContext('2d')!;
  pen.fillStyle = palette.paper;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  return canvas;
}

function compose(element: HTMLElement, canvases: readonly HTMLCanvasElement[], palette: Palette): HTMLCanvasElement {
  const frame = element.getBoundingClientRect();
  const out = blank(frame.width, frame.height, palette);
  const pen = out.getContext('2d')!;
  const r = ratio();
  for (const canvas of canvases) {
    const at = canvas.getBoundingClientRect();
    pen.drawImage(canvas, (at.left - frame.left) * r, (at.top - frame.top) * r, at.width * r, at.height * r);
  }
  for (const text of element.querySelectorAll<HTMLElement>('[data-print]')) {
    const at = text.getBoundingClientRect();
    if (at.width === 0) continue;
    const style = getComputedStyle(text);
    pen.font = `${style.fontWeight} ${parseFloat(style.fontSize) * r}px ${style.fontFamily}`;
    pen.fillStyle = style.color;
    pen.textBaseline = 'middle';
    pen.fillText(text.textContent ?? '', (at.left - frame.left) * r, (at.top - frame.top + at.height / 2) * r);
  }
  return out;
}

const MAX_PRINTED_ROWS = 60;

function tabulate(table: Table, palette: Palette): HTMLCanvasElement {
  const rows = table.rows.slice(0, MAX_PRINTED_ROWS).map((row) => row.map((c) => (c === null ? '' : String(c))));
  const head = table.columns.map((c) => (c.unit === undefined ? c.name : `${c.name}, ${c.unit}`));
  const widths = head.map((h, i) => 10 + 7.5 * Math.min(48, Math.max(h.length, ...rows.map((r) => r[i].length))));
  const left = widths.map((_, i) => 8 + widths.slice(0, i).reduce((a, b) => a + b, 0));
  const out = blank(16 + widths.reduce((a, b) => a + b, 0), 24 + 18 * rows.length, palette);
  const pen = out.getContext('2d')!;
  pen.scale(ratio(), ratio());
  pen.font = '600 12px "DejaVu Sans", system-ui, sans-serif';
  pen.fillStyle = palette.ink;
  head.forEach((h, i) => pen.fillText(h, left[i], 18, widths[i] - 6));
  pen.font = '12px "DejaVu Sans", system-ui, sans-serif';
  rows.forEach((row, j) => row.forEach((c, i) => pen.fillText(c, left[i], 38 + 18 * j, widths[i] - 6)));
  pen.setTransform(1, 0, 0, 1, 0, 0);
  return out;
}
