/**
 * Way: how packets get to one node and back. A conversation with a node knows nothing else of what
 * lies between: a wire here, a console that stands in for one, a radio, or the link of a bridge.
 */
import type { Millis } from '../core/machine.ts';
import type { Script } from './script.ts';

export type Way = {
  /** Hands a packet over. It may be lost. */
  send(packet: Uint8Array): void;
  /** Waits until `find` finds something in a packet of the node, and at most so long. */
  expect<T>(find: (packet: Uint8Array) => T | null, timeoutMs: Millis): Script<T | null>;
};
