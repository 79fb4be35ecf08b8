/**
 * Central: the links we open, through noble. It dials one at a time, since noble does, and not while
 * it scans, since many adapters cannot; every call of noble's has a time limit, since many of its
 * promises are never settled.
 */
import { once } from 'node:events';
import type { Characteristic, Peripheral } from '@abandonware/noble';
import { GATTS, recognise } from './ble-advertisement.ts';
import { Credit } from './ble-credit.ts';
import { guardNoble, MTU_MAX, stopNoble } from './noble-guards.ts';
import type { Noble } from './noble-guards.ts';
import type { RadioEvent, Service } from './radio.ts';
import { within } from './within.ts';

export type Patience = {
  /** Until the other end is connected. */
  dialMs: number;
  /** For each question to the other end. */
  askMs: number;
  /** For what the adapter does by itself. */
  adapterMs: number;
};

export const PATIENCE: Patience = { dialMs: 10_000, askMs: 5_000, adapterMs: 2_000 };

/** Intervals in steps of 1.25 ms, the supervision timeout in steps of 10 ms: 4 s. */
const CONNECTION = { minInterval: 6, maxInterval: 24, latency: 0, timeout: 400 };

/** The other end may greet us before it has answered that it will; beyond it values are lost. */
const EARLY_MAX = 16;

type Outgoing = {
  link: number;
  address: string;
  service: Service;
  peripheral: Peripheral | null;
  /** Of its connection, once there is one. */
  handle: number | null;
  door: Characteristic | null;
  payloadMax: number;
  /** Rejects once it is over, whatever is waited for. */
  over: Promise<never>;
  end: (why: string) => void;
  /** Nothing of it is left. */
  closed: Promise<void>;
};

export class Central {
  private readonly noble: Noble;
  private readonly tell: (event: RadioEvent) => void;
  private readonly patience: Patience;
  private readonly credit = new Credit();
  private readonly links = new Map<number, Outgoing>();
  private readonly waiting: Outgoing[] = [];
  private isDialling = false;
  private isScanWanted = false;
  private isScanning = false;
  private scanWork: Promise<void> = Promise.resolve();

  constructor(
    noble: Noble,
    tell: (event: RadioEvent) => void,
    patience: Patience,
    without: readonly string[],
  ) {
    this.noble = noble;
    this.tell = tell;
    this.patience = patience;
    guardNoble(noble, this.credit, without);
    noble.on('discover', (peripheral: Peripheral) => this.discover(peripheral));
  }

  /** The adapter is back, or gone and every link with it. */
  power(isOn: boolean): void {
    this.isScanning = false;
    if (isOn) this.settleScan();
    else for (const outgoing of this.links.values()) outgoing.end(ADAPTER_GONE);
  }

  scan(isOn: boolean): void {
    this.isScanWanted = isOn;
    this.settleScan();
  }

  connect(link: number, address: string, service: Service): void {
    const outgoing = outgoingOf(link, address, service);
    const isTaken = [...this.links.values()].some((other) => other.address === address);
    this.links.set(link, outgoing);
    outgoing.closed = this.live(outgoing);
    if (isTaken) return outgoing.end('there is a link to it already');
    this.waiting.push(outgoing);
    void this.work();
  }

  disconnect(link: number): void {
    const outgoing = this.links.get(link);
    if (outgoing === undefined) this.tell({ kind: 'closed', link, why: 'it was not open' });
    else outgoing.end('we ended it');
  }

  write(link: number, bytes: Uint8Array): void {
    const outgoing = this.links.get(link);
    const done = (): void => this.tell({ kind: 'sent', link });
    if (outgoing === undefined || outgoing.door === null || outgoing.handle === null) {
      this.tell({ kind: 'drop', link, reason: 'not-open' });
      done();
    } else if (bytes.length > outgoing.payloadMax) {
      this.tell({ kind: 'drop', link, reason: 'over-mtu' });
      done();
    } else if (!this.credit.hasRoom(outgoing.handle)) {
      this.tell({ kind: 'drop', link, reason: 'too-many-writes' });
      done();
    } else {
      outgoing.door.write(Buffer.from(bytes), true);
      this.credit.mark(outgoing.handle, done);
    }
  }

  async close(): Promise<void> {
    this.isScanWanted = false;
    this.settleScan();
    const open = [...this.links.values()];
    for (const outgoing of open) outgoing.end('we ended it');
    await Promise.all([this.scanWork, ...open.map(({ closed }) => closed)]);
    stopNoble(this.noble);
  }

  private discover(peripheral: Peripheral): void {
    const heard = recognise(peripheral.advertisement);
    if (heard === null) return;
    const { address, rssi, advertisement } = peripheral;
    const { service, bytes } = heard;
    const name = advertisement.localName ?? '';
    this.tell({ kind: 'sighted', address, rssi, service, bytes, name });
  }

  /** Brings scanning to what is wanted, one step after the other. */
  private settleScan(): void {
    this.scanWork = this.scanWork.then(async () => {
      const isOn = this.isScanWanted && !this.isDialling && this.noble.state === 'poweredOn';
      if (isOn === this.isScanning) return;
      this.isScanning = isOn;
      // With duplicates: signal strength and fields of nodes change.
      const work = isOn ? this.noble.startScanningAsync([], true) : this.noble.stopScanningAsync();
      await within(this.patience.adapterMs, 'scanning', work).catch(() => {});
    });
  }

  private async work(): Promise<void> {
    if (this.isDialling) return;
    this.isDialling = true;
    this.settleScan();
    await this.scanWork;
    for (;;) {
      const outgoing = this.waiting.shift();
      if (outgoing === undefined) break;
      try {
        await this.dial(outgoing);
      } catch (cause) {
        outgoing.end((cause as Error).message);
        await outgoing.closed;
      }
    }
    this.isDialling = false;
    this.settleScan();
  }

  private async dial(outgoing: Outgoing): Promise<void> {
    const { link, address, service, over } = outgoing;
    const { dialMs, askMs } = this.patience;
    const ask = <T>(ms: number, what: string, work: Promise<T>): Promise<T> =>
      Promise.race([over, within(ms, what, work)]);

    const id = address.replaceAll(':', '');
    const peripheral = await Promise.race([over, this.noble._peripherals[id]]);
    if (peripheral === undefined) throw new Error('it was not heard lately');
    outgoing.peripheral = peripheral;
    peripheral.once('disconnect', (reason: unknown) => outgoing.end(ending(reason)));
    await ask(dialMs, 'connecting', connect(peripheral));
    outgoing.handle = Number(this.noble._bindings._handles[id]);
    const gatt = GATTS[service];
    const { characteristics } = await ask(
      askMs,
      'looking for the service',
      peripheral.discoverSomeServicesAndCharacteristicsAsync(
        [gatt.service],
        [gatt.write, gatt.notify],
      ),
    );
    const door = characteristics.find(({ uuid }) => uuid === gatt.write);
    const bell = characteristics.find(({ uuid }) => uuid === gatt.notify);
    if (door === undefined || bell === undefined) throw new Error('it has no such characteristic');
    const early: RadioEvent[] = [];
    bell.on('data', (value: Buffer) => {
      const event: RadioEvent = { kind: 'received', link, bytes: new Uint8Array(value) };
      if (outgoing.door !== null) this.tell(event);
      else if (early.length < EARLY_MAX) early.push(event);
    });
    await ask(askMs, 'subscribing', bell.subscribeAsync());
    outgoing.door = door;
    // The MTU is agreed before the first question.
    const { mtu } = peripheral as { mtu?: number | null };
    outgoing.payloadMax = Math.min(mtu ?? MTU_MIN, MTU_MAX) - 3;
    const { payloadMax } = outgoing;
    this.tell({ kind: 'opened', link, service, address, payloadMax, rssi: peripheral.rssi });
    for (const event of early) this.tell(event);
  }

  /** Waits for the end of a link, whichever way it comes, and clears up behind it. */
  private async live(outgoing: Outgoing): Promise<void> {
    const { link, over } = outgoing;
    const why = await over.catch((cause: Error) => cause.message);
    if (outgoing.peripheral !== null) await this.hangUp(outgoing, outgoing.peripheral);
    if (outgoing.handle !== null) this.credit.forget(outgoing.handle);
    // The adapter went and came back meanwhile, and the number is another's.
    if (this.links.get(link) !== outgoing) return;
    this.links.delete(link);
    this.tell({ kind: 'closed', link, why });
  }

  private async hangUp(outgoing: Outgoing, peripheral: Peripheral): Promise<void> {
    outgoing.door = null;
    const { adapterMs } = this.patience;
    if (peripheral.state === 'connecting') await this.cancel(peripheral);
    // It may have been connected while the dial was cancelled.
    if (peripheral.state === 'connected') {
      const gone = within(adapterMs, 'disconnecting', peripheral.disconnectAsync());
      await gone.catch(() => {});
    }
    peripheral.removeAllListeners();
    for (const service of peripheral.services ?? []) {
      for (const characteristic of service.characteristics ?? []) {
        characteristic.removeAllListeners();
      }
    }
  }

  /** The adapter dials until it is told otherwise, and dials nobody else. */
  private async cancel(peripheral: Peripheral): Promise<void> {
    const bindings = this.noble._bindings;
    const answered = once(bindings, 'connect');
    (peripheral as unknown as { cancelConnect(): void }).cancelConnect();
    await within(this.patience.adapterMs, 'cancelling', answered).catch(() => {
      bindings._pendingConnectionUuid = null;
    });
  }
}

function outgoingOf(link: number, address: string, service: Service): Outgoing {
  let end!: (why: string) => void;
  const over = new Promise<never>((_, reject) => {
    end = (why) => reject(new Error(why));
  });
  return {
    link,
    address,
    service,
    peripheral: null,
    handle: null,
    door: null,
    payloadMax: 0,
    over,
    end,
    closed: Promise.resolve(),
  };
}

const ADAPTER_GONE = 'the adapter is gone';
/** What every connection begins with. */
const MTU_MIN = 23;

function connect(peripheral: Peripheral): Promise<void> {
  const { connectAsync } = peripheral as unknown as {
    connectAsync(options: typeof CONNECTION): Promise<void>;
  };
  return connectAsync.call(peripheral, CONNECTION);
}

/** Why a connection ended, by the numbers of Bluetooth Core, volume 1, part F. */
function ending(reason: unknown): string {
  switch (reason) {
    case 0x08:
      return 'it went out of range';
    case 0x13:
    case 0x14:
    case 0x15:
      return 'the other end left';
    case 0x16:
      return 'we ended it';
    case 0x3e:
      return 'it was not established';
    default:
      return `it ended (${String(reason)})`;
  }
}
