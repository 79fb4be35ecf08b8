/**
 * Control, as an admin and as everyone else meets it: who may do what, and that a request which may
 * not, or makes no sense, changes nothing and is counted (WIRE §21).
 */
import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import * as codes from '../../../protocol/core/control-codes.ts';
import {
  CHALLENGE,
  COMMIT,
  FULL,
  IDENTIFY,
  LOCKED,
  LOG_LEVEL,
  MALFORMED,
  OK,
  OPEN_CONSOLE,
  READ_SETTINGS,
  REBOOT,
  REFUSED,
  ROLL_BACK,
  SET_CLOCK,
  STAGE,
  STATISTICS,
  UNSUPPORTED,
} from '../../../protocol/core/control-codes.ts';
import type { ControlOutput, Hmac } from '../../../protocol/core/control.ts';
import { Control } from '../../../protocol/core/control.ts';
import { bigEndian, encodeFields, readFields } from '../../../protocol/core/fields.ts';
import { TICK } from '../../../protocol/core/machine.ts';
import {
  ADMIN_KEY,
  ALLOWED,
  DENIED,
  NAME,
  NOTE_KEY,
  ROLE,
  TTL_MAX,
} from '../../../protocol/core/settings-table.ts';
import type { Settings } from '../../../protocol/core/settings.ts';
import { changeSettings, chooseSlot, numberSetting } from '../../../protocol/core/settings.ts';
import type { Proof, Reply } from '../../../protocol/wire/administer.ts';
import { decodeReply, encodeRequest } from '../../../protocol/wire/administer.ts';
import { hold } from '../../seed.ts';

const WIRE = { link: 0, wired: true };
const RADIO = { link: 1, wired: false };
const OTHER_RADIO = { link: 2, wired: false };
const KEY = new Uint8Array(32).fill(0x5a);
const NONE = { index: 1, generation: 0, fields: new Uint8Array(0) };

const hmac: Hmac = (key, bytes) => createHmac('sha256', key).update(bytes).digest();

describe('a node without an admin key', () => {
  let control: Control;
  beforeEach(() => (control = nodeWith({})));

  it('obeys a request over a wire without a MAC', () => {
    expect(ask(control, WIRE, IDENTIFY)).toMatchObject({
      status: OK,
      others: [{ kind: 'identify' }],
    });
  });

  it.each(operations())('is locked to a request over radio: %s', (_name, operation) => {
    if (operation === CHALLENGE) return;
    expect(ask(control, RADIO, operation)).toMatchObject({ status: LOCKED, others: [] });
  });

  it('stages, stores, and only then applies what was staged', () => {
    expect(ask(control, WIRE, STAGE, settings({ [NAME]: '6162' })).status).toBe(OK);
    expect(ask(control, WIRE, STAGE, settings({ [TTL_MAX]: '20' })).status).toBe(OK);
    expect(numberSetting(control.settings, TTL_MAX)).toBe(7);
    const out = control.step(request(WIRE, COMMIT));
    expect(out.map((output) => output.kind)).toEqual(['store', 'settings', 'reply']);
    expect(numberSetting(control.settings, TTL_MAX)).toBe(32);
    const store = out[0] as Extract<ControlOutput, { kind: 'store' }>;
    const slot = chooseSlot([store.bytes, new Uint8Array(0)], crc32);
    expect(store.slot).toBe(0);
    expect(slot.generation).toBe(1);
    expect(changeSettings([], slot.fields)!.settings).toEqual(control.settings);
  });

  it('takes turns between its two slots, from the one it started with', () => {
    const slots: number[][] = [];
    control = new Control([], { index: 0, generation: 9, fields: new Uint8Array(0) }, ports());
    for (let i = 0; i < 3; i++) {
      ask(control, WIRE, STAGE, settings({ [TTL_MAX]: '20' }));
      const [store] = control.step(request(WIRE, COMMIT));
      if (store.kind !== 'store') expect.fail('nothing was stored');
      slots.push([store.slot, chooseSlot([store.bytes, store.bytes], crc32).generation]);
    }
    expect(slots).toEqual([
      [1, 10],
      [0, 11],
      [1, 12],
    ]);
  });

  it('forgets what was staged when it is rolled back', () => {
    ask(control, WIRE, STAGE, settings({ [TTL_MAX]: '20' }));
    expect(ask(control, WIRE, ROLL_BACK)).toMatchObject({ status: OK, others: [] });
    expect(ask(control, WIRE, COMMIT)).toMatchObject({ status: REFUSED, others: [] });
    expect(numberSetting(control.settings, TTL_MAX)).toBe(7);
  });

  it('refuses to commit twice, or before anything was staged', () => {
    expect(ask(control, WIRE, COMMIT)).toMatchObject({ status: REFUSED, others: [] });
    ask(control, WIRE, STAGE, settings({ [TTL_MAX]: '20' }));
    expect(ask(control, WIRE, COMMIT).status).toBe(OK);
    expect(ask(control, WIRE, COMMIT)).toMatchObject({ status: REFUSED, others: [] });
  });

  it('refuses a setting out of range or unknown by its id, and stages none of the request', () => {
    for (const [values, fault] of [
      [{ [NAME]: '61', [TTL_MAX]: '41' }, TTL_MAX],
      [{ [NAME]: '61', 99: '00' }, 99],
      [{ 0: '00', [NAME]: '61' }, 0],
    ] as const) {
      expect(ask(control, WIRE, STAGE, settings(values))).toMatchObject({ status: REFUSED, fault });
      expect(ask(control, WIRE, COMMIT).status).toBe(REFUSED);
    }
  });

  it('keeps what was staged before a request that is refused', () => {
    ask(control, WIRE, STAGE, settings({ [TTL_MAX]: '20' }));
    ask(control, WIRE, STAGE, settings({ [ROLE]: '09' }));
    ask(control, WIRE, COMMIT);
    expect(numberSetting(control.settings, TTL_MAX)).toBe(32);
  });

  it('is full when the settings no longer fit a slot', () => {
    const ids = '11'.repeat(8 * 25);
    expect(ask(control, WIRE, STAGE, settings({ [ALLOWED]: ids })).status).toBe(OK);
    expect(ask(control, WIRE, STAGE, settings({ [DENIED]: ids }))).toMatchObject({ status: FULL });
    ask(control, WIRE, COMMIT);
    expect(control.settings[DENIED]).toBeUndefined();
  });

  it('reads out its settings as they hold', () => {
    const { argument } = ask(control, WIRE, READ_SETTINGS);
    expect(numberSetting(readFields(argument, 2, [])!, TTL_MAX)).toBe(7);
  });

  it('reads out what is staged when asked so, and what holds otherwise', () => {
    const ttl = (argument: Uint8Array | null): number => {
      const reply = ask(control, WIRE, READ_SETTINGS, argument);
      return numberSetting(readFields(reply.argument, 2, [])!, TTL_MAX);
    };
    expect(ttl(Uint8Array.of(1))).toBe(7);
    ask(control, WIRE, STAGE, settings({ [TTL_MAX]: '20' }));
    expect([ttl(Uint8Array.of(1)), ttl(null)]).toEqual([32, 7]);
    ask(control, WIRE, ROLL_BACK);
    expect(ttl(Uint8Array.of(1))).toBe(7);
  });

  it('tells its statistics', () => {
    expect([...ask(control, WIRE, STATISTICS).argument]).toEqual([1, 2, 3]);
  });

  it('reboots, but says so first', () => {
    const out = control.step(request(WIRE, REBOOT));
    expect(out.map((output) => output.kind)).toEqual(['reply', 'reboot']);
  });

  it('gives its wire to the console, but answers first', () => {
    const out = control.step(request(WIRE, OPEN_CONSOLE));
    expect(out.map((output) => output.kind)).toEqual(['reply', 'console']);
    expect(out[1]).toEqual({ kind: 'console', link: WIRE.link });
  });

  it.each([
    ['0000018bcfe5687b', OK],
    ['0000ffffffffffff', OK],
    ['0001000000000000', MALFORMED],
    ['018bcfe5687b', MALFORMED],
    ['000000018bcfe5687b', MALFORMED],
    ['', MALFORMED],
  ])('sets its clock to %s with status %i', (time, status) => {
    const unixMs = Number(BigInt(`0x${time || '0'}`));
    const expected = status === OK ? [{ kind: 'clock', unixMs }] : [];
    expect(ask(control, WIRE, SET_CLOCK, bytesOf(time))).toMatchObject({
      status,
      others: expected,
    });
  });

  it.each([
    ['00', OK],
    ['03', OK],
    ['04', MALFORMED],
    ['', MALFORMED],
    ['0001', MALFORMED],
  ])('sets its log level to %s with status %i', (level, status) => {
    const expected = status === OK ? [{ kind: 'log', level: parseInt(level, 16) }] : [];
    expect(ask(control, WIRE, LOG_LEVEL, bytesOf(level))).toMatchObject({
      status,
      others: expected,
    });
  });

  it.each([12, 99, 255])('does not support operation %i', (operation) => {
    expect(ask(control, WIRE, operation)).toMatchObject({ status: UNSUPPORTED, others: [] });
  });
});

describe('a node with an admin key', () => {
  let control: Control;
  beforeEach(() => (control = nodeWith({ [ADMIN_KEY]: hexOf(KEY) })));

  for (const [where, from] of [
    ['a wire', WIRE],
    ['radio', RADIO],
  ] as const) {
    it(`obeys over ${where} a request with the MAC of a fresh challenge`, () => {
      expect(prove(control, from, IDENTIFY)).toMatchObject({ status: OK });
      expect(prove(control, from, STAGE, settings({ [TTL_MAX]: '20' }))).toMatchObject({
        status: OK,
      });
      expect(prove(control, from, COMMIT)).toMatchObject({ status: OK });
      expect(numberSetting(control.settings, TTL_MAX)).toBe(32);
    });

    it.each(operations())(
      `is locked over ${where} to a request without a MAC: %s`,
      (_name, operation) => {
        if (operation === CHALLENGE) return;
        challenge(control, from);
        const reply = ask(control, from, operation);
        expect(reply).toMatchObject({ status: LOCKED, others: [] });
        expect(reply.argument).toHaveLength(0);
      },
    );
  }

  it('refuses a MAC without a challenge, and a challenge used before', () => {
    const proof = { key: KEY, challenge: new Uint8Array(16), hmac };
    expect(ask(control, RADIO, IDENTIFY, null, proof)).toMatchObject({
      status: REFUSED,
      others: [],
    });
    const fresh = { ...proof, challenge: challenge(control, RADIO) };
    const first = request(RADIO, IDENTIFY, null, fresh);
    expect(kinds(control.step(first))).toEqual(['identify', 'reply']);
    expect(kinds(control.step(first))).toEqual(['reply']);
  });

  it('uses up a challenge on a wrong MAC', () => {
    const fresh = challenge(control, RADIO);
    const wrong = { key: new Uint8Array(32), challenge: fresh, hmac };
    expect(ask(control, RADIO, IDENTIFY, null, wrong).status).toBe(REFUSED);
    expect(ask(control, RADIO, IDENTIFY, null, { ...wrong, key: KEY }).status).toBe(REFUSED);
  });

  it('refuses a MAC that is wrong in any one bit', () => {
    for (let bit = 0; bit < 128; bit++) {
      const fresh = { key: KEY, challenge: challenge(control, RADIO), hmac };
      const bent = request(RADIO, IDENTIFY, null, fresh);
      bent.payload[bent.payload.length - 16 + (bit >> 3)] ^= 1 << (bit & 7);
      expect(kinds(control.step(bent))).toEqual(['reply']);
    }
  });

  it('refuses a request that was changed in any one bit under its MAC', () => {
    const bits = 8 * (request(RADIO, STAGE, settings({ [TTL_MAX]: '20' })).payload.length + 3);
    for (let bit = 0; bit < bits; bit++) {
      const fresh = { key: KEY, challenge: challenge(control, RADIO), hmac };
      const bent = request(RADIO, STAGE, settings({ [TTL_MAX]: '20' }), fresh);
      bent.payload[bit >> 3] ^= 1 << (bit & 7);
      control.step(bent);
    }
    expect(prove(control, RADIO, COMMIT).status).toBe(REFUSED);
  });

  it('refuses a MAC that was followed or led by more', () => {
    for (const [front, back] of [
      [[], [8, 0, 0]],
      [[], [4, 0, 1, 0]],
      [[8, 0, 0], []],
    ] as const) {
      const fresh = { key: KEY, challenge: challenge(control, RADIO), hmac };
      const given = request(RADIO, IDENTIFY, null, fresh);
      given.payload = Uint8Array.from([...front, ...given.payload, ...back]);
      expect(kinds(control.step(given))).toEqual(['reply']);
    }
  });

  it('asks for a challenge of the same link, which another link cannot spoil', () => {
    const fresh = { key: KEY, challenge: challenge(control, RADIO), hmac };
    challenge(control, OTHER_RADIO);
    expect(ask(control, OTHER_RADIO, IDENTIFY, null, fresh).status).toBe(REFUSED);
    expect(ask(control, RADIO, IDENTIFY, null, fresh).status).toBe(OK);
  });

  it('forgets a challenge when the link goes down, or another is asked for', () => {
    const fresh = { key: KEY, challenge: challenge(control, RADIO), hmac };
    control.step({ kind: 'linkDown', link: RADIO.link });
    expect(ask(control, RADIO, IDENTIFY, null, fresh).status).toBe(REFUSED);
    const older = { ...fresh, challenge: challenge(control, RADIO) };
    challenge(control, RADIO);
    expect(ask(control, RADIO, IDENTIFY, null, older).status).toBe(REFUSED);
  });

  it('takes keys over a wire only: set, changed or taken away', () => {
    for (const id of [ADMIN_KEY, NOTE_KEY]) {
      for (const key of ['77'.repeat(32), hexOf(KEY), '']) {
        const change = settings({ [NAME]: '61', [id]: key });
        const over = prove(control, RADIO, STAGE, change);
        expect(over).toMatchObject({ status: REFUSED, fault: id });
        expect(prove(control, RADIO, COMMIT).status).toBe(REFUSED);
        expect(prove(control, WIRE, STAGE, change).status).toBe(OK);
        prove(control, WIRE, ROLL_BACK);
      }
    }
  });

  it('never reads a key back', () => {
    const reply = prove(control, WIRE, READ_SETTINGS);
    expect(hexOf(reply.argument)).not.toContain('5a5a');
    expect(readFields(reply.argument, 2, [])!.length).toBeLessThanOrEqual(ADMIN_KEY);
  });

  it('asks for the new key once a change of it is in force, and not before', () => {
    const key = new Uint8Array(32).fill(0x77);
    prove(control, WIRE, STAGE, settings({ [ADMIN_KEY]: hexOf(key) }));
    expect(prove(control, WIRE, COMMIT).status).toBe(OK);
    expect(prove(control, WIRE, IDENTIFY).status).toBe(REFUSED);
    expect(prove(control, WIRE, IDENTIFY, null, key).status).toBe(OK);
  });

  it('is open over a wire again once the key is taken away', () => {
    prove(control, WIRE, STAGE, settings({ [ADMIN_KEY]: '' }));
    prove(control, WIRE, COMMIT);
    expect(ask(control, WIRE, IDENTIFY).status).toBe(OK);
    expect(ask(control, RADIO, IDENTIFY).status).toBe(LOCKED);
  });
});

describe('a board without SHA-256', () => {
  it('cannot be given a key, which nobody could prove', () => {
    const control = new Control([], NONE, { ...ports(), hmac: null });
    for (const id of [ADMIN_KEY, NOTE_KEY]) {
      const change = settings({ [id]: hexOf(KEY) });
      expect(ask(control, WIRE, STAGE, change)).toMatchObject({ status: REFUSED, fault: id });
    }
    expect(ask(control, WIRE, STAGE, settings({ [NAME]: '61' })).status).toBe(OK);
  });

  it('opens to nobody when it finds a key from elsewhere', () => {
    const found = changeSettings([], settings({ [ADMIN_KEY]: hexOf(KEY) }))!.settings;
    const control = new Control(found, NONE, { ...ports(), hmac: null });
    for (const from of [WIRE, RADIO]) {
      expect(prove(control, from, IDENTIFY)).toMatchObject({ status: UNSUPPORTED, others: [] });
    }
  });
});

describe('a request that is malformed', () => {
  const good = encodeRequest(7, IDENTIFY, null, null);

  it.each([
    ['nothing', []],
    ['no id', [2, 0, 1, IDENTIFY]],
    ['no operation', [1, 0, 2, 0, 7]],
    ['operation zero', [1, 0, 2, 0, 7, 2, 0, 1, 0]],
    ['a wide id', [1, 0, 3, 0, 0, 7, 2, 0, 1, IDENTIFY]],
    ['a wide operation', [1, 0, 2, 0, 7, 2, 0, 2, 0, IDENTIFY]],
    ['a short MAC', [...good, 7, 0, 15, ...new Array<number>(15).fill(0)]],
    ['a field cut short', [...good, 4, 0]],
    ['a field that promises more', [...good, 4, 0, 9, 1]],
  ])('with %s gets its status, changes nothing and is counted', (_what, payload) => {
    const control = nodeWith({});
    const out = control.step({ kind: 'request', ...WIRE, payload: Uint8Array.from(payload) });
    expect(kinds(out)).toEqual(['reply']);
    expect(replyIn(out).status).toBe(MALFORMED);
    expect([...control.answered]).toEqual([0, 0, 0, 1, 0, 0]);
  });

  it('in its staged settings gets that status, too', () => {
    const control = nodeWith({});
    const change = settings({ [NAME]: '616263' }).slice(0, -1);
    expect(ask(control, WIRE, STAGE, change)).toMatchObject({ status: MALFORMED, fault: null });
    expect(ask(control, WIRE, COMMIT).status).toBe(REFUSED);
  });
});

describe('a reply', () => {
  it('repeats id and operation, and goes where the request came from', () => {
    const control = nodeWith({});
    const [reply] = control.step(request({ link: 5, wired: true }, ROLL_BACK, null, null, 0xbeef));
    expect(reply).toEqual({
      kind: 'reply',
      link: 5,
      payload: Uint8Array.of(1, 0, 2, 0xbe, 0xef, 2, 0, 1, ROLL_BACK, 3, 0, 1, OK),
    });
  });

  it('is never answered: it is dropped', () => {
    const control = nodeWith({});
    const out = control.step(request(WIRE, IDENTIFY));
    const payload = out.flatMap((output) => (output.kind === 'reply' ? [output.payload] : []))[0];
    expect(control.step({ kind: 'request', ...WIRE, payload })).toEqual([
      { kind: 'drop', reason: 'not-a-request' },
    ]);
    expect([...control.answered]).toEqual([1, 0, 0, 0, 0, 0]);
  });
});

it('knows fields of the future by skipping them', () => {
  const control = nodeWith({});
  const payload = Uint8Array.from([...encodeRequest(7, IDENTIFY, null, null), 200, 0, 1, 0]);
  expect(kinds(control.step({ kind: 'request', ...WIRE, payload }))).toEqual(['identify', 'reply']);
});

it('waits for nothing', () => {
  const control = nodeWith({});
  expect(control.step(TICK)).toEqual([]);
  expect(control.deadline()).toBe(Infinity);
});

it('does nothing without the key, whatever is tried', () => {
  const tried = fc.record({
    from: fc.constantFrom(WIRE, RADIO, OTHER_RADIO),
    operation: fc.nat(12),
    argument: fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.constant(settings({ [TTL_MAX]: '20' })),
    ),
    proof: fc.constantFrom('none', 'guessed', 'replayed'),
  });
  hold(
    fc.property(fc.array(tried, { maxLength: 30 }), (attempts) => {
      const control = nodeWith({ [ADMIN_KEY]: hexOf(KEY) });
      const before = control.settings;
      const overheard = { key: KEY, challenge: challenge(control, RADIO), hmac };
      ask(control, RADIO, STATISTICS, null, overheard);
      for (const { from, operation, argument, proof } of attempts) {
        const guessed = { key: new Uint8Array(32), challenge: challenge(control, from), hmac };
        const given = { none: null, guessed, replayed: overheard }[proof];
        const { others, status } = ask(control, from, operation, argument, given);
        expect(others).toEqual([]);
        if (operation !== CHALLENGE) expect(status).not.toBe(OK);
      }
      expect(control.settings).toBe(before);
    }),
    300,
  );
});

it('numbers operations and statuses as WIRE §21 does', () => {
  const numbers = operations().map(([, operation]) => operation);
  expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect([OK, REFUSED, LOCKED, MALFORMED, FULL, UNSUPPORTED]).toEqual([0, 1, 2, 3, 4, 5]);
});

/** The reply, and what else came of it. */
type Answer = Reply & { others: ControlOutput[] };
type From = { link: number; wired: boolean };

function ask(
  control: Control,
  from: From,
  operation: number,
  argument: Uint8Array | null = null,
  proof: Proof | null = null,
): Answer {
  const before = control.answered.slice();
  const out = control.step(request(from, operation, argument, proof));
  const reply = replyIn(out);
  before[reply.status]++;
  expect([...control.answered]).toEqual([...before]);
  return { ...reply, others: out.filter((output) => output.kind !== 'reply') };
}

/** As an admin does it: first a challenge, then the request with its MAC. */
function prove(
  control: Control,
  from: From,
  operation: number,
  argument: Uint8Array | null = null,
  key: Uint8Array = KEY,
): Answer {
  return ask(control, from, operation, argument, {
    key,
    challenge: challenge(control, from),
    hmac,
  });
}

function challenge(control: Control, from: From): Uint8Array {
  const reply = replyIn(control.step(request(from, CHALLENGE)));
  expect(reply.status).toBe(OK);
  return reply.challenge;
}

function request(
  from: From,
  operation: number,
  argument: Uint8Array | null = null,
  proof: Proof | null = null,
  id = 7,
): { kind: 'request'; link: number; wired: boolean; payload: Uint8Array } {
  return { kind: 'request', ...from, payload: encodeRequest(id, operation, argument, proof) };
}

function replyIn(out: ControlOutput[]): Reply {
  const replies = out.flatMap((output) => (output.kind === 'reply' ? [output.payload] : []));
  expect(replies).toHaveLength(1);
  const reply = decodeReply(replies[0]);
  if (typeof reply === 'string') expect.fail(reply);
  return reply;
}

function nodeWith(values: Record<number, string>): Control {
  return new Control(changeSettings([], settings(values))!.settings, NONE, ports());
}

/** Challenges that never repeat, and say which they are. */
function ports(): ConstructorParameters<typeof Control>[2] {
  let drawn = 0;
  return {
    crc: crc32,
    draw: () => Uint8Array.from([...bigEndian(++drawn, 8), ...new Array<number>(8).fill(0xcc)]),
    hmac,
    statistics: () => Uint8Array.of(1, 2, 3),
  };
}

function operations(): [name: string, operation: number][] {
  const names = [
    'READ_SETTINGS',
    'STAGE',
    'COMMIT',
    'ROLL_BACK',
    'STATISTICS',
    'REBOOT',
    'CHALLENGE',
    'SET_CLOCK',
    'IDENTIFY',
    'LOG_LEVEL',
    'OPEN_CONSOLE',
  ] as const;
  return names.map((name) => [name, codes[name]]);
}

function settings(values: Record<number, string>): Uint8Array {
  const list: Settings = [];
  for (const [id, hex] of Object.entries(values)) list[Number(id)] = bytesOf(hex);
  return encodeFields(list, 2);
}

function kinds(out: ControlOutput[]): string[] {
  return out.map((output) => output.kind);
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
