import type { Palette } from './pen.ts';

export type Theme = 'auto' | 'dark' | 'light';

const NAMES = [
  'paper', 'raised', 'ink', 'muted', 'faint', 'rule', 'accent', 'band', 'mark', 'challenger', 'buy', 'sell', 'ok',
  'widen', 'hedge', 'stop', 'quiet',
] as const satisfies readonly (keyof Palette)[]; // prettier-ignore

/** The colours in force, from the style sheet. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((n) => [n, style.getPropertyValue(`--${n}`).trim()])) as unknown as Palette;
}

/** The reader's own choice, kept in this browser; `auto` follows the system. */
export function storedTheme(): Theme {
  const stored = localStorage.getItem('vernier-theme');
  return stored === 'dark' || stored === 'light' ? stored : 'auto';
}

/** Puts a theme in force and remembers it. */
export function applyTheme(theme: Theme): void {
  if (theme === 'auto') {
    localStorage.removeItem('vernier-theme');
    delete document.documentElement.dataset['theme'];
  } else {
    localStorage.setItem('vernier-theme', theme);
    document.documentElement.dataset['theme'] = theme;
  }
}

/** Whether the page is dark now. */
export function isDark(theme: Theme): boolean {
  return theme === 'dark' || (theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
}
