import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Monitor, Part } from '../monitor.ts';
import type { Palette } from '../pen.ts';
import type { Route } from '../route.ts';
import type { Table } from '../table.ts';
import type { Session, Smiles } from '../wire.ts';
import { pictureOf, type SmilePicture } from '../smile-picture.ts';
import * as rest from '../rest.ts';

/** What every view is given. */
export interface Page {
  readonly monitor: Monitor;
  readonly route: Route;
  /** Key of the underlying in view, also when the address names none. */
  readonly key: string;
  /** Changes part of the address. */
  readonly go: (patch: Partial<Route>) => void;
  readonly palette: Palette;
  readonly session: Session | null;
  /** Panels on the page by name, for export and tables by keyboard. */
  readonly panels: Map<string, PanelHandle>;
  /** Says something to the reader, once; also to a screen reader. */
  readonly say: (text: string) => void;
}

export interface PanelHandle {
  readonly title: string;
  readonly table: () => Table;
  readonly element: HTMLElement;
}

export const PageContext = createContext<Page | null>(null);

/** The page around a view. */
export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === null) throw new Error('a view outside the page');
  return page;
}

/** Draws the view again when parts change, at most once in `every` ms. */
export function useParts(monitor: Monitor, parts: readonly Part[], every = 0): void {
  const [, again] = useState(0);
  useEffect(() => {
    let last = 0;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const fire = (): void => {
      last = performance.now();
      timer = null;
      again((n) => n + 1);
    };
    const stop = monitor.listen(parts, () => {
      const wait = last + every - performance.now();
      if (wait <= 0) fire();
      else timer ??= setTimeout(fire, wait);
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [monitor, parts.join(), every]);
}

/** This computer's time, anew every `every` ms: for ages. */
export function useNow(every = 1000): number {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** An answer that may not have come yet, and why the last question failed. */
export interface Asked<T> {
  readonly data: T | null;
  readonly error: string;
}

/** What a path under `/api/v1` answers, asked anew every `every` ms while the page is looked at; null before the first. */
export function useAsked<T>(path: string | null, every = 2_000): Asked<T> {
  const [found, set] = useState<Asked<T>>({ data: null, error: '' });
  useEffect(() => {
    if (path === null) return undefined;
    let gone = false;
    const load = (): void => {
      rest.get<T>(path).then(
        (data) => gone || set({ data, error: '' }),
        (cause: unknown) =>
          gone || set((before) => ({ ...before, error: cause instanceof Error ? cause.message : String(cause) })),
      );
    };
    set({ data: null, error: '' });
    load();
    const timer = setInterval(() => document.hidden || load(), every);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [path, every]);
  return found;
}

/** The smiles in view: live ones from the stream, or those of the moment the address asks for. */
export interface SmilesInView {
  readonly scopes: readonly string[];
  readonly picture: (scope: string) => SmilePicture | null;
  /** Of a moment that is over: nothing moves. */
  readonly still: boolean;
  readonly error: string;
}

const LOOKING = 'The log is read for this moment.';

/** Gives the smiles in view, asking the server where the stream does not bring them. */
export function useSmiles(page: Page): SmilesInView {
  const { monitor, key, route } = page;
  const [past, setPast] = useState<Smiles | null>(null);
  const [error, setError] = useState('');
  const asOf = route.asOf;
  useEffect(() => {
    if (key === '') return undefined;
    let gone = false;
    const load = async (): Promise<void> => {
      try {
        const answer = await rest.smiles(key, asOf);
        if (gone) return;
        if (asOf === null) monitor.putSmiles(answer);
        else setPast(answer);
        setError('');
      } catch (cause) {
        if (!gone) setError(cause instanceof Error ? cause.message : String(cause));
      }
    };
    setPast(null);
    void load();
    return () => {
      gone = true;
    };
  }, [key, asOf]);
  useParts(monitor, ['underlyings', 'curves', 'trades'], 500);
  if (asOf === null)
    return { scopes: monitor.scopes(), picture: (scope) => monitor.picture(scope), still: false, error: '' };
  const byScope = new Map((past?.expiries ?? []).map((s) => [s.scope, s]));
  return {
    scopes: [...byScope.keys()],
    picture: (scope) => {
      const smile = byScope.get(scope);
      return smile === undefined ? null : pictureOf(smile);
    },
    still: true,
    error: error !== '' ? error : past === null ? LOOKING : '',
  };
}
