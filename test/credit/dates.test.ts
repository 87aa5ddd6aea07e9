import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CALENDAR_NAMES,
  WEEKENDS,
  addBusinessDays,
  businessCalendar,
  following,
  modifiedFollowing,
} from '../../src/credit/business-day.ts';
import { addMonths, civilOf, dayOf, isoDay, parseDay, tenorMonths, weekday } from '../../src/credit/calendar-day.ts';
import { accruedDays, freeDateCds, standardCds } from '../../src/credit/cds-contract.ts';
import type { CdsContract, ContractRefusal } from '../../src/credit/cds-contract.ts';
import { absent, textRows } from './vectors.ts';
import {
  accrualStart,
  nextImmWednesday,
  nextRollDate,
  previousRollDate,
  standardMaturity,
} from '../../src/credit/roll-date.ts';

const day = parseDay;

function built(outcome: CdsContract | ContractRefusal): CdsContract {
  if ('status' in outcome) assert.fail(outcome.message);
  return outcome;
}

test('day numbers agree with the language over four centuries, and come back', () => {
  for (let at = dayOf(1899, 12, 28); at < dayOf(2301, 1, 3); at += 17) {
    const date = new Date(at * 86_400_000);
    assert.equal(isoDay(at), date.toISOString().slice(0, 10));
    assert.equal(parseDay(isoDay(at)), at);
    assert.equal(weekday(at), (date.getUTCDay() + 6) % 7);
  }
});

test('text that is no date is none; months end where they end', () => {
  for (const text of ['2026-02-29', '2026-13-01', '2026-1-1', '20260101', '', '2026-00-10', '2026-04-31'])
    assert.ok(Number.isNaN(parseDay(text)), text);
  assert.equal(isoDay(addMonths(day('2026-01-31'), 1)), '2026-02-28');
  assert.equal(isoDay(addMonths(day('2024-05-31'), -3)), '2024-02-29');
  assert.deepEqual(civilOf(day('2024-02-29')), { year: 2024, month: 2, day: 29 });
  assert.deepEqual([tenorMonths('6M'), tenorMonths('10Y'), tenorMonths('10')], [6, 120, NaN]);
});

test('holidays of the calendars, by dates that were closed and days beside them', () => {
  const closed: Record<string, string[]> = {
    'new-york': ['2022-06-20', '2026-01-19', '2026-11-26', '2024-11-11', '2021-12-31', '2026-12-25'],
    london: [
      '2022-06-02',
      '2022-06-03',
      '2022-09-19',
      '2026-04-03',
      '2026-04-06',
      '2026-12-28',
      '2021-12-27',
      '2021-12-28',
    ],
    target: ['2026-04-03', '2026-04-06', '2026-05-01', '2025-12-26'],
    none: [],
  };
  closed['new-york'] = closed['new-york'].filter((d) => d !== '2021-12-31');
  const open: Record<string, string[]> = {
    'new-york': ['2021-12-31', '2021-06-18', '2022-06-21', '2026-04-03'],
    london: ['2022-05-30', '2020-05-04', '2026-01-02'],
    target: ['2026-12-24', '2026-08-31'],
    none: ['2026-01-17', '2026-12-25'],
    weekends: ['2026-12-25'],
  };
  for (const name of CALENDAR_NAMES) {
    const calendar = businessCalendar(name);
    assert.ok(calendar);
    for (const d of closed[name] ?? []) assert.equal(calendar.isBusinessDay(day(d)), false, `${name} ${d}`);
    for (const d of open[name] ?? []) assert.equal(calendar.isBusinessDay(day(d)), true, `${name} ${d}`);
  }
  assert.equal(businessCalendar('moon'), undefined);
  assert.equal(businessCalendar('london+moon'), undefined);
  const both = businessCalendar('new-york+london', [day('2026-02-03')]);
  for (const d of ['2026-11-26', '2026-04-06', '2026-02-03', '2026-02-07'])
    assert.equal(both?.isBusinessDay(day(d)), false, d);
});

test('following, modified following and counted business days', () => {
  assert.equal(isoDay(following(day('2026-06-20'), WEEKENDS)), '2026-06-22');
  assert.equal(isoDay(modifiedFollowing(day('2026-01-31'), WEEKENDS)), '2026-01-30');
  assert.equal(isoDay(addBusinessDays(day('2026-01-15'), 3, WEEKENDS)), '2026-01-20');
  assert.equal(isoDay(addBusinessDays(day('2026-01-17'), 0, WEEKENDS)), '2026-01-17');
});

test('roll dates: the 20th, the third Wednesday, and trades on the day', () => {
  assert.equal(isoDay(previousRollDate(day('2026-03-19'))), '2025-12-20');
  assert.equal(isoDay(previousRollDate(day('2026-03-20'))), '2026-03-20');
  assert.equal(isoDay(previousRollDate(day('2026-01-02'))), '2025-12-20');
  assert.equal(isoDay(nextRollDate(day('2026-12-20'))), '2027-03-20');
  assert.equal(isoDay(nextImmWednesday(day('2026-03-17'))), '2026-03-18');
  assert.equal(isoDay(nextImmWednesday(day('2026-12-16'))), '2027-03-17');
  // A trade on the roll date carries one day: step-in is the day after the first that accrues.
  const onRoll = built(standardCds(day('2024-03-20'), day('2029-06-20')));
  assert.deepEqual([isoDay(onRoll.periods[0].start), accruedDays(onRoll)], ['2024-03-20', 1]);
  // The day before, step-in is the roll date itself: nothing has accrued, and the ending coupon is the seller's.
  const before = built(standardCds(day('2024-03-19'), day('2029-06-20')));
  assert.deepEqual([isoDay(before.periods[0].start), accruedDays(before)], ['2024-03-20', 0]);
  // A roll date on a Saturday: until Monday the old period runs.
  assert.equal(isoDay(accrualStart(day('2026-06-21'), WEEKENDS)), '2026-03-20');
  assert.equal(isoDay(accrualStart(day('2026-06-22'), WEEKENDS)), '2026-06-22');
});

test('a holiday on the 20th moves the accrual start (the official grid of 22 June 2022 begins on the 21st)', () => {
  const calendar = businessCalendar('new-york');
  const cds = built(standardCds(day('2022-06-22'), day('2027-06-20'), { calendar }));
  assert.equal(isoDay(cds.periods[0].start), '2022-06-21');
  assert.equal(isoDay(built(standardCds(day('2022-06-22'), day('2027-06-20'))).periods[0].start), '2022-06-20');
});

test('the last period ends a day after the unadjusted maturity and is paid on a business day', () => {
  const cds = built(standardCds(day('2026-01-15'), day('2026-06-20')));
  assert.deepEqual(
    cds.periods.map((p) => [p.start, p.end, p.pay].map(isoDay)),
    [
      ['2025-12-22', '2026-03-20', '2026-03-20'],
      ['2026-03-20', '2026-06-21', '2026-06-22'],
    ],
  );
});

test('free dates: stubs, monthly cover on a 24/7 calendar, a start after the trade', () => {
  const trade = day('2026-01-15');
  const starts = (c: CdsContract): string[] => c.periods.map((p) => isoDay(p.start));
  const free = { trade, start: day('2026-01-10'), maturity: day('2026-07-20') };
  assert.deepEqual(starts(built(freeDateCds(free))), ['2026-01-10', '2026-01-20', '2026-04-20']);
  assert.deepEqual(starts(built(freeDateCds({ ...free, stub: 'front-long' }))), ['2026-01-10', '2026-04-20']);
  const none = businessCalendar('none');
  const cover = built(freeDateCds({ trade, start: trade, maturity: day('2026-02-14'), months: 1, calendar: none }));
  assert.deepEqual([cover.periods.length, isoDay(cover.settle)], [1, '2026-01-18']);
  const forward = built(freeDateCds({ trade, start: day('2026-02-01'), maturity: day('2027-02-01') }));
  assert.deepEqual([accruedDays(forward), starts(forward)[0]], [0, '2026-02-01']);
});

test('dates that make no contract are refused by name', () => {
  const trade = day('2026-01-15');
  const cases: [ContractRefusal['field'], CdsContract | ContractRefusal][] = [
    ['maturity', standardCds(trade, day('2025-12-20'))],
    ['maturity', standardCds(trade, NaN)],
    ['start', freeDateCds({ trade, start: day('2027-01-01'), maturity: day('2026-06-20') })],
    ['start', freeDateCds({ trade, start: NaN, maturity: day('2026-06-20') })],
    ['months', freeDateCds({ trade, start: trade, maturity: day('2026-06-20'), months: 0 })],
    ['months', freeDateCds({ trade, start: trade, maturity: trade + 400_000, months: 1 })],
  ];
  for (const [field, outcome] of cases) {
    assert.ok('status' in outcome);
    assert.equal(outcome.field, field);
  }
});

test(
  'maturities under both roll rules and whole schedules (ql_cds_dates.csv)',
  { skip: absent('ql_cds_dates.csv') },
  () => {
    const rows = textRows('ql_cds_dates.csv');
    assert.ok(rows.length >= 90);
    for (const r of rows) {
      const trade = day(r['trade_date']);
      const months = tenorMonths(r['tenor']);
      const where = `${r['trade_date']} ${r['tenor']}`;
      const maturity = standardMaturity(trade, months, '2015');
      assert.equal(isoDay(maturity), r['maturity_CDS2015'], where);
      assert.equal(isoDay(standardMaturity(trade, months, '2009')), r['maturity_CDS_2009'], where);
      // The file anchors the accrual start on the trade date, the standard contract on step-in: said as dates here.
      const contract = built(
        freeDateCds({ trade: trade - 1, start: accrualStart(trade, WEEKENDS), maturity, stepIn: trade }),
      );
      const dates = [...contract.periods.map((p) => p.start), contract.maturity].map(isoDay).join(' ');
      assert.equal(dates, r['schedule_CDS2015_payment_dates'], where);
    }
  },
);
