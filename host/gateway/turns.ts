/**
 * Turns: when it is ours to bring in a packet that several gateways have (WIRE §28). The first by rank
 * goes ahead; each after it waits 2 s more, and stays quiet if it overhears the packet meanwhile.
 *
 * Whoever says that its budget is spent is given the time it needs: else the next one would race it,
 * packet by packet.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import { TTL_AT } from '../../protocol/core/packet.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import type { Gateways } from './gateways.ts';
import { before, turnKey } from './rank.ts';

/**
 * Even the first listens for a moment: what went another way, and waited there for other turns, comes
 * just when the next one here has lost patience; and what our own island says may come over a line first.
 */
export const LISTEN_MS = 500;
/** WIRE §28: what each rank waits longer than the one before. */
export const WAIT_MS = 2000;
export class Turns {
  private readonly crypto: Pick<Crypto, 'sha256'>;
  private readonly self: Uint8Array;
  private readonly gateways: Gateways;

  constructor(crypto: Pick<Crypto, 'sha256'>, self: Uint8Array, gateways: Gateways) {
    this.crypto = crypto;
    this.self = self;
    this.gateways = gateways;
  }

  /** When it is our turn with a packet that came then, as far as is known now. */
  dueAt(bytes: Uint8Array, cameAt: Millis): Millis {
    const { rivals, reach } = this.gateways;
    if (rivals.length === 0) return this.gateways.settledAt(cameAt);
    const ahead = this.ahead(bytes);
    // What not all of them would overhear from us waits for those who may have it with hops to spare.
    const behind = bytes[TTL_AT] + 1 < reach ? rivals.length + 1 : 0;
    const wait = LISTEN_MS + (ahead.length + behind) * WAIT_MS;
    const busyMs = Math.max(0, ...ahead.map((id) => this.gateways.busyMs(id)));
    return this.gateways.settledAt(cameAt) + wait + busyMs;
  }

  private ahead(bytes: Uint8Array): Uint8Array[] {
    return before(this.crypto, turnKey(bytes), this.self, this.gateways.rivals);
  }
}
