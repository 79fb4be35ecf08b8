/**
 * Datagram link: a peer line over UDP (WIRE §24), where whatever is sent may be lost, doubled, out of
 * order, or somebody else's. What is forged, late or malformed is dropped, and changes nothing; packets
 * arrive once and in order all the same, as what carries keys and receipts must.
 *
 *   opening -> answer -> proof -> data ...     each message is said again until there is an answer
 *      '- cookie -'
 *
 * The far end is answered where its newest datagram came from, so a line outlives a change of address.
 */
import { assert } from '../core/assert.ts';
import { readU32, readU64, sameBytes, writeU32, writeU64 } from '../core/bytes.ts';
import type { Hello } from '../core/hello.ts';
import type { Millis } from '../core/machine.ts';
import type { LinkFlaw, LinkPorts } from '../trust/binding.ts';
import { DatagramKeys } from '../trust/datagram-keys.ts';
import type { DatagramDrop, Sealed } from './datagrams.ts';
import {
  ANSWER,
  ANSWER_HEAD,
  COOKIE,
  COOKIE_REPLY_SIZE,
  COOKIE_SIZE,
  DATA,
  DATA_HEAD,
  datagramOf,
  decodeSealed,
  encodeSealed,
  indexOf,
  MESSAGE_SIZE,
  OPENING,
  OPENING_SIZE,
  PIECE_MAX,
  PROOF,
  PROOF_HEAD,
} from './datagrams.ts';
import type { PeerLineConfig, PeerLineEnd, PeerLineOutput, Received } from './peer-line.ts';
import { PeerLine } from './peer-line.ts';
import { PieceReceiver } from './piece-receiver.ts';
import { PieceSender } from './piece-sender.ts';
import { PacketCutter, PacketFiller } from './records.ts';

/** The wait before a message of the handshake is said again, doubled each time. */
const REPEAT_MS = 500;
/** Cookies answered at once; further ones, which only a forger sends, wait for the next repeat. */
const COOKIES_MAX = 4;

export type DatagramLinkConfig = PeerLineConfig & {
  /** Under which the other end reaches this one. */
  index: number;
};

export class DatagramLink extends PeerLine<DatagramLinkConfig> {
  private readonly sender = new PieceSender();
  private readonly receiver = new PieceReceiver();
  private readonly filler = new PacketFiller();
  private readonly cutter: PacketCutter;
  private readonly piece = new Uint8Array(PIECE_MAX);
  private keys: DatagramKeys | null = null;
  private theirIndex: number | null = null;
  /** What came last from there was the newest. */
  private address: string | null = null;
  /** Message 1, whichever end's it is. */
  private opening: Uint8Array = new Uint8Array(0);
  private cookie: Uint8Array = new Uint8Array(COOKIE_SIZE);
  private cookies = 0;
  /** Our last message of the handshake, until it is answered. */
  private said: Uint8Array | null = null;
  private repeatAt: Millis = Infinity;
  private repeats = 0;

  constructor(
    ports: LinkPorts,
    config: DatagramLinkConfig,
    hello: Hello,
    ephemeral: Uint8Array,
    now: Millis,
  ) {
    super(ports, config, hello, ephemeral, now);
    this.cutter = new PacketCutter(config.frameMax);
  }

  override deadline(): Millis {
    const own = super.deadline();
    if (this.isOver) return own;
    return Math.min(own, this.repeatAt, this.sender.deadline(), this.receiver.deadline());
  }

  override farewell(): Uint8Array | null {
    return this.keys === null ? null : this.sealed(this.keys, null, true);
  }

  protected override begin(now: Millis, out: PeerLineOutput[]): void {
    const message = this.message(out);
    assert(message !== null, 'nobody is refused before he spoke');
    this.opening = message;
    this.sayOpening(now, out);
  }

  protected override receive({ bytes, from }: Received, now: Millis, out: PeerLineOutput[]): void {
    const isForUs = this.config.role === 'initiator' ? TO_INITIATOR : TO_RESPONDER;
    if (!isForUs.has(bytes[0])) return this.drop('out-of-turn', out);
    switch (bytes[0]) {
      case OPENING:
        return this.hearOpening(bytes, now, out);
      case COOKIE:
        return this.hearCookie(bytes, now, out);
      case ANSWER:
        return this.hearAnswer(bytes, now, out);
      case PROOF:
        return this.hearProof(bytes, now, out);
      case DATA:
        return this.hearData(bytes, from, now, out);
    }
  }

  protected override pump(now: Millis, out: PeerLineOutput[]): void {
    if (now >= this.repeatAt) this.repeat(now, out);
    const { sender, receiver, keys } = this;
    if (!this.isOpen || keys === null) return;
    sender.look(now);
    while (sender.hasRoom && (sender.hasLost || this.filler.isUnderWay || this.waiting > 0)) {
      const most = this.allowance(now);
      const piece = most === 0 ? null : (sender.again(now) ?? this.nextPiece(most, now, out));
      if (piece === null) break;
      this.write(this.sealed(keys, piece), now, out);
    }
    // What arrived is told, whatever our own words wait for.
    if (now >= receiver.deadline()) this.write(this.sealed(keys, null), now, out);
  }

  /** Whoever is there learns of it. */
  protected override end(reason: PeerLineEnd, out: PeerLineOutput[]): void {
    if (this.isOver) return;
    const last = reason === 'hung-up' || reason === 'not-let-in' ? null : this.farewell();
    if (last !== null) out.push({ kind: 'write', bytes: last });
    const isAlone = reason === 'too-slow' && this.theirIndex === null && this.cookies === 0;
    super.end(isAlone ? 'unanswered' : reason, out);
  }

  private hearOpening(bytes: Uint8Array, now: Millis, out: PeerLineOutput[]): void {
    if (bytes.length !== OPENING_SIZE) return this.drop('bad-size', out);
    const message = bytes.subarray(OPENING_SIZE - MESSAGE_SIZE);
    const isAgain = this.said !== null && sameBytes(message, 0, this.opening);
    // Our answer was lost. It is said as often as it is asked for, and no more.
    if (isAgain) return this.write(this.said!, now, out);
    const flaw = this.handshake.read(message);
    if (flaw !== null) return this.drop(flaw, out);
    this.opening = new Uint8Array(message);
    this.theirIndex = indexOf(bytes);
    const answer = this.message(out);
    if (answer === null) return;
    this.said = datagramOf(ANSWER, [this.theirIndex, this.config.index], answer);
    this.write(this.said, now, out);
  }

  private hearCookie(bytes: Uint8Array, now: Millis, out: PeerLineOutput[]): void {
    if (bytes.length !== COOKIE_REPLY_SIZE) return this.drop('bad-size', out);
    if (this.theirIndex !== null) return this.drop('out-of-turn', out);
    this.cookie = new Uint8Array(bytes.subarray(COOKIE_REPLY_SIZE - COOKIE_SIZE));
    if (++this.cookies <= COOKIES_MAX) this.sayOpening(now, out);
  }

  private hearAnswer(bytes: Uint8Array, now: Millis, out: PeerLineOutput[]): void {
    if (bytes.length < ANSWER_HEAD) return this.drop('bad-size', out);
    if (!this.shake(bytes.subarray(ANSWER_HEAD), out)) return;
    this.theirIndex = readU32(bytes, ANSWER_HEAD - 4);
    const proof = this.message(out);
    if (proof === null) return;
    this.keys = new DatagramKeys(this.handshake.split());
    this.repeats = 0;
    this.insist(datagramOf(PROOF, [this.theirIndex], proof), now, out);
  }

  private hearProof(bytes: Uint8Array, now: Millis, out: PeerLineOutput[]): void {
    if (this.theirIndex === null) return this.drop('out-of-turn', out);
    // That we have it was lost; our first piece, which is sent until it arrives, will say so.
    if (this.isOpen) return this.drop('repeated', out);
    if (!this.shake(bytes.subarray(PROOF_HEAD), out)) return;
    this.keys = new DatagramKeys(this.handshake.split());
    this.said = null;
    this.open(now, out);
    this.receiver.tellSoon(now);
  }

  /** What anybody can have sent changes nothing; who proves to be the wrong one ends it. */
  private shake(message: Uint8Array, out: PeerLineOutput[]): boolean {
    const flaw = this.handshake.read(message);
    if (flaw === null) return true;
    if (FORGEABLE.has(flaw)) this.drop(flaw, out);
    else this.end(flaw, out);
    return false;
  }

  private hearData(
    bytes: Uint8Array,
    from: string | undefined,
    now: Millis,
    out: PeerLineOutput[],
  ): void {
    if (this.keys === null) return this.drop('out-of-turn', out);
    if (bytes.length < DATA_HEAD) return this.drop('bad-size', out);
    const opened = this.keys.open(readU64(bytes, 1 + 4), bytes.subarray(DATA_HEAD));
    if (typeof opened === 'string') return this.drop(opened, out);
    const sealed = decodeSealed(opened.plaintext);
    if (sealed === null) return this.end('bad-datagram', out);
    if (sealed.isLast) return this.end(this.isOpen ? 'hung-up' : 'not-let-in', out);
    // Only now is it known that our proof arrived.
    if (!this.isOpen) this.open(now, out);
    if (this.isOver) return;
    this.said = null;
    this.repeatAt = Infinity;
    if (opened.isNewest && from !== undefined && from !== this.address) {
      this.address = from;
      out.push({ kind: 'moved', address: from });
    }
    this.touch(now);
    this.hearSealed(sealed, now, out);
  }

  private hearSealed(sealed: Sealed, now: Millis, out: PeerLineOutput[]): void {
    const { wanted, mask, piece } = sealed;
    if (!this.sender.arrived(wanted, mask, now)) return this.end('bad-datagram', out);
    if (piece === null) return;
    const pieces = this.receiver.take(piece.number, piece.bytes, now);
    if (typeof pieces === 'string') return this.drop(pieces, out);
    for (const bytes of pieces) {
      const packets = this.cutter.read(bytes, () => this.drop('over-limit', out));
      if (typeof packets === 'string') return this.end(packets, out);
      for (const packet of packets) this.hear(packet, now, out);
    }
  }

  private nextPiece(
    most: number,
    now: Millis,
    out: PeerLineOutput[],
  ): { number: number; bytes: Uint8Array } | null {
    if (!this.sender.hasNumbers) return null;
    const room = this.piece.subarray(0, Math.min(most, PIECE_MAX));
    const size = this.filler.fill(room, () => this.take(out));
    return size === 0 ? null : this.sender.send(this.piece.slice(0, size), now);
  }

  /** What arrived is told with everything. */
  private sealed(
    keys: DatagramKeys,
    piece: { number: number; bytes: Uint8Array } | null,
    isLast = false,
  ): Uint8Array {
    const plaintext = encodeSealed({ isLast, ...this.receiver.tell(), piece });
    const counter = keys.next;
    const bytes = keys.seal(plaintext, DATA_HEAD);
    bytes[0] = DATA;
    writeU32(bytes, 1, this.theirIndex!);
    writeU64(bytes, 1 + 4, counter);
    return bytes;
  }

  private sayOpening(now: Millis, out: PeerLineOutput[]): void {
    const { cookie, opening } = this;
    this.insist(datagramOf(OPENING, [this.config.index], cookie, opening), now, out);
  }

  private insist(bytes: Uint8Array, now: Millis, out: PeerLineOutput[]): void {
    this.said = bytes;
    this.repeatAt = now + REPEAT_MS * 2 ** this.repeats;
    this.write(bytes, now, out);
  }

  private repeat(now: Millis, out: PeerLineOutput[]): void {
    this.repeats++;
    this.insist(this.said!, now, out);
  }

  /** How much the way takes the window knows, and no write waits to leave. */
  private write(bytes: Uint8Array, now: Millis, out: PeerLineOutput[]): void {
    this.wrote(bytes.length, now);
    this.config.outflow?.sent(now);
    out.push({ kind: 'write', bytes });
  }

  private drop(reason: DatagramDrop | 'over-limit', out: PeerLineOutput[]): void {
    out.push({ kind: 'drop', reason });
  }
}

const TO_INITIATOR: ReadonlySet<number> = new Set([COOKIE, ANSWER, DATA]);
const TO_RESPONDER: ReadonlySet<number> = new Set([OPENING, PROOF, DATA]);

/** What is said of a message that anybody can have sent. */
const FORGEABLE: ReadonlySet<LinkFlaw> = new Set([
  'out-of-turn',
  'too-short',
  'too-long',
  'low-order',
  'bad-tag',
]);
