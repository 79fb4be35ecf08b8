/**
 * Wire: a way to a node over a serial line, in blocks (WIRE §22).
 */
import type { Script } from '../../protocol/admin/script.ts';
import type { Way } from '../../protocol/admin/way.ts';
import { crc32 } from '../../protocol/core/crc32.ts';
import { encodeBlock, PACKET_BLOCK } from '../../protocol/core/framing.ts';
import type { Millis } from '../../protocol/core/machine.ts';
import type { Speaker } from '../flash/talk.ts';

/** A line takes this long over what it was given; then it is stuck, and more would only pile up. */
const STUCK_MS = 500;

export class Wire<Remark> implements Way {
  private readonly speaker: Speaker<Remark>;

  constructor(speaker: Speaker<Remark>) {
    this.speaker = speaker;
    speaker.line.setFlowControl(false);
  }

  send(packet: Uint8Array): void {
    const { line } = this.speaker;
    if (line.wireMs > STUCK_MS) line.hush();
    line.say(encodeBlock(PACKET_BLOCK, packet, crc32));
  }

  *expect<T>(find: (packet: Uint8Array) => T | null, timeoutMs: Millis): Script<T | null> {
    const { speaker } = this;
    const next = (): T | null => {
      for (let packet = speaker.packets.shift(); packet; packet = speaker.packets.shift()) {
        const found = find(packet);
        if (found !== null) return found;
      }
      return null;
    };
    return yield* speaker.expect(next, timeoutMs + speaker.line.wireMs);
  }
}
