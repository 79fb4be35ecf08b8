/**
 * Notices: what a person must know whatever the view: that the daemon is gone, that it is not well,
 * that nothing here is real.
 */
import { useNow, usePanel } from './hooks.ts';
import type { Connection } from './state.ts';
import { time } from './words.ts';

export function Notices() {
  const { panel, state } = usePanel();
  const { status } = state.parts;
  return (
    <div class="notices">
      <div role="alert">
        {state.connection.kind === 'lost' && (
          <Lost connection={state.connection} tryNow={() => panel.open()} />
        )}
        {status?.problems.map((problem) => (
          <p key={problem} class="notice bad">
            {problem}
          </p>
        ))}
      </div>
      {status?.isVirtual && (
        <p class="notice virtual">
          <strong>Virtual.</strong> A simulated island runs inside this bridge; nothing goes over a
          real radio. Start it as <code>{status.realStart}</code> to use the radios of this machine.
        </p>
      )}
    </div>
  );
}

type LostProps = { connection: Extract<Connection, { kind: 'lost' }>; tryNow: () => void };

function Lost({ connection, tryNow }: LostProps) {
  const now = useNow(1000);
  const seconds = Math.ceil((connection.retryAt - now) / 1000);
  return (
    <p class="notice bad">
      <strong>Disconnected</strong> since {time(connection.sinceAt)}: the bridge does not answer.
      What you see is from then.{' '}
      {/* Said once to those who listen: a countdown would be read out every second. */}
      <span aria-hidden="true">{seconds > 0 ? `Next try in ${seconds} s.` : 'Trying …'}</span>{' '}
      <button type="button" onClick={tryNow}>
        Try now
      </button>
    </p>
  );
}
