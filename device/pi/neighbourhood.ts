/**
 * Neighbourhood: who advertises within our hearing, for people who look. It remembers a bounded
 * number, and forgets the one heard longest ago.
 */
import { keepNewest } from '../../protocol/keep-newest.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { RadioEvent } from './radio.ts';

/** Addresses remembered: phones change theirs every quarter of an hour. */
export const SIGHTED_MAX = 256;
/** Whoever was silent for so long is gone. */
export const GONE_MS = 60_000;

export type Sighted = {
  address: string;
  service: 'phone' | 'node' | 'uart';
  /** Of a node, as its advertisement says. */
  id: string | null;
  name: string;
  rssi: number;
  silentMs: number;
};

type Heard = Omit<Sighted, 'silentMs'> & { at: number };

/** Where a node's field has its id (WIRE §23). */
const ID_AT = 3;

export class Neighbourhood {
  private readonly byAddress = new Map<string, Heard>();

  hear(event: Extract<RadioEvent, { kind: 'sighted' }>, now: number): void {
    const { address, service, bytes, name, rssi } = event;
    const id =
      service === 'node' && bytes.length >= ID_AT + 8 ? bytes.subarray(ID_AT, ID_AT + 8) : null;
    this.byAddress.delete(address);
    this.byAddress.set(address, {
      address,
      service,
      id: id === null ? null : toHex(id),
      name,
      rssi,
      at: now,
    });
    keepNewest(this.byAddress, SIGHTED_MAX);
  }

  /** The loudest first. */
  list(now: number): Sighted[] {
    return [...this.byAddress.values()]
      .map(({ at, ...heard }) => ({ ...heard, silentMs: Math.round(now - at) }))
      .filter(({ silentMs }) => silentMs <= GONE_MS)
      .sort((a, b) => b.rssi - a.rssi || (a.address < b.address ? -1 : 1));
  }
}
