/**
 * Settings: each in its range or refused by its id, and a set that a power cut leaves old or new,
 * whole, wherever it strikes.
 */
import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodeFields, readFields } from '../../../protocol/core/fields.ts';
import {
  ADMIN_KEY,
  ALLOWED,
  DENIED,
  LINK_RATE,
  NAME,
  NODE_ID,
  NOTE_KEY,
  POWER_SOURCE,
  ROLE,
  SEEN_MAX,
  SETTINGS_MAX,
  SETTINGS_TABLE,
  TRANSMIT_POWER,
  TTL_MAX,
} from '../../../protocol/core/settings-table.ts';
import type { Settings } from '../../../protocol/core/settings.ts';
import {
  changeSettings,
  chooseSlot,
  encodeSlot,
  numberSetting,
  readableSettings,
  SLOT_MAX,
} from '../../../protocol/core/settings.ts';
import { RELAY } from '../../../protocol/core/hello.ts';
import { SETTING_NAMES } from '../../../protocol/wire/setting-names.ts';
import { hold, SEED, xorshift } from '../../seed.ts';

/** The table as a person reads it: good values at the edges, bad ones just beyond. */
const EDGES: [name: (typeof SETTING_NAMES)[number], good: string[], bad: string[]][] = [
  ['name', ['61', '62'.repeat(32)], ['61'.repeat(33)]],
  ['role', ['00', '04'], ['05', 'ff', '0001']],
  ['ttl-max', ['01', '40'], ['00', '41', '0007']],
  ['link-rate', ['0001', '03e8'], ['0000', '03e9', '01', '000001']],
  ['link-burst', ['0001', '0fa0'], ['0000', '0fa1', '01']],
  ['sender-rate', ['0001', '03e8'], ['0000', '03e9', '01']],
  ['sender-burst', ['0001', '0fa0'], ['0000', '0fa1', '01']],
  ['allowed', ['11'.repeat(8), '22'.repeat(248)], ['11'.repeat(9), '22'.repeat(256), '11']],
  ['denied', ['11'.repeat(8), '22'.repeat(248)], ['11'.repeat(9), '22'.repeat(256), '11']],
  ['advertise-duty', ['00', '64'], ['65', '0001']],
  ['scan-duty', ['00', '64'], ['65', '0001']],
  ['power-source', ['00', '01'], ['02']],
  ['transmit-power', ['00', '3c'], ['3d']],
  ['seen-max', ['0000', '2710'], ['2711', '00']],
  ['console-lock', ['00', '01'], ['02']],
  ['node-id', ['11'.repeat(8)], ['11'.repeat(7), '11'.repeat(9), '11'.repeat(16)]],
  ['admin-key', ['11'.repeat(32)], ['11'.repeat(31), '11'.repeat(33), '11'.repeat(64), '11']],
  ['note-key', ['11'.repeat(32)], ['11'.repeat(31), '11'.repeat(33)]],
];

describe('a setting', () => {
  it('has one row in each of the tables', () => {
    expect(EDGES.map(([name]) => name)).toEqual([...SETTING_NAMES]);
    expect(SETTINGS_TABLE.length).toBe(SETTINGS_MAX * 4);
    expect(NOTE_KEY).toBe(SETTINGS_MAX);
  });

  for (const [at, [name, good, bad]] of EDGES.entries()) {
    const id = at + 1;
    it(`${name} is taken at the edges of its range and refused by its id beyond`, () => {
      for (const hex of good) {
        const change = changeSettings([], field(id, hex))!;
        expect(change.fault).toBe(-1);
        expect(hexOf(change.settings[id])).toBe(hex);
      }
      for (const hex of bad) {
        const change = changeSettings([], field(id, hex))!;
        expect([hex, change.fault]).toEqual([hex, id]);
        expect(change.settings[id]).toBeUndefined();
      }
    });
  }

  it('that nobody knows is refused by its id, not ignored', () => {
    for (const id of [0, SETTINGS_MAX + 1, 255]) {
      expect(changeSettings([], field(id, '01'))!.fault).toBe(id);
      expect(changeSettings([], field(id, ''))!.fault).toBe(id);
    }
  });

  it('has its default until it is set, and again when an empty value asks for it', () => {
    expect(numberSetting([], TTL_MAX)).toBe(7);
    expect(numberSetting([], ROLE)).toBe(RELAY);
    expect(numberSetting([], LINK_RATE)).toBe(100);
    expect(numberSetting([], TRANSMIT_POWER)).toBe(40);
    const set = changeSettings([], field(TTL_MAX, '20'))!.settings;
    expect(numberSetting(set, TTL_MAX)).toBe(32);
    expect(numberSetting(changeSettings(set, field(TTL_MAX, ''))!.settings, TTL_MAX)).toBe(7);
  });

  it('has a default within its range', () => {
    for (let id = 1; id <= SETTINGS_MAX; id++) {
      const [width, least, most, initial] = SETTINGS_TABLE.subarray(id * 4 - 4, id * 4);
      if (width === 0) continue;
      expect(initial).toBeGreaterThanOrEqual(least);
      expect(initial).toBeLessThanOrEqual(most);
    }
  });
});

describe('a change of settings', () => {
  const base = changeSettings([], fields({ [NAME]: '61', [TTL_MAX]: '09' }))!.settings;

  it('keeps what it does not name, and leaves the old set as it was', () => {
    const change = changeSettings(base, fields({ [TTL_MAX]: '0a', [SEEN_MAX]: '0100' }))!;
    expect(hexOf(change.settings[NAME])).toBe('61');
    expect(numberSetting(change.settings, TTL_MAX)).toBe(10);
    expect(numberSetting(change.settings, SEEN_MAX)).toBe(256);
    expect(numberSetting(base, TTL_MAX)).toBe(9);
    expect(numberSetting(base, SEEN_MAX)).toBe(0);
  });

  it('keeps any other setting', () => {
    for (const [at, [, good]] of EDGES.entries()) {
      const set = changeSettings([], field(at + 1, good[0]))!.settings;
      const other = at + 1 === NAME ? TTL_MAX : NAME;
      const changed = changeSettings(set, field(other, '3a'))!.settings;
      expect(hexOf(changed[at + 1])).toBe(good[0]);
    }
  });

  it('with a fault still gives a node that must start all that is in order', () => {
    const change = changeSettings(base, fields({ [ROLE]: '02', [POWER_SOURCE]: '07', 99: '00' }))!;
    expect(change.fault).toBe(99);
    expect(numberSetting(change.settings, ROLE)).toBe(2);
    expect(numberSetting(change.settings, POWER_SOURCE)).toBe(0);
  });

  it('that ends too soon is none', () => {
    const bytes = fields({ [NAME]: '616263' });
    for (let size = 1; size < bytes.length; size++) {
      expect(changeSettings(base, bytes.subarray(0, size))).toBe(null);
    }
  });
});

describe('readable settings', () => {
  it('are all that hold, defaults too, but never a key', () => {
    const key = '5a'.repeat(32);
    const set = { [NAME]: '6162', [TTL_MAX]: '20', [ADMIN_KEY]: key, [NOTE_KEY]: key };
    const read = readFields(readableSettings(changeSettings([], fields(set))!.settings), 2, [])!;
    expect(hexOf(read[NAME])).toBe('6162');
    expect(hexOf(read[TTL_MAX])).toBe('20');
    expect(hexOf(read[LINK_RATE])).toBe('0064');
    expect(read.length).toBeLessThanOrEqual(ADMIN_KEY);
  });

  it('are a change that sets the same again', () => {
    hold(
      fc.property(anySettings(), (settings) => {
        const change = changeSettings([], readableSettings(settings))!;
        expect(change.fault).toBe(-1);
        expect(hexOf(readableSettings(change.settings))).toBe(hexOf(readableSettings(settings)));
      }),
      300,
    );
  });

  it('fit one frame with the rest of a reply when their slot fits (WIRE §20)', () => {
    const ids = { [ALLOWED]: '11'.repeat(8 * 20), [DENIED]: '22'.repeat(8 * 21) };
    const others = { [NAME]: '61'.repeat(32), [NODE_ID]: '33'.repeat(8) };
    const largest = changeSettings([], fields({ ...ids, ...others }))!.settings;
    expect(encodeSlot(largest, 1, crc32).length).toBeGreaterThan(SLOT_MAX - 16);
    expect(encodeSlot(largest, 1, crc32).length).toBeLessThanOrEqual(SLOT_MAX);
    expect(readableSettings(largest).length + 16).toBeLessThanOrEqual(469);
  });
});

describe('two slots in flash', () => {
  const old = encodeSlot(changeSettings([], fields({ [NAME]: 'aa' }))!.settings, 6, crc32);
  const young = encodeSlot(
    changeSettings([], fields({ [NAME]: 'bb'.repeat(30) }))!.settings,
    7,
    crc32,
  );
  const erased = new Uint8Array(SLOT_MAX).fill(0xff);

  it('hold the newest whole set, whichever place it is in', () => {
    expect(chooseSlot([old, young], crc32)).toMatchObject({ index: 1, generation: 7 });
    expect(chooseSlot([young, old], crc32)).toMatchObject({ index: 0, generation: 7 });
    expect(chooseSlot([old, erased], crc32)).toMatchObject({ index: 0, generation: 6 });
    expect(chooseSlot([erased, old], crc32)).toMatchObject({ index: 1, generation: 6 });
  });

  it('give back the settings as they were, behind whatever lies after them', () => {
    hold(
      fc.property(anySettings(), fc.nat(0xfffffffe), fc.uint8Array(), (settings, before, rest) => {
        const slot = encodeSlot(settings, before + 1, crc32);
        const chosen = chooseSlot([flash(slot, rest), erased], crc32);
        expect(chosen).toMatchObject({ index: 0, generation: before + 1 });
        expect(hexOf(chosen.fields)).toBe(hexOf(encodeFields(settings, 2)));
      }),
      500,
    );
  });

  it.each([
    ['erased', erased, false],
    ['zeros', new Uint8Array(SLOT_MAX), true],
    ['absent', new Uint8Array(0), false],
    ['a byte', Uint8Array.of(0), true],
  ])('hold nothing when they are %s', (_what, place, isLost) => {
    const none = { index: 1, generation: 0, fields: new Uint8Array(0) };
    const chosen = chooseSlot([place, place], crc32);
    expect(chosen).toEqual(isLost ? { ...none, isLost } : none);
  });

  it('are lost when the only set, or both, are damaged, and not while one is whole', () => {
    for (let at = 0; at < young.length; at++) {
      const damaged = young.slice();
      damaged[at] ^= 0x10;
      expect(chooseSlot([damaged, new Uint8Array(0)], crc32).isLost, `byte ${at}`).toBe(true);
      expect(chooseSlot([erased, damaged], crc32).isLost).toBe(true);
      expect(chooseSlot([damaged, damaged], crc32).isLost).toBe(true);
      expect(chooseSlot([damaged, old], crc32).isLost).toBe(undefined);
    }
    const ends = new Uint8Array(SLOT_MAX).fill(0xff);
    ends[0] = 0;
    expect(chooseSlot([ends, ends], crc32).isLost).toBe(true);
  });

  it('are not lost by the first write of all, wherever it is cut short', () => {
    for (let written = 0; written < young.length; written++) {
      const place = erased.slice(0, young.length);
      place.set(young.subarray(0, written));
      for (const other of [erased, new Uint8Array(0)]) {
        const none = { index: 1, generation: 0, fields: new Uint8Array(0) };
        expect(chooseSlot([place, other], crc32), `cut at ${written}`).toEqual(none);
      }
    }
  });

  it('hold nothing but by chance when they are garbage', () => {
    const random = xorshift(SEED);
    for (let i = 0; i < 5000; i++) {
      const garbage = Uint8Array.from({ length: 64 }, () => random(256));
      garbage[0] = 0;
      garbage[1] = random(60);
      expect(chooseSlot([garbage, erased], crc32).generation).toBe(0);
    }
  });

  // Flash is erased first, to FF or, cut short, to anything; then written byte by byte, the last of
  // which may be half there.
  for (const [what, before] of [
    ['erased flash', erased],
    ['the remains of an older set', flash(encodeSlot([], 5, crc32), erased)],
    ['the remains of a longer set', flash(young, erased)],
    ['zeros', new Uint8Array(SLOT_MAX)],
  ] as const) {
    it(`survive a power cut at every byte of a write over ${what}`, () => {
      for (let written = 0; written <= young.length; written++) {
        for (const half of [0x00, 0x0f, 0x80, 0xff]) {
          const place = before.slice();
          place.set(young.subarray(0, written));
          if (written < young.length) place[written] = half & (young[written] | 0xf0);
          const chosen = chooseSlot([flash(old, erased), place], crc32);
          const isWhole = Buffer.compare(place.subarray(0, young.length), young) === 0;
          const name = changeSettings([], chosen.fields)!.settings[NAME];
          expect(hexOf(name)).toBe(isWhole ? 'bb'.repeat(30) : 'aa');
          expect(chosen.generation).toBe(isWhole ? 7 : 6);
        }
      }
    });
  }

  it('take the first of two of one generation, and none of generation zero', () => {
    expect(chooseSlot([old, old], crc32).index).toBe(0);
    const zero = encodeSlot(changeSettings([], fields({ [NAME]: 'aa' }))!.settings, 0, crc32);
    expect(chooseSlot([zero, zero], crc32).fields).toHaveLength(0);
  });

  it('are not whole without their checksum, whatever it would be', () => {
    const nought = (): number => 0;
    const slot = encodeSlot([], 1, nought);
    expect(chooseSlot([slot, erased], nought).generation).toBe(1);
    expect(chooseSlot([slot.slice(0, -1), erased], nought).generation).toBe(0);
  });

  it('survive any one damaged byte', () => {
    for (let at = 0; at < young.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const place = young.slice();
        place[at] ^= 1 << bit;
        expect(chooseSlot([old, place], crc32).generation).toBe(6);
      }
    }
  });
});

function field(id: number, hex: string): Uint8Array {
  return fields({ [id]: hex });
}

function fields(values: Record<number, string>): Uint8Array {
  const list: Settings = [];
  for (const [id, hex] of Object.entries(values)) {
    list[Number(id)] = Uint8Array.from(Buffer.from(hex, 'hex'));
  }
  return encodeFields(list, 2);
}

/** Sets in which any setting may be missing, within range. */
function anySettings(): fc.Arbitrary<Settings> {
  const values = EDGES.map(([, good]) =>
    fc.option(
      fc.constantFrom(...good).map((hex) => Uint8Array.from(Buffer.from(hex, 'hex'))),
      { nil: undefined },
    ),
  );
  return fc.tuple(...values).map((list) => [undefined, ...list]);
}

function flash(slot: Uint8Array, rest: Uint8Array): Uint8Array {
  return Uint8Array.from([...slot, ...rest]);
}

function hexOf(bytes: Uint8Array | null | undefined): string {
  return bytes ? Buffer.from(bytes).toString('hex') : '';
}
