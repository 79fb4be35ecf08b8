/**
 * Credit: when a write has really left. Neither library says so, but both count packets by the
 * handle of a connection, and the controller says how many of each it has finished with.
 */
import { WRITES_MAX } from './radio.ts';

type Line = {
  queued: number;
  finished: number;
  /** Each is done once as many packets as `at` are finished. */
  writes: { at: number; done: () => void }[];
};

export class Credit {
  private readonly lines = new Map<number, Line>();

  /** The library was given `packets` to send. */
  queue(handle: number, packets: number): void {
    this.line(handle).queued += packets;
  }

  /** Whether there is room for one more write. */
  hasRoom(handle: number): boolean {
    return (this.lines.get(handle)?.writes.length ?? 0) < WRITES_MAX;
  }

  /** `done` is called when all that was queued so far has left. */
  mark(handle: number, done: () => void): void {
    const line = this.line(handle);
    line.writes.push({ at: line.queued, done });
    // A library that could not send at all must not hold the window shut for ever.
    if (line.finished >= line.queued) queueMicrotask(() => this.finish(handle, 0));
  }

  finish(handle: number, packets: number): void {
    const line = this.lines.get(handle);
    if (line === undefined) return;
    // The kernel sends packets of its own, which were never queued here.
    line.finished = Math.min(line.finished + packets, line.queued);
    while (line.writes.length > 0 && line.writes[0].at <= line.finished)
      line.writes.shift()!.done();
  }

  /** The connection ended, and its handle will be another's. */
  forget(handle: number): void {
    this.lines.delete(handle);
  }

  private line(handle: number): Line {
    let line = this.lines.get(handle);
    if (line === undefined) {
      line = { queued: 0, finished: 0, writes: [] };
      this.lines.set(handle, line);
    }
    return line;
  }
}

/** An event that says how many packets of which handles are finished: Bluetooth Core 4.E.7.7.19. */
export function creditOf(packet: Uint8Array): { handle: number; packets: number }[] {
  if (packet[0] !== EVENT || packet[1] !== PACKETS_COMPLETED) return [];
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const given: { handle: number; packets: number }[] = [];
  for (let at = 4; at + 4 <= packet.length; at += 4) {
    given.push({
      handle: view.getUint16(at, true) & 0xfff,
      packets: view.getUint16(at + 2, true),
    });
  }
  return given;
}

const EVENT = 0x04;
const PACKETS_COMPLETED = 0x13;

/** Packets for one value: it is preceded by its length and channel, and cut to `size` bytes each. */
export function packetsOf(value: Uint8Array, size: number): number {
  return Math.ceil((value.length + 4) / size);
}
