/**
 * Peripheral: the one link that others open to us, through bleno. It serves phones and nodes at
 * once, and the first characteristic that whoever came subscribes to says which of the two it is.
 * While somebody is here it is shown, so that the mesh is known, and cannot be connected to.
 */
import { once } from 'node:events';
import { encodeAdvertisement, GATTS } from './ble-advertisement.ts';
import { guardBleno, setAdvertisingParameters, stopBleno } from './bleno-guards.ts';
import type { BlenoInternals } from './bleno-guards.ts';
import { Credit } from './ble-credit.ts';
import type { Advertisement, RadioEvent } from './radio.ts';
import { within } from './within.ts';

/** Link 0. */
const INBOUND = 0;
/** Whoever connects and subscribes to nothing is put out, and the link is free for another. */
const SUBSCRIBE_MAX_MS = 15_000;
/** After an advertisement that the adapter did not take. */
const RETRY_MS = 1_000;
/** One of the intervals at which iOS looks. */
const INTERVAL_MS = 152.5;

const SERVED = ['phone', 'node'] as const;
type Served = (typeof SERVED)[number];

type Inbound = {
  address: string;
  handle: number;
  rssi: number;
  /** Whom it turned out to be, and how to notify it. */
  service: Served | null;
  notify: ((bytes: Buffer) => void) | null;
  payloadMax: number;
  timer: NodeJS.Timeout;
  why: string;
};

export class Peripheral {
  private readonly bleno: BlenoInternals;
  private readonly tell: (event: RadioEvent) => void;
  private readonly adapterMs: number;
  private readonly isAlone: boolean;
  private readonly credit = new Credit();
  private inbound: Inbound | null = null;
  private wanted: Advertisement | null = null;
  /** What is on the air, as text, or null when we do not know. */
  private shown: string | null = '';
  private showing: Promise<void> = Promise.resolve();
  private retry: NodeJS.Timeout | undefined;

  constructor(
    bleno: BlenoInternals,
    tell: (event: RadioEvent) => void,
    adapterMs: number,
    without: readonly string[],
  ) {
    this.bleno = bleno;
    this.tell = tell;
    this.adapterMs = adapterMs;
    this.isAlone = !without.includes('bleno-one-central');
    guardBleno(bleno, this.credit, without);
    bleno.on('accept', (address) => this.accept(address));
    bleno.on('disconnect', () => this.leave());
    bleno.on('mtuChange', () => this.resize());
    bleno._bindings._hci.on('rssiRead', (handle: number, rssi: number) => {
      if (this.inbound?.handle === handle) this.inbound.rssi = rssi;
    });
    bleno.setServices(SERVED.map((service) => this.serve(service)));
  }

  /** The adapter is back, or gone and its link with it. */
  power(isOn: boolean): void {
    this.shown = null;
    if (isOn) this.settle();
    else if (this.inbound !== null) {
      this.inbound.why = 'the adapter is gone';
      this.leave();
    }
  }

  advertise(what: Advertisement | null): void {
    this.wanted = what;
    this.settle();
  }

  disconnect(): void {
    const { inbound, bleno } = this;
    if (inbound === null || inbound.service === null) {
      this.tell({ kind: 'closed', link: INBOUND, why: 'it was not open' });
      return;
    }
    inbound.why = 'we ended it';
    bleno._bindings._hci.disconnect(inbound.handle);
  }

  write(bytes: Uint8Array): void {
    const { inbound } = this;
    const done = (): void => this.tell({ kind: 'sent', link: INBOUND });
    const refuse = (reason: 'not-open' | 'over-mtu' | 'too-many-writes'): void => {
      this.tell({ kind: 'drop', link: INBOUND, reason });
      done();
    };
    if (inbound === null || inbound.notify === null) return refuse('not-open');
    // bleno would cut it.
    if (bytes.length > inbound.payloadMax) return refuse('over-mtu');
    if (!this.credit.hasRoom(inbound.handle)) return refuse('too-many-writes');
    inbound.notify(Buffer.from(bytes));
    this.credit.mark(inbound.handle, done);
  }

  async close(): Promise<void> {
    this.advertise(null);
    await this.showing;
    clearTimeout(this.retry);
    if (this.inbound !== null) {
      const gone = once(this.bleno, 'disconnect');
      this.inbound.why = 'we ended it';
      this.bleno._bindings._hci.disconnect(this.inbound.handle);
      await within(this.adapterMs, 'disconnecting', gone).catch(() => this.leave());
    }
    stopBleno(this.bleno);
  }

  private serve(service: Served): InstanceType<BlenoInternals['PrimaryService']> {
    const { bleno } = this;
    const characteristic = new bleno.Characteristic({
      uuid: GATTS[service].write,
      properties:
        service === 'phone'
          ? ['read', 'write', 'writeWithoutResponse', 'notify']
          : ['writeWithoutResponse', 'notify'],
      onReadRequest: (_offset, done) => done(bleno.Characteristic.RESULT_SUCCESS, Buffer.alloc(0)),
      onWriteRequest: (bytes, _offset, _isCommand, done) => {
        const isOpen = this.inbound?.service === service;
        const { RESULT_SUCCESS, RESULT_UNLIKELY_ERROR } = bleno.Characteristic;
        done(isOpen ? RESULT_SUCCESS : RESULT_UNLIKELY_ERROR);
        if (isOpen) this.tell({ kind: 'received', link: INBOUND, bytes: new Uint8Array(bytes) });
      },
      onSubscribe: (_size, notify) => this.open(service, notify),
      onUnsubscribe: () => this.unsubscribe(service),
    });
    return new bleno.PrimaryService({
      uuid: GATTS[service].service,
      characteristics: [characteristic],
    });
  }

  private accept(address: string): void {
    const handle = this.bleno._bindings._handle ?? 0;
    const timer = setTimeout(() => {
      if (this.inbound?.notify === null) this.bleno._bindings._hci.disconnect(handle);
    }, SUBSCRIBE_MAX_MS);
    this.inbound = {
      address,
      handle,
      rssi: 0,
      service: null,
      notify: null,
      payloadMax: 0,
      timer,
      why: 'the other end left',
    };
    this.bleno.updateRssi();
    // The adapter ends advertising with a connection.
    this.shown = null;
    this.settle();
  }

  private open(service: Served, notify: (bytes: Buffer) => void): void {
    const { inbound } = this;
    if (inbound === null || inbound.service !== null) return;
    clearTimeout(inbound.timer);
    inbound.service = service;
    inbound.notify = notify;
    inbound.payloadMax = this.bleno._bindings._gatt._mtu - 3;
    const { address, payloadMax, rssi } = inbound;
    this.tell({ kind: 'opened', link: INBOUND, service, address, payloadMax, rssi });
  }

  /** What notified it would notify the next who comes. */
  private unsubscribe(service: Served): void {
    const { inbound } = this;
    if (inbound === null || inbound.service !== service) return;
    inbound.notify = null;
    this.bleno._bindings._hci.disconnect(inbound.handle);
  }

  private resize(): void {
    const { inbound } = this;
    const payloadMax = this.bleno._bindings._gatt._mtu - 3;
    if (inbound === null || inbound.payloadMax === payloadMax) return;
    inbound.payloadMax = payloadMax;
    if (inbound.service !== null) this.tell({ kind: 'resized', link: INBOUND, payloadMax });
  }

  private leave(): void {
    const { inbound } = this;
    if (inbound === null) return;
    this.inbound = null;
    clearTimeout(inbound.timer);
    this.credit.forget(inbound.handle);
    if (inbound.service !== null) {
      this.tell({ kind: 'closed', link: INBOUND, why: inbound.why });
    }
    this.settle();
  }

  /** Brings what is on the air to what is wanted, one step after the other. */
  private settle(): void {
    this.showing = this.showing
      .then(() => this.show())
      .catch(() => {
        this.shown = null;
        clearTimeout(this.retry);
        this.retry = setTimeout(() => this.settle(), RETRY_MS);
      });
  }

  private async show(): Promise<void> {
    const { bleno, adapterMs, wanted } = this;
    if (bleno.state !== 'poweredOn') return;
    const isFree = this.inbound === null || !this.isAlone;
    const isConnectable = wanted !== null && wanted.isConnectable && isFree;
    const shown =
      wanted === null
        ? ''
        : JSON.stringify([isConnectable, wanted.isForPhones, ...wanted.bytes, wanted.name]);
    if (shown === this.shown) return;
    const waiting = new AbortController();
    const { signal } = waiting;
    try {
      const stopped = within(adapterMs, 'advertising', once(bleno, 'advertisingStop', { signal }));
      bleno.stopAdvertising();
      await stopped;
      this.shown = '';
      if (wanted === null) return;
      const taken = once(bleno._bindings._hci, 'leAdvertisingParametersSet', { signal });
      setAdvertisingParameters(bleno, isConnectable, INTERVAL_MS);
      await within(adapterMs, 'advertising', taken);
      const { data, response } = encodeAdvertisement(wanted);
      // Its callback is not called when it fails.
      const failed = once(bleno, 'advertisingStartError', { signal }).then(([cause]) =>
        Promise.reject(cause),
      );
      const started = once(bleno, 'advertisingStart', { signal });
      bleno.startAdvertisingWithEIRData(data, response);
      await within(adapterMs, 'advertising', Promise.race([failed, started]));
    } finally {
      // What did not come is not waited for any more.
      waiting.abort();
    }
    this.shown = shown;
  }
}
