/**
 * BLE lines: a board in range as if it were plugged in. Its console is a line over Nordic UART; a
 * node's packets are blocks of WIRE §22 here and segments of WIRE §23 on the air. So whoever can
 * talk over a serial port can talk over the radio.
 */
import { assert } from '../../protocol/core/assert.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { BlockReader, encodeBlock, PACKET_BLOCK } from '../../protocol/core/framing.ts';
import { FRAME_MAX_BEFORE_HELLO } from '../../protocol/core/hello.ts';
import { SegmentReader, SegmentWriter } from '../../protocol/core/segments.ts';
import { HoplineError } from '../../protocol/errors.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Radio, RadioEvent } from './radio.ts';
import type { SerialEvents, SerialLink } from './serial.ts';

/** What is wanted of a board: its console, or the node that runs there. */
export type Wanted = 'console' | 'node';

/** How long a board may take to be heard, and how long two may take to show that they are two. */
const SEARCH_MS = 8_000;
const DOUBT_MS = 1_500;
/** A dial fails now and then for no reason. */
const DIALS = 3;
/** The one link that is used. */
const LINK = 1;
/** Boards seen that an error names; the others are left out. */
const SEEN_MAX = 16;
/** What every Nordic UART takes (DEVICE); it shows by its own notifications when it takes more. */
const WRITE_MIN = 20;
/** Writes that may be out at once. */
const WINDOW = 4;

/** A node that starts again is back in so long; until then it is dialled every so often. */
const BACK_MS = 15_000;
const REDIAL_MS = 500;

type Answer = RadioEvent & { kind: 'opened' | 'closed' };
type Seen = { address: string; name: string; id: string; isNode: boolean };

export class BleLines {
  private readonly radio: Radio;
  private readonly seen = new Map<string, Seen>();
  /** What is looked for. */
  private sought = '';
  private hear: (event: RadioEvent) => void = () => {};

  /** `open` gives a radio that tells what it hears; closing it is left to whoever made this. */
  static async start(
    open: (hear: (event: RadioEvent) => void) => Promise<Radio>,
  ): Promise<BleLines> {
    let lines: BleLines | null = null;
    const radio = await open((event) => lines?.heard(event));
    return (lines = new BleLines(radio));
  }

  private constructor(radio: Radio) {
    this.radio = radio;
  }

  close(): Promise<void> {
    return this.radio.close();
  }

  /** `name` is what a board is called, its address, or the id of the node on it. One at a time. */
  async open(name: string, wanted: Wanted, events: SerialEvents): Promise<SerialLink> {
    const { address } = await this.find(name, wanted);
    const path = `ble:${name}`;
    for (let dials = 1; ; dials++) {
      const opened = await this.dial(address, wanted);
      if (opened.kind === 'opened') {
        const { payloadMax } = opened;
        const line = new BleLine(this.radio, path, address, wanted, payloadMax, events);
        this.hear = (event) => line.hear(event);
        return line;
      }
      if (dials < DIALS) continue;
      const hint =
        wanted === 'console'
          ? 'a board shows its console while no Hopline runs there, or to its admin'
          : 'is it in range, and is its link in free?';
      throw new HoplineError('PORT_GONE', `${path}: ${opened.why}; ${hint}`);
    }
  }

  private heard(event: RadioEvent): void {
    if (event.kind === 'sighted') this.sight(event);
    this.hear(event);
  }

  private sight({ address, name, service, bytes }: RadioEvent & { kind: 'sighted' }): void {
    if (service === 'phone') return;
    const before = this.seen.get(address);
    if (before === undefined && this.seen.size === SEEN_MAX) this.forgetOne();
    const isNode = service === 'node';
    const id = isNode ? toHex(bytes.subarray(3, 11)) : '';
    this.seen.set(address, { address, name: name || (before?.name ?? ''), id, isNode });
  }

  /** The oldest, but what is looked for stays, however many others are about. */
  private forgetOne(): void {
    const all = [...this.seen.values()];
    const least = all.find((board) => !isCalled(board, this.sought)) ?? all[0];
    this.seen.delete(least.address);
  }

  private async find(name: string, wanted: Wanted): Promise<Seen> {
    this.sought = name;
    const called = (): Seen[] => [...this.seen.values()].filter((board) => isCalled(board, name));
    this.radio.scan(true);
    try {
      await this.event(SEARCH_MS, () => called().length > 0);
      if (called().length === 1 && called()[0].name === name)
        await this.event(DOUBT_MS, () => false);
    } finally {
      this.radio.scan(false);
    }
    const found = called().filter((board) => wanted === 'console' || board.isNode);
    if (found.length === 1) return found[0];
    throw new HoplineError('PORT_MISSING', `ble:${name}: ${this.missing(name, wanted, called())}`);
  }

  private missing(name: string, wanted: Wanted, called: Seen[]): string {
    if (called.length === 1) {
      return `no Hopline runs on it; put it there with "hopline flash ble:${name}"`;
    }
    if (called.length > 1) return `more than one is called that; say which: ${shown(called)}`;
    const others = [...this.seen.values()].filter((it) => wanted === 'console' || it.isNode);
    const seconds = SEARCH_MS / 1000;
    if (others.length === 0) return `no board was heard in ${seconds} s; is it on, and in range?`;
    return `it was not heard in ${seconds} s; these were: ${shown(others)}`;
  }

  /** The next event that `fits`, or null when the time is over. */
  private event(
    timeoutMs: number,
    fits: (event: RadioEvent) => boolean,
  ): Promise<RadioEvent | null> {
    return new Promise((resolve) => {
      const end = (event: RadioEvent | null): void => {
        clearTimeout(timer);
        this.hear = () => {};
        resolve(event);
      };
      const timer = setTimeout(() => end(null), timeoutMs);
      this.hear = (event) => {
        if (fits(event)) end(event);
      };
    });
  }

  private async dial(address: string, wanted: Wanted): Promise<Answer> {
    this.radio.connect(LINK, address, wanted === 'console' ? 'uart' : 'node');
    // The radio has time limits of its own, and answers.
    const answer = await this.event(
      2 ** 30,
      (event) => (event.kind === 'opened' || event.kind === 'closed') && event.link === LINK,
    );
    return answer as Answer;
  }
}

/** One line. That to a node outlasts a start of it: for a while nothing is heard, as on a wire. */
class BleLine implements SerialLink {
  readonly path: string;
  private readonly radio: Radio;
  private readonly address: string;
  private readonly wanted: Wanted;
  private readonly events: SerialEvents;
  private coat: Coat;
  private failure: HoplineError | null = null;
  private isOpen = true;
  private isClosing = false;
  private isWriting = false;
  private out = 0;
  private backUntil = 0;
  private wake: () => void = () => {};
  private closed: () => void = () => {};

  constructor(
    radio: Radio,
    path: string,
    address: string,
    wanted: Wanted,
    payloadMax: number,
    events: SerialEvents,
  ) {
    this.radio = radio;
    this.path = path;
    this.address = address;
    this.wanted = wanted;
    this.events = events;
    this.coat = this.coatOf(payloadMax);
  }

  async write(bytes: Uint8Array): Promise<void> {
    assert(!this.isWriting, 'one write at a time');
    this.isWriting = true;
    try {
      for (const piece of this.coat.pieces(bytes)) {
        await this.room(WINDOW - 1);
        if (!this.isOpen) return;
        this.out++;
        this.radio.write(LINK, piece);
      }
      await this.room(0);
    } finally {
      this.isWriting = false;
    }
  }

  /** The air has no rate. */
  setBaud(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.isClosing = true;
    if (this.failure !== null) return;
    const gone = new Promise<void>((done) => (this.closed = done));
    this.radio.disconnect(LINK);
    await gone;
  }

  hear(event: RadioEvent): void {
    if (!('link' in event) || event.link !== LINK) return;
    if (event.kind === 'received' && !this.isClosing) {
      const bytes = this.coat.received(event.bytes);
      if (bytes.length > 0) this.events.received(bytes);
    } else if (event.kind === 'sent') {
      this.out--;
      this.wake();
    } else if (event.kind === 'opened') {
      this.isOpen = true;
      this.coat = this.coatOf(event.payloadMax);
    } else if (event.kind === 'closed') this.lost(event.why);
  }

  private coatOf(payloadMax: number): Coat {
    return this.wanted === 'console' ? new ConsoleCoat(payloadMax) : new NodeCoat(payloadMax);
  }

  private lost(why: string): void {
    this.closed();
    if (this.isOpen) this.backUntil = performance.now() + BACK_MS;
    this.isOpen = false;
    this.out = 0;
    if (!this.isClosing && this.wanted === 'node' && performance.now() < this.backUntil) {
      setTimeout(() => this.dialAgain(), REDIAL_MS);
    } else {
      this.failure = new HoplineError('PORT_GONE', `${this.path}: ${why}`);
      if (!this.isClosing) this.events.down(this.failure);
    }
    this.wake();
  }

  private dialAgain(): void {
    if (!this.isClosing) this.radio.connect(LINK, this.address, 'node');
  }

  /** Waits until no more than `most` writes are out. */
  private async room(most: number): Promise<void> {
    while (this.out > most && this.failure === null) {
      await new Promise<void>((done) => (this.wake = done));
    }
    if (this.failure !== null) throw this.failure;
  }
}

/** How a line of bytes travels on the air. */
interface Coat {
  pieces(bytes: Uint8Array): Iterable<Uint8Array>;
  received(bytes: Uint8Array): Uint8Array;
}

/** Bytes as they are, in writes that the board is known to take. */
class ConsoleCoat implements Coat {
  private readonly payloadMax: number;
  private size = WRITE_MIN;

  constructor(payloadMax: number) {
    this.payloadMax = payloadMax;
  }

  *pieces(bytes: Uint8Array): Iterable<Uint8Array> {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + this.size);
      at += piece.length;
      yield piece;
    }
  }

  received(bytes: Uint8Array): Uint8Array {
    this.size = Math.min(Math.max(this.size, bytes.length), this.payloadMax);
    return bytes;
  }
}

/** Blocks as segments. What is in no block is for a console, and there is none. */
class NodeCoat implements Coat {
  private readonly blocks = new BlockReader(
    FRAME_MAX_BEFORE_HELLO,
    crc32,
    (size) => new Uint8Array(size),
  );
  private readonly segments = new SegmentReader(FRAME_MAX_BEFORE_HELLO);
  private readonly writer: SegmentWriter;

  constructor(payloadMax: number) {
    this.writer = new SegmentWriter(payloadMax - 1);
  }

  *pieces(bytes: Uint8Array): Iterable<Uint8Array> {
    for (const { kind, body } of this.blocks.feed(bytes)) {
      if (kind !== PACKET_BLOCK) continue;
      this.writer.begin(body);
      for (let piece = this.writer.next(); piece !== null; piece = this.writer.next()) yield piece;
    }
  }

  received(bytes: Uint8Array): Uint8Array {
    const frame = this.segments.feed(bytes);
    return frame === null ? new Uint8Array(0) : encodeBlock(PACKET_BLOCK, frame, crc32);
  }
}

function isCalled(board: Seen, name: string): boolean {
  const lower = name.toLowerCase();
  return board.name === name || board.address.toLowerCase() === lower || board.id === lower;
}

function shown(boards: Seen[]): string {
  return boards
    .map(({ address, name, id }) => {
      const what = [name, id === '' ? '' : `node ${id}`].filter((word) => word !== '').join(', ');
      return `ble:${address}${what === '' ? '' : ` (${what})`}`;
    })
    .join(', ');
}
