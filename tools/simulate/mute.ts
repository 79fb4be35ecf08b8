/**
 * Mute: a node that says of itself all that an honest one says, so that its neighbours rely on it, and
 * keeps to itself every message of others: it neither passes them on nor gives them to who asks.
 */
import { sameBytes } from '../../protocol/core/bytes.ts';
import type { Millis, Tick } from '../../protocol/core/machine.ts';
import { MESSAGE } from '../../protocol/core/packet.ts';
import type { Station } from '../../protocol/peer/station.ts';
import { headOf, senderAt } from './frame-head.ts';
import type { SimInput, SimNode, SimOutput } from './sim-node.ts';

export class Mute implements SimNode {
  private readonly inner: Station;
  private readonly id: Uint8Array;

  /** It has no wires. */
  constructor(inner: Station, id: Uint8Array) {
    this.inner = inner;
    this.id = id;
  }

  step(input: SimInput | Tick, now: Millis): readonly SimOutput[] {
    const out: SimOutput[] = [];
    const queue = [...this.inner.step(input as Parameters<Station['step']>[0], now)];
    for (const output of queue) {
      if (output.kind !== 'write' || !this.isOfAnother(output.bytes)) out.push(output);
      // Its own radio is told that all is well.
      else queue.push(...this.inner.step({ kind: 'sent', link: output.link }, now));
    }
    return out;
  }

  deadline(): Millis {
    return this.inner.deadline();
  }

  private isOfAnother(write: Uint8Array): boolean {
    const head = headOf(write, false);
    if (head === null || head.type !== MESSAGE) return false;
    return !sameBytes(head.bytes, senderAt(head), this.id);
  }
}
