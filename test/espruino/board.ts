/**
 * Board: an Espruino as DEVICE.md describes it, in a Node `vm`, with time that a test moves. It has
 * what such a board has and no more: one link in and two out, an MTU, flash that is erased and
 * written byte by byte, and power that may fail at any of them.
 */
import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { crc32 } from 'node:zlib';
import type { Board as Kind } from '../../tools/build/boards.ts';
import { Schedule } from '../../protocol/core/schedule.ts';
import type { Due } from '../../protocol/core/schedule.ts';
import { xorshift } from '../seed.ts';

type Timer = Due & { id: number; run: () => void; everyMs: number };

/** The time of all boards of a test. */
export class Time {
  now = 0;
  private readonly timers = new Schedule<Timer>();
  private readonly cleared = new Set<number>();
  private last = 0;

  after(ms: number, run: () => void, everyMs = 0): number {
    const id = ++this.last;
    this.timers.add({ dueAt: this.now + Math.max(ms, 1), order: 0, id, run, everyMs });
    return id;
  }

  clear(id: number): void {
    this.cleared.add(id);
  }

  run(ms: number): void {
    const until = this.now + ms;
    while (this.timers.nextAt() <= until) {
      const timer = this.timers.take();
      this.now = timer.dueAt;
      if (this.cleared.delete(timer.id)) continue;
      timer.run();
      if (timer.everyMs > 0) this.timers.add({ ...timer, dueAt: this.now + timer.everyMs });
    }
    this.now = until;
  }
}

/** Thrown into the program where the power fails. */
export class PowerCut extends Error {}

/**
 * Flash: bits go from 1 to 0, and only erasing a page brings them back. A file is a header and its
 * bytes; writing it again first marks the old one as gone.
 */
export class Flash {
  bytes = new Uint8Array(16_384).fill(0xff);
  /** Bytes that can still be written before the power fails. */
  charge = Infinity;

  copy(): Flash {
    const copy = new Flash();
    copy.bytes = this.bytes.slice();
    return copy;
  }

  read(name: string): Uint8Array | undefined {
    const at = this.find(name);
    return at < 0 ? undefined : this.bytes.slice(at + HEADER, at + HEADER + this.sizeAt(at));
  }

  write(name: string, text: string | Uint8Array): boolean {
    if (name.length > 28) throw new Error('a name has at most 28 characters');
    const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
    const old = this.find(name);
    if (old >= 0) this.program(old + 4, [0]);
    let end = this.end();
    if (end + HEADER + bytes.length > this.bytes.length) {
      this.compact();
      end = this.end();
    }
    if (end + HEADER + bytes.length > this.bytes.length) return false;
    const header = Buffer.alloc(HEADER);
    header.writeUInt32LE(bytes.length);
    header.write(name, 4, 'latin1');
    this.program(end, header);
    this.program(end + HEADER, bytes);
    return true;
  }

  /** A byte of a file is no longer what was written. */
  damage(name: string, at: number): void {
    this.bytes[this.find(name) + HEADER + at] ^= 0x10;
  }

  private program(at: number, bytes: ArrayLike<number>): void {
    for (let i = 0; i < bytes.length; i++) {
      if (this.charge-- <= 0) throw new PowerCut('the power failed');
      this.bytes[at + i] &= bytes[i];
    }
  }

  private find(name: string): number {
    let found = -1;
    for (let at = 0; this.sizeAt(at) !== 0xffffffff; at += HEADER + this.sizeAt(at)) {
      const text = Buffer.from(this.bytes.subarray(at + 4, at + HEADER)).toString('latin1');
      if (text.replace(/\0+$/, '') === name) found = at;
    }
    return found;
  }

  private end(): number {
    let at = 0;
    while (this.sizeAt(at) !== 0xffffffff) at += HEADER + this.sizeAt(at);
    return at;
  }

  private sizeAt(at: number): number {
    if (at + HEADER > this.bytes.length) return 0xffffffff;
    const size = new DataView(this.bytes.buffer).getUint32(at, true);
    // A header that was cut short leads nowhere: what follows is taken as used up.
    return at + HEADER + size > this.bytes.length && size !== 0xffffffff
      ? this.bytes.length - at - HEADER
      : size;
  }

  private compact(): void {
    const kept = new Flash();
    for (const name of ['hop0', 'hop1', 'hopn']) {
      const bytes = this.read(name);
      if (bytes !== undefined) kept.write(name, bytes);
    }
    this.bytes = kept.bytes;
  }
}
const HEADER = 32;

/** Settles at the next turn of the board's time, as Espruino's do at the next idle. */
class Promised<T> {
  private state: 'open' | 'done' | 'failed' = 'open';
  private value: unknown;
  private readonly heirs: (() => void)[] = [];
  private readonly time: Time;

  constructor(time: Time) {
    this.time = time;
  }

  settle(state: 'done' | 'failed', value: unknown): this {
    if (this.state !== 'open') return this;
    if (state === 'done' && value instanceof Promised) {
      value.heirs.push(() => this.settle(value.state as 'done', value.value));
      if (value.state !== 'open') value.wake();
      return this;
    }
    this.state = state;
    this.value = value;
    this.wake();
    return this;
  }

  then(run: (value: T) => unknown): Promised<unknown> {
    return this.heir('done', run as (value: unknown) => unknown);
  }

  catch(run: (cause: unknown) => unknown): Promised<unknown> {
    return this.heir('failed', run);
  }

  private heir(state: 'done' | 'failed', run: (value: unknown) => unknown): Promised<unknown> {
    const heir = new Promised<unknown>(this.time);
    this.heirs.push(() => {
      if (this.state !== state) heir.settle(this.state as 'done', this.value);
      else heir.settle('done', run(this.value));
    });
    if (this.state !== 'open') this.wake();
    return heir;
  }

  private wake(): void {
    for (const heir of this.heirs.splice(0)) this.time.after(1, heir);
  }
}

/** One connection; the side that dialled holds the `gatt`. */
type Connection = {
  isOpen: boolean;
  dialler: Board;
  target: Board;
  notified: (event: { target: { value: { buffer: ArrayBuffer } } }) => void;
  lost: () => void;
};

type Advertising = { manufacturerData: Uint8Array; connectable: boolean; interval: number };

/** Boards in reach of each other. */
export class Reach {
  readonly boards: Board[] = [];
}

export class Board {
  /** What left over its wire. */
  sent: number[] = [];
  isConsoleLocked = false;
  password = '';
  /** Whether whoever connects is offered the console too. */
  servesConsole = false;
  /** Whether its wire is the console's. */
  hasConsole = true;
  restarts = 0;
  /** Advertisements that left. */
  advertised = 0;
  hopline: { say(text: string): boolean; statistics(): Uint8Array } | null = null;
  inbound: Connection | null = null;
  readonly outbound: Connection[] = [];
  isButtonDown = false;
  readonly flash: Flash;
  readonly kind: Kind;
  private readonly code: string;
  private readonly time: Time;
  private readonly reach: Reach;
  private readonly address: string;
  private readonly random: (below: number) => number;
  private wallOffset = 0;
  private advert: { bytes: Uint8Array; connectable: boolean; interval: number } | null = null;
  private scanner: ((advertised: object) => void) | false = false;
  private service: { maxLen: number; onWrite: (event: { data: ArrayBuffer }) => void } | null =
    null;
  private readonly onRadio: Record<string, () => void> = {};
  private onWire: (text: string) => void = () => {};
  private onButton: () => void = () => {};
  /** A restart makes what was running stop: its timers belong to another life. */
  private life = 0;

  constructor(code: string, kind: Kind, time: Time, reach = new Reach(), flash = new Flash()) {
    this.code = code;
    this.kind = kind;
    this.time = time;
    this.reach = reach;
    this.flash = flash;
    const number = reach.boards.push(this);
    this.address = `aa:${number}`;
    this.random = xorshift(number * 7919);
  }

  /** Runs the program from its beginning, as after power on. */
  boot(): void {
    const life = ++this.life;
    const alive =
      (run: () => void): (() => void) =>
      () =>
        void (this.life === life && run());
    const serial = {
      setup() {},
      setConsole() {},
      on: (_: string, heard: (text: string) => void) => void (this.onWire = heard),
      write: (bytes: Uint8Array) => void this.sent.push(...bytes),
    };
    const context: Record<string, unknown> = {
      global: { require: (name: string) => this.module(name) },
      E: {
        CRC32: (bytes: Uint8Array) => crc32(bytes),
        hwRand: () => this.random(0xffffffff) | 0,
        toUint8Array: (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
        setConsole: (port: unknown) => void (this.hasConsole = port !== null),
        setPassword: (password: string) => void (this.password = password),
        lockConsole: () => void (this.isConsoleLocked = this.password !== ''),
        getBattery: () => 77,
        enableWatchdog() {},
        reboot: () => this.restart(),
      },
      btoa: (bytes: Uint8Array) => Buffer.from(bytes).toString('base64'),
      BTN1: {},
      LED1: {},
      digitalRead: () => (this.isButtonDown ? 1 : 0),
      digitalPulse() {},
      setWatch: (run: () => void) => void (this.onButton = alive(run)),
      getTime: () => (this.time.now + this.wallOffset) / 1000,
      setTime: (seconds: number) => void (this.wallOffset = seconds * 1000 - this.time.now),
      setTimeout: (run: () => void, ms: number) => this.time.after(ms, alive(run)),
      setInterval: (run: () => void, ms: number) => this.time.after(ms, alive(run), ms),
      clearTimeout: (id: number) => this.time.clear(id),
      hopline: null,
    };
    if (this.kind.linksOut !== null) {
      context['NRF'] = this.radio(life);
      this.advertSoon(life);
    }
    if (this.kind.wire === 'uart') context['Serial1'] = serial;
    if (this.kind.wire === 'usb') context['USB'] = serial;
    runInNewContext(this.code, context);
    this.hopline = context['hopline'] as Board['hopline'];
  }

  restart(): void {
    this.restarts++;
    this.dropLinks();
    this.isConsoleLocked = false;
    this.password = '';
    this.hasConsole = true;
    this.boot();
  }

  /** The power goes, and does not come back. */
  die(): void {
    this.life++;
    this.dropLinks();
    this.advert = null;
    this.scanner = false;
  }

  press(): void {
    this.onButton();
  }

  type(bytes: Uint8Array): void {
    this.onWire(Buffer.from(bytes).toString('latin1'));
  }

  statistic(name: string): number {
    const text = Buffer.from(this.hopline!.statistics()).toString('latin1');
    return Number(new RegExp(`^${name}=(-?\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  }

  private module(name: string): object {
    if (name === 'Storage') {
      return {
        readArrayBuffer: (file: string) => {
          const bytes = this.flash.read(file);
          return bytes && new Uint8Array(bytes).buffer;
        },
        write: (file: string, bytes: Uint8Array) => this.flash.write(file, bytes),
      };
    }
    const digest = (algorithm: string) => (bytes: unknown) =>
      new Uint8Array(createHash(algorithm).update(flat(bytes)).digest()).buffer;
    return this.kind.hash === 'SHA256'
      ? { SHA256: digest('sha256'), SHA1: digest('sha1') }
      : { SHA1: digest('sha1') };
  }

  private radio(life: number): object {
    return {
      setServices: (
        services: Record<string, Record<string, Board['service']>>,
        options: { uart: boolean },
      ) => {
        this.servesConsole = options.uart;
        this.service = Object.values(Object.values(services)[0])[0];
      },
      updateServices: (services: Record<string, Record<string, { value: Uint8Array }>>) => {
        const { value } = Object.values(Object.values(services)[0])[0];
        this.checkSize(value);
        const { inbound } = this;
        if (inbound === null) return;
        const { buffer } = new Uint8Array(value);
        this.time.after(
          10,
          () => inbound.isOpen && inbound.notified({ target: { value: { buffer } } }),
        );
      },
      setAdvertising: (_: object, { manufacturerData, connectable, interval }: Advertising) => {
        if (manufacturerData.length > 24) throw new Error('an advertisement has 24 bytes for us');
        if (interval < 100 || interval > 10_240) throw new Error('no radio does that');
        this.advert = { bytes: new Uint8Array(manufacturerData), connectable, interval };
      },
      setScan: (heard: ((advertised: object) => void) | false) => void (this.scanner = heard),
      setTxPower() {},
      connect: (address: string) => this.dial(address, life),
      disconnect: () => this.hangUp(this.inbound),
      on: (event: string, run: () => void) => void (this.onRadio[event] = run),
    };
  }

  private checkSize(bytes: Uint8Array): void {
    if (bytes.length > this.kind.mtu - 3) throw new Error('a write longer than the MTU');
  }

  private advertSoon(life: number): void {
    this.time.after(this.advert?.interval ?? 100, () => {
      if (this.life !== life) return;
      this.advertise();
      this.advertSoon(life);
    });
  }

  private advertise(): void {
    const { advert, address } = this;
    if (advert === null) return;
    this.advertised++;
    for (const board of this.reach.boards) {
      if (board === this || !board.scanner) continue;
      const manufacturerData = new Uint8Array(advert.bytes).buffer;
      board.scanner({ id: address, rssi: -60, manufacturer: 0xffff, manufacturerData });
    }
  }

  private dial(address: string, life: number): Promised<unknown> {
    if (this.outbound.length >= 2) throw new Error('a board opens two links');
    const promised = new Promised<unknown>(this.time);
    const target = this.reach.boards.find((board) => board.address === address)!;
    this.time.after(300, () => {
      if (this.life !== life) return;
      if (!target.advert?.connectable || target.inbound !== null) {
        promised.settle('failed', new Error('no answer'));
        return;
      }
      const connection: Connection = {
        isOpen: true,
        dialler: this,
        target,
        notified() {},
        lost() {},
      };
      target.inbound = connection;
      this.outbound.push(connection);
      target.onRadio['connect']();
      promised.settle('done', this.gattOf(connection));
    });
    return promised;
  }

  private gattOf(connection: Connection): object {
    const done = (value: unknown) => new Promised<unknown>(this.time).settle('done', value);
    const characteristic = {
      on: (_: string, heard: Connection['notified']) => void (connection.notified = heard),
      startNotifications: () => done(undefined),
      writeValue: (bytes: Uint8Array) => {
        this.checkSize(bytes);
        const { buffer: data } = new Uint8Array(bytes);
        const promised = new Promised<unknown>(this.time);
        this.time.after(10, () => {
          if (!connection.isOpen) promised.settle('failed', new Error('disconnected'));
          else {
            connection.target.service!.onWrite({ data });
            promised.settle('done', undefined);
          }
        });
        return promised;
      },
    };
    return {
      device: { on: (_: string, run: () => void) => void (connection.lost = run) },
      getPrimaryService: () => done({ getCharacteristic: () => done(characteristic) }),
      disconnect: () => {
        this.hangUp(connection);
        return done(undefined);
      },
    };
  }

  private hangUp(connection: Connection | null): void {
    if (!connection?.isOpen) return;
    const { dialler, target } = connection;
    connection.isOpen = false;
    target.inbound = null;
    dialler.outbound.splice(dialler.outbound.indexOf(connection), 1);
    this.time.after(20, () => target.onRadio['disconnect']());
    this.time.after(20, () => connection.lost());
  }

  private dropLinks(): void {
    this.hangUp(this.inbound);
    for (const connection of [...this.outbound]) this.hangUp(connection);
  }
}

/** What Espruino makes of nested arrays where it wants bytes. */
function flat(bytes: unknown): Uint8Array {
  if (!Array.isArray(bytes) && !Object.prototype.toString.call(bytes).includes('Array]')) {
    return Uint8Array.of();
  }
  const list = bytes as ArrayLike<unknown>;
  const parts: number[] = [];
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (typeof item === 'number') parts.push(item);
    else parts.push(...flat(item));
  }
  return Uint8Array.from(parts);
}
