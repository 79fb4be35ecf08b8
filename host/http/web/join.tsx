/**
 * Join: two bridges become one mesh: one side makes an invite, the other one takes it.
 */
import { useState } from 'preact/hooks';
import type { InviteView, LineView } from '../views.ts';
import { Clients } from './clients.tsx';
import { useDeed, useNow, usePanel } from './hooks.ts';
import { Lines } from './lines.tsx';
import { Copy, Fault, Simulated } from './parts.tsx';
import { Qr } from './qr.tsx';
import { shortId, span } from './words.ts';

export function JoinView() {
  const { state } = usePanel();
  const now = useNow(10_000);
  return (
    <div class="sheet pair">
      {state.parts.status?.isVirtual ? (
        <Simulated title="Join another bridge">
          Nobody joins a simulated island, and it joins nobody: its packets cross no real line.
        </Simulated>
      ) : (
        <>
          <Invite now={now} />
          <Join />
        </>
      )}
      <Clients now={now} />
      <section class="wide">
        <h2>Lines to other gateways</h2>
        <Lines lines={state.parts.lines ?? []} now={now} />
      </section>
    </div>
  );
}

function Invite({ now }: { now: number }) {
  const { panel } = usePanel();
  const [address, setAddress] = useState('');
  const [invite, setInvite] = useState<InviteView | null>(null);
  const [deed, perform] = useDeed();
  const make = (event: Event): void => {
    event.preventDefault();
    const wanted = address.trim();
    void perform(async () => setInvite(await panel.invite(wanted === '' ? null : wanted)));
  };
  return (
    <section>
      <h2>Invite another bridge</h2>
      <p>
        It dials this one, so this one must be reachable: at home, forward its port in the router.
      </p>
      <form onSubmit={make}>
        <label>
          Address of this bridge, as others reach it <small>(may be left empty)</small>
          <input
            type="text"
            placeholder="bridge.example.org:8334"
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            value={address}
            onInput={({ currentTarget }) => setAddress(currentTarget.value)}
          />
        </label>
        <button type="submit" class="main" disabled={deed.isBusy}>
          Make an invite
        </button>
      </form>
      <Fault deed={deed} />
      <div role="status">
        {invite !== null && (
          <>
            <p>
              Hand this line on, by a way that nobody else reads. It works once, for{' '}
              {span(invite.expiresAt - now)}.
            </p>
            <Copy text={invite.line} label="New invite" />
            <Qr text={invite.line} label="QR code of the invite" />
            <p>Or, in a terminal there:</p>
            <Copy text={invite.command} label="Command to join" />
          </>
        )}
      </div>
    </section>
  );
}

function Join() {
  const { panel } = usePanel();
  const [line, setLine] = useState('');
  const [joined, setJoined] = useState<LineView | null>(null);
  const [deed, perform] = useDeed();
  const join = (event: Event): void => {
    event.preventDefault();
    void perform(async () => {
      setJoined(await panel.join(line));
      setLine('');
    });
  };
  return (
    <section>
      <h2>Join another bridge</h2>
      <p>
        Paste the line that its invite showed. Neither side reachable? Both join a third one that
        is.
      </p>
      <form onSubmit={join}>
        <label>
          Invite
          <textarea
            rows={3}
            placeholder="hopline:HOST:PORT/NODE/SECRET"
            autocapitalize="none"
            spellcheck={false}
            value={line}
            onInput={({ currentTarget }) => setLine(currentTarget.value)}
          />
        </label>
        <button type="submit" class="main" disabled={deed.isBusy || line.trim() === ''}>
          Join
        </button>
      </form>
      <Fault deed={deed} />
      <p role="status">
        {joined !== null &&
          `Joined ${joined.name || shortId(joined.node)}; the line is ${joined.state}.`}
      </p>
    </section>
  );
}
