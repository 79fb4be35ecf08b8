/**
 * Fragments as the phones cut them, and their assembly from pieces that anyone may forge (WIRE §7,
 * RELIABILITY S14).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketView } from '../../../protocol/core/packet.ts';
import { FragmentAssembler } from '../../../protocol/wire/fragment-assembler.ts';
import {
  decodeFragment,
  encodeFragment,
  pieceSizeFor,
  splitFrame,
} from '../../../protocol/wire/fragment.ts';
import type { Fragment } from '../../../protocol/wire/fragment.ts';
import { composePacket, openPacket } from '../../../protocol/wire/packet.ts';
import type { Draft } from '../../../protocol/wire/packet.ts';
import { pad } from '../../../protocol/wire/padding.ts';
import { SEED, hold, runs, xorshift } from '../../seed.ts';
import { anId, filled, hex, join } from './given.ts';
import { golden } from './goldens.ts';

const ID = hex('0001020304050607');

describe('a fragment', () => {
  const fragment: Fragment = { id: ID, index: 1, total: 3, type: 2, piece: hex('aabb') };

  it('is the bytes that both apps publish', () => {
    expect(encodeFragment(fragment)).toEqual(golden('fragment-payload'));
    expect(decodeFragment(golden('fragment-payload'))).toEqual({ ok: true, value: fragment });
  });

  it('comes back from its bytes', () => {
    hold(
      fc.property(anId, fc.nat(9999), fc.nat(9999), somePiece, (id, a, b, piece) => {
        const value = { id, index: Math.min(a, b), total: Math.max(a, b) + 1, type: 2, piece };
        expect(decodeFragment(encodeFragment(value))).toEqual({ ok: true, value });
      }),
      100,
    );
  });

  for (const [what, bytes, reason] of [
    ['12 bytes', golden('reject-fragment-12-bytes'), 'too-short'],
    ['no total', hex('0001020304050607 0000 0000 02 aa'), 'bad-total'],
    ['a total of 10,001', hex('0001020304050607 0000 2711 02 aa'), 'bad-total'],
    ['an index that is the total', hex('0001020304050607 0003 0003 02 aa'), 'bad-index'],
    ['an empty piece', hex('0001020304050607 0000 0001 02'), 'empty'],
    ['a fragment', hex('0001020304050607 0000 0001 20 aa'), 'nested'],
  ] as const) {
    it(`of ${what} is refused as ${reason}`, () => {
      expect(decodeFragment(bytes)).toEqual({ ok: false, reason });
    });
  }

  it('may be the last of 10,000', () => {
    expect(decodeFragment(hex('0001020304050607 270f 2710 02 aa')).ok).toBe(true);
  });
});

describe('a frame that is split', () => {
  it('is the fragments that iOS makes of it', () => {
    const split = splitFrame(golden('d-announce-signed-frame'), ID, 64);
    expect(split).toEqual({
      ok: true,
      value: [0, 1, 2].map((i) => golden(`d-fragment-${i}-of-3`)),
    });
  });

  it('leaves its padding behind', () => {
    const frame = golden('d-announce-signed-frame');
    expect(splitFrame(pad(frame), ID, 64)).toEqual(splitFrame(frame, ID, 64));
  });

  it('gives pieces its sender, time, TTL, recipient, route and answer flag, and no signature', () => {
    const recipient = hex('1112131415161718');
    const route = [filled(8, 1), filled(8, 2)];
    const sent = { ...message(noise(900)), recipient, route, isAnswer: true };
    const frame = composePacket(sent);
    frame[2] = 5;
    const pieces = framesOf(frame);
    expect(pieces.length).toBe(3);
    for (const piece of pieces) {
      expect(piece.length).toBeLessThanOrEqual(512);
      const opened = openPacket(piece);
      const { timestamp, sender } = sent;
      expect(opened.ok && opened.packet).toMatchObject({
        ...{ version: 2, type: 0x20, ttl: 5, timestamp, sender, recipient, route, isAnswer: true },
        signature: null,
      });
    }
  });

  for (const [what, extras, size] of [
    ['to everyone', {}, 469],
    ['to one', { recipient: filled(8, 1) }, 468],
    ['over one hop', { recipient: filled(8, 1), route: [filled(8, 2)] }, 455],
    [
      'over four hops',
      { recipient: filled(8, 1), route: [1, 2, 3, 4].map((hop) => filled(8, hop)) },
      431,
    ],
  ] as [string, Partial<Draft>, number][]) {
    it(`${what} has pieces of ${size} bytes`, () => {
      const pieces = framesOf(composePacket({ ...message(noise(900)), ...extras }));
      const first = openPacket(pieces[0]);
      expect(first.ok && first.packet.payload.length).toBe(size + 13);
      expect(pieces[0].length).toBeLessThanOrEqual(512);
    });
  }

  it('fits its link whatever it carries, though compression may add bytes', () => {
    const all: Partial<Draft>[] = [{}, { recipient: filled(8, 1) }, { route: [filled(8, 2)] }];
    let longest = 0;
    for (let seed = 1; seed < 400; seed++) {
      const payload = noise(400, 110 + (seed % 120), seed);
      const frame = composePacket({ ...message(payload), ...all[seed % 3], type: 0xe0 });
      const view = new PacketView();
      expect(view.read(frame, frame.length)).toBeNull();
      for (const piece of framesOf(frame, pieceSizeFor(view, 185))) {
        longest = Math.max(longest, piece.length);
      }
    }
    expect(longest).toBe(185);
  });

  for (const [what, frame, reason] of [
    ['no packet', hex('0102'), 'not-a-packet'],
    ['a fragment', golden('d-fragment-0-of-3'), 'nested'],
    ['a packet from beyond all clocks', golden('packet-v1-minimal'), 'bad-timestamp'],
    ['more pieces than allowed', composePacket(message(noise(900))), 'too-many'],
  ] as const) {
    it(`must not be ${what}`, () => {
      expect(splitFrame(frame, ID, 100, 9)).toEqual({ ok: false, reason });
    });
  }
});

describe('an assembler', () => {
  it('gives the whole frame back, whatever the order, with TTL 0', () => {
    hold(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(0xffffffff), (size, seed) => {
        const frame = composePacket(message(noise(size)));
        const pieces = shuffled(payloadsOf(frame), xorshift(seed));
        const assembler = new FragmentAssembler();
        pieces.forEach((piece, i) => {
          const added = assembler.add(ALICE, piece, i);
          if (i < pieces.length - 1) expect(added).toEqual({ ok: true, frame: null });
          else expect(added).toEqual({ ok: true, frame: withoutTtl(frame) });
        });
        expect([assembler.size, assembler.cost, assembler.deadline()]).toEqual([0, 0, Infinity]);
      }),
      60,
    );
  });

  it('keeps two senders apart who use the same id', () => {
    const assembler = new FragmentAssembler();
    const ours = composePacket(message(noise(900)));
    const theirs = composePacket({ ...message(noise(900)), ttl: 3, payload: filled(900, 200) });
    const [first, second] = payloadsOf(ours);
    expect(assembler.add(ALICE, first, 0)).toEqual({ ok: true, frame: null });
    for (const piece of payloadsOf(theirs)) assembler.add(BOB, piece, 0);
    expect(assembler.add(ALICE, second, 0)).toEqual({ ok: true, frame: withoutTtl(ours) });
  });

  it('refuses what disagrees with the pieces it has, and keeps those', () => {
    const frame = composePacket(message(noise(1200)));
    const [first, second, third] = payloadsOf(frame);
    const assembler = new FragmentAssembler();
    assembler.add(ALICE, first, 0);
    const changed = (at: number, value: number, of = second) => {
      const other = of.slice();
      other[at] = value;
      return other;
    };
    const conflict = { ok: false, reason: 'conflict' };
    expect(assembler.add(ALICE, changed(11, 4), 0)).toEqual(conflict);
    expect(assembler.add(ALICE, changed(12, 3), 0)).toEqual(conflict);
    expect(assembler.add(ALICE, changed(20, first[20] ^ 1, first), 0)).toEqual(conflict);
    expect(assembler.add(ALICE, first.subarray(0, 100), 0)).toEqual(conflict);
    expect(assembler.add(ALICE, first, 0)).toEqual({ ok: false, reason: 'duplicate' });
    assembler.add(ALICE, third, 0);
    expect(assembler.add(ALICE, second, 0)).toEqual({ ok: true, frame: withoutTtl(frame) });
  });

  it('refuses a whole that is no packet, or one of another type', () => {
    const assembler = new FragmentAssembler();
    const piece = (type: number, bytes: Uint8Array) =>
      encodeFragment({ id: ID, index: 0, total: 1, type, piece: bytes });
    const noPacket = { ok: false, reason: 'not-a-packet' };
    expect(assembler.add(ALICE, piece(2, hex('0102')), 0)).toEqual(noPacket);
    expect(assembler.add(ALICE, piece(2, filled(30, 9)), 0)).toEqual(noPacket);
    const frame = composePacket(message(noise(10)));
    expect(assembler.add(ALICE, piece(3, frame), 0)).toEqual({ ok: false, reason: 'wrong-type' });
    expect(assembler.add(ALICE, piece(2, frame.subarray(0, 29)), 0)).toEqual(noPacket);
    expect(assembler.add(ALICE, hex('00'), 0)).toEqual({ ok: false, reason: 'too-short' });
    expect(assembler.size).toBe(0);
  });

  for (const tail of ['01', '0202']) {
    it(`restores the ${tail} that Android takes for padding at the end of a frame`, () => {
      const frame = join(composePacket(message(noise(700))), filled(64, 7));
      frame[11] |= 2;
      frame.set(hex(tail), frame.length - tail.length / 2);
      const cut = frame.subarray(0, frame.length - tail.length / 2);
      const assembler = new FragmentAssembler();
      const half = Math.ceil(cut.length / 2);
      const piece = (index: number, bytes: Uint8Array) =>
        encodeFragment({ id: ID, index, total: 2, type: 2, piece: bytes });
      assembler.add(ALICE, piece(0, cut.subarray(0, half)), 0);
      const added = assembler.add(ALICE, piece(1, cut.subarray(half)), 0);
      expect(added).toEqual({ ok: true, frame: withoutTtl(frame) });
    });
  }

  it('drops a set 30 s after its last new piece, and says when', () => {
    const [first, second, third] = payloadsOf(composePacket(message(noise(1200))));
    const assembler = new FragmentAssembler();
    assembler.add(ALICE, first, 1000);
    expect(assembler.deadline()).toBe(31000);
    assembler.add(ALICE, second, 20000);
    assembler.add(ALICE, first, 40000);
    expect(assembler.deadline()).toBe(50000);
    assembler.expire(49999);
    expect(assembler.size).toBe(1);
    assembler.expire(50000);
    expect([assembler.size, assembler.cost, assembler.dropped.idle]).toEqual([0, 0, 1]);
    expect(assembler.senders).toBe(0);
    expect(assembler.add(ALICE, third, 50001)).toEqual({ ok: true, frame: null });
    assembler.add(BOB, third, 90000);
    expect([assembler.size, assembler.dropped.idle]).toEqual([1, 2]);
  });

  it('drops a set that grows beyond the largest frame', () => {
    const assembler = new FragmentAssembler({ ...SMALL, frame: 1000 });
    expect(assembler.add(ALICE, opening(1, filled(1000, 1)), 0).ok).toBe(true);
    const more = encodeFragment({ id: idOf(1), index: 1, total: 9, type: 2, piece: filled(1, 1) });
    expect(assembler.add(ALICE, more, 0)).toEqual({ ok: false, reason: 'too-large' });
    expect([assembler.size, assembler.cost, assembler.dropped['too-large']]).toEqual([0, 0, 1]);
  });

  it('gives one sender so many sets, and takes his weakest for the next', () => {
    const assembler = new FragmentAssembler({ ...SMALL, setsPerSender: 3 });
    assembler.add(ALICE, opening(1), 0);
    assembler.add(ALICE, going(1), 1);
    for (const id of [2, 3, 4, 5]) assembler.add(ALICE, opening(id), id);
    expect([assembler.size, assembler.dropped.crowded]).toEqual([3, 2]);
    // Sets 1, 4 and 5 are left: the one that made progress, and the newest.
    for (const id of [1, 4, 5]) {
      expect(assembler.add(ALICE, opening(id), 9), `set ${id}`).toMatchObject({
        reason: 'duplicate',
      });
    }
    assembler.add(BOB, opening(1), 9);
    expect(assembler.size).toBe(4);
  });

  it('gives one sender so many bytes, but never less than one set', () => {
    const assembler = new FragmentAssembler({ ...SMALL, bytesPerSender: 2000 });
    for (const id of [1, 2, 3]) assembler.add(ALICE, opening(id, filled(700, id)), id);
    expect([assembler.size, assembler.cost]).toEqual([2, 2 * (700 + 256)]);
    assembler.add(ALICE, opening(4, filled(3000, 4)), 4);
    expect([assembler.size, assembler.cost]).toEqual([1, 3000 + 256]);
  });

  it('gives up the oldest beginning for everyone while beginnings hold more than half', () => {
    const assembler = new FragmentAssembler({ ...SMALL, sets: 4 });
    assembler.add(idOf(1), opening(1), 0);
    assembler.add(idOf(1), going(1), 1);
    for (const sender of [2, 3, 4, 5, 6, 7]) assembler.add(idOf(sender), opening(1), sender);
    expect([assembler.size, assembler.dropped.crowded]).toEqual([4, 3]);
    for (const sender of [1, 5, 6, 7]) {
      const added = assembler.add(idOf(sender), opening(1), 9);
      expect(added, `sender ${sender}`).toMatchObject({ reason: 'duplicate' });
    }
  });

  it('gives up the oldest going set when those hold more than half', () => {
    const assembler = new FragmentAssembler({ ...SMALL, sets: 4 });
    for (const sender of [1, 2, 3, 4]) {
      assembler.add(idOf(sender), opening(1), sender);
      assembler.add(idOf(sender), going(1), sender);
    }
    assembler.add(idOf(5), opening(1), 5);
    expect([assembler.size, assembler.dropped.crowded]).toEqual([4, 1]);
    expect(assembler.add(idOf(2), opening(1), 6)).toMatchObject({ reason: 'duplicate' });
    expect(assembler.add(idOf(1), opening(1), 6)).toEqual({ ok: true, frame: null });
  });

  it('holds so many bytes of everyone, counting what small pieces cost', () => {
    const assembler = new FragmentAssembler({ ...SMALL, bytes: 5000 });
    for (let sender = 0; sender < 100; sender++) assembler.add(idOf(sender), opening(1), sender);
    expect(assembler.size).toBe(Math.floor(5000 / (256 + 1)));
    expect(assembler.cost).toBeLessThanOrEqual(5000);
  });

  it('R11: stays small under a million open chains (soak; 100,000 here), and lets an honest sender finish', () => {
    const assembler = new FragmentAssembler();
    const frame = composePacket(message(noise(40000)));
    const pieces = payloadsOf(frame);
    const next = xorshift(SEED);
    const sender = new Uint8Array(8);
    const flood = encodeFragment({ id: ID, index: 0, total: 9, type: 2, piece: filled(400, 1) });
    let whole: Uint8Array | null = null;
    let largest = 0;
    const chains = runs(100000, 1000000);
    for (let i = 0; i < chains; i++) {
      sender.set([next(100), next(100)]);
      for (let at = 0; at < 8; at++) flood[at] = next(256);
      assembler.add(sender, flood, i / 100);
      if (i % 1000 === 0 && i / 1000 < pieces.length) {
        const added = assembler.add(ALICE, pieces[i / 1000], i / 100);
        if (added.ok && added.frame !== null) whole = added.frame;
        largest = Math.max(largest, assembler.size);
      }
    }
    expect(whole).toEqual(withoutTtl(frame));
    expect(largest).toBe(4096);
    expect(assembler.senders).toBeLessThanOrEqual(4096);
    expect(assembler.cost).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(assembler.dropped.crowded + assembler.dropped.idle).toBeGreaterThan(chains - 5000);
  });
});

const ALICE = hex('a11ce00000000001');
const BOB = hex('b0b0000000000002');

const SMALL = {
  sets: 1000,
  setsPerSender: 100,
  bytes: 1000000,
  bytesPerSender: 100000,
  frame: 10000,
  idleMs: 30000,
};

const somePiece = fc.uint8Array({ minLength: 1, maxLength: 50 });

function message(payload: Uint8Array) {
  return { type: 2, ttl: 7, timestamp: 1709600000000, sender: ALICE, payload };
}

/** Bytes of so many values; those of all values do not shrink. */
function noise(length: number, values = 256, seed = SEED): Uint8Array {
  const next = xorshift(seed);
  return new Uint8Array(length).map(() => next(values));
}

function framesOf(frame: Uint8Array, pieceSize: number | null = null): Uint8Array[] {
  const split = splitFrame(frame, ID, pieceSize);
  if (!split.ok) throw new Error(split.reason);
  return split.value;
}

function payloadsOf(frame: Uint8Array): Uint8Array[] {
  return framesOf(frame).map((piece) => {
    const opened = openPacket(piece);
    if (!opened.ok) throw new Error(opened.reason);
    return opened.packet.payload;
  });
}

function withoutTtl(frame: Uint8Array): Uint8Array {
  const other = frame.slice();
  other[2] = 0;
  return other;
}

/** The first piece of nine under an id. */
function opening(id: number, piece: Uint8Array = filled(1, 1)): Uint8Array {
  return encodeFragment({ id: idOf(id), index: 0, total: 9, type: 2, piece });
}

/** The second. */
function going(id: number): Uint8Array {
  return encodeFragment({ id: idOf(id), index: 1, total: 9, type: 2, piece: filled(1, 1) });
}

function idOf(number: number): Uint8Array {
  return new Uint8Array([0, 0, 0, 0, 0, 0, 1, number]);
}

function shuffled<Item>(items: Item[], next: (below: number) => number): Item[] {
  const left = [...items];
  return items.map(() => left.splice(next(left.length), 1)[0]);
}
