/** An exchange's own marks and greeks of one snapshot, beside independent Black-76 values of the same options. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inverseGreeks } from '../../src/numeric/inverse.ts';
import { median } from '../../src/numeric/robust.ts';
import { relativeError, tables } from './vectors.ts';

const table = tables('deribit_snapshot_check.csv').find(({ label }) => label.startsWith('shared'))!;

test(
  '918 quoted options: 1e-12 of the independent values, and as near the exchange as those are',
  { skip: table.skip },
  () => {
    const [marks, deltas, vegas]: number[][] = [[], [], []];
    for (const row of table.rows()) {
      const side = row.text('type') === 'call' ? 'call' : 'put';
      const [forward, strike, years, sigma] = ['F', 'K', 'T_days365', 'mark_iv'].map((c) => row.num(c));
      const greeks = inverseGreeks({ side, forward, strike, years, sigma });
      for (const [got, column] of [
        [greeks.priceCoin, 'black76_coin'],
        [greeks.deltaBlack, 'delta_black'],
        [greeks.deltaPremiumAdjusted, 'delta_ntd'],
        [greeks.vegaUsdPerPoint, 'vega_usd_per_volpt'],
      ] as const)
        assert.ok(relativeError(got, row.num(column)) < 1e-12, `${row.text('instrument')} ${column}: ${got}`);
      marks.push(Math.abs(greeks.priceCoin - row.num('mark_price_coin')));
      deltas.push(Math.abs(greeks.deltaBlack - row.num('delta_deribit')));
      vegas.push(Math.abs(greeks.vegaUsdPerPoint - row.num('vega_deribit')));
    }
    assert.equal(marks.length, 918);
    // What is left is rounding of the published volatility (1e-4) and polls that are not quite simultaneous.
    assert.ok(median(marks) < 4e-6, `marks ${median(marks)} coin`);
    assert.ok(median(deltas) < 7e-5, `deltas ${median(deltas)}`);
    assert.ok(median(vegas) < 0.003, `vegas ${median(vegas)} USD a point`);
  },
);
