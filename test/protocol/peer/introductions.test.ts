/** How those who meet come to know whom the other knows (WIRE §29), and what that may cost at most. */
import { beforeEach, describe, expect, it } from 'vitest';
import { TICK } from '../../../protocol/core/machine.ts';
import { ANNOUNCE } from '../../../protocol/core/packet.ts';
import {
  Announced,
  FRESH_MS,
  nameOfAnnounce,
  SENDERS_MAX,
} from '../../../protocol/peer/announced.ts';
import type { IntroductionsOutput } from '../../../protocol/peer/introductions.ts';
import {
  AGAIN_MS,
  GIVES_MAX,
  HAD_MAX,
  Introductions,
  RETRY_MS,
  SEEKS_MAX,
  SEEKS_OF_ONE_MAX,
  TELLS,
} from '../../../protocol/peer/introductions.ts';
import { WANT_TRIES } from '../../../protocol/peer/wants.ts';
import { INTRODUCED_MAX } from '../../../protocol/wire/spread.ts';
import { packet } from '../../packets.ts';

const NOTHING = new Uint8Array(0);

describe('a node that meets another', () => {
  let fresh: Uint8Array[] = [];
  let node = new Introductions(() => fresh, 1);
  beforeEach(() => {
    fresh = [];
    node = new Introductions(() => fresh, 1);
  });

  it('tells it by name what came before, with TTLs, and nothing of itself', () => {
    for (const sender of [1, 2, 9]) hears(announce(sender), 10);
    hears(announce(3), 20);
    expect(up(4, 9, 20)).toEqual([tell(4, announce(1), announce(2))]);
  });

  it('tells it once more what it neither named nor asked for nor was given, and then is quiet', () => {
    for (const sender of [1, 2, 3]) hears(announce(sender), 0);
    up(4, 9, 10);
    node.step({ kind: 'told', link: 4, names: told(announce(1)) }, 11);
    node.step({ kind: 'sought', link: 4, names: nameOfAnnounce(announce(2)) }, 12);
    expect(node.deadline()).toBe(10 + AGAIN_MS);
    expect(node.step(TICK, 10 + AGAIN_MS)).toEqual([tell(4, announce(3))]);
    expect(TELLS).toBe(2);
    expect(node.deadline()).toBe(Infinity);
  });

  it('gives what is asked for as it was passed on, and nothing else', () => {
    hears(announce(1, 1000, 3), 0);
    up(4, 9, 10);
    const sought = (frame: Uint8Array): IntroductionsOutput[] =>
      node.step({ kind: 'sought', link: 4, names: nameOfAnnounce(frame) }, 20);
    expect(sought(announce(1))).toEqual([{ kind: 'give', link: 4, bytes: announce(1, 1000, 3) }]);
    expect(sought(announce(1, 1001))).toEqual([]);
    expect(sought(announce(2))).toEqual([]);
    fresh = [];
    expect(sought(announce(1))).toEqual([]);
  });

  it('gives all that is asked for at once', () => {
    const announces = [1, 2].map((sender) => announce(sender));
    for (const one of announces) hears(one, 0);
    up(4, 9, 10);
    const names = new Uint8Array(announces.flatMap((one) => [...nameOfAnnounce(one)]));
    const given = node.step({ kind: 'sought', link: 4, names }, 20);
    expect(given).toEqual(announces.map((bytes) => ({ kind: 'give', link: 4, bytes })));
  });

  it('asks for what it lacks alone, and of one at a time', () => {
    hears(announce(1), 0);
    for (const link of [4, 5]) up(link, link, 10);
    expect(hearTold(4, 20, announce(1), announce(2))).toEqual([seek(4, announce(2))]);
    expect(hearTold(5, 21, announce(2), announce(3))).toEqual([seek(5, announce(3))]);
    node.note(announce(2), 6, 30);
    node.met(announce(3), 5);
    node.note(announce(3), 6, 31);
    node.step(TICK, 10 + AGAIN_MS);
    expect(node.deadline()).toBe(Infinity);
  });

  it('asks again, and others, when nothing comes, until it gives up', () => {
    for (const link of [4, 5]) up(link, link, 0);
    node.step(TICK, AGAIN_MS);
    hearTold(4, 10_000, announce(1));
    hearTold(5, 10_001, announce(1));
    const links: number[] = [];
    while (node.deadline() < Infinity) {
      for (const { link } of node.step(TICK, node.deadline())) links.push(link);
    }
    expect(links).toEqual([5, 4, 5, 4, 5]);
    expect(links).toHaveLength(2 * WANT_TRIES - 1);
    expect(hearTold(4, 90_000, announce(1))).toEqual([seek(4, announce(1))]);
  });

  it('does not ask again whoever gave what is then not let in', () => {
    up(4, 4, 0);
    node.step(TICK, AGAIN_MS);
    hearTold(4, 10_000, announce(1));
    node.met(announce(1), 4);
    expect(node.deadline()).toBe(Infinity);
  });

  it('hears nobody who does not introduce by name', () => {
    hears(announce(1), 0);
    expect(hearTold(4, 10, announce(2))).toEqual([]);
    const names = nameOfAnnounce(announce(1));
    expect(node.step({ kind: 'sought', link: 4, names }, 10)).toEqual([]);
  });

  it('does not bring it what it says it has', () => {
    for (const link of [4, 33, 35]) up(link, link, 0);
    hearTold(4, 10, announce(1));
    hearTold(35, 10, announce(1));
    expect(node.covered(~0, 0, announce(1))).toBe(1 << 4);
    expect(node.covered(~0, 1, announce(1))).toBe(1 << 3);
    expect(node.covered(0, 1, announce(1))).toBe(0);
    expect(node.covered(~0, 0, announce(1, 1001))).toBe(0);
    node.step(TICK, AGAIN_MS);
    expect(node.covered(~0, 0, announce(1))).toBe(0);
  });

  it('knows nothing more of a link that went, whoever comes under its number', () => {
    hears(announce(1), 0);
    up(4, 9, 10);
    hearTold(4, 20, announce(2));
    node.step({ kind: 'gone', link: 4 }, 30);
    expect(node.deadline()).toBe(Infinity);
    expect(node.covered(~0, 0, announce(2))).toBe(0);
    expect(up(4, 8, 40)).toEqual([tell(4, announce(1))]);
    expect(hearTold(4, 50, announce(2))).toEqual([seek(4, announce(2))]);
  });

  it('cuts what it tells and asks for into payloads', () => {
    const many = Array.from({ length: INTRODUCED_MAX + 1 }, (_, at) => announce(at + 10));
    for (const frame of many) hears(frame, 0);
    const sizes = up(4, 9, 10).map((output) => ('names' in output ? output.names.length : 0));
    expect(sizes).toEqual([INTRODUCED_MAX * 15, 15]);
  });

  it('gives no more than a few times what it told, however often it is asked', () => {
    hears(announce(1), 0);
    up(4, 9, 10);
    const names = nameOfAnnounce(announce(1));
    const given = Array.from({ length: 10 }, () =>
      node.step({ kind: 'sought', link: 4, names }, 20),
    );
    expect(given.flat()).toHaveLength(GIVES_MAX);
  });

  it('asks for so many at once, in all and of one neighbour', () => {
    const counts = [4, 5, 6].map((link) => {
      up(link, link, 0);
      let asked = 0;
      for (let at = 0; at < SEEKS_OF_ONE_MAX + 10; at++) {
        asked += hearTold(link, 10, announce(link, 5000 + at)).length;
      }
      return asked;
    });
    expect(counts).toEqual([SEEKS_OF_ONE_MAX, SEEKS_OF_ONE_MAX, SEEKS_MAX - 2 * SEEKS_OF_ONE_MAX]);
  });

  it('believes of so many that another has them', () => {
    up(4, 4, 0);
    for (let at = 0; at <= HAD_MAX; at++) hearTold(4, 10, announce(1, at));
    const had = [0, HAD_MAX - 1, HAD_MAX].map((at) => node.covered(~0, 0, announce(1, at)));
    expect(had).toEqual([1 << 4, 1 << 4, 0]);
  });

  it('asks again after as long as a slow link takes', () => {
    up(4, 4, 0);
    node.step(TICK, AGAIN_MS);
    hearTold(4, 10_000, announce(1));
    expect(node.deadline()).toBe(10_000 + RETRY_MS);
  });

  /** It came, and is kept for links to come. */
  function hears(frame: Uint8Array, now: number): void {
    node.note(frame, frame[2] + 1, now);
    fresh.push(frame);
  }

  function up(link: number, far: number, now: number): IntroductionsOutput[] {
    return node.step({ kind: 'up', link, id: senderOf(far), since: now }, now);
  }

  function hearTold(link: number, now: number, ...frames: Uint8Array[]): IntroductionsOutput[] {
    return node.step({ kind: 'told', link, names: told(...frames) }, now);
  }
});

describe('an announce is news', () => {
  it('when it is newer than the last of its sender, which another clock does not change', () => {
    const announced = new Announced(1);
    announced.note(announce(1, 5000), 6, 0);
    expect(lacks(announced, announce(1, 5001), 10)).toBe(true);
    expect(lacks(announced, announce(1, 5000), FRESH_MS)).toBe(false);
    expect(lacks(announced, announce(2, 10), 10)).toBe(true);
  });

  it('when its sender set his clock back and was not heard for a minute', () => {
    const announced = new Announced(1);
    announced.note(announce(1, 5000), 6, 0);
    expect(lacks(announced, announce(1, 4000), FRESH_MS - 1)).toBe(false);
    expect(lacks(announced, announce(1, 4000), FRESH_MS)).toBe(true);
    announced.note(announce(1, 4000), 6, FRESH_MS);
    expect(lacks(announced, announce(1, 4001), FRESH_MS)).toBe(true);
  });

  it('when it came with no hops left, and could go on now', () => {
    const announced = new Announced(1);
    announced.note(announce(1), 1, 0);
    expect(announced.lacks(nameOfAnnounce(announce(1)), 0, 1, 10)).toBe(false);
    expect(announced.lacks(nameOfAnnounce(announce(1)), 0, 2, 10)).toBe(true);
    announced.passedOn(announce(1, 999));
    expect(announced.lacks(nameOfAnnounce(announce(1)), 0, 2, 10)).toBe(true);
    announced.passedOn(announce(1));
    expect(announced.lacks(nameOfAnnounce(announce(1)), 0, 2, 10)).toBe(false);
  });

  it('of a sender that had to make room, the one heard longest ago first', () => {
    const announced = new Announced(1);
    for (let sender = 0; sender < SENDERS_MAX; sender++)
      announced.note(announce(sender), 6, sender);
    announced.note(announce(0), 6, 1000);
    announced.note(announce(SENDERS_MAX), 6, 1001);
    const news = [0, 1, 2].map((sender) => lacks(announced, announce(sender), 1001));
    expect(news).toEqual([false, true, false]);
  });
});

function lacks(announced: Announced, frame: Uint8Array, now: number): boolean {
  return announced.lacks(nameOfAnnounce(frame), 0, 6, now);
}

function senderOf(sender: number): Uint8Array {
  return Uint8Array.of(7, 7, 7, 7, 7, 7, sender >> 8, sender & 255);
}

function announce(sender: number, timestamp = 1000, ttl = 6): Uint8Array {
  return packet({ type: ANNOUNCE, sender: senderOf(sender), timestamp, ttl, payload: NOTHING });
}

/** As a payload has them, each with its TTL. */
function told(...frames: Uint8Array[]): Uint8Array {
  return new Uint8Array(frames.flatMap((frame) => [...nameOfAnnounce(frame), frame[2]]));
}

function tell(link: number, ...frames: Uint8Array[]): IntroductionsOutput {
  return { kind: 'tell', link, names: told(...frames) };
}

function seek(link: number, ...frames: Uint8Array[]): IntroductionsOutput {
  const names = new Uint8Array(frames.flatMap((frame) => [...nameOfAnnounce(frame)]));
  return { kind: 'seek', link, names };
}
