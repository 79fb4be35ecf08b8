/**
 * Turns: when it is ours to bring in a packet that several gateways have (WIRE §28). The first by rank
 * goes ahead; each after it waits 2 s more, and stays quiet if it overhears the packet meanwhile.
 *
 * Whoever is heard at work is given more time: while the budget of the first is spent, the next one
 * would race it packet by packet.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import type { Crypto } from '../../protocol/trust/crypto.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { Gateways } from './gateways.ts';
import { before, turnKey } from './rank.ts';

/** WIRE §28: what each rank waits longer than the one before. */
export const WAIT_MS = 2000;
/** Longer than this nobody is waited for, at work or not. */
export const AT_WORK_MS = 20_000;

export class Turns {
  private readonly crypto: Pick<Crypto, 'sha256'>;
  private readonly self: Uint8Array;
  private readonly gateways: Gateways;
  /** When a packet was last overheard that was the gateway's to bring in; rivals only, so they are few. */
  private readonly atWork = new Map<string, Millis>();

  constructor(crypto: Pick<Crypto, 'sha256'>, self: Uint8Array, gateways: Gateways) {
    this.crypto = crypto;
    this.self = self;
    this.gateways = gateways;
  }

  /** When it is our turn with a packet that came then, as far as is known now. */
  dueAt(bytes: Uint8Array, cameAt: Millis): Millis {
    const ahead = this.ahead(bytes);
    const wait = ahead.length * WAIT_MS;
    const due = this.gateways.settledAt(cameAt) + wait;
    let quietAt = due;
    for (const id of ahead) {
      const lastAt = this.atWork.get(toHex(id)) ?? -Infinity;
      quietAt = Math.max(quietAt, lastAt + wait);
    }
    return Math.min(quietAt, due + AT_WORK_MS);
  }

  /** Another gateway brought it in. */
  overheard(bytes: Uint8Array, now: Millis): void {
    const [first] = this.ahead(bytes);
    if (first === undefined) return;
    const rivals = this.gateways.rivals.map(toHex);
    for (const name of this.atWork.keys()) if (!rivals.includes(name)) this.atWork.delete(name);
    this.atWork.set(toHex(first), now);
  }

  private ahead(bytes: Uint8Array): Uint8Array[] {
    const { rivals } = this.gateways;
    if (rivals.length === 0) return [];
    return before(this.crypto, turnKey(bytes), this.self, rivals);
  }
}
