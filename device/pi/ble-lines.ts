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

type Seen = { address: string; name: string; id: string; isNode: boolean };

export class BleLines {
  private readonly radio: Radio;
  private readonly seen = new Map<string, Seen>();
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
      if (opened.kind === 'opened') return this.line(path, wanted, opened.payloadMax, events);
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
    if (before === undefined && this.seen.size === SEEN_MAX) {
      this.seen.delete(this.seen.keys().next().value!);
    }
    const isNode = service === 'node';
    const id = isNode ? toHex(bytes.subarray(3, 11)) : '';
    this.seen.set(address, { address, name: name || (before?.name ?? ''), id, isNode });
  }

  private async find(name: string, wanted: Wanted): Promise<Seen> {
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

  private async dial(
    address: string,
    wanted: Wanted,
  ): Promise<RadioEvent & { kind: 'opened' | 'closed' }> {
    this.radio.connect(LINK, address, wanted === 'console' ? 'uart' : 'node');
    // The radio has time limits of its own, and answers.
    const answer = await this.event(
      2 ** 30,
      (event) => (event.kind === 'opened' || event.kind === 'closed') && event.link === LINK,
    );
    return answer as RadioEvent & { kind: 'opened' | 'closed' };
  }

  private line(path: string, wanted: Wanted, payloadMax: number, events: SerialEvents): SerialLink {
    const coat = wanted === 'console' ? new ConsoleCoat(payloadMax) : new NodeCoat(payloadMax);
    let failure: HoplineError | null = null;
    let isClosing = false;
    let out = 0;
    let wake: () => void = () => {};
    let closed: () => void = () => {};
    this.hear = (event) => {
      if (!('link' in event) || event.link !== LINK) return;
      if (event.kind === 'received' && !isClosing) {
        const bytes = coat.received(event.bytes);
        if (bytes.length > 0) events.received(bytes);
      } else if (event.kind === 'sent') {
        out--;
        wake();
      } else if (event.kind === 'closed') {
        failure = new HoplineError('PORT_GONE', `${path}: ${event.why}`);
        closed();
        wake();
        if (!isClosing) events.down(failure);
      }
    };
    const room = async (most: number): Promise<void> => {
      while (out > most && failure === null) await new Promise<void>((done) => (wake = done));
      if (failure !== null) throw failure;
    };
    let isWriting = false;
    return {
      path,
      write: async (bytes) => {
        assert(!isWriting, 'one write at a time');
        isWriting = true;
        try {
          for (const piece of coat.pieces(bytes)) {
            await room(WINDOW - 1);
            out++;
            this.radio.write(LINK, piece);
          }
          await room(0);
        } finally {
          isWriting = false;
        }
      },
      // The air has no rate.
      setBaud: () => Promise.resolve(),
      close: async () => {
        isClosing = true;
        if (failure !== null) return;
        const gone = new Promise<void>((done) => (closed = done));
        this.radio.disconnect(LINK);
        await gone;
        this.hear = () => {};
      },
    };
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
