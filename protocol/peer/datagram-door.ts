/**
 * Datagram door: for whom a datagram is that came to a socket of lines (WIRE §24). Whoever opens a line
 * first shows that he gets what is sent to his address, by a cookie made of that address and a secret:
 * until then nothing of him is kept, and what he is sent is shorter than what he sent.
 */
import type { Millis } from '../core/machine.ts';
import type { Crypto } from '../trust/crypto.ts';
import { equalSecret } from '../trust/crypto.ts';
import { toHex } from '../wire/hex.ts';
import { encodeText } from '../wire/text.ts';
import {
  COOKIE,
  COOKIE_SIZE,
  DATAGRAM_MAX,
  datagramOf,
  indexOf,
  MESSAGE_SIZE,
  OPENING,
  OPENING_SIZE,
} from './datagrams.ts';

/** A secret makes cookies for so long, and they are good for as long again. */
export const COOKIE_SECRET_MS = 120_000;

/** `no-line`: for a line that is not there, or not any more. */
export type DoorDrop = 'bad-type' | 'bad-size' | 'no-line';

export type Admittance =
  | { kind: 'line'; line: number }
  /** The first of a line that others open. */
  | { kind: 'new' }
  | { kind: 'reply'; bytes: Uint8Array }
  | { kind: 'drop'; reason: DoorDrop };

export type DoorPorts = {
  crypto: Pick<Crypto, 'hmacSha256'>;
  /** Bytes that nobody can foresee. */
  draw: (size: number) => Uint8Array;
};

export class DatagramDoor {
  private readonly ports: DoorPorts;
  /** Lines by their number, which is their index; of those that others opened, by whom. */
  private readonly lines = new Map<number, string | null>();
  private readonly byOpener = new Map<string, number>();
  private secrets: Uint8Array[];
  private secretUntil: Millis = -Infinity;

  constructor(ports: DoorPorts) {
    this.ports = ports;
    this.secrets = [ports.draw(32), ports.draw(32)];
  }

  /** A line that we dial. */
  dialled(line: number): void {
    this.lines.set(line, null);
  }

  /** A line that others open, by this first datagram of it. */
  opened(line: number, from: string, opening: Uint8Array): void {
    const opener = openerOf(from, opening);
    this.lines.set(line, opener);
    this.byOpener.set(opener, line);
  }

  closed(line: number): void {
    const opener = this.lines.get(line);
    this.lines.delete(line);
    if (opener != null) this.byOpener.delete(opener);
  }

  judge(from: string, bytes: Uint8Array, now: Millis): Admittance {
    if (bytes.length > DATAGRAM_MAX || bytes.length < 5) return dropped('bad-size');
    if (bytes[0] < OPENING || bytes[0] > COOKIE) return dropped('bad-type');
    if (bytes[0] === OPENING) return this.judgeOpening(from, bytes, now);
    const line = indexOf(bytes);
    return this.lines.has(line) ? { kind: 'line', line } : dropped('no-line');
  }

  private judgeOpening(from: string, bytes: Uint8Array, now: Millis): Admittance {
    if (bytes.length !== OPENING_SIZE) return dropped('bad-size');
    this.turnSecrets(now);
    const shown = bytes.subarray(5, 5 + COOKIE_SIZE);
    const [cookie, before] = this.secrets.map((secret) => this.cookieOf(secret, from));
    if (!equalSecret(shown, cookie) && !equalSecret(shown, before)) {
      return { kind: 'reply', bytes: datagramOf(COOKIE, [indexOf(bytes)], cookie) };
    }
    const line = this.byOpener.get(openerOf(from, bytes));
    return line === undefined ? { kind: 'new' } : { kind: 'line', line };
  }

  private turnSecrets(now: Millis): void {
    if (now < this.secretUntil) return;
    const isLong = now >= this.secretUntil + COOKIE_SECRET_MS;
    this.secrets = [this.ports.draw(32), isLong ? this.ports.draw(32) : this.secrets[0]];
    this.secretUntil = now + COOKIE_SECRET_MS;
  }

  private cookieOf(secret: Uint8Array, from: string): Uint8Array {
    return this.ports.crypto.hmacSha256(secret, encodeText(from)).slice(0, COOKIE_SIZE);
  }
}

function dropped(reason: DoorDrop): Admittance {
  return { kind: 'drop', reason };
}

/** Said again it is the same opening; who began anew may give the same index, and has another key. */
function openerOf(from: string, opening: Uint8Array): string {
  return `${from}#${toHex(opening.subarray(OPENING_SIZE - MESSAGE_SIZE))}`;
}
