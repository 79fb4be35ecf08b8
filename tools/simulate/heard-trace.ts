/**
 * Heard trace: two words for each node, of what it heard, of whom and when. What others hear meanwhile
 * does not touch them, so that the traces of parts add up to that of the whole.
 */
import type { Millis } from '../../protocol/core/machine.ts';
import { FNV, mix } from './mix.ts';

/** So many bytes at both ends of a write tell which it is: a packet's kind and time, and its signature. */
const NOTED = 16;

export class HeardTrace {
  /** By node, two words. */
  private readonly words: Uint32Array;

  /** Nodes are numbered from 1. */
  constructor(nodes: number) {
    this.words = new Uint32Array(2 * (nodes + 1));
  }

  note(from: number, to: number, bytes: Uint8Array, at: Millis): void {
    const { words } = this;
    const { length } = bytes;
    const noted = Math.min(NOTED, (length + 1) >> 1);
    let low = mix(words[2 * to] ^ at);
    let high = mix(words[2 * to + 1] ^ from ^ (length << 16));
    for (let i = 0; i < noted; i++) {
      low = Math.imul(low ^ bytes[i], FNV);
      high = Math.imul(high ^ bytes[length - 1 - i], FNV);
    }
    words[2 * to] = low;
    words[2 * to + 1] = high;
  }

  /** Of those nodes, in whatever order. */
  sum(isCounted: (node: number) => boolean): [number, number] {
    const { words } = this;
    const sum: [number, number] = [0, 0];
    for (let node = 1; 2 * node < words.length; node++) {
      if (!isCounted(node)) continue;
      sum[0] = (sum[0] + mix(words[2 * node] ^ node)) >>> 0;
      sum[1] = (sum[1] + mix(words[2 * node + 1] ^ node)) >>> 0;
    }
    return sum;
  }
}
