import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { panelPng, save } from '../canvas-export.ts';
import { moment } from '../format.ts';
import { fileName, toCsv, type Table } from '../table.ts';
import { usePage, type Page, type PanelHandle } from './context.tsx';
import { DataTable } from './data-table.tsx';

interface Props {
  readonly name: string;
  readonly title: string;
  /** The numbers behind the picture, made when asked for. */
  readonly table: () => Table;
  readonly aside?: ComponentChildren;
  readonly controls?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly wide?: boolean;
}

/** One panel: a title, its own controls, and for every panel the table behind it, CSV and PNG. */
export function Panel({ name, title, table, aside, controls, children }: Props) {
  const page = usePage();
  const element = useRef<HTMLElement>(null);
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const handle: PanelHandle = { title, table: () => latest.current(), element: body.current! };
    page.panels.set(name, handle);
    return () => {
      if (page.panels.get(name) === handle) page.panels.delete(name);
    };
  }, [name, title]);
  const latest = useRef(table);
  latest.current = table;
  const tabled = page.route.tables.includes(name);
  return (
    <section class="panel" data-panel={name} aria-labelledby={`title-${name}`} tabIndex={-1} ref={element}>
      <div class="panel-head">
        <h2 id={`title-${name}`}>{title}</h2>
        {aside}
        <div class="controls">
          {controls}
          <button type="button" aria-pressed={tabled} onClick={() => toggleTable(page, name)} title="t">
            Table
          </button>
          <button type="button" onClick={() => exportPanel(page, name, 'csv')} title="c" aria-label={`${title}: CSV`}>
            CSV
          </button>
          <button type="button" onClick={() => exportPanel(page, name, 'png')} title="p" aria-label={`${title}: PNG`}>
            PNG
          </button>
        </div>
      </div>
      <div class="panel-body" ref={body}>
        {tabled ? <DataTable table={table()} /> : children}
      </div>
    </section>
  );
}

/** Shows the table behind a panel, or its picture again. */
export function toggleTable(page: Page, name: string): void {
  const now = page.route.tables;
  page.go({ tables: now.includes(name) ? now.filter((t) => t !== name) : [...now, name] });
}

/** Saves a panel as a file; what and when stand in its name. */
export function exportPanel(page: Page, name: string, kind: 'csv' | 'png'): void {
  const panel = page.panels.get(name);
  if (panel === undefined) return;
  const at = page.route.asOf ?? page.monitor.at;
  const title = `${page.key} ${panel.title}`;
  const file = fileName(title, at, kind);
  if (kind === 'csv') {
    save(file, new Blob([toCsv(panel.table())], { type: 'text/csv' }));
    page.say(`${file} saved`);
    return;
  }
  const stamp = page.monitor.status?.stamp ?? '';
  const caption = ['Vernier', stamp, page.key, panel.title, `${moment(at)} UTC`].filter((t) => t !== '').join('  ·  ');
  panelPng(panel.element, panel.table(), caption, page.palette).then(
    (blob) => {
      save(file, blob);
      page.say(`${file} saved`);
    },
    (error: unknown) => page.say(`PNG: ${error instanceof Error ? error.message : String(error)}`),
  );
}
