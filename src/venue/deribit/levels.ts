/** What is not about one instrument: indices, the volatility index, the platform's own state. */
import type { IndexEvent, PlatformEvent, VolatilityIndexEvent } from '../../market/event.ts';
import { underlyingOfIndex } from './names.ts';
import type { RowReader } from './wire.ts';
import { PRICE, VENUE, VOLATILITY_PERCENT, isRecord } from './wire.ts';

/** `deribit_price_index.{index}`: the name stands in the channel; old messages lack `index_name`. */
export function readIndex(name: string, data: unknown, reader: RowReader): IndexEvent | null {
  const underlying = underlyingOfIndex(name);
  if (underlying === null || !isRecord(data)) {
    reader.refuse('unknown-index', 'channel', name);
    return null;
  }
  const at = reader.time('timestamp', data['timestamp']);
  const price = reader.required('price', PRICE, data['price']);
  if (at === null || price === null) return null;
  return { type: 'index', at, receivedAt: reader.receivedAt, venue: VENUE, underlying, name, price };
}

/** `deribit_volatility_index.{index}` (DVOL), percent on the wire. */
export function readVolatilityIndex(name: string, data: unknown, reader: RowReader): VolatilityIndexEvent | null {
  const underlying = underlyingOfIndex(name);
  if (underlying === null || !isRecord(data)) {
    reader.refuse('unknown-index', 'channel', name);
    return null;
  }
  const at = reader.time('timestamp', data['timestamp']);
  const volatility = reader.required('volatility', VOLATILITY_PERCENT, data['volatility']);
  if (at === null || volatility === null) return null;
  return { type: 'volatility-index', at, receivedAt: reader.receivedAt, venue: VENUE, underlying, volatility };
}

const platform = (state: PlatformEvent['state'], underlying: string | null, reader: RowReader): PlatformEvent => ({
  type: 'platform',
  at: reader.at,
  receivedAt: reader.receivedAt,
  venue: VENUE,
  underlying,
  state,
});

/** `platform_state`: `{price_index, locked}` or `{maintenance}`. It carries no time of its own. */
export function readPlatformState(data: unknown, reader: RowReader): PlatformEvent | null {
  if (isRecord(data) && typeof data['maintenance'] === 'boolean')
    return platform(data['maintenance'] ? 'maintenance' : 'open', null, reader);
  if (isRecord(data) && typeof data['locked'] === 'boolean' && typeof data['price_index'] === 'string') {
    const underlying = underlyingOfIndex(data['price_index']);
    if (underlying !== null) return platform(data['locked'] ? 'locked' : 'open', underlying, reader);
  }
  reader.refuse('unknown-form', 'platform_state', data);
  return null;
}

/** `public/status`: which indices are locked. `locked` is a word or, in the documents' example, a boolean. */
export function readStatus(result: unknown, reader: RowReader): PlatformEvent[] {
  const locked = isRecord(result) ? result['locked'] : undefined;
  if (!isRecord(result) || (typeof locked !== 'string' && typeof locked !== 'boolean')) {
    reader.refuse('unknown-form', 'public/status', result);
    return [];
  }
  if (locked === false || locked === 'false') return [platform('open', null, reader)];
  if (locked === true || locked === 'true') return [platform('locked', null, reader)];
  const names: unknown = result['locked_indices'] ?? result['locked_currencies'];
  const events: PlatformEvent[] = [];
  for (const name of Array.isArray(names) ? names : []) {
    const underlying = typeof name === 'string' ? (underlyingOfIndex(name) ?? name) : null;
    if (underlying === null) reader.refuse('unknown-index', 'locked_indices', name);
    else events.push(platform('locked', underlying, reader));
  }
  return events;
}
