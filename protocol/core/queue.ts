/**
 * Queue: what waits for one link, by priority. Bounded in packets and bytes; when full, the oldest
 * packet of the lowest class present makes room, be it the newcomer itself.
 *
 * Higher classes leave first, but a class that waits is passed over at most PATIENCE times in a
 * row: even under endless critical traffic, one packet in PATIENCE + 3 is the oldest of any class
 * that has one waiting.
 */
import {
  CONTROL,
  ENCRYPTED,
  FILE,
  GATEWAY,
  HANDSHAKE,
  HEARTBEAT,
  HELLO,
  HOP_FILE,
  LINK_STATE,
  PING,
  PONG,
  RECEIPT,
  RECONCILE,
  REQUEST_SYNC,
  ROOM,
  TRACE,
} from './packet.ts';

export const CRITICAL = 0;
export const HIGH = 1;
export const NORMAL = 2;
export const BACKGROUND = 3;
const CLASSES = 4;

/** Packets of higher classes that may leave while a lower class waits. */
export const PATIENCE = 16;

/** The class of a type (DEFAULTS §2); of a fragment, pass the type it carries. */
export function priorityOf(type: number): number {
  switch (type) {
    case HELLO:
    case HEARTBEAT:
    case HANDSHAKE:
    case ROOM:
    case GATEWAY:
    case CONTROL:
      return CRITICAL;
    case ENCRYPTED:
    case PING:
    case PONG:
    case TRACE:
    case RECEIPT:
      return HIGH;
    case REQUEST_SYNC:
    case LINK_STATE:
    case RECONCILE:
    case FILE:
    case HOP_FILE:
      return BACKGROUND;
    default:
      return NORMAL;
  }
}

export class SendQueue {
  private readonly packetsMax: number;
  private readonly bytesMax: number;
  protected readonly waiting: Uint8Array[][] = [[], [], [], []];
  /** How often a waiting class was passed over since it last had its turn. */
  private readonly passedOver = new Uint8Array(CLASSES);
  protected count = 0;
  protected bytes = 0;

  constructor(packetsMax: number, bytesMax: number) {
    this.packetsMax = packetsMax;
    this.bytesMax = bytesMax;
  }

  /** How many packets were dropped for it, from the lowest class up; the newcomer may be one. */
  add(bytes: Uint8Array, priority: number): number {
    this.waiting[priority].push(bytes);
    this.count++;
    this.bytes += bytes.length;
    let drops = 0;
    while (this.count > this.packetsMax || this.bytes > this.bytesMax) {
      let lowest = BACKGROUND;
      while (this.waiting[lowest].length === 0) lowest--;
      this.remove(lowest);
      drops++;
    }
    return drops;
  }

  /** The next packet to send, or null. */
  take(): Uint8Array | null {
    if (this.count === 0) return null;
    let chosen = -1;
    for (let c = CLASSES - 1; c >= 0; c--) {
      if (this.waiting[c].length === 0) continue;
      if (chosen < 0 || this.passedOver[chosen] < PATIENCE) chosen = c;
    }
    for (let c = chosen + 1; c < CLASSES; c++) {
      if (this.waiting[c].length > 0 && this.passedOver[c] < PATIENCE) this.passedOver[c]++;
    }
    this.passedOver[chosen] = 0;
    return this.remove(chosen);
  }

  /** Packets waiting. */
  length(): number {
    return this.count;
  }

  protected remove(priority: number): Uint8Array {
    const bytes = this.waiting[priority].shift()!;
    this.count--;
    this.bytes -= bytes.length;
    return bytes;
  }
}
