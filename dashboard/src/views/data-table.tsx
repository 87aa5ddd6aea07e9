import { fixed, significant } from '../format.ts';
import type { Cell, Column, Table } from '../table.ts';

const SHOWN_ROWS = 400;

/** Numbers in columns, figures under figures. Beyond 400 rows the page says so; CSV has them all. */
export function DataTable({ table, chosen }: { readonly table: Table; readonly chosen?: string | null }) {
  const rows = table.rows.slice(0, SHOWN_ROWS);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={table.caption}>
      <table>
        <caption>{table.caption}</caption>
        <thead>
          <tr>
            {table.columns.map((c, j) => (
              <th key={c.name} scope="col" class={numeric(table, j) ? 'figure' : undefined}>
                {c.name}
                {c.unit === undefined ? null : <span class="unit"> {c.unit}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={typeof row[0] === 'string' ? `${row[0]}${i}` : i} class={row[0] === chosen ? 'chosen' : undefined}>
              {row.map((cell, j) => (
                <td key={j} class={typeof cell === 'number' || cell === null ? 'figure' : undefined}>
                  {shown(cell, table.columns[j])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {table.rows.length > SHOWN_ROWS ? (
        <p class="quiet">
          The first {SHOWN_ROWS} of {table.rows.length} rows; CSV has all.
        </p>
      ) : null}
    </div>
  );
}

/** A column of figures is aligned as figures, its head too. */
function numeric(table: Table, column: number): boolean {
  return table.rows.some((row) => typeof row[column] === 'number');
}

function shown(cell: Cell, column: Column): string {
  if (typeof cell === 'string') return cell;
  return column.decimals === undefined ? significant(cell) : fixed(cell, column.decimals);
}
