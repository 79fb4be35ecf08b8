/**
 * Packet watch: the packets that passed lately, for as long as somebody looks at them. Whoever asks
 * keeps it watching for a while; when nobody does it costs nothing.
 */
import type { TappedFrame } from '../../protocol/peer/contract.ts';
import type { FrameHead } from '../../protocol/wire/dissection.ts';
import { headOf, partsOf } from '../../protocol/wire/dissection.ts';
import { toHex } from '../../protocol/wire/hex.ts';
import { typeName } from '../../protocol/wire/type-names.ts';
import type { PacketDetailView, PacketRowView } from '../http/views.ts';
import { KeyedRing } from './keyed-ring.ts';

/** Packets kept; then the oldest go. */
export const PACKETS_MAX = 500;
/** Bytes kept of each; what is longer is cut, after it was taken apart. */
export const BYTES_MAX = 4096;
/** It goes on for so long after the last question: a page may be reloaded, or asleep for a moment. */
export const WATCHED_MS = 15_000;

type SeenFrame = TappedFrame & { unixMs: number };
type Watch = (show: (frame: SeenFrame) => void) => () => void;
type Seen = { frame: SeenFrame; head: FrameHead | null; size: number; parts: Parts | null };
type Parts = PacketDetailView['parts'];

export class PacketWatch {
  private readonly watch: Watch;
  private readonly ring = new KeyedRing<Seen>(PACKETS_MAX);
  private unwatch: (() => void) | null = null;
  private ending: NodeJS.Timeout | undefined;

  constructor(watch: Watch) {
    this.watch = watch;
  }

  /** The newest ones after that key, the oldest of them first. */
  after(key: number, limit: number): PacketRowView[] {
    this.stay();
    return this.ring.after(key, limit).map(({ key, item }) => rowOf(key, item));
  }

  /** Null for one that is gone. */
  find(key: number): PacketDetailView | null {
    this.stay();
    const seen = this.ring.find(key);
    if (seen === null) return null;
    const { bytes } = seen.frame;
    return { ...rowOf(key, seen), hex: toHex(bytes), parts: seen.parts ?? partsOf(bytes) };
  }

  close(): void {
    clearTimeout(this.ending);
    this.unwatch?.();
    this.unwatch = null;
  }

  private stay(): void {
    clearTimeout(this.ending);
    this.ending = setTimeout(() => this.close(), WATCHED_MS);
    this.ending.unref();
    this.unwatch ??= this.watch((frame) => this.ring.add(seenOf(frame), frame.missed));
  }
}

function seenOf(frame: SeenFrame): Seen {
  const { bytes } = frame;
  const size = bytes.length;
  const head = headOf(bytes);
  if (size <= BYTES_MAX) return { frame, head, size, parts: null };
  const kept = new Uint8Array(bytes.subarray(0, BYTES_MAX));
  return { frame: { ...frame, bytes: kept }, head, size, parts: partsOf(bytes) };
}

function rowOf(key: number, { frame, head, size }: Seen): PacketRowView {
  const { unixMs: at, link, way, dropped } = frame;
  const { type, ttl, sender, recipient } = head ?? NO_HEAD;
  const named = type === null ? null : typeName(type);
  return { key, at, link, way, type: named, ttl, sender, recipient, size, dropped };
}

const NO_HEAD = { type: null, ttl: null, sender: null, recipient: null };
