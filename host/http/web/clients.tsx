/**
 * Clients: programs and pages that take part over a line of their own, and the tickets that let them.
 */
import { useEffect, useState } from 'preact/hooks';
import type { ClientTicketView, ClientView } from '../views.ts';
import { useDeed, usePanel } from './hooks.ts';
import { Copy, Fault, Lamp, Twice } from './parts.tsx';
import { Qr } from './qr.tsx';
import { ago, nameOf } from './words.ts';

const NAME_MAX = 32;

export function Clients({ now }: { now: number }) {
  const { panel } = usePanel();
  const [clients, setClients] = useState<ClientView[]>([]);
  const [name, setName] = useState('');
  const [ticket, setTicket] = useState<ClientTicketView | null>(null);
  const [deed, perform] = useDeed();
  const read = async (): Promise<void> => {
    setClients(await panel.ask(() => panel.requests.clients()));
  };
  useEffect(() => {
    void perform(read);
  }, [panel]);
  const add = (event: Event): void => {
    event.preventDefault();
    void perform(async () => {
      setTicket(await panel.ask(() => panel.requests.addClient(name.trim())));
      setName('');
      await read();
    });
  };
  const remove = (which: string): void =>
    void perform(async () => {
      await panel.ask(() => panel.requests.removeClient(which));
      if (ticket?.name === which) setTicket(null);
      await read();
    });
  return (
    <section>
      <h2>Programs and pages</h2>
      <p>
        A ticket lets a program, or a page in another browser, take part as a leaf of this bridge.
      </p>
      <form onSubmit={add}>
        <label>
          What it is called here
          <input
            type="text"
            placeholder="kitchen-tablet"
            maxLength={NAME_MAX}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            value={name}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        </label>
        <button type="submit" class="main" disabled={deed.isBusy || name.trim() === ''}>
          Make a ticket
        </button>
      </form>
      <Fault deed={deed} />
      <div role="status">
        {ticket !== null && (
          <>
            <p>
              The ticket of <b>{ticket.name}</b>. It is shown this once; whoever has it takes part.
            </p>
            <Copy text={ticket.line} label="New ticket" />
            <Qr text={ticket.line} label={`Ticket of ${ticket.name} as a QR code`} />
          </>
        )}
      </div>
      <ul class="lines" aria-label="Tickets">
        {clients.map((client) => (
          <Client
            key={client.name}
            client={client}
            now={now}
            isBusy={deed.isBusy}
            remove={remove}
          />
        ))}
      </ul>
      {clients.length === 0 && <p class="dim">No ticket was made yet.</p>}
    </section>
  );
}

type ClientProps = {
  client: ClientView;
  now: number;
  isBusy: boolean;
  remove: (name: string) => void;
};

function Client({ client: { name, addedAt, nodes }, now, isBusy, remove }: ClientProps) {
  const { peers = [] } = usePanel().state.parts;
  return (
    <li>
      <p>
        <Lamp is={nodes.length > 0 ? 'on' : 'off'}>{nodes.length > 0 ? 'here' : 'away'}</Lamp>{' '}
        {name}
      </p>
      <p class="dim">
        {[`made ${ago(addedAt, now)}`, ...nodes.map((id) => nameOf(peers, id))].join(' · ')}
      </p>
      <Twice
        label="Remove"
        question={`Take the ticket of ${name} away?`}
        isBusy={isBusy}
        onYes={() => remove(name)}
      />
    </li>
  );
}
