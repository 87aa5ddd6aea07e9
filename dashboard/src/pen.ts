/** The part of a canvas context that the pictures use: a recording pen stands in for it where there is no browser. */
export interface Pen {
  fillStyle: unknown;
  strokeStyle: unknown;
  lineWidth: number;
  font: string;
  textAlign: string;
  textBaseline: string;
  globalAlpha: number;
  beginPath(): void;
  closePath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, r: number, from: number, to: number): void;
  rect(x: number, y: number, w: number, h: number): void;
  stroke(): void;
  fill(): void;
  clip(): void;
  save(): void;
  restore(): void;
  fillRect(x: number, y: number, w: number, h: number): void;
  strokeRect(x: number, y: number, w: number, h: number): void;
  clearRect(x: number, y: number, w: number, h: number): void;
  fillText(text: string, x: number, y: number): void;
  setLineDash(dash: number[]): void;
  measureText(text: string): { readonly width: number };
}

/** Colours of the theme in use, read from the style sheet once per change of theme. */
export interface Palette {
  readonly paper: string;
  readonly raised: string;
  readonly ink: string;
  readonly muted: string;
  readonly faint: string;
  readonly rule: string;
  readonly accent: string;
  readonly band: string;
  readonly mark: string;
  readonly challenger: string;
  readonly buy: string;
  readonly sell: string;
  readonly ok: string;
  readonly widen: string;
  readonly hedge: string;
  readonly stop: string;
  readonly quiet: string;
}

export const FONT = '11px "DejaVu Sans", system-ui, sans-serif';
export const SMALL_FONT = '10px "DejaVu Sans", system-ui, sans-serif';
