/**
 * Link: one hop to one neighbour. Ends are fed by hand, so that each test decides what arrives and
 * when.
 */
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../protocol/core/crc32.ts';
import {
  BlockReader,
  encodeBlock,
  PACKET_BLOCK,
  TEXT_BLOCK,
} from '../../../protocol/core/framing.ts';
import { INTERVAL_MS, MISSED_MAX } from '../../../protocol/core/heartbeat.ts';
import type { Hello } from '../../../protocol/core/hello.ts';
import { encodeHello, HELLO_TIMEOUT_MS } from '../../../protocol/core/hello.ts';
import type { LinkConfig, LinkOutput } from '../../../protocol/core/link.ts';
import { Link } from '../../../protocol/core/link.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import { encodePacket, HEARTBEAT, HELLO, plainPacket } from '../../../protocol/core/packet.ts';
import { id, packet } from '../../packets.ts';
import { SEED, xorshift } from '../../seed.ts';

describe('a link', () => {
  it('says hello first, and legacy after three seconds without one', () => {
    const link = linkOf({});
    expect(types(link.step(TICK, 0))).toEqual([HELLO]);
    expect(link.deadline()).toBe(HELLO_TIMEOUT_MS);
    expect(kinds(link.step(TICK, HELLO_TIMEOUT_MS - 1))).toEqual([]);
    const settled = { kind: 'settled', mode: 'legacy' };
    expect(link.step(TICK, HELLO_TIMEOUT_MS)[0]).toMatchObject(settled);
    expect(link.mode).toBe('legacy');
  });

  for (const [mode, theirs] of [
    ['full', {}],
    ['limited', { features: 3 }],
    ['incompatible', { version: Uint8Array.of(2, 0, 0) }],
  ] as const) {
    it(`settles on ${mode}, and ${mode === 'incompatible' ? 'does not beat' : 'beats'}`, () => {
      const link = linkOf({});
      link.step(TICK, 0);
      const out = link.step(received(helloFrame(theirs)), 10);
      expect(out[0]).toMatchObject({ kind: 'settled', mode, id: id(2), isFirst: true });
      expect(types(out)).toEqual(mode === 'incompatible' ? [] : [HEARTBEAT]);
      const again = link.step(received(helloFrame(theirs)), 20);
      expect(again[0]).toMatchObject({ kind: 'settled', isFirst: false });
    });
  }

  it('takes a late hello after legacy, with a fresh patience', () => {
    const link = linkOf({});
    link.step(TICK, HELLO_TIMEOUT_MS);
    const out = link.step(received(helloFrame({})), 1_000_000);
    expect(kinds(out)).toEqual(['settled', 'write', 'write']);
    expect(types(out)).toEqual([HELLO, HEARTBEAT]);
  });

  it('greets on a wire whoever was plugged in later, and each but once', () => {
    const link = linkOf({});
    link.step(TICK, 0);
    const hello = received(helloFrame({}));
    expect(types(link.step(hello, 10))).not.toContain(HELLO);
    const another = received(helloFrame({}, 3));
    expect(types(link.step(another, 20))).toEqual([HELLO]);
    expect(types(link.step(another, 30))).toEqual([]);
  });

  it('greets on a wire who starts anew, and no more than twice a second', () => {
    const link = linkOf({});
    link.step(TICK, 0);
    const hello = received(helloFrame({}));
    link.step(hello, 10);
    const greetings = [20, 499, 500, 510, 999, 1000].filter((now) =>
      types(link.step(hello, now)).includes(HELLO),
    );
    expect(greetings).toEqual([500, 1000]);
  });

  it('greets until it is answered, on a wire as over the air', () => {
    const greetings = (payloadMax: number): number => {
      const link = linkOf({ payloadMax });
      let hellos = 0;
      for (let now = 0; now < 60_000; now += 100) {
        const out = link.step(TICK, now);
        hellos += kinds(out).includes('write') ? 1 : 0;
        for (const { kind } of out) if (kind === 'write') link.step({ kind: 'sent' }, now);
      }
      return hellos;
    };
    expect([greetings(0), greetings(480)]).toEqual([7, 7]);
  });

  it('over the air tells whoever lost the first hello, and nobody who has shown that it came', () => {
    const link = linkOf({ payloadMax: 480, window: 100 });
    link.step(TICK, 0);
    const hello = { kind: 'received' as const, bytes: Uint8Array.of(0xc0, ...helloFrame({})) };
    const answers = (now: number): boolean =>
      link.step(hello, now).some((output) => output.kind === 'write' && output.bytes[2] === HELLO);
    expect([10, 400, 3000, 3100, 13_000].filter(answers)).toEqual([3000, 13_000]);
    link.roundTripMs = 40;
    expect(answers(14_000)).toBe(false);
  });

  it('beats at a new pace from the moment it is given on', () => {
    const link = linkOf({ pace: { intervalMs: 60_000, missedMax: 3 } });
    link.step(TICK, 0);
    link.step(received(helloFrame({})), 10);
    link.step({ kind: 'pace', pace: { intervalMs: 2000, missedMax: 3 } }, 5000);
    expect(link.deadline()).toBeGreaterThan(5000);
    expect(link.deadline()).toBeLessThanOrEqual(7000);
    expect(types(link.step(TICK, link.deadline()))).toEqual([HEARTBEAT]);
  });

  it('measures the round trip, and is silent after three heartbeats unheard', () => {
    const link = linkOf({});
    link.step(TICK, 0);
    link.step(received(helloFrame({})), 0);
    // Theirs echoes ours: the first, at 0 ms, heard 5 ms ago.
    link.step(received(beat([9, 9, 1, 0, 5])), 45);
    expect(link.roundTripMs).toBe(40);
    const out = link.step(TICK, 45 + INTERVAL_MS * MISSED_MAX);
    expect(kinds(out)).toContain('silent');
  });

  it('sends nothing above 512 bytes before a hello, and then what it allows', () => {
    const link = linkOf({ bytesMax: 10_000 });
    link.step(TICK, 0);
    const large = packet({ payload: new Uint8Array(600) });
    expect(link.step(send(large), 0)).toEqual([{ kind: 'drop', reason: 'over-limit' }]);
    link.step(received(helloFrame({ frameMax: large.length })), 0);
    expect(kinds(link.step(send(large), 0))).toEqual(['write']);
  });

  it('has a window of writes out, and goes on as they leave', () => {
    const link = linkOf({ window: 3, payloadMax: 16 });
    // The hello is longer than three segments.
    expect(kinds(link.step(TICK, 0))).toEqual(['write', 'write', 'write']);
    expect(kinds(link.step(send(packet()), 0))).toEqual([]);
    for (let i = 0; i < 2; i++) expect(kinds(link.step({ kind: 'sent' }, 0))).toEqual(['write']);
  });

  it('lets what is urgent go first once its window opens again', () => {
    const link = linkOf({ window: 1, payloadMax: 480 });
    link.step(TICK, 0);
    const [slow, urgent] = [2, 1].map((fill) => packet({ payload: new Uint8Array(20).fill(fill) }));
    link.step({ kind: 'send', bytes: slow, priority: 3 }, 0);
    link.step({ kind: 'send', bytes: urgent, priority: 0 }, 0);
    const written = [0, 0].flatMap(() => link.step({ kind: 'sent' }, 0));
    const bodies = written.map((output) =>
      output.kind === 'write' ? output.bytes.slice(1) : null,
    );
    expect(bodies).toEqual([urgent, slow]);
  });

  it('never opens its window wider than it was', () => {
    const link = linkOf({ window: 2, payloadMax: 8 });
    for (let i = 0; i < 40; i++) link.step({ kind: 'sent' }, 0);
    expect(kinds(link.step(send(packet({ payload: new Uint8Array(80) })), 0))).toHaveLength(2);
  });

  it('drops when its queue is full, and says so', () => {
    const link = linkOf({ window: 1, packetsMax: 2, payloadMax: 8 });
    link.step(TICK, 0);
    const kindsOf = [1, 2, 3].map(() => kinds(link.step(send(packet()), 0)));
    expect(kindsOf).toEqual([[], [], ['drop']]);
  });

  it('hands up every packet that is not its own, in segments as in blocks', () => {
    const frame = packet();
    const blocks = linkOf({});
    expect(blocks.step(received(frame), 0)[0]).toEqual({ kind: 'heard', bytes: frame });
    const segments = linkOf({ payloadMax: 100 });
    const segment = Uint8Array.of(0xc0, ...frame);
    expect(segments.step({ kind: 'received', bytes: segment }, 0)[0]).toEqual({
      kind: 'heard',
      bytes: frame,
    });
  });

  it('is read at the other end as it was said, over segments of any size', () => {
    for (const payloadMax of [1, 49, 127, 496]) {
      const [a, b] = [linkOf({ payloadMax }, 1), linkOf({ payloadMax }, 2)];
      const frame = packet({ payload: new Uint8Array(300).fill(5) });
      const heard: LinkOutput[] = [];
      const outs = [...a.step(TICK, 0), ...a.step(send(frame), 0)];
      for (let i = 0; i < outs.length; i++) {
        const output = outs[i];
        if (output.kind !== 'write') continue;
        heard.push(...b.step({ kind: 'received', bytes: output.bytes }, 0));
        outs.push(...a.step({ kind: 'sent' }, 0));
      }
      expect(heard.filter(({ kind }) => kind === 'heard')).toEqual([
        { kind: 'heard', bytes: frame },
      ]);
    }
  });

  for (const [reason, bytes] of [
    ['no-version', encodePacket(plainPacket(HELLO, 0, 0, id(2), new Uint8Array(0)))],
    ['bad-field', encodePacket(plainPacket(HELLO, 0, 0, id(2), Uint8Array.of(1, 3, 1)))],
    ['too-short', Uint8Array.of(1, HELLO)],
    ['bad-heartbeat', beat([1, 1, 0, 0, 0])],
  ] as const) {
    it(`drops as ${reason} what is not what it says, and settles on nothing`, () => {
      const link = linkOf({});
      link.step(TICK, 0);
      expect(link.step(received(bytes), 0)).toEqual([{ kind: 'drop', reason }]);
      expect(link.mode).toBeNull();
    });
  }

  it('writes text for people between packets, while its window is open', () => {
    const link = linkOf({ window: 2 });
    link.step(TICK, 0);
    const text = Uint8Array.of(104, 105);
    expect(link.tell(text)).toEqual([
      { kind: 'write', bytes: encodeBlock(TEXT_BLOCK, text, crc32) },
    ]);
    expect(link.tell(text)).toEqual([]);
    expect(linkOf({ payloadMax: 49 }).tell(text)).toEqual([]);
  });

  it('takes whatever comes without throwing', () => {
    const random = xorshift(SEED);
    for (const payloadMax of [0, 49]) {
      const link = linkOf({ payloadMax });
      for (let i = 0; i < 20_000; i++) {
        const bytes = Uint8Array.from({ length: random(60) }, () => random(random(3) ? 256 : 3));
        link.step({ kind: 'received', bytes }, i);
        link.step({ kind: 'sent' }, i);
      }
      expect(Object.keys(link.drops).length).toBeGreaterThan(1);
    }
  });
});

function linkOf(differs: Partial<LinkConfig>, node = 1): Link {
  const config = {
    id: id(node),
    payloadMax: 0,
    frameMax: 1000,
    window: 16,
    packetsMax: 8,
    bytesMax: 2048,
    crc: crc32,
    ...differs,
  };
  return new Link(config, helloOf({}), 0);
}

function helloOf(differs: Partial<Hello>): Hello {
  const none = new Uint8Array(0);
  const version = Uint8Array.of(1, 0, 0);
  const plain = { version, role: 1, features: 1, frameMax: 512, name: none, unixMs: null };
  return { ...plain, board: none, token: none, ...differs };
}

function helloFrame(differs: Partial<Hello>, node = 2): Uint8Array {
  return encodePacket(plainPacket(HELLO, 0, 0, id(node), encodeHello(helloOf(differs))));
}

function beat(words: number[]): Uint8Array {
  const payload = new Uint8Array(20);
  words.forEach((word, at) => new DataView(payload.buffer).setUint32(at * 4, word));
  return encodePacket(plainPacket(HEARTBEAT, 0, 0, id(2), payload));
}

function received(frame: Uint8Array) {
  return { kind: 'received' as const, bytes: encodeBlock(PACKET_BLOCK, frame, crc32) };
}

function send(bytes: Uint8Array) {
  return { kind: 'send' as const, bytes, priority: 2 };
}

function kinds(outputs: LinkOutput[]): string[] {
  return outputs.map(({ kind }) => kind);
}

/** Types of the packets written, as blocks. */
function types(outputs: LinkOutput[]): number[] {
  const reader = new BlockReader(1000, crc32, (size) => new Uint8Array(size));
  return outputs.flatMap((output) =>
    output.kind === 'write' ? reader.feed(output.bytes).map(({ body }) => body[1]) : [],
  );
}
