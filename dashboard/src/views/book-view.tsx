import { drawDrift, drawScenarios } from '../book-drawing.ts';
import {
  accountTable,
  bookState,
  bucketTable,
  exposureTable,
  historyTable,
  moneyFacts,
  moneyTable,
  scenarioTable,
  stressTable,
  vegaTable,
  type Book,
  type BookOverview,
} from '../book-reading.ts';
import { fixed, moment } from '../format.ts';
import { useAsked, usePage } from './context.tsx';
import { DataTable } from './data-table.tsx';
import { Panel } from './panel.tsx';
import { Picture } from './picture.tsx';
import type { Tab } from './tabs.ts';

/** What is held: exposures three ways, drift in money, scenarios, and who says so. */
export const bookTab: Tab = {
  name: 'book',
  word: 'Book',
  says: 'what is held: exposures three ways, drift in money, scenarios',
  View: BookView,
  offered: (monitor) => monitor.status?.rooms?.includes('book') ?? false,
};

const POLL_MS = 5_000;

function BookView() {
  const { key, palette } = usePage();
  const { data: book, error } = useAsked<Book>(key === '' ? null : `book/${encodeURIComponent(key)}`, POLL_MS);
  const { data: overview } = useAsked<BookOverview>('book', POLL_MS);
  const state = bookState(book);
  const held = (book?.exposures.length ?? 0) > 0;
  return (
    <>
      {error === '' ? null : <p role="alert">{error}</p>}
      <Panel
        name="exposures"
        title="Exposures"
        table={() => exposureTable(book)}
        aside={
          <span class={state.ok ? 'quiet' : 'broken'} role={state.ok ? undefined : 'status'}>
            {state.ok ? state.word : `✕ ${state.word}`}
            {book?.at == null ? '' : `, ${moment(book.at)} UTC`}
          </span>
        }
      >
        {held ? (
          <DataTable table={exposureTable(book)} />
        ) : (
          <p class="quiet">
            Nothing is held. --positions FILE, a push to /api/v1/book/positions, or a login bring a book.
          </p>
        )}
        {(book?.unvalued ?? []).map((u) => (
          <p class="broken" key={u.instrument}>
            ✕ {u.instrument} is in no figure: {u.reason}
          </p>
        ))}
      </Panel>
      {held && book !== null ? <HeldBook book={book} palette={palette} /> : null}
      <Panel name="accounts" title="Accounts" table={() => accountTable(overview)}>
        <DataTable table={accountTable(overview)} />
      </Panel>
    </>
  );
}

function HeldBook({ book, palette }: { readonly book: Book; readonly palette: ReturnType<typeof usePage>['palette'] }) {
  return (
    <>
      <div class="columns">
        <div>
          <Panel
            name="scenarios"
            title="Scenarios"
            table={() => scenarioTable(book)}
            aside={<span class="quiet">every option revalued under the champion</span>}
          >
            <Picture
              label="profit and loss by spot and volatility move; the table has the numbers"
              height={210}
              draw={(pen, w, h) => drawScenarios(pen, book, w, h, palette)}
            />
            <DataTable table={stressTable(book)} />
          </Panel>
          <Panel name="vega" title="Vega by expiry" table={() => vegaTable(book)}>
            <DataTable table={vegaTable(book)} />
          </Panel>
        </div>
        <div>
          <Panel
            name="money"
            title="Money"
            table={() => moneyTable(book)}
            aside={<span class="quiet">{book.status === 'ok' ? '' : 'not stated while positions are in doubt'}</span>}
          >
            <table class="money">
              <tbody>
                {moneyFacts(book).map((f) => (
                  <tr key={f.name}>
                    <th scope="row">
                      {f.name} <span class="unit">{f.says}</span>
                    </th>
                    <td class="figure">
                      {f.value === null ? (
                        <span class="unit">{f.none}</span>
                      ) : (
                        <>
                          {fixed(f.value, f.decimals)} <span class="unit">{f.unit}</span>
                        </>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Panel>
          <Panel name="drift" title="Drift in money" table={() => historyTable(book)}>
            <Picture
              label="drift not yet booked over time with the model reserve; the table has the numbers"
              height={150}
              draw={(pen, w, h) => drawDrift(pen, book.history, w, h, palette)}
            />
            <p class="legend quiet">line: drift not yet booked; band: model reserve; ticks: recalibration jumps; USD</p>
          </Panel>
        </div>
      </div>
      <Panel name="buckets" title="By tenor, side and delta" table={() => bucketTable(book)}>
        <DataTable table={bucketTable(book)} />
      </Panel>
    </>
  );
}
