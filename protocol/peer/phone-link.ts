/**
 * PhoneLink: one hop to a phone, which sends and takes whole frames and says no hello (WIRE §11). It
 * is a core Link without segments: the same queue, the same window of writes.
 *
 * A frame that does not fit one write is a counted drop: only its originator may cut it (WIRE §7).
 */
import type { LinkDrop, LinkInput, LinkOutput } from '../core/link.ts';
import type { Machine, Millis, Tick } from '../core/machine.ts';
import { REQUEST_SYNC } from '../core/packet.ts';
import { SendQueue } from '../core/queue.ts';
import { isLinkScoped } from '../core/relay.ts';
import type { Mode } from '../core/version.ts';

/** What a link of any medium drops, and what a phone has no business to say. */
export type PhoneLinkDrop = LinkDrop | 'link-scope';
export type PhoneLinkOutput =
  Exclude<LinkOutput, { kind: 'drop' }> | { kind: 'drop'; reason: PhoneLinkDrop };

export type PhoneLinkConfig = {
  /** Bytes of one write. */
  payloadMax: number;
  /** Writes that may be out at once; packets wait beyond it. */
  window: number;
  /** Packets and bytes that may wait; see SendQueue for what goes first. */
  packetsMax: number;
  bytesMax: number;
};

export class PhoneLink implements Machine<LinkInput, PhoneLinkOutput> {
  readonly mode: Mode = 'legacy';
  /** Phones tell no round trip. */
  readonly roundTripMs: Millis = -1;
  /** As in its settings, until the phone says otherwise. */
  payloadMax: number;
  private readonly config: PhoneLinkConfig;
  private readonly queue: SendQueue;
  private credit: number;
  private isOpen = false;

  constructor(config: PhoneLinkConfig) {
    this.config = config;
    this.payloadMax = config.payloadMax;
    this.credit = config.window;
    this.queue = new SendQueue(config.packetsMax, config.bytesMax);
  }

  step(input: LinkInput | Tick, _now: Millis): PhoneLinkOutput[] {
    const out: PhoneLinkOutput[] = [];
    if (!this.isOpen) {
      this.isOpen = true;
      const id = new Uint8Array(0);
      out.push({ kind: 'settled', mode: 'legacy', id, hello: null, isFirst: true });
    }
    if (input.kind === 'received') this.receive(input.bytes, out);
    if (input.kind === 'send') this.send(input.bytes, input.priority, out);
    if (input.kind === 'sent') this.credit = Math.min(this.credit + 1, this.config.window);
    this.pump(out);
    return out;
  }

  deadline(): Millis {
    return this.isOpen ? Infinity : 0;
  }

  private receive(bytes: Uint8Array, out: PhoneLinkOutput[]): void {
    // A phone asks for history and says nothing else that stays on its link.
    const isForeign = isLinkScoped(bytes[1]) && bytes[1] !== REQUEST_SYNC;
    if (isForeign) out.push({ kind: 'drop', reason: 'link-scope' });
    else out.push({ kind: 'heard', bytes });
  }

  private send(bytes: Uint8Array, priority: number, out: PhoneLinkOutput[]): void {
    if (bytes.length > this.payloadMax) out.push({ kind: 'drop', reason: 'over-limit' });
    else if (this.queue.add(bytes, priority) > 0) out.push({ kind: 'drop', reason: 'queue-full' });
  }

  private pump(out: PhoneLinkOutput[]): void {
    while (this.credit > 0) {
      const bytes = this.queue.take();
      if (bytes === null) return;
      this.credit--;
      out.push({ kind: 'write', bytes });
    }
  }
}
