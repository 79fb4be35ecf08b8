/**
 * Carriage: what was carried for whom between islands, by day (DEFAULTS §5). Sums are kept here and
 * written once in a while: each is the whole day's, so writing one again changes nothing.
 */
import { ID_SIZE } from '../../protocol/core/packet.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import type { LedgerReads, StoreWrite } from '../types.ts';
import { DAY_MS } from '../types.ts';

/** Senders counted by name in one day; what the rest sent is counted together, under the id of zeros. */
export const CARRIED_FOR_MAX = 1024;
const THE_REST = new Uint8Array(ID_SIZE);

type Sum = { who: Uint8Array; packets: number; bytes: number; isWritten: boolean };

export class Carriage {
  private readonly ledger: Pick<LedgerReads, 'carried'>;
  private readonly sums = new Map<string, Sum>();
  private day = -1;

  constructor(ledger: Pick<LedgerReads, 'carried'>) {
    this.ledger = ledger;
  }

  /** What is not written yet of the day before, where a new one has begun. */
  count(who: Uint8Array, bytes: number, wallMs: number): StoreWrite[] {
    const day = Math.floor(wallMs / DAY_MS);
    const left = day === this.day ? [] : this.write();
    if (day !== this.day) this.sums.clear();
    this.day = day;
    const sum = this.sumOf(who);
    sum.packets++;
    sum.bytes += bytes;
    sum.isWritten = false;
    return left;
  }

  write(): StoreWrite[] {
    const writes: StoreWrite[] = [];
    for (const sum of this.sums.values()) {
      if (sum.isWritten) continue;
      sum.isWritten = true;
      const { who, packets, bytes } = sum;
      writes.push({ kind: 'carried', who, day: this.day, packets, bytes });
    }
    return writes;
  }

  private sumOf(who: Uint8Array): Sum {
    const known = this.sums.get(toHex(who));
    if (known !== undefined) return known;
    const isOneTooMany = this.sums.size >= CARRIED_FOR_MAX && !isRest(who);
    if (isOneTooMany) return this.sumOf(THE_REST);
    const { count, bytes } = this.ledger.carried(who, this.day);
    const sum = { who, packets: count, bytes, isWritten: true };
    this.sums.set(toHex(who), sum);
    return sum;
  }
}

function isRest(who: Uint8Array): boolean {
  return who.every((byte) => byte === 0);
}
