/**
 * Radios: processes of a rig with the product's radio, and what tests say to them.
 */
import type { BluetoothOptions } from '../../device/pi/bluetooth.ts';
import { PATIENCE } from '../../device/pi/ble-central.ts';
import type { Advertisement, Radio, RadioEvent } from '../../device/pi/radio.ts';
import { PATIENCE_MS } from '../patience.ts';
import type { Child, Rig, Said } from './rig.ts';

type Kind = RadioEvent['kind'];
type Of<K extends Kind> = Extract<RadioEvent, { kind: K }>;

export class RadioChild {
  readonly child: Child;
  readonly address: string;

  constructor(child: Child, address: string) {
    this.child = child;
    this.address = address;
  }

  call<N extends keyof Radio>(name: N, ...words: Parameters<Radio[N]>): void {
    this.child.tell({ kind: 'call', name, with: words });
  }

  /** The first event of a kind that was not asked for yet, of `link` if one is given. */
  async event<K extends Kind>(
    kind: K,
    fits: (event: Of<K>) => boolean = () => true,
  ): Promise<Of<K>> {
    const said = await this.child.hears<Said & { event: Of<K> }>((message) => {
      const event = message['event'] as RadioEvent | undefined;
      return event?.kind === kind && fits(event as Of<K>);
    }, `event ${kind}`);
    return said.event;
  }

  /** How a dial ends. */
  async outcome(): Promise<'opened' | 'closed'> {
    const said = await this.child.hears<Said & { event: RadioEvent }>((message) => {
      const { kind } = (message['event'] as RadioEvent | undefined) ?? {};
      return kind === 'opened' || kind === 'closed';
    }, 'the outcome of a dial');
    return said.event.kind as 'opened' | 'closed';
  }

  /** Events of a kind that came and were not asked for. */
  waiting(kind: Kind): RadioEvent[] {
    return this.child.said
      .map((message) => message['event'] as RadioEvent | undefined)
      .filter((event) => event?.kind === kind) as RadioEvent[];
  }

  /** Sends a numbered stream to `to` and waits until all of it is there. */
  async stream(
    link: number,
    to: RadioChild,
    toLink: number,
    { count, size = 200, window = 16 }: { count: number; size?: number; window?: number },
  ): Promise<Said> {
    to.child.tell({ kind: 'expect', link: toLink, count });
    await to.child.kind('expecting');
    this.child.tell({ kind: 'stream', link, count, size, window });
    const received = await to.child.kind('received');
    await this.child.kind('sent');
    return received;
  }
}

/** Dials are not given up while this machine stands still. */
const PATIENT = { ...PATIENCE, dialMs: PATIENCE_MS, askMs: PATIENCE_MS };

/** Starts a radio on the controller of that number and waits until it is on. */
export async function startRadio(
  rig: Rig,
  at: number,
  options: Partial<BluetoothOptions> = {},
): Promise<RadioChild> {
  const radio = new RadioChild(await rig.start('radio', at), rig.controllers[at].address);
  radio.child.tell({ kind: 'open', options: { patience: PATIENT, ...options } });
  await radio.event('power', ({ isOn }) => isOn);
  await radio.child.kind('open');
  return radio;
}

/** Several at once, on the first controllers. */
export function startRadios(
  rig: Rig,
  count: number,
  options: Partial<BluetoothOptions> = {},
): Promise<RadioChild[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => startRadio(rig, at, options)));
}

/** One that dials as soon as it sees the other; gives what both say when the link is open. */
export async function link(
  from: RadioChild,
  to: RadioChild,
  service: 'node' | 'phone' = 'node',
): Promise<[Of<'opened'>, Of<'opened'>]> {
  to.call('advertise', advertisement());
  from.call('scan', true);
  const { address } = await from.event('sighted', (seen) => seen.address === to.address);
  from.call('connect', 1, address, service);
  return [await from.event('opened'), await to.event('opened')];
}

/** As a node shows itself that may be dialled. */
export function advertisement(fields: Partial<Advertisement> = {}): Advertisement {
  const bytes = new Uint8Array(20).fill(7);
  bytes.set([0x48, 0x4c, 0x11]);
  return { bytes, isConnectable: true, isForPhones: true, name: 'pi', ...fields };
}
