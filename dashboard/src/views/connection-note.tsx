import { age, moment } from '../format.ts';
import { useNow, usePage, useParts } from './context.tsx';

/** Says that the picture is old, and how old, while the wire is down; says where one is in time when looking back. */
export function ConnectionNote() {
  const { monitor, route, go } = usePage();
  const now = useNow();
  useParts(monitor, ['connection']);
  const { connection } = monitor;
  const lost = connection.state === 'lost' || (connection.state === 'connecting' && Number.isFinite(monitor.heard));
  return (
    <>
      {lost ? (
        <p class="note lost" role="status">
          <strong>Connection lost.</strong> This picture is {age((now - monitor.heard) / 1000)} old
          {connection.detail === '' ? '' : ` (${connection.detail})`}; it comes back by itself.
        </p>
      ) : null}
      {route.asOf === null ? null : (
        <p class="note past" role="status">
          <strong>As of {moment(route.asOf)} UTC</strong>
          {Number.isFinite(monitor.at) ? `, ${age((monitor.at - route.asOf) / 1000)} before the newest` : ''}{' '}
          <button type="button" onClick={() => go({ asOf: null })} title="l">
            Back to live
          </button>
        </p>
      )}
    </>
  );
}
