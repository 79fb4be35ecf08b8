/**
 * Lan: other bridges of this network, as they tell a multicast group that they are here (WIRE §24). Nothing
 * of it is believed: who is known is dialled where he was heard, and proves on the line who he is; the
 * others are shown, for a person to join.
 */
import type { HelloMalformed } from '../../protocol/core/hello.ts';
import { decodeHello, GATEWAY } from '../../protocol/core/hello.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import type { Malformed } from '../../protocol/core/packet.ts';
import { HELLO, ID_SIZE, PacketView } from '../../protocol/core/packet.ts';
import type { Route } from '../../protocol/peer/trunks.ts';
import { toHex } from '../../protocol/wire/hex.ts';

/** DEFAULTS §5: discovery. */
export const SAID_EVERY_MS = 30_000;
/** To somebody new we say it soon, but never more often than this. */
export const SAID_GAP_MS = 2000;
/** Who was not heard for so long is not here. */
export const FOUND_TIMEOUT_MS = 3 * SAID_EVERY_MS;
/** Others at once; one more is not taken until one is gone, unless he is known: a stranger makes way. */
export const FOUND_MAX = 64;
/** Of what is said: a header, and a hello without board and token. */
const SAID_MAX = 512;

export type LanDrop = Malformed | HelloMalformed | 'bad-type' | 'not-a-gateway' | 'too-many';

type Judge = (node: Uint8Array) => boolean;

/** Somebody in this network. */
export type Found = { node: Uint8Array; name: string; address: string; heardAt: Millis };

export class Lan {
  readonly drops: Partial<Record<LanDrop, number>> = {};
  private readonly self: string;
  private readonly found = new Map<string, Found>();
  private sayAt: Millis;
  private saidAt: Millis = -Infinity;

  constructor(id: Uint8Array, now: Millis) {
    this.self = toHex(id);
    this.sayAt = now;
  }

  /** Whether somebody is new, or elsewhere than before. `from` is where lines to him are opened. */
  hear(from: string, bytes: Uint8Array, isUp: Judge, isKnown: Judge, now: Millis): boolean {
    const heard = readSaid(bytes);
    if (typeof heard === 'string') return this.drop(heard);
    const { node, name } = heard;
    const id = toHex(node);
    if (id === this.self) return false;
    const before = this.found.get(id);
    const isOneTooMany = before === undefined && this.found.size >= FOUND_MAX;
    if (isOneTooMany && !(isKnown(node) && this.makeRoom(isKnown))) return this.drop('too-many');
    // Whoever is reached where he was goes on being reached there, whatever is said.
    const address = before !== undefined && isUp(node) ? before.address : `udp://${from}`;
    this.found.set(id, { node, name, address, heardAt: now });
    if (before === undefined) this.sayAt = Math.max(now, this.saidAt + SAID_GAP_MS);
    return before?.address !== address;
  }

  /** Whether somebody is gone of whom that was not known. Those to whom a line is up are here. */
  expire(isUp: Judge, now: Millis): boolean {
    let isChanged = false;
    for (const [id, { node, heardAt }] of this.found) {
      if (now < heardAt + FOUND_TIMEOUT_MS || isUp(node)) continue;
      this.found.delete(id);
      isChanged = true;
    }
    return isChanged;
  }

  /** Whether it is time to say that we are here. */
  isToSay(now: Millis): boolean {
    if (now < this.sayAt) return false;
    this.saidAt = now;
    this.sayAt = now + SAID_EVERY_MS;
    return true;
  }

  /** Where those are whom we know. */
  routes(isKnown: Judge): Route[] {
    const known = [...this.found.values()].filter(({ node }) => isKnown(node));
    return known.map(({ node, address }) => ({ address, id: node }));
  }

  all(): Found[] {
    return [...this.found.values()];
  }

  deadline(): Millis {
    return this.sayAt;
  }

  /** Anybody can make up bridges, but none that are known: false where all of them are. */
  private makeRoom(isKnown: Judge): boolean {
    const stranger = [...this.found].find(([, { node }]) => !isKnown(node));
    return stranger !== undefined && this.found.delete(stranger[0]);
  }

  private drop(reason: LanDrop): false {
    this.drops[reason] = (this.drops[reason] ?? 0) + 1;
    return false;
  }
}

function readSaid(bytes: Uint8Array): { node: Uint8Array; name: string } | LanDrop {
  const packet = new PacketView();
  const malformed = packet.read(bytes, SAID_MAX);
  if (malformed !== null) return malformed;
  if (bytes[1] !== HELLO) return 'bad-type';
  const { payloadAt, payloadLength, senderAt } = packet;
  const hello = decodeHello(bytes.subarray(payloadAt, payloadAt + payloadLength));
  if (typeof hello === 'string') return hello;
  if (hello.role !== GATEWAY) return 'not-a-gateway';
  const node = new Uint8Array(bytes.subarray(senderAt, senderAt + ID_SIZE));
  return { node, name: new TextDecoder().decode(hello.name) };
}
