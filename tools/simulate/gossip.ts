/**
 * Gossip: what many meshes speak of, in its plainest form, to have something to compare with. Whoever
 * hears a message for the first time pushes it to so many of those around him, drawn anew, and nothing
 * that is lost is made good.
 */
import type { Random } from '../../protocol/core/machine.ts';

export type Gossip = {
  /** Of all others, the part that heard a message. */
  delivery: number;
  /** Of the copies that arrived, the part that brought nothing new. */
  duplicates: number;
  /** Copies sent for one message. */
  frames: number;
};

/** `around` names whom each node can push to. */
export function gossip(
  around: readonly (readonly number[])[],
  fanOut: number,
  lossPercent: number,
  messages: number,
  random: Random,
): Gossip {
  const nodes = around.map((_, node) => node).filter((node) => around[node].length > 0);
  let [sent, arrived, news] = [0, 0, 0];
  for (let message = 0; message < messages; message++) {
    const speaker = nodes[random(nodes.length)];
    const heard = new Set([speaker]);
    // Who is added while it goes on gets his turn.
    for (const node of heard) {
      for (const other of someOf(around[node], fanOut, random)) {
        sent++;
        if (random(100) < lossPercent) continue;
        arrived++;
        heard.add(other);
      }
    }
    news += heard.size - 1;
  }
  return {
    delivery: news / (messages * (nodes.length - 1)),
    duplicates: 1 - news / arrived,
    frames: sent / messages,
  };
}

/** Everybody can push to everybody. */
export function everybody(nodes: number): number[][] {
  const all = Array.from({ length: nodes }, (_, node) => node);
  return all.map((node) => all.filter((other) => other !== node));
}

function someOf(all: readonly number[], count: number, random: Random): number[] {
  const left = [...all];
  const size = Math.min(count, left.length);
  return Array.from({ length: size }, () => left.splice(random(left.length), 1)[0]);
}
